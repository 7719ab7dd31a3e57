"""The pickler everything goes through: cloudpickle, and what is ours about it.

- What local modules define (see `treadle.protocol.installed`) can travel by value too, so that
  another process never runs an older version of it.
- A class that comes back to the process it was born in is that class, untouched.
- Methods that a module offers as functions, such as ``random.random``, go by reference.
- Functions under ``functools.lru_cache`` in a notebook travel; their caches stay.
- Errors are rebuilt without calling ``__init__`` when it refuses.

>>> import pickle
>>> pickle.loads(dumps(lambda x: x + 1))(1)
2
"""

from __future__ import annotations

import copyreg
import functools
import io
import pickle
import types
from collections.abc import Callable
from typing import Any

import cloudpickle
from cloudpickle import cloudpickle as _cloudpickle

from treadle.protocol.classes import class_bytes, load_class, reduce_class
from treadle.protocol.installed import home_of_method, is_importable, is_local

PROTOCOL = 5

_LRU = type(functools.lru_cache(len))
_METHODS = frozenset((types.MethodType, types.BuiltinMethodType))
_object_reduce = object.__reduce_ex__
_error_reduce = BaseException.__reduce__


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles functions, classes and values for another process.

    Parameters
    ----------
    file
        Has ``write``.
    local_by_value : bool
        Whether functions and classes of modules that are not installed travel by value, as
        those of notebooks always do.
    buffer_callback : callable, optional
        Takes large buffers out of band.
    inline_classes : bool
        Whether classes that travel by value share the globals of the functions beside them, as
        those that one function uses must; otherwise each is pickled apart, once.
    """

    def __init__(
        self,
        file: Any,
        local_by_value: bool = False,
        buffer_callback: Callable[[Any], Any] | None = None,
        inline_classes: bool = False,
    ):
        super().__init__(file, PROTOCOL, buffer_callback)
        self.local_by_value = local_by_value
        self._inline_classes = inline_classes

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is types.FunctionType:
            if self.local_by_value and is_local(obj):
                return self._dynamic_function_reduce(obj)
        elif isinstance(obj, type):
            return self._reduce_class(obj)
        elif kind in _METHODS:
            home = home_of_method(obj)
            if home is not None:
                return getattr, (home, obj.__name__)
        elif kind is _LRU:
            return self._reduce_cached(obj)
        elif isinstance(obj, BaseException):
            return _reduce_error(obj)
        elif kind.__module__ == "numpy" and kind.__name__ == "ndarray":
            return _reduce_array(obj)
        return super().reducer_override(obj)

    def _reduce_class(self, cls: type) -> Any:
        if cls.__module__ == "builtins":
            return super().reducer_override(cls)  # some have no name there, such as NoneType
        local = self.local_by_value
        if not (local and is_local(cls)) and _cloudpickle._should_pickle_by_reference(cls):
            return NotImplemented
        if not self._inline_classes:
            dump = functools.partial(dumps, local_by_value=local, inline_classes=True)
            apart = class_bytes(cls, local, dump)
            if apart is not None:
                return load_class, apart
        return reduce_class(cls)

    def _reduce_cached(self, cached: Any) -> Any:
        by_value = not is_importable(cached) or (self.local_by_value and is_local(cached))
        if not by_value:
            return NotImplemented
        parameters = cached.cache_parameters()
        state = {name: value for name, value in vars(cached).items() if name != "__wrapped__"}
        return make_cached, (
            cached.__wrapped__, parameters["maxsize"], parameters["typed"], state,
        )  # fmt: skip


def dumps(value: Any, *, local_by_value: bool = False, inline_classes: bool = False) -> bytes:
    """Return the pickle of anything, in one piece.  Raises what pickling raises."""
    with io.BytesIO() as file:
        Pickler(file, local_by_value, None, inline_classes).dump(value)
        return file.getvalue()


loads = pickle.loads


# -- what pickles call when they are loaded -------------------------------------------------------


def make_cached(
    function: Callable[..., Any], maxsize: int | None, typed: bool, state: dict[str, Any]
) -> Any:
    """Wrap a function in a cache of its own, empty here."""
    cached = functools.lru_cache(maxsize, typed)(function)
    vars(cached).update(state)
    return cached


def make_error(cls: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Make an error from its ``args`` even if ``__init__`` wants others.

    Many classes give ``Exception.__init__`` another number of arguments than they take.  Their
    attributes follow as the state of the pickle.
    """
    try:
        error = cls(*args)
    except Exception:
        error = cls.__new__(cls, *args)
    error.args = args  # __init__ may have put a message together a second time
    return error


# -- reducers -------------------------------------------------------------------------------------


def _reduce_error(error: BaseException) -> Any:
    kind = type(error)
    others = copyreg.dispatch_table.get(kind)
    if others is not None and not _is_tblib(others):
        return NotImplemented
    # Whoever says how it is pickled is believed; so are the builtin ones that do (OSError, …).
    if kind.__reduce__ is not _error_reduce or kind.__reduce_ex__ is not _object_reduce:
        return NotImplemented if others is None else error.__reduce_ex__(PROTOCOL)
    reduced = error.__reduce__()
    if not isinstance(reduced, tuple) or reduced[0] is not kind:
        return NotImplemented if others is None else reduced
    return (make_error, (kind, reduced[1]), *reduced[2:])


def _is_tblib(reducer: Any) -> bool:
    """Tell whether tblib says how errors are pickled.

    Importing Dask makes it do so, for all errors of the process: with tracebacks and contexts that
    recurse as deep as they go, where ours travel beside the error, bounded.
    """
    return str(getattr(reducer, "__module__", "")).partition(".")[0] == "tblib"


def _reduce_array(array: Any) -> Any:
    """Slices of arrays leave out of band too, by way of one copy; NumPy itself puts them inline."""
    flags = array.flags
    if flags.c_contiguous or flags.f_contiguous or array.dtype.hasobject:
        return NotImplemented
    return array.copy().__reduce_ex__(PROTOCOL)
