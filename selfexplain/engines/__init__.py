"""Asking in several processes that something else starts, spreads and starts again: one adapter, one file."""
