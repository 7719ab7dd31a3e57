"""Rows on their way to other partitions: hashes, sketches, pieces, spilling."""
