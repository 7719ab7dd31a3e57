"""Plans: what computing would take, compared with what it takes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import treadle.array as da
from treadle.array.block_sizes import grid_bytes
from treadle.errors import PlanWarning
from treadle.graph.dictgraph import table_from_dict
from treadle.planning.rehearsal import rehearse

MiB = 2**20
#: What Python itself takes for the tasks of these graphs.
OBJECTS = 0.4 * MiB


class Source:
    """An array that counts what is read of it."""

    def __init__(self, array: np.ndarray):
        self.array = array
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim
        self.bytes_read = 0

    def __getitem__(self, index):
        piece = self.array[index].copy()
        self.bytes_read += piece.nbytes
        return piece


def square(side: int = 1024, chunks: int = 256) -> da.Array:
    return da.from_array(Source(np.arange(side * side, dtype=float).reshape(side, side)), chunks)


def whole_numbers(x: da.Array) -> da.Array:
    """Their products leave BLAS alone, whose threads are slow on a busy machine."""
    return x[:512, :512].astype(int)


GRAPHS = {
    "one result in blocks": lambda x: x + 1,
    "a fused sum": lambda x: ((x + 1) * 2).sum(),
    "a sum along an axis": lambda x: x.sum(axis=0),
    "each block needed twice": lambda x: (x + x.T).sum(),
    "a mean that is used again": lambda x: ((x - x.mean()) / x.std()).sum(),
    "a product of matrices": lambda x: whole_numbers(x) @ whole_numbers(x),
    "rows to columns": lambda x: x.rechunk((1024, 64)).rechunk((64, 1024)).sum(),
    "columns sorted": lambda x: da.sort(x.rechunk((1024, 64)), axis=0).sum(),
    "quantiles": lambda x: da.quantile(x, 0.3, axis=0),
    "a variance": lambda x: x.var(axis=0),
    "a spectrum": lambda x: da.fft.fft(x.rechunk((1024, 64)), axis=0),
    "rows in another order": lambda x: x[::-1][np.arange(0, 1024, 3)].sum(),
    "elements that are not counted yet": lambda x: x[x > 5e5].sum(),
    "random numbers": lambda x: da.random.default_rng(0).normal(size=x.shape, chunks=256).std(),
    "blocks made, not read": lambda x: (da.ones((1024, 1024), chunks=256) + 1).sum(),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_the_peak_is_at_least_what_is_measured_and_at_most_twice_that(name: str):
    result = GRAPHS[name](square())
    predicted = da.plan(result, scheduler="sync").peak_memory
    result.compute(scheduler="sync")  # imports what it needs

    tracemalloc.start()
    try:
        result.compute(scheduler="sync")
        measured = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert measured - OBJECTS <= predicted <= 2 * measured


def test_more_lanes_hold_more():
    total = (square() + 1).sum()

    one, four = (da.plan(total, num_workers=n).peak_memory for n in (1, 4))

    assert one < four <= 4 * one


def test_what_is_read_is_what_the_optimised_graph_reads():
    source = Source(np.zeros((100, 100)))
    part = (da.from_array(source, chunks=50) + 1)[:10, :60].sum()

    predicted = da.plan(part).bytes_read
    part.compute(scheduler="sync")

    assert predicted == source.bytes_read == 10 * 60 * 8


def test_arrays_in_memory_are_not_read_and_cost_nothing():
    x = da.from_array(np.zeros((512, 512)), chunks=128)

    found = da.plan(x.sum(), scheduler="sync")

    assert found.bytes_read == 0
    assert found.peak_memory < 128 * 128 * 8


def test_arrays_planned_together_share_their_tasks():
    x = square() + 1
    total, spread = x.mean(), x.mean() * x

    apart = [da.plan(item).tasks for item in (total, spread)]

    assert da.plan(total, spread).tasks == max(apart)


def test_the_tasks_are_those_that_run():
    import treadle

    x = (square() + 1).sum(axis=0)
    ran = []

    class Counting:
        name, num_workers, capabilities = "counting", 1, None

        def submit(self, table, *, segment=None):
            from treadle.engines.sync import SyncRun

            ran.append(len(table))
            return SyncRun(table, segment)

    treadle.compute(x, scheduler=Counting())

    assert [da.plan(x).tasks] == ran


def test_lengths_that_are_not_known_are_said_and_count_as_large_as_what_they_are_of():
    x = square()
    found = da.plan(x[x > 0.5], scheduler="sync")

    assert found.not_known > 0
    assert f"lengths of {found.not_known} blocks" in repr(found)
    assert found.bytes_results >= x.nbytes


def test_what_cannot_fit_is_warned_of_with_what_to_do():
    x = square() + 1

    with pytest.warns(PlanWarning, match=r"16\.0 MiB .* 1\.00 MiB; use smaller chunks"):
        found = da.plan(x, memory_limit="1 MiB")

    assert not found.fits
    assert "does not fit" in repr(found)


def test_a_plan_says_it_all_in_text_and_html():
    found = (da.ones((1000, 1000), chunks=250) + 1).plan(num_workers=2, memory_limit="1 GiB")

    assert repr(found).splitlines() == [
        "Plan",
        "  tasks       16 on 2 threads",
        "  read        0 B",
        "  results     7.63 MiB",
        "  peak memory 15.3 MiB of 1.00 GiB",
    ]
    assert "15.3 MiB of 1.00 GiB" in found._repr_html_()


def test_on_a_cluster_the_limit_is_that_of_a_worker(cluster_client):
    workers = cluster_client.scheduler_info()["workers"].values()

    found = da.plan((square() + 1).sum(), scheduler=cluster_client)

    assert (found.workers, found.threads) == (2, 1)
    assert found.memory_limit == min(worker["memory_limit"] for worker in workers)


def test_only_arrays_can_be_planned():
    with pytest.raises(TypeError, match="takes arrays in blocks, not ndarray"):
        da.plan(np.ones(3))


def test_a_worker_holds_what_it_made_and_what_was_brought_to_it():
    table = table_from_dict({"a": (abs, 1), "b": (abs, 2), "c": (max, "a", "b")}, ["c"])

    together = rehearse(table, [10.0, 10.0, 1.0], [0.0] * 3, [0, 0])
    apart = rehearse(table, [10.0, 10.0, 1.0], [0.0] * 3, [0, 1])

    assert (together, apart) == (21.0, 21.0)  # one of them takes the other's


def test_bytes_of_blocks_that_are_not_known_are_not_numbers():
    np.testing.assert_array_equal(grid_bytes(((1, float("nan")), (2,)), 4), [8, np.nan])
