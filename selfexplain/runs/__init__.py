"""A Run on disk: what was decided (manifest), what was asked (items), what came back (calls)."""
