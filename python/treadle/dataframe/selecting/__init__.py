"""Choosing rows and columns."""
