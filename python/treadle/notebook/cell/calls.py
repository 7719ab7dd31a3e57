"""The hook for calls: does this one wait, or does it happen now?"""

from __future__ import annotations

import builtins
import sys
import types
from time import perf_counter
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.core import PROBE
from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.knowledge import (
    ITERATOR_BUILTINS,
    PURE_BUILTINS,
    PURE_METHODS,
    writes_out,
)
from treadle.notebook.cell.lazies import Lazy, LazyMethod
from treadle.notebook.cell.names import makes_missing
from treadle.notebook.cell.operations import Operations
from treadle.notebook.cell.operators import call_bound
from treadle.notebook.cell.reasons import Reason

if TYPE_CHECKING:
    from treadle.notebook.cell.sites import Site
    from treadle.notebook.cell.verdicts import Verdict

Kwargs = dict[str, Any]

#: Pure builtins that may wait when an argument is a lazy.
_MAY_WAIT = (
    PURE_BUILTINS
    - ITERATOR_BUILTINS
    - frozenset(
        """callable hasattr hash id isinstance issubclass type range slice object list tuple
        dict""".split()
    )
)

#: Builtins that look at their first argument only, and not inside.
_LOOK_OUTSIDE = frozenset("len isinstance type id callable issubclass range".split())


#: "Call `Calls.function` with `Calls.args` from where the cell is": see `Calls.calls_here`.
HERE: Any = type("Here", (), {"__repr__": lambda self: "<here>"})()


#: Modules whose classes make small values: no task is worth it.
_LIGHT = frozenset("collections datetime decimal fractions pathlib uuid zoneinfo _decimal".split())


class Calls(Operations):
    """Calls of anything.

    A call that happens now is made by the cell itself, not by a hook: code that looks at its
    caller's frame (``locals()``, ``df.query("@x")``, warnings) must find the cell there.
    """

    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    function: Any = None
    args: tuple[Any, ...] = ()
    kwargs: Kwargs = {}  # noqa: RUF012
    value: Any = None

    def calls_here(self, number: int, function: Any, /, *args: Any, **kwargs: Any) -> bool:
        """Tell the cell to call `function` itself; else the result is `value`."""
        self.value = self.call(number, function, *args, **kwargs)
        return self.value is HERE

    def calls_spread_here(self, number: int, function: Any, positional: Any, named: Any) -> bool:
        """`calls_here` for a call with stars."""
        self.value = self.call_spread(number, function, positional, named)
        return self.value is HERE

    def call_now(self, number: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call from a hook."""
        value = self.call(number, function, *args, **kwargs)
        return self.function(*self.args, **self.kwargs) if value is HERE else value

    def here(self, function: Any, args: tuple[Any, ...], kwargs: Kwargs) -> Any:
        """Have the cell make the call, with everything there."""
        self.function = function
        self.args = tuple([self.concrete(arg) for arg in args])
        self.kwargs = {name: self.concrete(arg) for name, arg in kwargs.items()} if kwargs else {}
        return HERE

    def call(self, number: int, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """``function(*args, **kwargs)``"""
        self.hooks += 1
        site = self.sites[number]
        function = self.resolve(function)
        if type(function) is LazyMethod:
            return self._call_lazy_method(site, function, args, kwargs)
        if type(function) is Lazy:
            function = self.force(site, function, Reason("PAR127"))
        args = tuple([self.item(arg) for arg in args])
        if kwargs:
            kwargs = {name: self.item(arg) for name, arg in kwargs.items()}
        kind = kind_of(function)
        if kind == "builtin" or kind == "class":
            name = getattr(function, "__name__", "")
            if getattr(builtins, name, None) is function:
                return self._call_builtin(site, function, name, args, kwargs)
        if kind == "builtin":
            owner = getattr(function, "__self__", None)
            if owner is not None and type(owner) is not types.ModuleType:
                return self._call_method(site, function, owner, args, kwargs)
        elif kind == "method":
            return self._call_method(site, function, function.__self__, args, kwargs)
        verdict = self.screen.callable(function, _name_of(function))
        if not verdict.is_pure:
            assert verdict.reason is not None
            return self.inline(site, function, args, kwargs, verdict.reason)
        if self._denied(function):
            return self.inline(site, function, args, kwargs, Reason("PAR118"))
        if site.dropped:
            return self.inline(site, function, args, kwargs, Reason("PAR106"))
        if kind == "class" and function.__module__ in _LIGHT:
            return self._quietly(site, function, args, kwargs)
        return self._consider(site, function, args, kwargs, verdict)

    def call_spread(
        self,
        number: int,
        function: Any,
        positional: tuple[tuple[bool, Any], ...],
        named: tuple[tuple[str | None, Any], ...],
    ) -> Any:
        """A call with stars: ``function(a, *b, c=d, **e)``."""
        site = self.sites[number]
        args: list[Any] = []
        kwargs: Kwargs = {}
        for is_starred, value in positional:
            if not is_starred:
                args.append(value)
                continue
            value = self.spread(number, value)
            if kind_of(value) not in ("list", "tuple", "atomic", "dict", "set", "view"):
                self.settle(site, Reason("PAR122"))
            try:
                args.extend(value)
            except TypeError:
                if hasattr(type(value), "__iter__"):
                    raise
                return self.here(_star(self.needed(number, function), value), (), {})
        for name, value in named:
            if name is not None:
                kwargs[name] = value
                continue
            value = self.force(site, self.resolve(value), Reason("PAR122"))
            if type(value) is not dict or kwargs.keys() & value.keys():
                self.settle(site, Reason("PAR122"))
                self.needed(number, function)
                if type(value) is not dict and hasattr(value, "keys"):
                    value = {key: value[key] for key in value.keys()}  # noqa: SIM118
                if type(value) is not dict or kwargs.keys() & value.keys():
                    function = self.resolve(function)
                    return function(*map(self.resolve, args), **kwargs, **value)
            kwargs.update(value)
        if not all(type(name) is str for name in kwargs):
            self.settle(site, Reason("PAR122"))
            return self.here(self.resolve(function), tuple(args), kwargs)
        return self.call(number, function, *args, **kwargs)

    # -- doing it now --------------------------------------------------------------------------

    def inline(
        self, site: Site, function: Any, args: tuple[Any, ...], kwargs: Kwargs, reason: Reason
    ) -> Any:
        """Call it here and now, when all before it has happened."""
        site.decide("inline", reason)
        self.settle(site, reason)
        return self.here(function, args, kwargs)

    def _quietly(self, site: Site, function: Any, args: tuple[Any, ...], kwargs: Kwargs) -> Any:
        """Make a small value here and now, while others wait."""
        if self.operations:
            for value in (*args, *kwargs.values()):
                if type(value) is Lazy or (not self.is_plain(value) and kind_of(value) != "class"):
                    self.settle(site, Reason("PAR127"))
                    break
        return self.here(function, args, kwargs)

    # -- letting it wait -----------------------------------------------------------------------

    def _consider(
        self, site: Site, function: Any, args: tuple[Any, ...], kwargs: Kwargs, verdict: Verdict
    ) -> Any:
        values = (*args, *kwargs.values())
        if site.cost == "cheap" and not self._has_lazies(values):
            walk = None
            if self.operations and not all(self.is_plain(value) for value in values):
                walk = self.walk(*values)
            if walk is not None and (walk.problem is not None or walk.slots):
                self.settle(site, walk.problem)
            if self.operations:
                self._settle_what_it_reads(site, verdict)
            site.decide("inline", Reason("PAR401"))
            started = perf_counter()
            value = function(*args, **kwargs)
            elapsed = perf_counter() - started
            if elapsed > 5 * self.min_task:
                site.sample(elapsed, self.min_task)
            return value
        if writes_out(function, len(args), kwargs) and kind_of(function) != "function":
            return self.inline(site, function, args, kwargs, Reason("PAR101", "out=..."))
        walk = self.walk()
        walk.add_verdict(verdict)
        for value in values if kind_of(function) != "class" else (function, *values):
            walk.add(value)
        if walk.problem is not None and not walk.lazy_global:
            return self.inline(site, function, args, kwargs, walk.problem)
        if walk.lazy_global:
            self.settle(site, Reason("PAR127", "a global it reads"))
            return self._consider(
                site, function, tuple([self.concrete(arg) for arg in args]),
                {name: self.concrete(arg) for name, arg in kwargs.items()}, verdict,
            )  # fmt: skip
        site.decide("task")
        lazy = self.record(site, _name_of(function), function, args, kwargs, walk)
        site.recorded += 1
        if site.recorded == PROBE and site.cost == "unknown" and self.min_task > 0:
            self.settle(site)
        return lazy.value if lazy.done else lazy

    def _has_lazies(self, values: tuple[Any, ...]) -> bool:
        return any(type(value) is Lazy for value in values)

    def _settle_what_it_reads(self, site: Site, verdict: Verdict) -> None:
        """Globals and closures of a call that happens now must be there."""
        walk = self.walk()
        walk.add_verdict(verdict)
        if walk.problem is not None or walk.slots:
            self.settle(site, Reason("PAR127"))

    def _denied(self, function: Any) -> bool:
        if not self.only and not self.never:
            return False
        name = getattr(function, "__qualname__", "")
        module = getattr(function, "__module__", None) or ""
        names = {name, f"{module}.{name}", f"{module.partition('.')[0]}.{name}"}
        aliases = {"pd." + name} if module.startswith("pandas") else set()
        aliases |= {"np." + name} if module.startswith("numpy") else set()
        names |= aliases
        return bool(names & self.never) or bool(self.only and not names & self.only)

    # -- builtins ------------------------------------------------------------------------------

    def _call_builtin(
        self, site: Site, function: Any, name: str, args: tuple[Any, ...], kwargs: Kwargs
    ) -> Any:
        if name == "print":
            return self._print(site, function, args, kwargs)
        if name not in PURE_BUILTINS:
            verdict = self.screen.callable(function, name)
            if verdict.is_pure:  # exceptions and the like
                return self._now(site, function, args, kwargs)
            return self.inline(site, function, args, kwargs, verdict.reason or Reason("PAR108"))
        if name in ("list", "tuple") and len(args) == 1 and not kwargs:
            return self._call_sequence(site, function, args[0])
        if name == "dict" and len(args) <= 1:
            return self._call_dict(site, function, args, kwargs)
        looks = name in _LOOK_OUTSIDE and args and kind_of(args[0]) in ("list", "dict", "atomic")
        if looks and not self._has_lazies(args):
            return function(*args, **kwargs)
        if name in ("zip", "enumerate", "reversed"):
            return self._call_iterator(site, function, args, kwargs)
        if not self.operations:
            return function(*args, **kwargs)
        values = (*args, *kwargs.values())
        walk = self.walk(*values)
        if walk.problem is not None:
            return self._now(site, function, args, kwargs, walk.problem)
        if (walk.slots or self._has_lazies(values)) and name in _MAY_WAIT:
            site.decide("task")
            return self.record(site, name, function, args, kwargs, walk)
        if walk.slots or self._has_lazies(values) or name in ITERATOR_BUILTINS:
            return self._now(site, function, args, kwargs)
        return function(*args, **kwargs)

    def _now(
        self,
        site: Site,
        function: Any,
        args: tuple[Any, ...],
        kwargs: Kwargs,
        reason: Reason | None = None,
    ) -> Any:
        """Call something pure with everything settled; not worth a row of its own."""
        self.settle(site, reason or Reason("PAR127"))
        return self.here(function, args, kwargs)

    def _call_sequence(self, site: Site, function: Any, value: Any) -> Any:
        if type(value) is Lazy:
            if value.parts is not None and function is list:
                return self.display(list(value.parts))
            if value.parts is not None:
                return value
            site.decide("task")
            return self.record(site, function.__name__, function, (value,))
        if not self.operations:
            return function(value)
        if self.is_quiet_iterable(value):
            if function is list:
                return self.display(list(value))
            return self.tupled(tuple(value))
        return self._now(site, function, (value,), {}, Reason("PAR122"))

    def _call_dict(self, site: Site, function: Any, args: tuple[Any, ...], kwargs: Kwargs) -> Any:
        if not self.operations:
            return function(*args, **kwargs)
        if args and type(args[0]) is not dict:
            if not self.is_quiet_iterable(args[0]):
                return self._now(site, function, args, kwargs)
            pairs = []
            for pair in args[0]:
                pair = self.item(pair)
                if type(pair) is Lazy and pair.parts is not None:
                    pair = tuple(pair.parts)
                pairs.append(pair)
            if not all(type(p) is tuple and len(p) == 2 and self.is_plain(p[0]) for p in pairs):
                self.settle(site, Reason("PAR126"))
                pairs = [self.concrete(pair) for pair in pairs]
                kwargs = {name: self.concrete(arg) for name, arg in kwargs.items()}
            args = (pairs,)
        return self.display(function(*args, **kwargs))

    def _call_iterator(
        self, site: Site, function: Any, args: tuple[Any, ...], kwargs: Kwargs
    ) -> Any:
        args = tuple([self._spreadable(site, arg) for arg in args])
        args = tuple([self.concrete(arg) for arg in args])
        quiet = all(self.is_quiet_iterable(arg) for arg in args)
        if self.operations and not quiet:
            self.settle(site, Reason("PAR122"))
        iterator = function(*args, **kwargs)
        if quiet:
            self.quiet_iterators[id(iterator)] = iterator
        return iterator

    def _spreadable(self, site: Site, value: Any) -> Any:
        if type(value) is Lazy and value.parts is not None:
            return self.display(list(value.parts)) if not value.done else value.value
        return self.force(site, value, Reason("PAR122"))

    def is_quiet_iterable(self, value: Any) -> bool:
        """Tell whether iterating runs no code that has an effect."""
        kind = kind_of(value)
        if kind in ("list", "tuple", "dict", "set", "view", "atomic", "leaf"):
            return True
        if id(value) in self.quiet_iterators:
            return True
        if type(value) is types.GeneratorType:
            # made by pandas or NumPy: itertuples, iterrows
            filename = value.gi_code.co_filename
            for name in ("pandas", "numpy"):
                module = sys.modules.get(name)
                home = getattr(module, "__file__", None)
                if home and filename.startswith(home.removesuffix("__init__.py")):
                    return True
        return False

    def _print(self, site: Site, function: Any, args: tuple[Any, ...], kwargs: Kwargs) -> Any:
        if not self.operations:
            return self.here(function, args, kwargs)
        if not all(type(value) in (str, bool, type(None)) for value in kwargs.values()):
            return self.inline(site, function, args, kwargs, Reason("PAR105"))
        walk = self.walk(*args)
        if walk.problem is not None:
            return self.inline(site, function, args, kwargs, walk.problem)
        site.decide("effect", Reason("PAR105"))
        self.record(site, "print", function, args, kwargs, walk, ordered=True)
        return None

    # -- methods -------------------------------------------------------------------------------

    def _call_method(
        self, site: Site, method: Any, owner: Any, args: tuple[Any, ...], kwargs: Kwargs
    ) -> Any:
        name = method.__name__
        kind = "dict" if makes_missing(owner) else kind_of(owner)
        if kind == "list" and not kwargs and len(args) == 1:
            if name == "append":
                return self.append(site, owner, args[0])
            if name == "extend" and type(args[0]) in (list, tuple):
                return self.extend(site, owner, args[0])
        if not self.operations and kind not in ("user", "unknown"):
            if kind in ("atomic", "list", "dict", "set", "view", "tuple", "leaf"):
                return self.here(method, args, kwargs)
            return self.inline(site, method, args, kwargs, Reason("PAR107", name))
        if kind == "dict" and self._is_dict_look(name, args, kwargs):
            return self.item(method(*args))
        if kind == "list" and name == "copy" and not args:
            return self.display(method())
        if kind in ("atomic", "leaf") and name in PURE_METHODS:
            return self._call_pure_method(site, method, owner, args, kwargs)
        return self.inline(site, method, args, kwargs, Reason("PAR107", name))

    def _is_dict_look(self, name: str, args: tuple[Any, ...], kwargs: Kwargs) -> bool:
        if kwargs:
            return False
        if name in ("items", "keys", "values"):
            return not args
        return name == "get" and 1 <= len(args) <= 2 and self.is_plain(args[0])

    def _call_pure_method(
        self, site: Site, method: Any, owner: Any, args: tuple[Any, ...], kwargs: Kwargs
    ) -> Any:
        if writes_out(method, len(args), kwargs):
            return self.inline(site, method, args, kwargs, Reason("PAR107", method.__name__))
        values = (*args, *kwargs.values())
        walk = self.walk(owner, *values)
        if walk.problem is not None:
            return self.inline(site, method, args, kwargs, walk.problem)
        if walk.slots or self._has_lazies(values):
            site.decide("task")
            return self.record(site, method.__name__, method, args, kwargs, walk)
        return self.here(method, args, kwargs)

    def _call_lazy_method(
        self, site: Site, method: LazyMethod, args: tuple[Any, ...], kwargs: Kwargs
    ) -> Any:
        args = tuple([self.item(arg) for arg in args])
        kwargs = {name: self.item(arg) for name, arg in kwargs.items()}
        bound = method.bound
        reason = Reason("PAR107", method.name)
        if not bound.done and method.name in PURE_METHODS and not site.dropped:
            walk = self.walk(*args, *kwargs.values())
            if walk.problem is None and not writes_out(max, 0, kwargs):
                site.decide("task")
                return self.record(site, method.name, call_bound, (bound, *args), kwargs, walk)
            reason = walk.problem or reason
        function = self.force(site, bound, reason)
        return self.inline(site, function, args, kwargs, reason)


def _star(function: Any, value: Any) -> Any:
    """A call that raises what Python raises when a starred value can't be iterated over."""
    return lambda: function(*value)


def _name_of(function: Any) -> str:
    while hasattr(function, "func") and not hasattr(function, "__name__"):
        function = function.func
    name = getattr(function, "__name__", None) or type(function).__name__
    return str(name).strip("<>")
