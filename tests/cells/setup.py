# What the cells of the corpus find in their notebook.  Never imported: read as text.
import collections
import functools
import itertools
import math
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")

SCALE = 10
shared = [1, 2, 3]
table = {"a": 1, "b": 2}
log = []
counter = 0
rng = random.Random(7)
words = "the quick brown fox jumps over the lazy dog".split()


def inc(x):
    return x + 1


def load(i):
    return i * SCALE


def pair(x):
    return x, x * x


def listed(x):
    return [x, x + 1]


def same(x):
    return x


def add(x, y=1):
    return x + y


def total_of(values):
    total = 0
    for value in values:
        total += value
    return total


def length(values):
    return len(values)


def first(values):
    return values[0]


def boom(x, at=3):
    if x == at:
        raise ValueError(f"boom at {x}")
    return x


def divide(x, y):
    return x / y


def nested_boom(x):
    return boom(x) + 1


def note(x):
    log.append(x)
    return x


def bump(x):
    global counter
    counter += 1
    return counter + x


def push(values, x):
    values.append(x)
    return values


def draw(n):
    return rng.randint(0, n)


def say(x):
    print("say", x)
    return x


def reads_shared():
    return list(shared)


def reads_scale(x):
    return x * SCALE


def make_counter(n):
    counts = {}
    for i in range(n):
        counts[i % 3] = counts.get(i % 3, 0) + 1
    return counts


def countdown(n):
    while n > 0:
        yield n
        n -= 1


def lazily(values):
    return (value + 1 for value in values)


def apply(function, x):
    return function(x)


def keep(x):
    return {"value": x, "again": x}


def is_even(x):
    return x % 2 == 0


def maybe(x):
    return None if x % 2 else x


def array_of(n):
    return np.arange(n)


def frame_of(n):
    frame = pd.DataFrame({"k": [i % 3 for i in range(n)], "v": range(n)})
    frame["w"] = frame["v"] * 2
    return frame


def summarise(frame):
    return frame.groupby("k")["v"].agg(["sum", "count"])


def combine(parts):
    total = pd.concat(parts).groupby(level=0).sum()
    total["mean"] = total["sum"] / total["count"]
    return total.sort_index()


@dataclass
class Point:
    x: int
    y: int = 0

    @property
    def norm(self):
        return abs(self.x) + abs(self.y)


class Tally:
    def __init__(self):
        self.count = 0

    def add(self, x):
        self.count += x
        return self.count


class Loud:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        print("adding", self.x)
        return Loud(self.x + getattr(other, "x", other))

    def __radd__(self, other):
        return self + other

    def __eq__(self, other):
        log.append("eq")
        return self.x == getattr(other, "x", other)

    def __hash__(self):
        return hash(self.x)

    def __bool__(self):
        log.append("bool")
        return bool(self.x)

    def __repr__(self):
        return f"Loud({self.x})"


def loud(x):
    return Loud(x)


def point(x):
    return Point(x, -x)


def make_adder(n):
    def adder(x):
        return x + n

    return adder


def default_list(x, values=[]):
    values.append(x)
    return list(values)


def default_read(x, scale=shared):
    return x * len(scale)
