"""The page of names, compared with Dask's: what is missing is listed, with the reason."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import treadle.dataframe as dd

PAGE = Path(__file__).parents[2] / "docs" / "developer" / "dataframe-api.md"
THEIRS = pytest.importorskip("dask.dataframe")
TABLE = pd.DataFrame({"x": [1, 2], "y": [3, 4]})


def section(title: str) -> list[list[str]]:
    """Return the cells of the rows of a table."""
    text = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def public(value: object) -> set[str]:
    return {name for name in dir(value) if not name.startswith("_")}


def test_functions_of_dask_are_here_or_listed():
    missing = {
        name
        for name in public(THEIRS) - set(dd.__all__)
        if not isinstance(getattr(THEIRS, name), ModuleType) and name != "annotations"
    }
    listed = set().union(
        *(quoted(row[0]) for row in section("Functions of Dask that are not here"))
    )

    assert missing <= listed
    assert not listed & set(dd.__all__)


@pytest.mark.parametrize(
    "kind", ["DataFrame", "Series", "GroupBy", "SeriesGroupBy", "Rolling", "dt"]
)
def test_methods_of_dask_are_here_or_listed(kind: str):
    ours, theirs = (made(library, kind) for library in (dd, THEIRS))
    listed = set().union(
        *(
            quoted(names)
            for of, names, _ in section("Methods of Dask that are not here")
            if of in ("all", f"`{kind}`", f"`{kind.removeprefix('Series')}`")
        )
    )

    # Of the class: instances of Dask have names of their expressions as well.
    assert public(type(theirs)) - public(ours) - listed == set()


def made(library: ModuleType, kind: str) -> object:
    df = library.from_pandas(TABLE, npartitions=1)
    times = library.from_pandas(pd.Series(pd.date_range("2000-01-01", periods=2)), npartitions=1)
    return {
        "DataFrame": df, "Series": df.x, "GroupBy": df.groupby("x"), "Rolling": df.rolling(2),
        "SeriesGroupBy": df.groupby("x").y, "dt": times.dt,
    }[kind]  # fmt: skip


def test_names_beyond_dask_are_here():
    df = dd.from_pandas(TABLE, npartitions=1)
    there = set().union(
        *(public(made(dd, kind)) for kind in ["DataFrame", "Series", "GroupBy", "Rolling", "dt"]),
        public(df.index), {"list", "struct", "pandas"},
    )  # fmt: skip
    named = set().union(*(quoted(names) for _, names in section("Beyond Dask")))

    assert named - there == set()


def test_names_of_pandas_that_are_said_to_be_missing_are():
    rows = section("Of pandas, not here")
    named = set().union(*(quoted(names) for names, _ in rows if "groupby" not in names))
    named -= {"iloc", "loc", *quoted(next(names for names, _ in rows if "resample()" in names))}

    assert named & public(dd.DataFrame) == set()
