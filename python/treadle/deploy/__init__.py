"""Starting clusters, and finding those that run."""
