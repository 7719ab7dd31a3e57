"""The first and last rows, and how little is computed for them."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.build import new_collection
from treadle.dataframe.creating import InMemory
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq

FRAME = pd.DataFrame({"x": range(10), "y": list("abcdefghij")})


class Watched(InMemory):
    """Notes which parts are read."""

    def __init__(self, npartitions, at_hand):
        frame = dd.from_pandas(FRAME, npartitions=npartitions)
        super().__init__(frame.expr.reading.parts, frame.divisions, FRAME.iloc[:0])
        self.at_hand = at_hand
        self.read = []

    def function(self):
        def note(part):
            self.read.append(int(part.index[0]))
            return part

        return note

    def project(self, columns):
        return self

    def first_rows(self, count):
        return super().first_rows(count) if self.at_hand else None


def watched(npartitions=5, at_hand=False):
    """A frame, and what notes the partitions that are read."""
    reading = Watched(npartitions, at_hand)
    return new_collection(Source(f"watched-{npartitions}-{at_hand}", reading)), reading


@pytest.mark.parametrize("n", [0, 1, 3, 5])
@pytest.mark.parametrize("npartitions", [1, 2])
def test_ends_are_those_of_pandas(n, npartitions):
    frame = dd.from_pandas(FRAME, npartitions=npartitions)

    assert_eq(frame.head(n), FRAME.head(n))
    assert_eq(frame.tail(n), FRAME.tail(n))
    assert_eq(frame.y.head(n), FRAME.y.head(n))
    assert_eq(frame.y.tail(n), FRAME.y.tail(n))
    assert list(frame.index.head(n)) == list(FRAME.index[:n])
    assert list(frame.index.tail(n)) == list(FRAME.index[len(FRAME) - n :])
    assert_eq(frame.head(n, compute=False), FRAME.head(n))
    assert_eq(frame.tail(n, compute=False), FRAME.tail(n))


def test_only_the_partitions_asked_for_are_computed():
    frame, reading = watched()

    frame.head(2)
    frame.tail(1)
    frame[frame.x > 1].head(4, npartitions=3)

    assert reading.read == [0, 8, 0, 2, 4]


def test_rows_at_hand_are_taken_instead_of_partitions():
    frame, reading = watched(npartitions=2, at_hand=True)

    found = frame.assign(z=frame.x * 2).rename(columns={"z": "w"})[["w", "y"]].head(3)

    assert_eq(found, FRAME.assign(w=FRAME.x * 2)[["w", "y"]].head(3))
    assert reading.read == []


def test_rows_at_hand_do_not_do_for_filters():
    frame, reading = watched(npartitions=2, at_hand=True)

    assert_eq(frame[frame.x > 2].head(2), FRAME[3:5])
    assert reading.read == [0]


def test_too_few_rows_are_warned_of():
    frame = dd.from_pandas(FRAME, npartitions=5)

    with pytest.warns(UserWarning, match=r"head\(3\) found 2 rows in 1 of 5 partitions"):
        assert_eq(frame.head(3), FRAME.head(2))
    with pytest.warns(UserWarning, match=r"tail\(3\) found 2 rows"):
        assert_eq(frame.tail(3), FRAME.tail(2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_eq(frame.head(3, npartitions=2), FRAME.head(3))
        assert_eq(frame.tail(30, npartitions=-1), FRAME)


def test_bad_numbers_are_refused():
    frame = dd.from_pandas(FRAME, npartitions=5)

    with pytest.raises(NotImplementedError, match="all rows but 2"):
        frame.head(-2)
    with pytest.raises(TypeError, match="integer"):
        frame.head(1.5)
    with pytest.raises(ValueError, match="from 1 to 5"):
        frame.head(1, npartitions=6)


def test_heads_of_heads():
    frame = dd.from_pandas(FRAME, npartitions=5)

    few = frame.head(6, npartitions=-1, compute=False)

    assert_eq(few.tail(2, compute=False), FRAME[4:6])
    assert few.npartitions == 1
