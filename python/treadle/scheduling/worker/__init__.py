"""What a worker runs, fetches and keeps: a state machine without clock, thread or value."""
