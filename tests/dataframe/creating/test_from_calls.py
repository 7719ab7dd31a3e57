"""Frames whose partitions are made by calls, or are delayed values."""

from __future__ import annotations

import pandas as pd
import pytest

import treadle
import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.graph.expr import simplify, walk


def rows(n, more=0):
    return pd.DataFrame({"n": [n, n], "m": [n + more, 0]}, index=[2 * n, 2 * n + 1])


def chosen(n, columns=None):
    frame = pd.DataFrame({"a": [n], "b": [2 * n], "c": ["x"]})
    if n != 0:
        assert columns is None or columns == ["b"]
    return frame if columns is None else frame[columns]


def whole(parts):
    return pd.concat(parts)


def test_a_partition_is_what_a_function_returns():
    df = dd.from_map(rows, [0, 1, 2], divisions=(0, 2, 4, 5))

    assert_eq(df, whole([rows(n) for n in range(3)]))
    assert df.divisions == (0, 2, 4, 5)
    assert df.name.startswith("rows-")


def test_functions_take_items_of_all_iterables_and_more_arguments():
    df = dd.from_map(rows, [1, 2], [10, 20], label="made")

    assert_eq(df, whole([rows(1, 10), rows(2, 20)]))
    assert df.name.startswith("made-")
    assert_eq(dd.from_map(rows, range(2), args=[5]), whole([rows(0, 5), rows(1, 5)]))
    assert_eq(dd.from_map(rows, range(2), more=7), whole([rows(0, 7), rows(1, 7)]))


def test_a_function_with_columns_makes_only_those_that_are_used():
    df = dd.from_map(chosen, [0, 1, 2])

    (better,) = simplify([df[["c", "b"]].b.expr])

    (source,) = [expr for expr in walk([better]) if isinstance(expr, Source)]
    assert list(source.meta.columns) == ["b"]
    assert_eq(df.b, whole([chosen(n) for n in range(3)]).b)


def test_the_function_is_not_called_if_a_meta_is_given():
    calls = []

    def counted(n):
        calls.append(n)
        return rows(n)

    df = dd.from_map(counted, [1, 2], meta=rows(0))

    assert calls == []
    assert_eq(df.n, whole([rows(1), rows(2)]).n, scheduler="sync")
    dd.from_map(counted, [1, 2])
    assert calls[-1] == 1


def test_what_a_function_returns_is_compared_with_the_meta_if_asked():
    df = dd.from_map(rows, [1], meta=rows(1)[["n"]], enforce_metadata=True)

    with pytest.raises(ValueError, match=r"columns \['n', 'm'\]"):
        df.compute(scheduler="sync")
    wrong = dd.from_map(rows, [1], meta=rows(1).astype("float64"), enforce_metadata=True)
    with pytest.raises(ValueError, match="dtype int64 in 'n'"):
        wrong.compute(scheduler="sync")


@pytest.mark.parametrize(
    ("args", "options", "error"),
    [
        ((3, [1]), {}, TypeError),
        ((rows,), {}, ValueError),
        ((rows, []), {}, ValueError),
        ((rows, [1], [1, 2]), {}, ValueError),
        ((rows, [1, 2]), {"divisions": (0, 1)}, ValueError),
        ((rows, [1, 2]), {"divisions": (3, 2, 1)}, ValueError),
        ((rows, [1, 2]), {"divisions": (3, None, 1)}, ValueError),
        ((len, ["a"]), {}, TypeError),
        ((rows, [treadle.delayed(1)]), {}, TypeError),
    ],
)
def test_wrong_arguments_of_from_map_are_refused(args, options, error):
    with pytest.raises(error):
        dd.from_map(*args, **options)


def test_series_and_indexes_are_partitions_too():
    assert_eq(dd.from_map(lambda n: rows(n).n, [1, 2]), whole([rows(1), rows(2)]).n)
    assert_eq(dd.from_map(lambda n: rows(n).index, [1, 2]), whole([rows(1), rows(2)]).index)


# -- delayed values --------------------------------------------------------------------------------


def test_delayed_values_are_partitions():
    lazy = [treadle.delayed(rows)(n) for n in range(3)]

    df = dd.from_delayed(lazy, divisions=(0, 2, 4, 5))

    assert_eq(df, whole([rows(n) for n in range(3)]))
    assert df.divisions == (0, 2, 4, 5)
    assert_eq(dd.from_delayed(lazy[1]), rows(1))
    assert_eq(dd.from_delayed([lazy[1], lazy[1]]), whole([rows(1), rows(1)]))
    series = dd.from_delayed([part.n for part in lazy], meta=rows(0).n, prefix="n")
    assert_eq(series, whole([rows(n) for n in range(3)]).n)


def test_delayed_values_are_compared_with_the_meta():
    lazy = [treadle.delayed(rows)(1), treadle.delayed(rows)(2).assign(extra=1)]

    with pytest.raises(ValueError, match="extra"):
        dd.from_delayed(lazy).compute(scheduler="sync")
    assert dd.from_delayed(lazy, verify_meta=False).npartitions == 2
    with pytest.raises(ValueError, match="a value at least"):
        dd.from_delayed([])
    with pytest.raises(TypeError, match="int"):
        dd.from_delayed([treadle.delayed(3)])


def test_partitions_become_delayed_values_and_back():
    df = dd.from_pandas(rows(1), npartitions=2)

    parts = df.to_delayed()

    assert [len(part.compute()) for part in parts] == [1, 1]
    assert_eq(dd.from_delayed(parts, divisions=df.divisions), rows(1))


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_calls_and_delayed_values_on_every_engine(scheduler):
    expected = whole([rows(n) for n in range(3)])

    assert_eq(dd.from_map(rows, range(3)), expected, scheduler=scheduler)
    lazy = [treadle.delayed(rows)(n) for n in range(3)]
    assert_eq(dd.from_delayed(lazy, meta=rows(0)), expected, scheduler=scheduler)
