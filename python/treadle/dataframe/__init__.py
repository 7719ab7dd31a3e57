"""Dataframes: the interface of pandas over partitions."""
