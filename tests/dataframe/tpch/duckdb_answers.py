"""A process that answers SQL with DuckDB: a line of JSON in, the path of a pickled frame out.

It is a process of its own because DuckDB reports at its end what it did not free, after everything
that tests have to say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb


def main(folders: dict[str, str], target: Path) -> None:
    with duckdb.connect() as connection:
        for table, folder in folders.items():
            connection.execute(f"create view {table} as select * from '{folder}/*.parquet'")
        for number, line in enumerate(sys.stdin):
            path = target / f"{number}.pickle"
            connection.sql(json.loads(line)).df().to_pickle(path)
            print(path, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
