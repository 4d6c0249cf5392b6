"""Tests of what people see; a package, so that they share what they are made of."""
