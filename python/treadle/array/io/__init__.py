"""Reading and writing arrays."""
