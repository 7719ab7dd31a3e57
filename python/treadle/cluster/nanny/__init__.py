"""The parent of a cluster's processes on a host: starts and restarts them, leaves no orphans."""
