"""The 22 queries of TPC-H for each library: those of the tests, on tables of scale factor 1."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the queries are with the tests

from tests.dataframe.tpch.data import TABLES, make_tables
from tests.dataframe.tpch.queries import QUERIES, q11
from tests.dataframe.tpch.queries_sql import SQL

LABELS = [f"q{number}" for number in QUERIES]


def prepare(scale: float = 1.0) -> Path:
    """Write the tables if they are not there; return their folder."""
    folder = Path(tempfile.gettempdir()) / f"treadle-tpch-{scale:g}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        make_tables(folder, scale, files=8)
        (folder / "done").touch()
    return folder


def answer(library: str, label: str, folder: Path) -> Any:
    """Return the answer of a library to one query."""
    number = int(label[1:])
    if library == "duckdb":
        return by_duckdb(number, folder)
    if library == "polars":
        return by_polars(number, folder)
    if library.startswith("treadle"):
        import treadle.dataframe as dd
    else:
        import dask.dataframe as dd  # type: ignore[no-redef]
    tables = {table: dd.read_parquet(str(folder / table)) for table in TABLES}
    found = q11(tables, 0.0001) if number == 11 else QUERIES[number](tables)
    return found.compute() if hasattr(found, "compute") else found


def by_duckdb(number: int, folder: Path) -> Any:
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        for table in TABLES:
            files = folder / table / "*.parquet"
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM '{files}'")
        return connection.execute(SQL[number].replace("0.002", "0.0001")).df()


def by_polars(number: int, folder: Path) -> Any:
    """The same SQL, as far as Polars understands it."""
    import polars as pl

    tables = {table: pl.scan_parquet(folder / table / "*.parquet") for table in TABLES}
    with pl.SQLContext(tables) as context:
        return context.execute(SQL[number].replace("0.002", "0.0001")).collect()
