"""Errors keep their values, their text and their builtin parents, also through a pickle."""

from __future__ import annotations

import inspect
import pickle

import pytest

from treadle import errors

EXAMPLES = {
    "TreadleError": errors.TreadleError("text"),
    "GraphError": errors.GraphError("text"),
    "CycleError": errors.CycleError(["x", ("y", 1), "x"]),
    "MissingKeyError": errors.MissingKeyError("x", "y", ["xx"]),
    "ConfigError": errors.ConfigError("text"),
    "UnknownSchedulerError": errors.UnknownSchedulerError("dusk", ["dask"]),
    "RunCancelled": errors.RunCancelled("text"),
    "TaskCancelled": errors.TaskCancelled("text"),
    "KeyConflict": errors.KeyConflict("text"),
    "SchedulerLost": errors.SchedulerLost("text"),
    "WorkerDied": errors.WorkerDied("text"),
    "DataLost": errors.DataLost("text"),
    "UnknownKey": errors.UnknownKey("text"),
    "NoWorkers": errors.NoWorkers("text"),
    "ClientClosed": errors.ClientClosed("text"),
    "TaskExited": errors.TaskExited(3),
    "RemoteError": errors.RemoteError("shop.SoldOut", "no more tea", "Traceback ..."),
    "UnpicklableError": errors.UnpicklableError(
        "args[1].lock", "_thread.lock", "cannot pickle '_thread.lock' object", "make it in the task"
    ),
    "DeserializeError": errors.DeserializeError("ValueError: no"),
    "ClusterError": errors.ClusterError("it ended", "last words"),
    "RecordError": errors.RecordError("text"),
    "CommError": errors.CommError("text"),
    "AddressError": errors.AddressError("text"),
    "ConnectError": errors.ConnectError("tcp://127.0.0.1:9", "connection refused"),
    "HandshakeError": errors.HandshakeError("tcp://127.0.0.1:9", "another cluster"),
    "FrameError": errors.FrameError("text"),
    "ConnectionClosed": errors.ConnectionClosed("text"),
    "DataFileError": errors.DataFileError("a.csv", "'x' is no number", "price", 42, "give dtype="),
    "CsvError": errors.CsvError("a.csv", "a field too many", 17, mend="drop it"),
    "CsvDtypeError": errors.CsvDtypeError(
        "a.csv", "is no int64", 17, "x", "1.5", "give its dtype", promotion={"x": "float64"}
    ),
    "SqlDtypeError": errors.SqlDtypeError("read_sql_table t", "x", "no int64", {"x": "float"}),
    "SpillError": errors.SpillError("/tmp", 1024, "No space left on device", 512),
    "PlanWarning": errors.PlanWarning("text"),
    "LateDtypeWarning": errors.LateDtypeWarning("text"),
}


def classes():
    return {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }


def test_every_error_has_an_example_here_and_a_place_in_the_tree():
    assert set(classes()) == set(EXAMPLES)
    for name, value in classes().items():
        assert issubclass(value, errors.TreadleError)
        assert f"- {name}" in errors.__doc__


@pytest.mark.parametrize("name", EXAMPLES)
def test_errors_survive_pickling(name):
    error = EXAMPLES[name]

    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_users_catch_the_builtin_they_know():
    assert issubclass(errors.MissingKeyError, KeyError)
    assert issubclass(errors.GraphError, ValueError)
    assert issubclass(errors.ConfigError, ValueError)
    assert issubclass(errors.RecordError, OSError)
    assert issubclass(errors.CommError, OSError)
    assert issubclass(errors.ConnectError, ConnectionError)
    assert issubclass(errors.ConnectionClosed, ConnectionError)
    assert issubclass(errors.FrameError, ValueError)


def test_texts_name_the_value_and_the_mend():
    assert str(EXAMPLES["CycleError"]) == (
        "the graph has a cycle: 'x' -> ('y', 1) -> 'x'; "
        "break it by removing one of these references"
    )
    assert str(EXAMPLES["MissingKeyError"]) == (
        "no task in the graph makes 'x', which 'y' needs; did you mean 'xx'?"
    )
    assert str(EXAMPLES["UnknownSchedulerError"]) == "unknown scheduler 'dusk'; use one of 'dask'"
    assert str(EXAMPLES["ConnectError"]) == (
        "can't connect to tcp://127.0.0.1:9: connection refused"
    )
