"""What is sent for a call that is made in another process.

A function is pickled once for all its calls at a barrier (`afar.Errand`); a call brings its
arguments.  In their pickle, numbers stand for what is not sent along:

    row    the result of another call, which is there or on its way; or a large value, which is a
           row of its own, so that it is sent once however many calls take it
    step   what a small operation makes of a row's result (an item, an attribute, a tuple): sent
           along, since making it is cheaper than sending it
"""

from __future__ import annotations

import io
import linecache
import pickle
import sys
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from treadle.errors import UnpicklableError
from treadle.notebook.cell.afar import Errand, Surroundings, given
from treadle.notebook.cell.differing import LOOK_AT_MEMORY
from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.lazies import MISSING, Input, Lazy, Operation
from treadle.notebook.cell.operators import read_item
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.source import _bodies
from treadle.protocol.culprit import refuse, try_pickling, type_name
from treadle.protocol.pickling import Pickler
from treadle.utils.sizeof import sizeof

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from treadle.notebook.cell.screen import Screen

#: Bytes from which on a value is sent apart from the calls that take it.
LARGE = 200_000

_TEXTS = (str, bytes, bytearray)


class Parcel(NamedTuple):
    """One call, ready to be sent.

    Attributes
    ----------
    inputs : list
        Operations whose results it takes, and large values, in the order of their numbers.
    """

    errand: Errand
    payload: bytes
    inputs: list[Any]


class Large(NamedTuple):
    """A value that is sent apart."""

    value: Any


class HoldsResults(Exception):
    """A function's globals hold results that are not there yet."""


def is_step(operation: Operation) -> bool:
    """Tell whether an operation only takes something apart, or puts it together."""
    function = operation.function
    return operation.hidden or function is read_item or type(function).__name__ == "_Getter"


class Packer:
    """Packs the calls of one barrier.

    Parameters
    ----------
    screen : Screen
        Knows which functions give other results elsewhere.
    is_row : callable
        Tells whether an operation is a row of its own.
    is_private : callable
        Tells whether nobody but one other operation takes the result of an operation.
    """

    def __init__(
        self,
        screen: Screen,
        is_row: Callable[[Operation], bool],
        is_private: Callable[[Operation], bool],
    ):
        self._screen = screen
        self._is_row = is_row
        self._is_private = is_private
        self._surroundings = Surroundings()
        self._errands: dict[Any, tuple[Any, Errand | Reason | None]] = {}

    def pack(self, operation: Operation, *, wanted: bool) -> Parcel | Reason:
        """Pack one call; or say why it can't be sent."""
        function = operation.function
        errand = self._errand(operation)
        if isinstance(errand, Reason):
            return errand
        parcel = _Writer(self._is_row, self._is_private)
        whole = errand is None
        try:
            blob = parcel.dumps(function if whole else None, operation.args, operation.kwargs)
        except Exception as error:
            return _reason(function if whole else None, operation, error)
        private = [
            number
            for number, each in enumerate(parcel.inputs)
            if type(each) is Operation and self._is_private(each)
        ]
        payload = pickle.dumps((blob, parcel.steps, private, wanted, operation.shared))
        if errand is None:
            errand = Errand(operation.label, None, parcel.sources, self._surroundings)
        elif parcel.sources.keys() - errand.sources.keys():
            errand.sources.update(parcel.sources)
        return Parcel(errand, payload, parcel.inputs)

    def _errand(self, operation: Operation) -> Errand | Reason | None:
        """The function's, made once; None if the function has to go with each call."""
        function = operation.function
        owner = getattr(function, "__self__", None)
        if owner is not None and type(owner) is not types.ModuleType:
            return None  # a method: its object is an argument like others
        found = self._errands.get(id(function))
        if found is not None:
            return found[1]
        errand: Errand | Reason | None
        reason = _differs(self._screen, function)
        if reason is not None:
            errand = reason
        else:
            writer = _Writer()
            try:
                blob = writer.dumps_one(function)
                errand = Errand(operation.label, blob, writer.sources, self._surroundings)
            except HoldsResults:
                errand = None
            except Exception as error:
                errand = _reason(function, operation, error)
        self._errands[id(function)] = function, errand
        return errand


def _differs(screen: Screen, function: Any) -> Reason | None:
    """Say why a call would give another result in another process."""
    if getattr(function, "__name__", "") in LOOK_AT_MEMORY:
        return Reason("PAR303", f"{function.__name__}()")
    if kind_of(function) not in ("function", "class", "partial"):
        return None
    detail = screen.callable(function, "?").differs
    return Reason("PAR303", detail) if detail else None


def why_not_sent(
    screen: Screen, function: Any, name: str, values: Sequence[tuple[str, Any]]
) -> Reason | None:
    """Say why a call would be made in the kernel, as far as that can be told before it runs.

    Parameters
    ----------
    values : sequence of (str, object)
        Arguments that are there, each with what the cell calls it.
    """
    reason = _differs(screen, function)
    if reason is not None:
        return reason
    for text, value in [(name, function), *values]:
        error = try_pickling(value)
        if error is not None:
            return Reason("PAR301", describe(refuse(value, text, error)))
    return None


class _Writer:
    """Pickles one call."""

    def __init__(
        self,
        is_row: Callable[[Operation], bool] | None = None,
        is_private: Callable[[Operation], bool] | None = None,
    ):
        self._is_row = is_row
        self._is_private = is_private
        self._numbers: dict[int, int] = {}
        self._steps: dict[int, int] = {}
        self.inputs: list[Any] = []
        self.steps: list[tuple[int, bytes, bool, bool]] = []
        self.sources: dict[str, str] = {}

    def dumps(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        return self.dumps_one((function, args, kwargs))

    def dumps_one(self, value: Any) -> bytes:
        with io.BytesIO() as file:
            _CellPickler(file, self).dump(value)
            return file.getvalue()

    def reference(self, operation: Operation) -> tuple[str, int] | None:
        """Return what stands for an operation's result; None if the result is there."""
        if self._is_row is None:
            raise HoldsResults
        if operation.done and operation.value is not MISSING:
            return None
        if self._is_row(operation):
            return "row", self._number(operation)
        found = self._steps.get(operation.index)
        if found is None:
            blob = self.dumps(operation.function, operation.args, operation.kwargs)
            found = self._steps[operation.index] = len(self.steps)
            self.steps.append((found, blob, operation.shared, self._is_private_step(operation)))
        return "step", found

    def _is_private_step(self, step: Operation) -> bool:
        """Tell whether all that a step makes was nobody else's before, and isn't afterwards."""
        assert self._is_private is not None
        assert self._is_row is not None
        if not self._is_private(step) or step.slots:
            return False
        for arg in (*step.args, *step.kwargs.values()):
            if type(arg) is Input:
                inner = arg.operation
                if self._is_row(inner) and not self._is_private(inner):
                    return False
                if not self._is_row(inner) and not self._is_private_step(inner):
                    return False
            elif kind_of(arg) != "atomic":
                return False
        return True

    def large(self, value: Any) -> tuple[str, int]:
        """Return what stands for a value that is sent apart."""
        return "row", self._number(value, Large(value))

    def _number(self, key: Any, item: Any = None) -> int:
        found = self._numbers.get(id(key))
        if found is None:
            found = self._numbers[id(key)] = len(self.inputs)
            self.inputs.append(key if item is None else item)
        return found


class _CellPickler(Pickler):
    """Puts numbers in the places of results, and notes which cells define what is sent."""

    def __init__(self, file: Any, writer: _Writer):
        super().__init__(file, local_by_value=True)
        self._writer = writer

    def persistent_id(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is Input:
            return self._writer.reference(obj.operation)
        if kind is Lazy:
            return None if obj.done else self._writer.reference(obj.operation)
        if self._writer._is_row is not None and _is_large(obj, kind):
            return self._writer.large(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is Input:
            return given, (obj.operation.value,)
        if kind is Lazy:
            return given, (obj.value if obj.done else obj.operation.value,)
        if kind is types.FunctionType:
            self._note_source(obj.__code__.co_filename)
        elif isinstance(obj, type):  # pickled apart: its methods do not come by here
            for base in obj.__mro__:
                for member in vars(base).values():
                    member = getattr(member, "fget", getattr(member, "__func__", member))
                    if type(member) is types.FunctionType:
                        self._note_source(member.__code__.co_filename)
        return super().reducer_override(obj)

    def _note_source(self, filename: str) -> None:
        if filename in self._writer.sources:
            return
        text = _bodies.get(filename)
        if text is None and filename.startswith("<"):
            text = "".join(linecache.getlines(filename))
        if text:
            self._writer.sources[filename] = text


def _is_large(obj: Any, kind: type) -> bool:
    if kind in _TEXTS:
        return len(obj) > LARGE
    if kind.__name__ == "ndarray" and kind.__module__ == "numpy":
        return bool(obj.nbytes > LARGE and not obj.dtype.hasobject)
    if kind.__name__ in ("DataFrame", "Series") and kind.__module__.startswith("pandas."):
        dtypes = obj.dtypes if kind.__name__ == "DataFrame" else [obj.dtype]
        pandas = sys.modules["pandas"]
        plain = all(d.kind != "O" or isinstance(d, pandas.StringDtype) for d in dtypes)
        return plain and sizeof(obj) > LARGE
    return False


def _reason(function: Any, operation: Operation, error: Exception) -> Reason:
    """Say which part of a call can't be sent."""
    parts = [(f"argument {n + 1}", arg) for n, arg in enumerate(operation.args)]
    parts += [(f"argument {name}", arg) for name, arg in operation.kwargs.items()]
    if function is not None:
        parts.insert(0, (operation.label, function))
    for name, value in parts:
        if type(value) is not Input and try_pickling(value) is not None:
            found = refuse(value, name, error)
            return Reason("PAR301", describe(found))
    return Reason("PAR301", type_name(error))


def describe(error: UnpicklableError) -> str:
    """Say in a few words what can't be sent.

    >>> describe(UnpicklableError("args[0]", "_thread.lock", "no", ""))
    'args[0] is a _thread.lock'
    """
    path, kind = error.args[:2]
    return f"{path} is a {kind}"
