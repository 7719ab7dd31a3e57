"""``%%parallel`` on processes, and ``%cluster``, as people type them, with real processes."""

from __future__ import annotations

import os
import threading
import traceback

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from treadle import config
from treadle.cluster.client.current import default_client
from treadle.errors import SchedulerLost
from treadle.notebook import load_ipython_extension, unload_ipython_extension

FUNCTIONS = """
import os
import threading
def inc(x):
    return x + 1
def boom(x):
    if x == 3:
        raise ValueError(f"boom at {x}")
    return x
def with_lock(x, lock):
    return x + 1
def read(path):
    with open(path) as file:
        return file.read()
def size(values):
    return len(values)
class Point:
    def __init__(self, x):
        self.x = x
def point(x):
    return Point(x)
lock = threading.Lock()
"""


@pytest.fixture
def shell():
    made = InteractiveShell.instance()
    made.reset(new_session=False)
    made.automagic = False
    load_ipython_extension(made)
    made.run_cell(FUNCTIONS).raise_error()
    yield made
    unload_ipython_extension(made)


@pytest.fixture
def cluster(shell):
    """A cluster of two processes that the notebook is connected to."""
    shell.run_line_magic("cluster", "start -n 2 --threads 1 --name test-cells")
    yield shell.magics_manager.registry["ClusterMagics"]
    assert default_client() is None or default_client().status == "running"


def run(shell, text):
    result = shell.run_cell(text)
    result.raise_error()
    return result.result


def refuse(shell, line):
    with pytest.raises(UsageError) as caught:
        shell.run_line_magic("cluster", line)
    told = str(caught.value)
    assert "\n" not in told
    return told


def rows(shell):
    found = shell.user_ns["r"].rows
    return [(row.what, row.decision, row.code) for row in found if row.decision != "barrier"]


# -- cells ----------------------------------------------------------------------------------------


def test_tasks_really_run_at_the_same_time_in_processes(shell, tmp_path):
    # opening a pipe waits for its other end, and the second pipe's is opened first: one after the
    # other, the first task would wait forever
    pipes = [tmp_path / "first", tmp_path / "second"]
    for pipe in pipes:
        os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: [pipe.write_text(pipe.name) for pipe in pipes[::-1]])
    writer.start()
    shell.user_ns["pipes"] = pipes

    value = run(shell, "%%parallel -n 2 --on processes -o r\n[read(pipe) for pipe in pipes]")

    writer.join(30)
    assert value == ["first", "second"]
    assert shell.user_ns["r"].engine == "processes"


def test_a_connected_cluster_is_where_cells_and_collections_run(shell, cluster):
    run(shell, "%%parallel -o r --min-task 0\nxs = [inc(i) for i in range(4)]\nps = [point(1)]")
    run(shell, "import treadle\nlater = treadle.delayed(os.getpid)().compute()")

    assert shell.user_ns["xs"] == [1, 2, 3, 4]
    assert type(shell.user_ns["ps"][0]) is shell.user_ns["Point"]
    assert (shell.user_ns["r"].engine, shell.user_ns["r"].nworkers) == ("test-cells", 2)
    assert shell.user_ns["r"].ntasks == 5
    assert shell.user_ns["later"] != os.getpid()


def test_threads_can_be_asked_for_although_a_cluster_is_connected(shell, cluster):
    run(shell, "%%parallel --on threads -o r --min-task 0\nx = inc(1)")

    assert shell.user_ns["r"].engine == "threads"


def test_what_cannot_be_sent_runs_in_the_kernel_and_says_why(shell, cluster):
    run(shell, "%%parallel -o r --min-task 0\nx = with_lock(1, lock)\ny = inc(x)")

    assert (shell.user_ns["x"], shell.user_ns["y"]) == (2, 3)
    assert rows(shell) == [("with_lock(1, lock)", "inline", "PAR301"), ("inc(x)", "task", "")]
    because = shell.user_ns["r"].rows[0].because
    assert because == "can't be sent to another process: argument 2 is a _thread.lock"


def test_an_error_of_a_process_has_the_cells_line_and_the_tasks_own(shell, cluster):
    with pytest.raises(ValueError, match="boom at 3") as caught:
        run(shell, "%%parallel --min-task 0\nx = inc(1)\ny = boom(3)\nz = inc(2)")

    (note,) = caught.value.__notes__
    assert "line 3" in note
    frames = traceback.extract_tb(caught.tb)
    lines = [(f.name, f.lineno) for f in frames if f.filename.startswith("<ipython")]
    assert lines == [("<module>", 1), ("<module>", 3), ("boom", 7)]
    assert "z" not in shell.user_ns
    assert shell.user_ns["x"] == 2


def test_a_traceback_shows_the_cell_and_hides_our_frames(shell, cluster, capsys):
    shell.colors = "nocolor"
    shell.run_cell("%%parallel\nx = inc(1)\ny = boom(3)\n")

    shown = capsys.readouterr().out
    assert "y = boom(3)" in shown
    assert 'raise ValueError(f"boom at {x}")' in shown
    assert "notebook/cell" not in shown
    assert "cluster/" not in shown


def test_the_cost_of_calls_is_learned_from_processes_too(shell, cluster):
    run(shell, "%%parallel -o r\nt = 0\nfor i in range(3000):\n    t += inc(i)")

    assert shell.user_ns["t"] == sum(range(3000)) + 3000
    assert shell.user_ns["r"].ntasks < 300
    assert ("inc(i)", "inline", "PAR401") in rows(shell)


def test_large_arguments_are_sent_apart(shell, cluster):
    run(shell, "import numpy as np\nbig = np.zeros(200_000)")

    value = run(shell, "%%parallel --min-task 0\n[size(big) for i in range(4)]")

    assert value == [200_000] * 4


def test_explain_tells_what_would_stay_in_the_kernel_and_starts_nothing(shell, capsys):
    run(shell, "%%parallel --on processes --explain\na = inc(1)\nb = with_lock(1, lock)")

    told = capsys.readouterr().out
    assert "PAR301 can't be sent to another process: lock is a _thread.lock" in told
    assert "\n   2  task          inc(1)\n" in told


def test_a_cluster_that_has_gone_is_told_in_a_sentence(shell, cluster):
    cluster._started["test-cells"].close()
    # whether its end was heard of when the cell begins or while it waits: both tell of it
    with pytest.raises((UsageError, SchedulerLost), match="gone"):
        run(shell, "%%parallel --min-task 0\nx = inc(1)")

    shell.run_line_magic("cluster", "disconnect")
    run(shell, "%%parallel -o r --min-task 0\nx = inc(1)")

    assert shell.user_ns["r"].engine == "threads"


# -- %cluster -------------------------------------------------------------------------------------


def test_starting_a_cluster_tells_its_name_and_size(shell, capsys):
    shell.run_line_magic("cluster", "start -n2 --threads=1 --name test-told")

    assert capsys.readouterr().out == (
        "started test-told: 2 workers, 2 threads; %%parallel cells and collections run there\n"
    )


def test_a_cluster_is_listed_described_scaled_and_stopped(shell, cluster, capsys):
    shell.run_line_magic("cluster", "list")
    shell.run_line_magic("cluster", "")
    shell.run_line_magic("cluster", "scale 1")
    shell.run_line_magic("cluster", "stop")
    shell.run_line_magic("cluster", "info")

    told = capsys.readouterr().out
    assert "test-cells  " in told
    assert "connected" in told
    assert "worker-1" in told
    assert "test-cells will have 1 worker\n" in told
    assert "stopped test-cells\n" in told
    assert "no cluster is connected" in told
    assert default_client() is None
    assert config.get("scheduler") != "cluster"


def test_a_cluster_is_connected_by_its_name_from_elsewhere(shell, capsys):
    from treadle import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, name="test-named") as made:
        assert made.record.name == "test-named"
        shell.run_line_magic("cluster", "connect test-named")
        run(shell, "%%parallel -o r --min-task 0\nx = inc(1)")
        connected = shell.user_ns["r"].engine
        shell.run_line_magic("cluster", "disconnect")
        run(shell, "%%parallel --on test-named -o r --min-task 0\nx = inc(2)")
        named = shell.user_ns["r"].engine
        magics = shell.magics_manager.registry["ClusterMagics"]
        assert "test-named" in magics.names()

    assert (connected, named) == ("test-named", "test-named")
    assert "disconnected from test-named; cells run on threads" in capsys.readouterr().out


def test_unloading_stops_what_was_started(shell, cluster):
    made = cluster._started["test-cells"]

    unload_ipython_extension(shell)

    assert made.status == "closed"
    assert "cluster" not in shell.magics_manager.magics["line"]


WRONG = {
    "strat": "'strat' is not known; did you mean start?",
    "start --nam x": "unknown option --nam; did you mean --name?",
    "start -n two": "-n takes a whole number of at least 1, not 'two'",
    "start -n": "-n needs a value",
    "start --name UPPER": "can't be the name of a cluster",
    "start --memory lots": "lots",
    "connect": "is used like this: %cluster connect NAME",
    "connect nowhere": "no cluster is called 'nowhere'",
    "scale 2": "no cluster is connected; %cluster start starts one",
    "scale many": "takes a number of workers, not 'many'",
    "stop": "no cluster is connected; name the one to stop",
    "stop nowhere": "no cluster is called 'nowhere'",
    "list all": "is used like this: %cluster list",
    "start 'x": "No closing quotation",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_mistyped_is_told_in_one_sentence(shell, line):
    assert WRONG[line] in refuse(shell, line)


def test_workers_are_not_counted_for_a_cluster(shell, cluster):
    with pytest.raises(UsageError, match="-n does not go with the cluster test-cells, which has 2"):
        shell.run_cell_magic("parallel", "-n 3", "x = inc(1)")


def test_words_and_names_are_completed(shell):
    with provisionalcompleter():
        words = {each.text for each in shell.Completer.completions("%cluster st", 11)}
        options = {each.text for each in shell.Completer.completions("%cluster start --th", 19)}

    assert {"start", "stop"} <= words
    assert "--threads" in options
