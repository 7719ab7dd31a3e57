"""Parallel computing for people who think in notebooks."""
