"""Linear algebra: ``da.linalg``."""
