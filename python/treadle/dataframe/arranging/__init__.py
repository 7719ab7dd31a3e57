"""Partitions, their borders, and the order of rows."""
