"""Connections: who may open one, and how bytes get from end to end."""
