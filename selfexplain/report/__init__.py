"""What people see of a Run: sentences, one page, one picture, one summary for the terminal."""
