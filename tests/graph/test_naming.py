"""Names of tasks and of groups."""

from __future__ import annotations

import functools
import operator
import os

import pytest

from treadle.graph.naming import function_name, key_prefix, unique_key


@pytest.mark.parametrize(
    ("key", "prefix"),
    [
        ("inc", "inc"),
        ("inc-0123abcd", "inc"),
        (unique_key("load-file"), "load-file"),
        (("sum-0123456789abcdef", 1, 2), "sum"),
        ("x12", "x"),
        ("load_3", "load"),
        ("part-7", "part"),
        ("deadbeef", "deadbeef"),
        ("é-0123abcd", "é"),
        (7, "7"),
        ("", ""),
    ],
)
def test_a_group_is_a_key_less_its_token_or_number(key, prefix):
    assert key_prefix(key) == prefix


def test_unique_keys_differ_also_after_a_fork():
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:  # pragma: no cover
        os.write(write, unique_key("x").encode())
        os._exit(0)
    os.waitpid(pid, 0)
    child = os.read(read, 100).decode()
    os.close(read)
    os.close(write)

    assert len({child, unique_key("x"), unique_key("x")}) == 3


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (operator.add, "add"),
        (functools.partial(functools.partial(operator.add, 1)), "add"),
        (lambda: 0, "lambda"),
        (str.upper, "upper"),
        (int, "int"),
        (operator.itemgetter(1), "itemgetter"),
    ],
)
def test_any_callable_has_a_short_name(func, name):
    assert function_name(func) == name
