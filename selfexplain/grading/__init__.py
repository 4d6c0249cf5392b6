"""Is the answer right? One grader per file; a grader names its rule, and undecided is a state."""
