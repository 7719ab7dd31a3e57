"""Results of a run can be seen before it is over, where the engine knows of them."""

from __future__ import annotations

import os

import pytest

from treadle import Client
from treadle.engines import get_engine
from treadle.graph.dictgraph import table_from_dict


def read(path):
    with open(path) as file:
        return file.read()


@pytest.mark.timeout(60)
def test_a_cluster_tells_of_a_task_while_another_one_runs(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    table = table_from_dict({"x": (max, 1, 2), "y": (read, str(pipe))}, ["x", "y"])
    with Client(n_workers=2, threads_per_worker=1, set_as_default=False) as client:
        run = get_engine(client).submit(table)
        while not run.peek(0)[0]:  # the time limit of the test ends this
            assert not run.wait(0.05)
        seen, other = run.peek(0), run.peek(1)
        pipe.write_text("text")  # returns when the task has opened its end
        run.wait(30)

    assert seen == (True, 2)
    assert other == (False, None)
    assert run.result() == [2, "text"]


def test_an_engine_that_does_not_know_says_so():
    run = get_engine("sync").submit(table_from_dict({"x": (max, 1, 2)}, ["x"]))

    assert run.peek(0) == (False, None)
    assert run.result() == [2]
