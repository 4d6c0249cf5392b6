"""The verbs: ask, read, evaluate. One file each; they take objects, never names."""
