"""Tables of TPC-H, made once."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Folders of Parquet files by table."""
    from tests.dataframe.tpch.data import make_tables

    return make_tables(tmp_path_factory.mktemp("tpch"))


@pytest.fixture(scope="session")
def answers(folders):
    """What DuckDB answers to a query, as a frame."""
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    for table, folder in folders.items():
        connection.execute(f"create view {table} as select * from '{folder}/*.parquet'")
    yield lambda sql: connection.sql(sql).df()
    connection.close()
