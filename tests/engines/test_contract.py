"""What every engine must do, whoever it is."""

from __future__ import annotations

import gc
import pickle
import socket
import threading
import weakref
from operator import add

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.conftest import ENGINES

import treadle
from treadle.engines.base import Engine
from treadle.errors import RunCancelled
from treadle.graph import Source, Task, TaskRef, compile_graph
from treadle.graph.dictgraph import table_from_dict
from treadle.telemetry.hub import EventHub


def inc(x):
    return x + 1


def fail(message):
    raise ValueError(message)


class Gate:
    """A door that a task waits at, in whichever process it runs."""

    def __init__(self, path):
        self.path = str(path)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(30)
        self._listener.bind(self.path)
        self._listener.listen()
        self._arrived = None

    def wait_for_arrival(self):
        self._arrived, _ = self._listener.accept()

    def open(self):
        self._listener.close()
        if self._arrived is not None:
            self._arrived.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.open()


def pass_through(path):
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(30)
        door.connect(path)
        door.recv(1)


def compiled(graph, *keys):
    return table_from_dict(graph, keys)


def test_an_engine_says_what_it_is(engine):
    assert isinstance(engine, Engine)
    assert engine.num_workers >= 1


def test_results_stand_in_the_order_of_the_outputs(engine):
    table = compiled({"x": 1, "y": (inc, "x"), "z": (add, "x", "y")}, "z", "x", "z")

    run = engine.submit(table)

    assert run.result() == [3, 1, 3]
    assert run.state == "finished"
    assert run.result() == [3, 1, 3]


def test_an_empty_table_is_finished(engine):
    run = engine.submit(compiled({}))

    assert run.wait()
    assert run.result() == []


@pytest.mark.parametrize("size", [1, 1_000])
def test_wide_and_deep_graphs_give_their_results(engine, size):
    wide = {("m", i): (inc, i) for i in range(size)}
    wide["total"] = (sum, list(wide))
    deep = {("c", 0): 0, **{("c", i): (inc, ("c", i - 1)) for i in range(1, size + 1)}}

    assert engine.submit(compiled(wide, "total")).result() == [size * (size + 1) // 2]
    assert engine.submit(compiled(deep, ("c", size))).result() == [size]


def test_the_very_exception_is_raised_with_the_lines_of_the_task(engine):
    run = engine.submit(compiled({"x": (fail, "no"), "y": (inc, "x")}, "y"))

    with pytest.raises(ValueError, match="no") as caught:
        run.result()
    assert run.state == "failed"
    assert run.failure.exception is caught.value
    assert caught.traceback[-1].name == "fail"


def test_the_note_names_the_task_its_line_and_its_call(engine):
    source = Source("flights.py", 7)
    graph = {
        "a": Task("a", inc, (1,)),
        "b": Task("b", fail, (), {"message": "no"}, source=source),
        "c": Task("c", add, (TaskRef("a"), TaskRef("b"))),
    }

    with pytest.raises(ValueError, match="no") as caught:
        engine.submit(compile_graph(graph, ["c"])).result()
    (note,) = caught.value.__notes__
    assert (
        note == "treadle: task 'b' failed; written at flights.py, line 7; call: fail(message='no')"
    )


def test_raising_twice_adds_no_second_note(engine):
    run = engine.submit(compiled({"x": (fail, "no")}, "x"))

    for _ in range(2):
        with pytest.raises(ValueError, match="no") as caught:
            run.result()
    assert len(caught.value.__notes__) == 1


@pytest.mark.parametrize("error", [SystemExit(3), KeyError("k"), RecursionError(), StopIteration()])
def test_whatever_a_task_raises_reaches_the_caller(in_process, error):
    def task():
        raise error

    with pytest.raises(type(error)) as caught:
        in_process.submit(compiled({"x": (task,)}, "x")).result()
    assert caught.value is error


@pytest.mark.parametrize("error", [KeyError("k"), RecursionError(), SystemError(7)])
def test_whatever_a_task_raises_is_raised_with_its_type_and_arguments(engine, error):
    def task():
        raise error

    with pytest.raises(type(error)) as caught:
        engine.submit(compiled({"x": (task,)}, "x")).result()
    assert caught.value.args == error.args
    assert caught.traceback[-1].name == "task"


def test_runaway_recursion_is_an_error_like_any_other(engine):
    def down(n):
        return down(n + 1)

    with pytest.raises(RecursionError):
        engine.submit(compiled({"x": (down, 0)}, "x")).result()
    assert engine.submit(compiled({"x": (inc, 0)}, "x")).result() == [1]


def test_what_a_serial_run_did_before_the_failure_is_there(engine):
    graph = {f"t{i}": (fail, str(i)) if i in (5, 7) else (inc, i) for i in range(10)}
    run = engine.submit(compiled(graph, *graph))

    run.wait()

    assert run.failure.number == 5
    assert str(run.failure.exception) == "5"
    assert run.values[:5] == [1, 2, 3, 4, 5]


def test_values_are_released_as_soon_as_nobody_needs_them(in_process):
    class Block:
        alive = 0

        def __init__(self):
            Block.alive += 1
            self.peak = Block.alive

        def __del__(self):
            Block.alive -= 1

    peaks = []

    def load(i):
        return Block()

    def reduce(block):
        peaks.append(Block.alive)
        return 0

    graph = {("load", i): (load, i) for i in range(100)}
    graph.update({("part", i): (reduce, ("load", i)) for i in range(100)})
    graph["total"] = (sum, [("part", i) for i in range(100)])

    assert in_process.submit(compiled(graph, "total")).result() == [0]
    assert max(peaks) <= 2 * in_process.num_workers
    gc.collect()
    assert Block.alive == 0


def test_a_finished_run_keeps_only_its_outputs(in_process):
    class Value: ...

    kept = []

    def make():
        value = Value()
        kept.append(weakref.ref(value))
        return value

    def use(value):
        return Value()

    run = in_process.submit(compiled({"a": (make,), "b": (use, "a")}, "b"))
    run.result()

    gc.collect()
    assert kept[0]() is None


def test_tasks_can_compute(engine):
    def nested(n):
        return treadle.get({"x": n, "y": (inc, "x")}, "y", scheduler=engine)

    graph = {("n", i): (nested, i) for i in range(20)}
    graph["total"] = (sum, list(graph))

    assert engine.submit(compiled(graph, "total")).result() == [210]


def test_deeply_nested_computations_end(engine):
    def nested(depth):
        if not depth:
            return 1
        graph = {("n", i): (nested, depth - 1) for i in range(2)}
        return sum(treadle.get(graph, list(graph), scheduler=engine))

    assert engine.submit(compiled({"x": (nested, 5)}, "x")).result() == [32]


def test_a_nested_failure_is_the_failure_of_the_task_around_it(engine):
    def nested():
        return treadle.get({"x": (fail, "inside")}, "x", scheduler=engine)

    run = engine.submit(compiled({"outer": (nested,)}, "outer"))

    with pytest.raises(ValueError, match="inside") as caught:
        run.result()
    assert [note.split(" failed")[0] for note in caught.value.__notes__] == [
        "treadle: task 'x'",
        "treadle: task 'outer'",
    ]


def test_a_cancelled_run_says_so(engine, tmp_path):
    with Gate(tmp_path / "gate") as gate:
        run = engine.submit(compiled({"a": (pass_through, gate.path), "b": (inc, "a")}, "b"))
        if engine.name != "sync":
            gate.wait_for_arrival()
        run.cancel()
        gate.open()

        assert run.wait(30)
        assert run.state == "cancelled"
        with pytest.raises(RunCancelled, match="run it again"):
            run.result()


def test_several_threads_may_run_tables_at_once(engine):
    results = {}

    def user(n):
        graph = {("m", i): (inc, i) for i in range(200)}
        graph["total"] = (sum, list(graph))
        results[n] = engine.submit(compiled(graph, "total")).result()

    users = [threading.Thread(target=user, args=(n,)) for n in range(4)]
    for thread in users:
        thread.start()
    for thread in users:
        thread.join(30)

    assert results == {n: [20_100] for n in range(4)}


def test_telemetry_has_a_span_of_every_task_and_the_failed_one_is_marked(engine):
    hub = EventHub()
    recorder = hub.open_run("cell", engine.name)
    table = compiled({"data": 1, "a-00112233": (inc, "data"), "b-00112233": (fail, "a-00112233")},
                     "b-00112233")  # fmt: skip

    run = engine.submit(table, segment=recorder.add_table(table, engine.num_workers))
    run.wait()
    recorder.close(run.state)

    groups = {
        group.name: (group.total, group.done, group.failed) for group in recorder.report().groups
    }
    assert groups == {"a": (1, 1, 0), "b": (1, 0, 1)}
    assert recorder.report().cpu_seconds > 0


@st.composite
def failing_graphs(draw):
    size = draw(st.integers(1, 20))
    failing = draw(st.sets(st.integers(0, size - 1), max_size=3))
    graph = {}
    for n in range(size):
        inputs = draw(st.lists(st.integers(0, n - 1), max_size=3)) if n else []
        refs = [("t", i) for i in inputs]
        graph["t", n] = (fail_with, n) if n in failing else (total, refs)
    wanted = draw(st.lists(st.sampled_from(sorted(graph)), min_size=1, unique=True))
    return graph, wanted


def fail_with(n):
    raise ValueError(n)


def total(values):
    return sum(values) + 1


@settings(deadline=None, max_examples=50)
@given(failing_graphs())
def test_random_graphs_give_equal_values_and_equal_blame_on_all_engines(case):
    graph, wanted = case
    outcomes = set()
    for make in ENGINES.values():
        run = make().submit(table_from_dict(graph, wanted))
        run.wait()
        blame = run.failure and (run.failure.number, str(run.failure.exception))
        outcomes.add((run.state, blame, None if blame else tuple(run.result())))

    assert len(outcomes) == 1


def test_notes_survive_pickling(engine):
    run = engine.submit(compiled({"x": (fail, "no")}, "x"))
    run.wait()

    again = pickle.loads(pickle.dumps(run.failure.exception))

    assert again.__notes__ == run.failure.exception.__notes__
