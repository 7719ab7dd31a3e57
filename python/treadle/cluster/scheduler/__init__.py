"""The scheduler's shell: connections on one side, the state machine on the other."""
