"""What is made of rows and those around them."""
