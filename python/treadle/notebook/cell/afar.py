"""The far end of a task: what a worker does for one call of a cell in another process.

An engine that does not share this process's memory is given rows of one kind: an `Errand`, which
is a function with all it needs, called with one call's arguments as bytes, and with the results of
other rows.  What it gives back keeps the serial law even though everything here is a copy:

the value        when it is new through and through: nothing of what the call was given is in it
`Linked`         when it holds objects that the call was given; the kernel puts its own in place
`Stays`          when it can't leave this process, or would be another one elsewhere: the kernel
                 makes the call itself
raises           what the function raised, if it is the same after the journey; else `Recall`
`NeedsOrder`     when reading the result beside others would not be safe: the kernel goes on alone
"""

from __future__ import annotations

import contextvars
import io
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import Any

from treadle.notebook.cell.kinds import is_atomic_type, kind_of, only_atomic
from treadle.notebook.cell.lazies import MISSING, NeedsOrder
from treadle.notebook.cell.links import Contents, Link, TooMany
from treadle.notebook.cell.operators import bound_method
from treadle.notebook.cell.reach import Walk
from treadle.notebook.cell.screen import Screen
from treadle.notebook.cell.source import register_body
from treadle.protocol import classes
from treadle.protocol.culprit import find_culprit, type_name
from treadle.protocol.installed import is_importable

_screen = Screen()

#: An attribute of errors on their way whose context is not to be shown.
_HIDDEN = "__treadle_hides_context__"


class Recall(Exception):
    """A call has to be made in the kernel, for the reason that it says."""


class Linked:
    """A result that holds objects which its call was given.

    Attributes
    ----------
    value : object
        With copies in their places.
    links : list of Link
    """

    __slots__ = ("links", "value")

    def __init__(self, value: Any, links: list[Link]):
        self.value = value
        self.links = links


class Stays:
    """Stands for a result that can't leave the process in which it was made.

    Attributes
    ----------
    why : str
    value : object
        For other calls, which only read it: a copy will do.  `MISSING` if it can't be copied.
    """

    __slots__ = ("value", "why")

    def __init__(self, why: str, value: Any = MISSING):
        self.why = why
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return (Stays, (self.why,) if self.value is MISSING else (self.why, self.value))


class Surroundings:
    """What a function takes into account besides its arguments and globals.

    The context of decimals, how NumPy treats errors, the current folder, and where modules are
    looked for: where they differ here, they are set as in the kernel.
    """

    __slots__ = ("decimals", "errors", "folder", "paths")

    def __init__(self) -> None:
        decimal, numpy = sys.modules.get("decimal"), sys.modules.get("numpy")
        self.decimals = decimal.getcontext().copy() if decimal is not None else None
        self.errors = numpy.geterr() if numpy is not None else None
        self.folder = _current_folder()
        self.paths = [path for path in sys.path if path]

    def __getstate__(self) -> tuple[Any, ...]:
        return self.decimals, self.errors, self.folder, self.paths

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.decimals, self.errors, self.folder, self.paths = state

    def prepare(self) -> None:
        """Set what belongs to the process: before anything is unpickled."""
        known = set(sys.path)
        sys.path += [path for path in self.paths if path not in known and os.path.exists(path)]
        if self.folder is not None and self.folder != _current_folder():
            try:
                os.chdir(self.folder)
            except OSError:
                return  # another machine, without such a folder

    def call(self, function: Callable[[], Any]) -> Any:
        """Call a function with what belongs to its context set."""
        return contextvars.copy_context().run(self._call, function)

    def _call(self, function: Callable[[], Any]) -> Any:
        if self.decimals is not None:
            import decimal

            decimal.setcontext(self.decimals.copy())
        if self.errors is None:
            return function()
        import numpy

        with numpy.errstate(**self.errors):
            return function()


class Errand:
    """A function on its way to other processes: rows of a table call it.

    Parameters
    ----------
    name : str
        What panes call it.
    blob : bytes or None
        The pickled function; None if every call brings its own.
    sources : dict of str
        Texts of the notebook's cells that define what is in the pickle, so that the worker can
        look into functions as the kernel does.
    surroundings : Surroundings
    """

    def __init__(
        self, name: str, blob: bytes | None, sources: dict[str, str], surroundings: Surroundings
    ):
        self.__name__ = self.__qualname__ = name
        self._blob = blob
        self.sources = sources
        self._surroundings = surroundings
        self._function: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Errand, (self.__name__, self._blob, self.sources, self._surroundings)

    def __call__(self, payload: bytes, *inputs: Any) -> Any:
        """Make one call, and say what became of it."""
        values, aliases = [], set()
        for number, value in enumerate(inputs):
            if type(value) is Stays and value.value is MISSING:
                return Stays(value.why)
            if type(value) is Linked or type(value) is Stays:
                aliases.add(number)
                value = value.value
            values.append(value)
        self._surroundings.prepare()
        for filename, text in self.sources.items():
            register_body(filename, text)
        call = Call(pickle.loads(payload), values, aliases)
        try:
            value = self._surroundings.call(lambda: call.make(self._own_function))
        except (NeedsOrder, Recall):
            raise
        except _Unreadable as trouble:
            return Stays(str(trouble))
        except BaseException as error:
            reason = why_not_raised(error)
            if reason is not None:
                raise Recall(reason) from None
            show_context(error)
            raise
        if call.is_shared and not is_safe(value):
            raise NeedsOrder
        if not call.is_shared and not call.is_wanted:
            return None  # it was called to see whether it fails
        try:
            home = bring_home(value, call.roots, call.is_wanted, call.apart)
        except TooMany:
            return Stays("too many objects to look at")
        if type(home) is Stays and call.is_shared and not call.is_wanted:
            home.value = value if _unpicklable(value) is None else MISSING
        return home

    def _own_function(self) -> Any:
        if self._function is None:
            self._function = loaded(lambda: pickle.loads(self._blob or b""))
        return self._function


class Call:
    """One call as it was sent, with the small steps that lead to its arguments.

    Parameters
    ----------
    payload : tuple
        What the following five are.
    blob : bytes
        Pickle of function (or None), args and kwargs; results of rows and of steps stand in it as
        numbers.
    steps : list of (number, blob, shared, private)
        Calls of the same form, such as taking an item of a result, in their order.
    private : list of int
        Numbers of rows whose results nobody else has: what is in them is as good as new.
    is_wanted : bool
        The kernel will fetch the result.
    is_shared : bool
        Other calls take the result.
    values : list
        Results of other rows.
    aliases : set of int
        Rows whose results hold objects of others.

    Attributes
    ----------
    roots : tuple
        (args, kwargs, function), once the call was made: what ways lead off from.
    apart : list
        What nobody else has.
    """

    def __init__(self, payload: tuple[Any, ...], values: list[Any], aliases: set[int]):
        blob, steps, private, is_wanted, is_shared = payload
        self.is_wanted: bool = is_wanted
        self.is_shared: bool = is_shared
        self.roots: tuple[Any, ...] = ()
        self._blob: bytes = blob
        self._steps: list[tuple[int, bytes, bool, bool]] = steps
        self._all_fresh = not aliases
        self.apart: list[Any] = [values[number] for number in private if number not in aliases]
        self._results: dict[tuple[str, int], Any] = {
            ("row", number): value for number, value in enumerate(values)
        }

    def make(self, find_function: Callable[[], Any]) -> Any:
        """Make the steps, then the call."""
        for number, blob, shared, private in self._steps:
            function, args, kwargs = self._load(blob)
            try:
                value = function(*args, **kwargs)
            except NeedsOrder:
                raise
            except Exception as error:  # not this call's own: the kernel finds out whose it is
                raise Recall(type(error).__name__) from None
            if shared and function is not bound_method and not is_safe(value):
                raise NeedsOrder
            self._results["step", number] = value
            if private and self._all_fresh:
                self.apart.append(value)
        function, args, kwargs = self._load(self._blob)
        if function is None:
            function = find_function()
        self.roots = args, kwargs, function
        return function(*args, **kwargs)

    def _load(self, blob: bytes) -> Any:
        reader = _Reader(io.BytesIO(blob))
        reader.results = self._results
        return loaded(reader.load)


class _Reader(pickle.Unpickler):
    results: dict[tuple[str, int], Any]

    def persistent_load(self, pid: Any) -> Any:
        return self.results[pid]


def given(value: Any) -> Any:
    """Give back a value: what stands in a pickle for a result that was there already."""
    return value


class _Unreadable(Exception):
    """What was sent can't be unpickled here: a module is missing, for instance."""


def loaded(load: Callable[[], Any]) -> Any:
    """Unpickle; a call for which that does not work here is for the kernel to make."""
    try:
        return load()
    except Exception as error:
        raise _Unreadable(f"{type(error).__name__}: {error}"[:200]) from None


# -- results --------------------------------------------------------------------------------------


def is_safe(value: Any) -> bool:
    """Tell whether other calls may read a result beside each other; see `Core.is_safe_result`."""
    kind = kind_of(value)
    if kind == "atomic":
        return True
    if kind in ("list", "tuple", "set") and type(value) is not slice and only_atomic(value):
        return True
    return Walk(_screen, {}).check(value)


def bring_home(value: Any, roots: tuple[Any, ...], wanted: bool, apart: Sequence[Any] = ()) -> Any:
    """Return a result as it may leave this process: itself, `Linked`, or `Stays`.

    >>> given = [1]
    >>> home = bring_home({"a": given}, ((given,), {}, keep_nothing), True)
    >>> home.links
    [Link(place=(('at', 'a'),), origin=(('at', 0), ('at', 0)))]
    """
    if is_atomic_type(type(value)):
        return value
    if type(value) in (list, tuple, dict) and not value:
        pass  # an empty list has an identity, too
    elif type(value) is tuple and only_atomic(value):
        return value
    known = Contents(*roots, apart=apart)
    result = Contents(value, known=known)
    links: list[Link] = []
    for place, each in result.links:
        origin = known.found[id(each)][1]
        if place is None or origin is None:
            return Stays("it shares objects with what it was given")
        links.append(Link(place, origin))
    elsewhere = known.owners.keys() | known.found.keys()
    if result.overlap or not elsewhere.isdisjoint(result.owners):
        return Stays("it shares memory with another array")
    if result.functions:
        return Stays(f"it holds the function {result.functions[0].__name__}")
    for cls in result.classes:
        if cls not in classes._came_over:
            return Stays(f"it is of the class {cls.__name__}, which the task made")
    if wanted and result.foreign:
        reason = _unpicklable(value)
        if reason is not None:
            return Stays(reason)
    return Linked(value, links) if links else value


def keep_nothing(*_: Any) -> None:
    """An example."""


def _unpicklable(value: Any) -> str | None:
    path, part, error = find_culprit(value, "result")
    return None if error is None else f"{path} is a {type_name(part)}, which can't be pickled"


# -- errors ---------------------------------------------------------------------------------------


def why_not_raised(error: BaseException | None, depth: int = 8) -> str | None:
    """Say why an error would be another one elsewhere; None if it is the same."""
    if error is None or depth == 0:
        return None
    kind = type(error)
    if not isinstance(error, Exception) or isinstance(error, StopIteration | StopAsyncIteration):
        return kind.__name__
    if kind.__module__.startswith(("asyncio", "concurrent")):
        return kind.__name__
    if not is_importable(kind) and kind not in classes._came_over:
        return f"{kind.__name__} is a class that the task made"
    for part in (*error.args, *vars(error).values()):
        if part is getattr(error, "__notes__", None):
            continue
        if not is_atomic_type(type(part)) and not (type(part) is tuple and only_atomic(part)):
            return f"{kind.__name__} holds a {type_name(part)}"
    if find_culprit(error, "error")[2] is not None:
        return f"{kind.__name__} can't be pickled"
    return why_not_raised(error.__cause__, depth - 1) or why_not_raised(
        error.__context__, depth - 1
    )


def show_context(error: BaseException) -> None:
    """Let the context of ``raise ... from None`` travel, which is taken for nothing otherwise."""
    if error.__suppress_context__ and error.__cause__ is None and error.__context__ is not None:
        error.__suppress_context__ = False
        error.__dict__[_HIDDEN] = True


def hide_context(error: BaseException) -> None:
    """Undo `show_context`, and give errors with a cause the context that they had."""
    if error.__dict__.pop(_HIDDEN, False):
        error.__suppress_context__ = True
    if error.__cause__ is not None and error.__context__ is None:
        error.__context__ = error.__cause__


def _current_folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None
