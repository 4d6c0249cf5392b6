"""Settings of the property tests in this folder."""

from hypothesis import settings

# Time limits per example fail on a busy machine and find no bug; slow code is caught by its own test.
settings.register_profile("calibration", deadline=None)
settings.load_profile("calibration")
