"""What a worker does next: its state machine."""
