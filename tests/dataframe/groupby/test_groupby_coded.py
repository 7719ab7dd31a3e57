"""Keys of text in Parquet files are read as categories, and are text in the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk


@pytest.fixture(scope="module")
def pdf() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "carrier": pd.array(rng.choice(["UA", "AA", None, "DL"], 90), dtype="str"),
            "tail": pd.array([f"N{n}" for n in rng.integers(0, 40, 90)], dtype="str"),
            "day": rng.integers(0, 3, 90),
            "delay": rng.normal(size=90),
        }
    )


@pytest.fixture(scope="module")
def df(pdf: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("coded") / "flights.parquet"
    pdf.to_parquet(path, row_group_size=25)
    return dd.read_parquet(path, split_row_groups=True)


def coded(collection: Any) -> list[str]:
    """Columns of text that sources read as categories."""
    found = [node for node in walk(simplify([collection.expr])) if isinstance(node, Source)]
    dtypes = [dtype for node in found for dtype in node.meta.dtypes.items()]
    return [label for label, dtype in dtypes if isinstance(dtype, pd.CategoricalDtype)]


@pytest.mark.parametrize("options", [{}, {"sort": False}, {"dropna": False}, {"as_index": False}])
@pytest.mark.parametrize(
    "by", ["carrier", ["tail"], ["carrier", "day"], ["day", "tail", "carrier"]]
)
def test_keys_are_text_again(df: Any, pdf: pd.DataFrame, by: Any, options: dict[str, Any]):
    for ask in (
        lambda f: f.groupby(by, **options).delay.mean(),
        lambda f: f.groupby(by, **options).agg({"delay": ["sum", "std"]}),
    ):
        assert set(coded(ask(df))) == {"carrier", "tail"}.intersection(
            [by] if isinstance(by, str) else by
        )
        assert_eq(ask(df), ask(pdf))


def test_text_that_is_used_otherwise_is_read_as_it_is(df: Any, pdf: pd.DataFrame):
    for ask in (
        lambda f: f.groupby("carrier")["carrier"].max(),
        lambda f: f.groupby("carrier")["tail"].max(),
        lambda f: f.groupby(["carrier", "tail"]).carrier.count(),
    ):
        assert "tail" not in coded(ask(df)) or "carrier" not in coded(ask(df))
        assert_eq(ask(df), ask(pdf))
    assert coded(df[df.carrier == "UA"].groupby("carrier").delay.mean()) == []
    several = df.groupby("carrier").delay.mean() + df.groupby("carrier").delay.max()
    assert coded(several) == []
