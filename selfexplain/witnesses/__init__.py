"""Independent looks at what moved an answer: each takes a model, a text and an answer, and gives Evidence."""
