"""What is made of all rows."""
