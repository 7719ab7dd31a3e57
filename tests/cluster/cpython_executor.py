"""Run CPython's own executor tests against ours; docs/developer/executor-tests.md tells how.

    python -m tests.cluster.cpython_executor [--threads] [path of test_concurrent_futures.py]

The tests are those of whatever Python's test package is found, so their number differs from one
version to the next.  What does not apply is listed here with its reason.
"""

from __future__ import annotations

import importlib.util
import sys
import unittest
from pathlib import Path
from types import ModuleType
from typing import Any

#: Tests of `ExecutorMixin` classes that say something other than what this executor promises.
DOES_NOT_APPLY = {
    "test_interpreter_shutdown": "its script makes an executor of another class by name",
    "test_submit_after_interpreter_shutdown": "its script makes an executor of another class",
    "test_hang_gh83386": "its script makes an executor of another class by name",
    "test_hang_gh94440": "about initializers of multiprocessing contexts",
    "test_max_workers_negative": "run in this file with our own constructor",
}


def load(path: str | None) -> ModuleType:
    """Import CPython's file, from its path or from the test package of this Python."""
    if path is None:
        for name in ("test.test_concurrent_futures", "test.test_concurrent_futures.executor"):
            try:
                found = importlib.util.find_spec(name)
            except ModuleNotFoundError:
                found = None
            if found is not None and found.origin and not found.submodule_search_locations:
                path = found.origin
    if path is None:
        raise SystemExit("this Python comes without its tests: pass test_concurrent_futures.py")
    spec = importlib.util.spec_from_file_location("test_concurrent_futures", Path(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its functions are pickled by reference
    spec.loader.exec_module(module)
    return module


def executor_factory(threads: bool) -> Any:
    """Return what makes an executor of ``max_workers`` workers."""
    from treadle.cluster.client.executor import ClientExecutor

    if not threads:
        return ClientExecutor
    from tests.cluster.client_support import ThreadCluster

    cluster = ThreadCluster(workers=5)
    client = cluster.client(set_as_default=False)
    return lambda max_workers=None, **options: ClientExecutor(client, **options)


def suite(module: ModuleType, factory: Any) -> unittest.TestSuite:
    """Return the tests that apply, pointed at our executor."""

    class Ours(module.ExecutorMixin):  # type: ignore[name-defined,misc]
        executor_type = staticmethod(factory)

    loader = unittest.TestLoader()
    found = unittest.TestSuite()
    for name in ("ExecutorShutdownTest", "WaitTests", "AsCompletedTests", "ExecutorTest"):
        tests = getattr(module, name)
        case = type(f"Treadle{name}", (Ours, tests, module.BaseTestCase), {})
        for test in loader.getTestCaseNames(case):
            if test in DOES_NOT_APPLY:
                print(f"left out: {name}.{test}: {DOES_NOT_APPLY[test]}")
            else:
                found.addTest(case(test))
    return found


def main(arguments: list[str]) -> int:
    threads = "--threads" in arguments
    paths = [argument for argument in arguments if not argument.startswith("-")]
    module = load(paths[0] if paths else None)
    result = unittest.TextTestRunner(verbosity=2).run(suite(module, executor_factory(threads)))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
