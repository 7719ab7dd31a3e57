"""Files that dataframes are read from and written to."""
