"""Times and numbers of text, columns of categories, rows of lists; accessors of one's own."""

from __future__ import annotations

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.extensions import (
    register_dataframe_accessor,
    register_index_accessor,
    register_series_accessor,
)
from treadle.dataframe.testing import assert_eq


def cut(series, npartitions=3):
    """What is in memory, in partitions."""
    return dd.from_pandas(series, npartitions=npartitions)


TEXTS = pd.Series(["2026-01-02", "2024-02-29", None, "2025-12-31"], name="when")


@pytest.mark.parametrize(
    ("series", "options"),
    [
        (TEXTS, {}),
        (TEXTS, {"utc": True}),
        (TEXTS, {"format": "%Y-%m-%d"}),
        (pd.Series(["02.01.2026 10:30", "03.04.2025 00:00"]), {"format": "%d.%m.%Y %H:%M"}),
        (pd.Series(["2026-01-02 10:00+0100"] * 3), {"format": "%Y-%m-%d %H:%M%z", "utc": True}),
        (pd.Series(["2026-01-02", "no time"]), {"errors": "coerce"}),
        (pd.Series([1, 2, 3]), {"unit": "s"}),
        (pd.Series([1.0, 2, None]), {"unit": "D"}),
        (TEXTS.astype("object"), {}),
        (pd.Series(["13/01/2026", "02/03/2026"]), {"dayfirst": True}),
    ],
)
def test_times_of_text_and_numbers(series, options):
    assert_eq(dd.to_datetime(cut(series, 2), **options), pd.to_datetime(series, **options))


def test_times_of_columns():
    frame = pd.DataFrame({"year": [2026, 2025], "month": [1, 2], "day": [3, 4]})

    assert_eq(dd.to_datetime(cut(frame, 2)), pd.to_datetime(frame))


def test_text_that_is_no_time_raises_when_it_is_computed():
    ours = dd.to_datetime(cut(pd.Series(["2026-01-02", "no time"]), 2))

    with pytest.raises(ValueError, match="no time"):
        ours.compute()


@pytest.mark.parametrize(
    ("series", "options"),
    [(pd.Series(["1 days", "2h", None]), {}), (pd.Series([1, 2]), {"unit": "h"})],
)
def test_durations_of_text_and_numbers(series, options):
    assert_eq(dd.to_timedelta(cut(series, 2), **options), pd.to_timedelta(series, **options))


@pytest.mark.parametrize(
    ("series", "options"),
    [
        (pd.Series(["1", "2", "3"]), {}),
        (pd.Series(["1.5", "2", "3"]), {}),
        (pd.Series(["1", "x", "3"]), {"errors": "coerce", "meta": "float64"}),
        (pd.Series([1, 2, 3]), {"downcast": "integer"}),
    ],
)
def test_numbers_of_text(series, options):
    theirs = {name: value for name, value in options.items() if name != "meta"}

    found = dd.to_numeric(cut(series, 1), **options)
    assert_eq(found, pd.to_numeric(series, **theirs))


def test_what_is_in_memory_is_left_to_pandas():
    assert dd.to_datetime("2026-01-02") == pd.Timestamp("2026-01-02")
    assert dd.to_numeric(["1"]).tolist() == [1]
    assert dd.to_timedelta("1h") == pd.Timedelta("1h")
    assert dd.isna(None)
    assert dd.notna(1)
    assert_eq(dd.isna(cut(TEXTS)), TEXTS.isna())
    assert_eq(dd.notna(cut(TEXTS)), TEXTS.notna())


# -- columns of categories, rows of lists ----------------------------------------------------------

FRAME = pd.DataFrame(
    {"k": pd.Categorical(list("abcab")), "t": list("xyxyx"), "n": range(5), "m": [1.5, 2, 3, 4, 5]}
)


@pytest.mark.parametrize(
    "options",
    [{"columns": ["k"]}, {"columns": ["k"], "prefix": "is", "prefix_sep": "-"},
     {"columns": ["k"], "drop_first": True, "dtype": "int8"}, {"columns": ["k"], "dummy_na": True}],
)  # fmt: skip
def test_a_column_for_each_category(options):
    assert_eq(dd.get_dummies(cut(FRAME), **options), pd.get_dummies(FRAME, **options))
    assert_eq(dd.get_dummies(cut(FRAME.k)), pd.get_dummies(FRAME.k))
    assert_eq(
        dd.get_dummies(cut(FRAME).categorize()),
        pd.get_dummies(FRAME.astype({"t": "category"})),
    )


def test_categories_have_to_be_known():
    with pytest.raises(NotImplementedError, match=r"categorize\(\)"):
        dd.get_dummies(cut(FRAME))
    with pytest.raises(NotImplementedError, match="not known"):
        dd.get_dummies(cut(FRAME.t).astype("category"))
    with pytest.raises(KeyError, match="nothing"):
        dd.get_dummies(cut(FRAME), columns=["nothing"])


@pytest.mark.parametrize(
    "options",
    [{"id_vars": "t", "value_vars": ["n", "m"]}, {"id_vars": ["t", "k"]},
     {"value_vars": ["n"], "var_name": "which", "value_name": "how many"}],
)  # fmt: skip
def test_values_of_columns_become_rows(options):
    ours = cut(FRAME).melt(**options)

    assert_eq(ours, FRAME.melt(**options), sort_results=True, check_index=False)
    assert not ours.known_divisions


def test_melt_refuses_what_is_not_there():
    with pytest.raises(KeyError, match="nothing"):
        cut(FRAME).melt("t", ["nothing"])
    with pytest.raises(NotImplementedError, match="level"):
        cut(FRAME).melt("t", ["n"], col_level=0)


def test_lists_become_rows():
    lists = pd.DataFrame({"a": [[1, 2], [], [3]], "b": [[1, 2], [], [3]], "c": list("xyz")})
    ours = cut(lists)

    assert_eq(ours.explode("a"), lists.explode("a"))
    assert_eq(ours.explode(["a", "b"]), lists.explode(["a", "b"]))
    assert_eq(ours.a.explode(), lists.a.explode())
    assert ours.explode("a").divisions == ours.divisions
    with pytest.raises(NotImplementedError, match="reset_index"):
        ours.explode("a", ignore_index=True)
    with pytest.raises((KeyError, ValueError)):
        ours.explode("nothing")


# -- accessors of one's own ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("register", "kind"),
    [
        (register_dataframe_accessor, dd.DataFrame),
        (register_series_accessor, dd.Series),
        (register_index_accessor, dd.Index),
    ],
)
def test_an_accessor_of_ones_own(register, kind):
    class Own:
        """What it is for."""

        def __init__(self, frame):
            self.frame = frame

    try:
        assert register("own_name")(Own) is Own
        frame = cut(FRAME)
        value = {dd.DataFrame: frame, dd.Series: frame.n, dd.Index: frame.index}[kind]
        assert value.own_name.frame is value
        assert kind.own_name is Own
        with pytest.warns(UserWarning, match="own_name"):
            register("own_name")(Own)
    finally:
        del kind.own_name


def zoned(zone: str) -> pd.Series:
    return pd.Series([f"2026-01-0{n}T10:00:00{zone}" if n != 3 else None for n in range(1, 7)])


@pytest.mark.parametrize("zone", ["Z", "+02:00", ""])
def test_times_of_text_are_of_the_zone_that_the_text_names(zone):
    texts = zoned(zone)

    assert_eq(dd.to_datetime(cut(texts, 3)), pd.to_datetime(texts))
    assert_eq(dd.to_datetime(cut(texts, 3), utc=True), pd.to_datetime(texts, utc=True))


def test_the_zone_is_known_behind_a_filter_and_where_partitions_hold_no_times():
    texts = pd.DataFrame({"t": [*zoned("Z"), None, None], "x": range(8)})
    df = cut(texts, 4)

    ours = dd.to_datetime(df[df.x > 1].t)

    assert str(ours.dtype) == "datetime64[us, UTC]"
    assert_eq(ours, pd.to_datetime(texts.t[2:]))
    assert_eq(ours.dt.tz_convert("Asia/Tokyo"), ours.compute().dt.tz_convert("Asia/Tokyo"))


def test_times_of_another_zone_than_the_first_are_refused():
    texts = pd.Series(["2026-01-01T10:00:00", "2026-01-01T10:00:00Z"])

    with pytest.raises(ValueError, match=r"of the zone UTC, .* expected; give utc=True"):
        dd.to_datetime(cut(texts, 2)).compute()
    options = {"utc": True, "format": "ISO8601"}
    assert_eq(dd.to_datetime(cut(texts, 2), **options), pd.to_datetime(texts, **options))
