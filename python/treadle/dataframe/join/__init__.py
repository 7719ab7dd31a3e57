"""Merging partitions."""
