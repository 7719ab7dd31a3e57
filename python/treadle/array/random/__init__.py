"""Random arrays: ``da.random``."""
