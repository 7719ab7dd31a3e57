"""Which worker runs what: the scheduler's state machine over columns of tasks."""
