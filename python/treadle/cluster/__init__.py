"""Scheduler, workers, nannies and clients: thin shells around the state machines."""
