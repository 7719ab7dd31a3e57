"""Bags: collections of Python objects in partitions, for records that are no arrays or frames yet.

>>> import treadle.bag as db
>>> words = db.from_sequence(["a b", "b c", "b"], npartitions=2).str.split().flatten()
>>> words.frequencies(sort=True).compute()
[('b', 3), ('a', 1), ('c', 1)]
"""

from treadle.bag import avro, creating, folding, grouping, layout, mapping, random, running, text
from treadle.bag.avro import read_avro, to_avro
from treadle.bag.core import Bag, Item
from treadle.bag.creating import concat, from_delayed, from_sequence, range, to_delayed, zip
from treadle.bag.mapping import map, map_partitions
from treadle.bag.strings import StringAccessor
from treadle.bag.text import read_text, to_textfiles

__all__ = [
    "Bag",
    "Item",
    "StringAccessor",
    "avro",
    "concat",
    "creating",
    "folding",
    "from_delayed",
    "from_sequence",
    "grouping",
    "layout",
    "map",
    "map_partitions",
    "mapping",
    "random",
    "range",
    "read_avro",
    "read_text",
    "running",
    "text",
    "to_avro",
    "to_delayed",
    "to_textfiles",
    "zip",
]
