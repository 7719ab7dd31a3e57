"""Every cell of the corpus on real processes: nothing differs from the serial cell.

What one other process does to values is seen by the mode ``processes`` of `test_corpus.py`.  Here
results also go from worker to worker, and arrive in any order.
"""

from __future__ import annotations

import pytest

from treadle import Client
from treadle.engines import get_engine

from .harness import run_in_parallel, run_serially
from .test_corpus import CORPUS, SETUP


@pytest.fixture(scope="module")
def engine():
    with Client(n_workers=2, threads_per_worker=1, set_as_default=False) as client:
        client.wait_for_workers(2, 30)
        yield get_engine(client)


@pytest.mark.parametrize("name", CORPUS)
def test_a_cell_does_on_a_cluster_what_it_does_serially(name, engine):
    body, _ = CORPUS[name]

    serial = run_serially(SETUP, body)
    parallel = run_in_parallel(SETUP, body, "processes", engine)

    assert parallel.error == serial.error
    assert parallel.printed == serial.printed
    assert parallel.names == serial.names
    assert parallel.result == serial.result


@pytest.mark.parametrize(
    "name",
    [name for name, (_, tasks) in CORPUS.items() if tasks and not name.startswith("process_")],
)
def test_a_cell_that_should_is_sent_to_other_processes(name, engine):
    body, _ = CORPUS[name]

    run = run_in_parallel(SETUP, body, "processes", engine).run

    assert run.ntasks > 0, run.explain()
