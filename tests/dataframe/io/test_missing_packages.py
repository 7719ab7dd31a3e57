"""What is said where a package is missing that only some kinds of files need."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import treadle.dataframe as dd


@pytest.fixture
def alone(monkeypatch):
    """An installation without the extra."""
    for package in ("pyarrow", "sqlalchemy"):
        monkeypatch.setitem(sys.modules, package, None)


DF = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)

CALLS = {
    "Parquet files need the package pyarrow": [
        lambda path: dd.read_parquet(path),
        lambda path: DF.to_parquet(path),
    ],
    "ORC files need the package pyarrow": [
        lambda path: dd.read_orc(path),
        lambda path: DF.to_orc(path),
    ],
    "databases need the package sqlalchemy": [
        lambda path: dd.read_sql_table("t", f"sqlite:///{path}", "x"),
        lambda path: dd.read_sql_query("SELECT x FROM t", f"sqlite:///{path}", "x"),
        lambda path: DF.to_sql("t", f"sqlite:///{path}"),
    ],
}


@pytest.mark.parametrize("call", [(text, call) for text, found in CALLS.items() for call in found])
def test_a_missing_package_is_named_with_the_way_to_install_it(call, alone, tmp_path):
    text, made = call

    with pytest.raises(ImportError, match=text) as raised:
        made(str(tmp_path / "some"))

    assert "treadle[dataframe]" in str(raised.value)


PROGRAM = """
import sys
sys.modules["pyarrow"] = sys.modules["sqlalchemy"] = sys.modules["datasketches"] = None
import treadle.dataframe as dd
df = dd.read_csv(sys.argv[1])
assert df[df.x > 1].t.compute().tolist() == ["b"]
assert df.shuffle("t").groupby("t").x.sum().compute().tolist() == [1, 2]
"""


def test_csv_and_shuffles_need_no_package(tmp_path):
    (tmp_path / "a.csv").write_text("x,t\n1,a\n2,b\n")

    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path / "a.csv")], check=True)
