"""``treadle`` on the command line."""
