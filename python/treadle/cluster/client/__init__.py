"""Clients: connection, submission, futures, and what is asked of a cluster."""
