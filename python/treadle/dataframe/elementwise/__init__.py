"""What is done row by row."""
