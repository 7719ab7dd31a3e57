"""Statistical tests: ``da.stats``."""
