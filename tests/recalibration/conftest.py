"""Settings of the property tests in this folder."""

from hypothesis import settings

# Time limits per example fail on a busy machine and find no bug; slow code is caught by its own test.
settings.register_profile("recalibration", deadline=None, max_examples=60)
settings.load_profile("recalibration")
