"""What is asked: Items from files, the question set of the quickstart, and tables of confidences from other tools."""
