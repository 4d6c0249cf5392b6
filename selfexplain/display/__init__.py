"""Numbers and one picture of them each: a display holds what it was given and draws on request."""
