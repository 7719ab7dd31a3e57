"""What a call can reach through its arguments, and whether reading it is safe.

A task must see its arguments as they were when it was called.  So for every waiting operation we
know the objects it can reach; before one of them changes, everything that waits is run.  And it
must be safe to read them beside other tasks: no iterator that is used up, no class whose operators
have effects, no type that nobody knows.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.kinds import kind_of, only_atomic
from treadle.notebook.cell.knowledge import judge_known
from treadle.notebook.cell.lazies import Lazy, Slot
from treadle.notebook.cell.reasons import Reason

if TYPE_CHECKING:
    from types import FunctionType

    from treadle.notebook.cell.screen import Screen
    from treadle.notebook.cell.verdicts import Verdict

#: Objects looked at before a walk gives up.
_MAX_OBJECTS = 50_000


_LIBRARIES = frozenset({"typing", "abc", "enum", "numpy", "pandas", "collections", "builtins"})


class Walk:
    """One look at everything some values can reach.

    Attributes
    ----------
    seen : dict
        id -> object, of what can change.
    problem : Reason or None
        Why reading it beside others is not safe.
    slots : list of Slot
        Items of lists and dicts that are not there yet.
    lazy_global : bool
        A global that is read is not there yet.
    globals : set of (int, str)
        (id of globals, name) of the names that are read.
    """

    def __init__(self, screen: Screen, known: dict[int, Any], methods: set[str] | None = None):
        self._screen = screen
        self._known = known
        self._methods = methods if methods is not None else set()
        self.seen: dict[int, Any] = {}
        self.problem: Reason | None = None
        self.slots: list[Slot] = []
        self.lazy_global = False
        self.globals: set[tuple[int, str]] = set()
        self._functions: set[int] = set()

    def add(self, value: Any) -> None:
        """Look at ``value`` and all it holds."""
        stack = [value]
        while stack:
            if len(self.seen) > _MAX_OBJECTS:
                self.problem = self.problem or Reason("PAR110", "too many objects to look at")
                return
            self._visit(stack.pop(), stack)

    def check(self, value: Any) -> bool:
        """Tell whether a value is safe to read beside others."""
        self.add(value)
        return self.problem is None

    def add_function(self, function: FunctionType) -> None:
        """Look at a function's verdict, closure, defaults and the globals it reads."""
        if id(function) in self._functions:
            return
        self._functions.add(id(function))
        known = judge_known(function, function.__name__)
        if known is not None:
            self.problem = self.problem or (None if known is True else known)
            return
        verdict = self._screen.function(function)
        if not verdict.is_pure:
            self.problem = self.problem or verdict.reason
        self.add_verdict(verdict)

    def add_verdict(self, verdict: Verdict) -> None:
        """Look at all that a function and its callees take into account."""
        self._methods |= verdict.methods
        for names, name in list(verdict.reads.values()):
            self.globals.add((id(names), name))
            value = names.get(name)
            if type(value) is Lazy:
                self.lazy_global = True
                self.problem = self.problem or Reason("PAR127", f"the global {name}")
            elif isinstance(value, type):
                self._add_class(value)
            elif kind_of(value) not in ("function", "module", "builtin", "class"):
                self.add(value)
        for function in verdict.functions:
            self._functions.add(id(function))
            for cell in function.__closure__ or ():
                try:
                    self.add(cell.cell_contents)
                except ValueError:
                    continue
            for value in function.__defaults__ or ():
                self.add(value)
            for value in (function.__kwdefaults__ or {}).values():
                self.add(value)
            for value in vars(function).values():  # f.cache = {}
                self.add(value)

    def _visit(self, value: Any, stack: list[Any]) -> None:
        kind = kind_of(value)
        if kind == "atomic" or type(value) is Lazy:
            return
        if id(value) in self.seen:
            return
        if kind == "function":
            self.add_function(value)
            return
        if kind == "module":
            return
        if kind == "builtin":
            self._visit_builtin(value, stack)
            return
        if kind == "class":
            verdict = self._screen.callable(value, value.__name__)
            if not verdict.is_pure:
                self.problem = self.problem or verdict.reason
            self.add_verdict(verdict)
            self._add_class(value)
            return
        self.seen[id(value)] = value
        if id(value) in self._known:  # a waiting operation reaches it: it was looked at
            self._find_slots(value, kind)
            return
        if kind in ("list", "tuple", "set", "dict", "view"):
            self._visit_container(value, kind, stack)
        elif kind == "leaf":
            self._visit_leaf(value, stack)
        elif kind == "user":
            self._visit_instance(value, stack)
        elif kind == "partial":
            stack.extend([value.func, value.args, value.keywords])
        elif kind == "method":
            stack.extend([value.__self__, value.__func__])
        else:
            code = "PAR111" if kind == "iterator" else "PAR110"
            self.problem = self.problem or Reason(code, type(value).__name__)

    def _add_class(self, cls: type) -> None:
        """What a class of the user's keeps in its attributes may change."""
        for base in cls.__mro__:
            home = base.__module__.partition(".")[0]
            if not base.__flags__ & (1 << 9) or home in _LIBRARIES or id(base) in self.seen:
                continue
            self.seen[id(base)] = base
            for name, member in vars(base).items():
                if not name.startswith("__") and kind_of(member) in ("list", "dict", "set", "user"):
                    self.add(member)

    def _visit_builtin(self, value: Any, stack: list[Any]) -> None:
        owner = getattr(value, "__self__", None)
        if judge_known(value, getattr(value, "__name__", "?")) is True:
            return
        if owner is not None and kind_of(owner) == "atomic":
            return  # "text".upper
        self.problem = self.problem or Reason("PAR108", getattr(value, "__qualname__", "?"))
        if owner is not None and kind_of(owner) != "module":
            stack.append(owner)

    def _visit_container(self, value: Any, kind: str, stack: list[Any]) -> None:
        if kind == "view":
            stack.append(_mapping_of(value))
            return
        if type(value) is slice:
            stack.extend([value.start, value.stop, value.step])
            return
        if kind == "dict":
            if not only_atomic(value):
                stack.extend(value)
            items = list(value.values())
        else:
            items = value
        if only_atomic(items):
            return
        self._find_slots(value, kind)
        stack.extend(item for item in items if type(item) is not Lazy)

    def _find_slots(self, value: Any, kind: str) -> None:
        if kind == "list":
            pairs: Any = enumerate(value)
        elif kind == "dict":
            pairs = value.items()
        else:
            return
        for key, item in pairs:
            if type(item) is Lazy and not item.done:
                self.slots.append(Slot(value, key, item.operation))
                item.uses += 1

    def _visit_leaf(self, value: Any, stack: list[Any]) -> None:
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.ndarray):
            base = value.base
            while base is not None:  # a view: whoever changes the base changes it
                self.seen[id(base)] = base
                base = getattr(base, "base", None)
            if value.dtype.hasobject and not only_atomic(value.flat):
                stack.extend(value.flat)
            return
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
            frame = value.to_frame() if isinstance(value, pandas.Series) else value
            for dtype, position in zip(frame.dtypes, range(frame.shape[1]), strict=True):
                if dtype.kind == "O" and not only_atomic(column := frame.iloc[:, position].array):
                    stack.extend(column)
            return
        if type(value).__module__.partition(".")[0] in ("numpy", "pandas"):
            # group-bys, windows, indices: what they hold are frames and arrays
            stack.extend(
                each
                for each in gc.get_referents(value)
                if kind_of(each) in ("leaf", "list", "dict", "tuple") and not isinstance(each, type)
            )
            return
        stack.extend(each for each in gc.get_referents(value) if not isinstance(each, type))

    def _visit_instance(self, value: Any, stack: list[Any]) -> None:
        cls = type(value)
        verdict = self._screen.operators(cls)
        if not verdict.is_pure:
            self.problem = self.problem or verdict.reason
        self.add_verdict(verdict)
        for name in self._methods:
            for base in cls.__mro__:
                member = vars(base).get(name)
                if member is not None and kind_of(member) == "function":
                    self.add_function(member)
                elif member is not None and base.__module__ != "builtins":
                    self.problem = self.problem or Reason("PAR107", f"{cls.__name__}.{name}")
        self._add_class(cls)
        stack.extend(each for each in gc.get_referents(value) if not isinstance(each, type))


def _mapping_of(view: Any) -> Any:
    """Return the dict behind a view: views hide it behind a read-only proxy."""
    return next((each for each in gc.get_referents(view) if isinstance(each, dict)), None)
