"""What other tools wrote: one reader, one file, found by its format's name."""
