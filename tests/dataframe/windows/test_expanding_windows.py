"""Windows that hold all rows so far."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq

RNG = np.random.default_rng(11)
FRAME = pd.DataFrame(
    {
        "x": np.where(RNG.random(40) < 0.3, np.nan, RNG.normal(1e6, 1, 40)),
        "n": RNG.integers(-9, 9, 40),
        "late": [np.nan] * 25 + [2.0] * 15,
        "null": pd.array([None, 1, 2, None] * 10, dtype="Int64"),
        "ok": RNG.random(40) < 0.5,
    }
)


@pytest.fixture(params=["full", "holes"])
def both(request):
    df = dd.from_pandas(FRAME, npartitions=8)
    if request.param == "full":
        return df, FRAME
    return df[df.n > 4], FRAME[FRAME.n > 4]


@pytest.mark.parametrize("method", "count sum mean min max var std".split())
@pytest.mark.parametrize("min_periods", [0, 1, 4])
def test_windows_of_all_rows_so_far_are_those_of_pandas(both, method, min_periods):
    df, frame = both

    found = getattr(df.expanding(min_periods), method)()

    expected = getattr(frame.expanding(min_periods), method)()
    assert_eq(found, expected, rtol=1e-7)
    assert_eq(getattr(df.expanding(min_periods)["x"], method)(), expected.x, rtol=1e-7)


def test_variances_take_degrees_of_freedom():
    df = dd.from_pandas(FRAME, npartitions=5)

    assert_eq(df.x.expanding().var(ddof=0), FRAME.x.expanding().var(ddof=0), rtol=1e-6)


def test_what_needs_all_rows_at_once_is_refused():
    df = dd.from_pandas(FRAME, npartitions=2)

    with pytest.raises(NotImplementedError, match="rolling"):
        df.expanding().median()
    with pytest.raises(NotImplementedError, match="table"):
        df.expanding(method="table")
    with pytest.raises(AttributeError, match="nothing"):
        df.expanding().nothing  # noqa: B018
