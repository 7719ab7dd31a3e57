"""Groups of rows: aggregations in three steps, and what needs whole groups."""
