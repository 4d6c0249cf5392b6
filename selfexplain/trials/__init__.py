"""Tests of explanations that any Provider can take: each asks again, with something changed, and looks what moves."""
