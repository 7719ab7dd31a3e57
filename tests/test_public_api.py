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
    "get": ("treadle.base", f"(graph: 'Mapping[Key, Any]', keys: 'Any', {SCHEDULER}) -> 'Any'"),
    "get_annotations": ("treadle.base", "() -> 'dict[str, Any]'"),
    "is_treadle_collection": ("treadle.base", "(value: 'object') -> 'bool'"),
    "normalize_token": ("treadle.graph.tokenize", "(value: 'Any') -> 'Any'"),
    "persist": ("treadle.base", f"({COMPUTE}) -> 'tuple[Any, ...]'"),
    "tokenize": ("treadle.graph.tokenize", "(*args: 'Any', **kwargs: 'Any') -> 'str'"),
    "visualize": (
        "treadle.base",
        "(*args: 'Any', filename: 'str | None' = None, traverse: 'bool' = True, "
        "optimize_graph: 'bool' = False) -> 'Any'",
    ),
}
CLASSES = {"Delayed": "treadle.delayed"}
METHODS = {
    "compute": "(self, **kwargs: 'Any') -> 'Any'",
    "persist": "(self, **kwargs: 'Any') -> 'Delayed'",
    "visualize": "(self, filename: 'str | None' = None, optimize_graph: 'bool' = False) -> 'Any'",
}
MODULES = ["config", "errors", "widgets"]
CONFIG = ["get", "set"]
WIDGETS = ["RunProgress"]
ERRORS = [
    "AddressError",
    "ClientClosed",
    "CommError",
    "ConfigError",
    "ConnectError",
    "ConnectionClosed",
    "CycleError",
    "DeserializeError",
    "FrameError",
    "GraphError",
    "HandshakeError",
    "KeyConflict",
    "MissingKeyError",
    "RecordError",
    "RemoteError",
    "RunCancelled",
    "SchedulerLost",
    "TaskCancelled",
    "TaskExited",
    "TreadleError",
    "UnknownSchedulerError",
    "UnpicklableError",
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
