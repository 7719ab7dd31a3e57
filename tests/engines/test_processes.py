"""What is special about processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import treadle
from treadle import config
from treadle.engines import get_engine
from treadle.errors import UnpicklableError
from treadle.graph.dictgraph import table_from_dict

pytestmark = pytest.mark.slow

TIMEOUT = 30.0


@pytest.fixture(scope="module")
def engine():
    return get_engine("processes", num_workers=2)


def make_lock():
    import threading

    return {"inside": [threading.Lock()]}


def test_tasks_run_in_other_processes_that_are_kept(engine):
    graph = {("pid", n): (os.getpid,) for n in range(20)}
    pids = set(treadle.get(graph, list(graph), scheduler=engine))

    assert os.getpid() not in pids
    assert get_engine("processes", num_workers=2).client is engine.client
    assert get_engine("multiprocessing", num_workers=2).name == "processes"
    assert engine.num_workers == 2
    assert not engine.capabilities.in_process


def test_the_setting_chooses_processes():
    with config.set(scheduler="processes", num_workers=2):
        assert treadle.delayed(os.getpid)().compute() != os.getpid()


def test_a_result_that_cannot_travel_is_an_error_that_names_what(engine):
    run = engine.submit(table_from_dict({"x": (make_lock,)}, ["x"]))

    with pytest.raises(UnpicklableError, match="lock") as caught:
        run.result()
    assert "inside" in str(caught.value)


def test_a_result_that_cannot_travel_can_be_used_where_it_is(engine):
    graph = {"x": (make_lock,), "y": (len, "x")}

    assert treadle.get(graph, "y", scheduler=engine) == 1


def test_prints_of_tasks_appear_here(engine, capsys):
    engine.submit(table_from_dict({"x": (print, "from a task")}, ["x"])).result()

    assert capsys.readouterr().out == "from a task\n"


def test_a_task_that_computes_on_processes_uses_those_it_runs_on(engine):
    def nested(n):
        pids = treadle.get(
            {("p", i): (os.getpid,) for i in range(4)},
            [("p", i) for i in range(4)],
            scheduler="processes",
        )
        return set(pids)

    graph = {("n", n): (nested, n) for n in range(2)}
    outer = {("pid", n): (os.getpid,) for n in range(20)}
    inside = set().union(*treadle.get(graph, list(graph), scheduler=engine))

    assert inside <= set(treadle.get(outer, list(outer), scheduler=engine)) | inside
    assert os.getpid() not in inside
    assert len(inside) <= 2


def test_a_program_that_used_processes_ends_at_once_and_leaves_none():
    program = """if __name__ == "__main__":
        import os, treadle
        graph = {("p", n): (os.getpid,) for n in range(8)}
        print(*set(treadle.get(graph, list(graph), scheduler="processes", num_workers=2)))
    """
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT
    )

    assert (run.returncode, run.stderr) == (0, "")
    for pid in run.stdout.split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
