"""The worker's shell: threads that run tasks, keep results, fetch inputs and report."""
