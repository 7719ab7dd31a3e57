"""Threads of BLAS and threads of tasks share the cores.

NumPy's products start a thread a core by themselves.  Where tasks run on all cores already, these
fight: two products at once take longer than one after the other.  So each call says here that it
is about to multiply, and the threads are divided among all tasks that run in this process at the
moment; a product that is alone keeps all of them.  When nobody multiplies any more, the setting
is as it was.

>>> import numpy as np
>>> with shared_blas():
...     product = np.ones((2, 2)) @ np.ones((2, 2))
>>> product
array([[2., 2.],
       [2., 2.]])

The setting is reached through ``threadpoolctl`` where it is installed, else in the OpenBLAS that
comes with NumPy; other libraries are left alone.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from treadle.engines.crew import shared_crew

Control = tuple[Callable[[], int], Callable[[int], Any]]

_lock = threading.Lock()
_controls: list[Control] = []
_known_modules: tuple[bool, ...] = ()
_inside = 0  # calls that multiply at the moment
_before: list[int] = []  # the settings there were before the first of them
_share = 0  # threads that each has now; 0 is as it was


@contextmanager
def shared_blas() -> Iterator[None]:
    """Multiply with this call's share of the threads."""
    _enter()
    try:
        yield
    finally:
        _leave()


F = TypeVar("F", bound=Callable[..., Any])


def shares_blas(func: F) -> F:
    """Make a function that is one piece of linear algebra run with its share of the threads."""

    @functools.wraps(func)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _enter()
        try:
            return func(*args, **kwargs)
        finally:
            _leave()

    return wrapped  # type: ignore[return-value]


def _enter() -> None:
    global _inside, _before, _share
    with _lock:
        _inside += 1
        if _inside == 1:
            _find_controls()
            _before = [get() for get, _ in _controls]
            _share = max(_before, default=1)
        share = max(1, max(_before, default=1) // max(_inside, shared_crew().active))
        if share < _share:
            _share = share
            _set([min(share, before) for before in _before])


def _leave() -> None:
    global _inside, _share
    with _lock:
        _inside -= 1
        if not _inside and _share != max(_before, default=1):
            _set(_before)


def _after_fork() -> None:
    """Nobody multiplies in a child that was forked just now, whatever its parent was doing."""
    global _lock, _inside, _share
    _lock = threading.Lock()
    _inside = _share = 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _set(threads: list[int]) -> None:
    for (_, set_threads), count in zip(_controls, threads, strict=True):
        set_threads(count)


def _find_controls() -> None:
    """Look for libraries again when one of those that bring a BLAS along was imported."""
    global _controls, _known_modules
    modules = tuple(name in sys.modules for name in ("scipy.linalg", "torch", "sklearn", "mkl"))
    if modules == _known_modules:
        return
    _known_modules = modules
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        _controls = _bundled()
        return
    _controls = [
        _openblas(ctypes.CDLL(item.filepath)) or (item.get_num_threads, item.set_num_threads)
        for item in ThreadpoolController().select(user_api="blas").lib_controllers
    ]


def _openblas(library: ctypes.CDLL) -> Control | None:
    """Return the controls of an OpenBLAS that has threads of its own; None for other libraries.

    Not those of threadpoolctl: it lets only the first thread that asks set anything.
    """
    for name in ("scipy_openblas_{}_num_threads", "openblas_{}_num_threads"):
        for suffix in ("64_", ""):
            getter = getattr(library, name.format("get") + suffix, None)
            setter = getattr(library, name.format("set") + suffix, None)
            if getter is not None and setter is not None:
                return getter, setter
    return None


def _bundled() -> list[Control]:
    """Return the controls of the OpenBLAS in NumPy's own folder."""
    package = Path(np.__file__).parent
    found: list[Control] = []
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for path in folder.glob("*openblas*") if folder.is_dir() else ():
            control = _openblas(ctypes.CDLL(str(path)))  # loaded already: this only finds it
            if control is not None:
                found.append(control)
    return found
