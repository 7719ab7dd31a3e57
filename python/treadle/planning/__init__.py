"""Plans: what computing would take."""
