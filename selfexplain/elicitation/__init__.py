"""How to ask and how to combine: from one Item to one SelfReport, through the `ask` that is handed in."""
