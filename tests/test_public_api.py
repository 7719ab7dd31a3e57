"""The public surface, name by name. A change here is a change for users: it wants a changelog line.

Signatures are compared as they are written, so a renamed or reordered argument is noticed.
"""

from __future__ import annotations

import inspect
import pickle
from types import ModuleType

import pytest

import treadle

SCHEDULER = "scheduler: 'SchedulerLike' = None, num_workers: 'int | None' = None"
COMPUTE = f"*args: 'Any', traverse: 'bool' = True, optimize_graph: 'bool' = True, {SCHEDULER}"

# name: (module that defines it, signature)
FUNCTIONS = {
    "annotate": ("treadle.base", "(**annotations: 'Any') -> 'Iterator[None]'"),
    "compute": ("treadle.base", f"({COMPUTE}) -> 'tuple[Any, ...]'"),
    "delayed": (
        "treadle.delayed",
        "(obj: 'Any', name: 'str | None' = None, pure: 'bool | None' = None, "
        "nout: 'int | None' = None, traverse: 'bool' = True) -> 'Any'",
    ),
    "fire_and_forget": ("treadle.cluster.client.nested", "(obj: 'Any') -> 'None'"),
    "get": ("treadle.base", f"(graph: 'Mapping[Key, Any]', keys: 'Any', {SCHEDULER}) -> 'Any'"),
    "get_annotations": ("treadle.base", "() -> 'dict[str, Any]'"),
    "get_client": (
        "treadle.cluster.client.current",
        "(address: 'str | None' = None, timeout: 'float | None' = None, "
        "resolve_address: 'bool' = True) -> 'Client'",
    ),
    "get_worker": ("treadle.cluster.worker.context", "() -> 'Worker'"),
    "is_treadle_collection": ("treadle.base", "(value: 'object') -> 'bool'"),
    "normalize_token": ("treadle.graph.tokenize", "(value: 'Any') -> 'Any'"),
    "persist": ("treadle.base", f"({COMPUTE}) -> 'tuple[Any, ...]'"),
    "progress": (
        "treadle.cluster.client.progress",
        "(*futures: 'Any', notebook: 'bool | None' = None, multi: 'bool' = True, "
        "complete: 'bool' = True, group_by: 'str' = 'prefix', interval: 'float' = 0.1, "
        "**kwargs: 'Any') -> 'None'",
    ),
    "rejoin": ("treadle.cluster.worker.context", "() -> 'None'"),
    "secede": ("treadle.cluster.worker.context", "() -> 'None'"),
    "tokenize": ("treadle.graph.tokenize", "(*args: 'Any', **kwargs: 'Any') -> 'str'"),
    "visualize": (
        "treadle.base",
        "(*args: 'Any', filename: 'str | None' = None, traverse: 'bool' = True, "
        "optimize_graph: 'bool' = False) -> 'Any'",
    ),
    "wait": (
        "treadle.cluster.client.waiting",
        "(fs: 'Any', timeout: 'float | str | None' = None, return_when: 'str' = 'ALL_COMPLETED') "
        "-> 'Any'",
    ),
    "worker_client": (
        "treadle.cluster.worker.context",
        "(timeout: 'float | None' = None, separate_thread: 'bool' = True) -> 'Iterator[Client]'",
    ),
}
CLASSES = {
    "Client": "treadle.cluster.client.client",
    "Delayed": "treadle.delayed",
    "Future": "treadle.cluster.client.future",
    "LocalCluster": "treadle.deploy.local",
    "as_completed": "treadle.cluster.client.as_completed",
}
METHODS = {
    "compute": "(self, **kwargs: 'Any') -> 'Any'",
    "persist": "(self, **kwargs: 'Any') -> 'Delayed'",
    "visualize": "(self, filename: 'str | None' = None, optimize_graph: 'bool' = False) -> 'Any'",
}
# Names of arguments, which are those of dask.distributed.
WISHES = "workers allow_other_workers resources retries priority fifo_timeout actors"
CLIENT = {
    "submit": "func *args key workers resources retries priority fifo_timeout allow_other_workers "
    "actor actors pure **kwargs",
    "map": "func *iterables key workers retries resources priority allow_other_workers "
    "fifo_timeout actor actors pure batch_size **kwargs",
    "gather": "futures errors direct asynchronous",
    "scatter": "data workers broadcast direct hash timeout asynchronous",
    "compute": f"collections sync optimize_graph {WISHES} traverse **kwargs",
    "persist": f"collections optimize_graph {WISHES} **kwargs",
    "get": "dsk keys workers allow_other_workers resources sync asynchronous direct retries "
    "priority fifo_timeout actors **kwargs",
    "cancel": "futures asynchronous force reason msg",
    "retry": "futures asynchronous",
    "who_has": "futures **kwargs",
    "has_what": "workers **kwargs",
    "nbytes": "keys summary **kwargs",
    "processing": "workers",
    "story": "*keys on_error",
    "why": "key",
    "scheduler_info": "n_workers **kwargs",
    "nthreads": "workers **kwargs",
    "ncores": "workers **kwargs",
    "wait_for_workers": "n_workers timeout",
    "restart": "timeout wait_for_workers",
    "retire_workers": "workers close_workers **kwargs",
    "run": "function *args workers wait nanny on_error **kwargs",
    "publish_dataset": "*args name override **kwargs",
    "get_dataset": "name default **kwargs",
    "list_datasets": "**kwargs",
    "unpublish_dataset": "name **kwargs",
    "get_executor": "**kwargs",
    "close": "timeout",
    "shutdown": "",
}
FUTURE = {
    "result": "timeout",
    "exception": "timeout",
    "traceback": "timeout",
    "done": "",
    "cancelled": "",
    "cancel": "reason msg force",
    "retry": "",
    "add_done_callback": "fn",
    "release": "",
}
MODULES = ["config", "errors", "widgets"]
CONFIG = ["get", "set"]
WIDGETS = ["RunProgress"]
ERRORS = [
    "AddressError",
    "ClientClosed",
    "ClusterError",
    "CommError",
    "ConfigError",
    "ConnectError",
    "ConnectionClosed",
    "CsvDtypeError",
    "CsvError",
    "CycleError",
    "DataFileError",
    "DataLost",
    "DeserializeError",
    "FrameError",
    "GraphError",
    "HandshakeError",
    "KeyConflict",
    "MissingKeyError",
    "NoWorkers",
    "PlanWarning",
    "RecordError",
    "RemoteError",
    "RunCancelled",
    "SchedulerLost",
    "SpillError",
    "TaskCancelled",
    "TaskExited",
    "TreadleError",
    "UnknownKey",
    "UnknownSchedulerError",
    "UnpicklableError",
    "WorkerDied",
]


def test_the_public_names_are_these():
    assert sorted(treadle.__all__) == sorted([*FUNCTIONS, *CLASSES, *MODULES, "__version__"])
    assert set(treadle.__all__) <= set(dir(treadle))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_its_signature_and_its_home(name: str):
    function = getattr(treadle, name)

    assert (function.__module__, str(inspect.signature(function))) == FUNCTIONS[name]


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_has_its_home(name: str):
    assert getattr(treadle, name).__module__ == CLASSES[name]


@pytest.mark.parametrize("name", METHODS)
def test_a_delayed_has_the_methods_of_every_collection(name: str):
    assert str(inspect.signature(getattr(treadle.Delayed, name))) == METHODS[name]


def names_of_arguments(method: object) -> str:
    shown = map(str, inspect.signature(method).parameters.values())
    return " ".join(text.split(":")[0] for text in list(shown)[1:])


@pytest.mark.parametrize("name", CLIENT)
def test_a_client_has_the_methods_and_arguments_that_people_know(name: str):
    assert names_of_arguments(getattr(treadle.Client, name)) == CLIENT[name]


@pytest.mark.parametrize("name", FUTURE)
def test_a_future_has_the_methods_and_arguments_that_people_know(name: str):
    assert names_of_arguments(getattr(treadle.Future, name)) == FUTURE[name]


@pytest.mark.parametrize("name", MODULES)
def test_a_public_module_is_imported_on_first_use(name: str):
    assert isinstance(getattr(treadle, name), ModuleType)


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_a_public_name_pickles(name: str):
    public = getattr(treadle, name)

    assert pickle.loads(pickle.dumps(public)) is public


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_a_public_name_is_documented_with_an_example(name: str):
    text = inspect.getdoc(getattr(treadle, name)) or ""

    assert ">>> " in text or name == "get_annotations"


def test_the_errors_are_these_and_have_one_root():
    found = {
        name: value
        for name, value in vars(treadle.errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }

    assert sorted(found) == ERRORS
    assert all(issubclass(error, treadle.errors.TreadleError) for error in found.values())


@pytest.mark.parametrize("name", CONFIG)
def test_settings_are_read_and_changed_by_name(name: str):
    assert callable(getattr(treadle.config, name))


def test_the_widgets_are_these():
    assert treadle.widgets.__all__ == WIDGETS
    assert [getattr(treadle.widgets, name).__name__ for name in WIDGETS] == WIDGETS


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'treadle' has no attribute 'dela'"):
        treadle.dela  # noqa: B018


def test_delayed_stays_the_function_after_its_module_was_imported():
    import treadle.delayed

    assert treadle.delayed(sum)([1, 2]).compute() == 3
