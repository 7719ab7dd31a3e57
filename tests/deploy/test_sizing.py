"""Workers, threads and memory of a local cluster that nobody gave numbers for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.deploy.sizing import memory_limit, parse_size, plan, processes_and_threads
from treadle.errors import ConfigError

GIB = 2**30


@given(st.integers(1, 512))
def test_cores_are_divided_without_rest_and_never_into_more_threads_than_processes(cores: int):
    processes, threads = processes_and_threads(cores)

    assert processes * threads == cores
    assert threads <= processes


def test_a_cluster_of_threads_is_one_worker_unless_told():
    assert plan(cores=8, processes=False) == (1, 8)
    assert plan(threads_per_worker=2, cores=8, processes=False) == (1, 2)


def test_what_is_said_is_kept_and_the_rest_follows_from_it():
    assert plan(3, 5, cores=2) == (3, 5)
    assert plan(4, cores=2) == (4, 1)
    assert plan(n_workers=0, cores=2) == (0, 1)
    assert plan(threads_per_worker=16, cores=8) == (1, 16)


@pytest.mark.parametrize(("n", "threads"), [(-1, None), (1, 0), ("2", None), (None, 1.5)])
def test_numbers_that_make_no_sense_are_refused(n, threads):
    with pytest.raises(ConfigError, match="whole number"):
        plan(n, threads, cores=2)


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        ("auto", 8 * GIB),
        (None, 0),
        (0, 0),
        ("4 GB", 4 * 10**9),
        ("4GiB", 4 * GIB),
        (0.25, 4 * GIB),
        (1.0, 16 * GIB),
        (5 * GIB, 5 * GIB),
        ("1 TB", 16 * GIB),  # no more than there is
    ],
)
def test_a_memory_limit_is_read_in_all_its_forms(value, limit):
    assert memory_limit(value, n_workers=2, total=16 * GIB) == limit


@pytest.mark.parametrize("value", ["much", "4 XB", -1, True, [1]])
def test_a_memory_limit_that_is_none_is_refused(value):
    with pytest.raises(ConfigError, match="not a"):
        memory_limit(value, n_workers=2, total=GIB)


def test_units_are_read_in_any_case_with_and_without_b():
    assert [parse_size(t) for t in ("1k", "1 KB", "1KiB", "1b", "2.5 M")] == [
        1000,
        1000,
        1024,
        1,
        2_500_000,
    ]
