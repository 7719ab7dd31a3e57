"""Who runs what next: pure state machines over task numbers."""
