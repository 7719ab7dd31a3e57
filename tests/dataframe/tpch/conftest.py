"""Tables of TPC-H, made once, and what DuckDB says of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Folders of Parquet files by table."""
    from tests.dataframe.tpch.data import make_tables

    return make_tables(tmp_path_factory.mktemp("tpch"))


@pytest.fixture(scope="session")
def answers(folders, tmp_path_factory):
    """What DuckDB answers to a query, as a frame."""
    program = str(Path(__file__).with_name("duckdb_answers.py"))
    tables = json.dumps({table: str(folder) for table, folder in folders.items()})
    target = tmp_path_factory.mktemp("answers")
    process = subprocess.Popen(
        [sys.executable, program, tables, str(target)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip

    def ask(sql: str) -> pd.DataFrame:
        process.stdin.write(json.dumps(sql) + "\n")
        process.stdin.flush()
        path = process.stdout.readline().strip()
        assert path, process.stderr.read()
        return pd.read_pickle(path)

    yield ask
    process.communicate(timeout=30)
