"""Sizes are about right for large values, cheap for all, and never an error."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from treadle.utils.sizeof import sizeof


@dataclass
class Holder:
    content: object


MB = 1_000_000
LARGE = {
    "bytes": (lambda: b"x" * MB, MB),
    "str": (lambda: "x" * MB, MB),
    "bytearray": (lambda: bytearray(MB), MB),
    "array.array": (lambda: array("d", bytes(MB)), MB),
    "memoryview": (lambda: memoryview(bytes(MB)), MB),
    "ndarray": (lambda: np.zeros(MB // 8), MB),
    "slice of an ndarray": (lambda: np.zeros(MB // 4)[::2], MB),
    "broadcast ndarray": (lambda: np.broadcast_to(1.0, (MB // 8,)), MB),
    "list of arrays": (lambda: [np.zeros(MB // 80) for _ in range(10)], MB),
    "tuple of bytes": (lambda: tuple(b"x" * 1000 for _ in range(1000)), MB),
    "dict of lists": (lambda: {i: [b"x" * 1000] for i in range(1000)}, MB),
    "set of texts": (lambda: {f"{i:01000d}" for i in range(1000)}, MB),
    "OrderedDict": (lambda: OrderedDict((i, b"x" * 1000) for i in range(1000)), MB),
    "dataclass": (lambda: Holder(np.zeros(MB // 8)), MB),
    "DataFrame": (lambda: pd.DataFrame({"x": np.zeros(MB // 8)}), MB),
    "Series": (lambda: pd.Series(np.zeros(MB // 8)), MB),
    "Index": (lambda: pd.Index(np.zeros(MB // 8)), MB),
    "Series of objects": (
        lambda: pd.Series([b"x" * 1000 for _ in range(1000)], dtype=object), MB,
    ),
    "array of objects": (
        lambda: np.array([b"x" * 1000 for _ in range(1000)], dtype=object), MB,
    ),
    "structured array": (lambda: np.zeros(MB // 16, dtype=[("a", "f8"), ("b", "i8")]), MB),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_a_large_value_is_measured_about_right(name):
    make, size = LARGE[name]

    assert size * 0.8 <= sizeof(make()) <= size * 1.35


def test_items_of_unequal_size_are_sampled_all_over_a_list():
    value = [b""] * 900 + [b"x" * 10_000] * 100

    assert 0.5e6 < sizeof(value) < 2e6


def test_small_values_are_small():
    for value in (1, 1.5, None, "", b"", (), [], {}, True, Holder, len, np.float64(1), object()):
        assert 0 < sizeof(value) < 2000


class Hostile:
    def __sizeof__(self):
        raise RuntimeError("no")

    @property
    def nbytes(self):
        raise RuntimeError("no")


class Boaster:
    nbytes = 2**80


class Negative:
    nbytes = -(10**9)


def test_a_value_that_raises_or_boasts_gets_some_size():
    assert sizeof(Hostile()) > 0
    assert sizeof(Boaster()) <= 2**60
    assert sizeof(Negative()) >= 0
    assert sizeof([Hostile()] * 3) > 0


def test_a_list_that_contains_itself_has_a_size():
    loop: list[object] = []
    loop.append(loop)

    assert sizeof(loop) > 0


def test_subclasses_of_containers_are_looked_into():
    assert sizeof(Counter(dict.fromkeys(range(100), "x" * 1000))) > 80_000
    assert sizeof(deque(maxlen=3)) > 0


def test_nothing_large_is_imported_to_measure():
    program = (
        "import sys; from treadle.utils.sizeof import sizeof; sizeof([1, {'a': 2.5}]);"
        "print([n for n in ('numpy', 'pandas') if n in sys.modules])"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert run.stdout.strip() == "[]"
