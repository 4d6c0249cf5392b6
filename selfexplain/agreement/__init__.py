"""Measures between two claims, or a claim and evidence, each beside its value for claims drawn at random."""
