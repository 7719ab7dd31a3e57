"""Masked arrays: ``da.ma``."""
