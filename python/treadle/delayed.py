"""Lazy calls: ``delayed(f)(x)`` says what to call; ``compute()`` calls it.

A ``Delayed`` holds its own call and its inputs, not a graph: making one costs the same however
much stands behind it, and a graph is only gathered when something is computed.

>>> from treadle import delayed
>>> @delayed
... def double(x):
...     return 2 * x
>>> total = delayed(sum)([double(n) for n in range(4)])
>>> total.compute()
12
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any

from treadle.base import (
    compute,
    current_annotations,
    is_treadle_collection,
    persist,
    visualize,
)
from treadle.graph.graph import Graph
from treadle.graph.naming import function_name, unique_key
from treadle.graph.source import Source, call_site
from treadle.graph.spec import DataNode, Node, Task, TaskRef, references
from treadle.graph.tokenize import tokenize
from treadle.types import Key

__all__ = ["Delayed", "delayed"]

# Types that can neither hold a collection nor change: nothing to look into.
_ATOMS = frozenset((int, float, complex, str, bytes, bool, type(None)))
_CONTAINERS = (list, tuple, dict, set, frozenset, slice)
_NO_KWARGS: Mapping[str, Any] = {}


def delayed(
    obj: Any,
    name: str | None = None,
    pure: bool | None = None,
    nout: int | None = None,
    traverse: bool = True,
) -> Any:
    """Make a function or a value lazy.

    Parameters
    ----------
    obj : object
        A function: calls of the result make tasks.  Any other value, also a container with
        collections inside: becomes the input of tasks.
    name : str, optional
        Key to give the object; must be unique for its content.  The default has a unique tail, or
        with ``pure`` a token of the content.
    pure : bool, optional
        Equal calls are one task: keys are tokens of function and arguments.
    nout : int, optional
        How many values the function returns, so that a call can be unpacked.
    traverse : bool, default True
        Look for collections inside builtin containers.

    Returns
    -------
    Delayed or DelayedFunction

    Raises
    ------
    ValueError
        If ``nout`` is not a whole number, 0 or more.

    Examples
    --------
    >>> from treadle import delayed
    >>> delayed(max)(1, delayed(5)).compute()
    5
    >>> low, high = delayed(lambda x: (x, x + 1), nout=2)(1)
    >>> high.compute()
    2
    """
    if isinstance(obj, (Delayed, DelayedFunction)):
        return obj
    if nout is not None and (not isinstance(nout, int) or isinstance(nout, bool) or nout < 0):
        raise ValueError(f"nout must be None or a whole number, 0 or more, not {nout!r}")
    if callable(obj) and not is_treadle_collection(obj):
        return DelayedFunction(obj, name, pure, nout, traverse)
    if is_treadle_collection(obj):
        return _as_delayed(obj, call_site(), name, nout)
    refs, inputs = _find_inputs(obj) if traverse else (obj, ())
    if not inputs:
        key = name or (
            f"{type(obj).__name__}-{tokenize(obj)}" if pure else unique_key(type(obj).__name__)
        )
        return Delayed(key, DataNode(key, obj), (), call_site(), nout)
    key = name or unique_key(type(obj).__name__)
    return Delayed(key, _Call(_same, (refs,), _NO_KWARGS), inputs, call_site(), nout)


def _same(value: Any) -> Any:
    return value


class _Call:
    """A call not yet written as a node; ``Delayed`` objects in it stand for their results."""

    __slots__ = ("annotations", "args", "func", "kwargs")

    def __init__(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]):
        self.func = func
        self.args = args
        self.kwargs = kwargs
        self.annotations = current_annotations()


def _operator(func: Callable[..., Any], reflected: bool = False) -> Callable[..., Delayed]:
    name = func.__name__.strip("_")

    def method(self: Any, *others: Any) -> Delayed:
        args = (*others, self) if reflected else (self, *others)
        return _make_call(name, func, args, _NO_KWARGS, None, None, None, call_site())

    method.__name__ = f"__{'r' if reflected else ''}{name}__"
    return method


class Delayed:
    """The result of a call that has not happened yet.

    Operators, subscripts, attributes and calls on it make further lazy calls.  Made by
    :func:`delayed`.

    Examples
    --------
    >>> from treadle import delayed
    >>> text = delayed("a-b-c")
    >>> (text.split("-")[1] + "!").compute()
    'b!'
    """

    __slots__ = ("__weakref__", "_inputs", "_key", "_node", "_nout", "_source")

    # NumPy and pandas hand ``array + delayed`` over to us.
    __array_ufunc__ = None
    __array_priority__ = 1000
    __pandas_priority__ = 100_000

    # For clusters: the result of my key is what I compute to, with nothing to be done to it.
    __treadle_is_its_key__ = True

    def __init__(
        self,
        key: Key,
        node: _Call | Node,
        inputs: tuple[Any, ...],
        source: Source,
        nout: int | None = None,
    ):
        self._key = key
        self._node = node
        self._inputs = inputs
        self._source = source
        self._nout = nout

    @property
    def key(self) -> Key:
        """Name of the result."""
        return self._key

    # -- as a collection ---------------------------------------------------------------------

    def __treadle_lower__(self, graph: Graph) -> None:
        stack: list[Any] = [self]
        while stack:
            item = stack.pop()
            if type(item) is not Delayed:
                item.__treadle_lower__(graph)
            elif item._key not in graph:
                graph[item._key] = item._lowered()
                stack += item._inputs

    def _lowered(self) -> Node:
        """Write the call as a node, the first time that it is asked for."""
        node = self._node
        if not isinstance(node, _Call):
            return node
        task = Task(
            self._key,
            node.func,
            tuple([_reference(arg) for arg in node.args]),
            {name: _reference(value) for name, value in node.kwargs.items()},
            source=self._source,
            annotations=node.annotations,
        )
        self._node = task
        return task

    def __treadle_keys__(self) -> Key:
        return self._key

    def __treadle_postcompute__(self, results: Any) -> Any:
        return results

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Delayed:
        return Delayed(self._key, nodes[self._key], (), self._source, self._nout)

    def __treadle_tokenize__(self) -> Key:
        return self._key

    # -- what users do with it ---------------------------------------------------------------

    def compute(self, **kwargs: Any) -> Any:
        """Run what this needs and return the result; options as for :func:`treadle.compute`."""
        __tracebackhide__ = True
        return compute(self, traverse=False, **kwargs)[0]

    def persist(self, **kwargs: Any) -> Delayed:
        """Run what this needs, and return a ``Delayed`` that holds the result."""
        (held,) = persist(self, traverse=False, **kwargs)
        assert isinstance(held, Delayed)
        return held

    def visualize(self, filename: str | None = None, optimize_graph: bool = False) -> Any:
        """Draw the graph; see :func:`treadle.visualize`."""
        return visualize(self, filename=filename, optimize_graph=optimize_graph, traverse=False)

    def __repr__(self) -> str:
        return f"Delayed({self._key!r})"

    def __dir__(self) -> list[str]:
        return [name for name in dir(type(self)) if not name.startswith("_")]

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[Any, ...]:
        return Delayed, (self._key, self._lowered(), self._inputs, self._source, self._nout)

    def __getattr__(self, name: str) -> Delayed:
        if name.startswith("_"):  # protocols ask for such names to see what an object can do
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        key = f"getattr-{tokenize(self._key, name)}"
        return Delayed(key, _Call(getattr, (self, name), _NO_KWARGS), (self,), call_site())

    def __call__(
        self, *args: Any, pure: bool | None = None, dask_key_name: str | None = None, **kwargs: Any
    ) -> Delayed:
        """Call the result: one more lazy call."""
        node = self._node
        name = "apply"
        if isinstance(node, _Call | Task) and node.func is getattr:
            name = node.args[1]
        return _make_call(
            str(name), _apply, (self, *args), kwargs, pure, dask_key_name, None, call_site()
        )

    def __iter__(self) -> Iterator[Delayed]:
        if self._nout is None:
            raise TypeError(
                "a Delayed of unknown length can't be iterated over or unpacked; say how many "
                "values it has: delayed(func, nout=2)"
            )
        return (self[index] for index in range(self._nout))

    def __len__(self) -> int:
        if self._nout is None:
            raise TypeError(
                "a Delayed has no known length; compute it, or say how many values it has: "
                "delayed(func, nout=2)"
            )
        return self._nout

    def __bool__(self) -> bool:
        raise TypeError(
            "the truth of a Delayed is not known before it is computed; call .compute()"
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("a Delayed can't be changed; make a new one with delayed(func)(...)")

    # -- operators: one more lazy call each -----------------------------------------------------

    __add__ = _operator(operator.add)
    __radd__ = _operator(operator.add, reflected=True)
    __sub__ = _operator(operator.sub)
    __rsub__ = _operator(operator.sub, reflected=True)
    __mul__ = _operator(operator.mul)
    __rmul__ = _operator(operator.mul, reflected=True)
    __matmul__ = _operator(operator.matmul)
    __rmatmul__ = _operator(operator.matmul, reflected=True)
    __truediv__ = _operator(operator.truediv)
    __rtruediv__ = _operator(operator.truediv, reflected=True)
    __floordiv__ = _operator(operator.floordiv)
    __rfloordiv__ = _operator(operator.floordiv, reflected=True)
    __mod__ = _operator(operator.mod)
    __rmod__ = _operator(operator.mod, reflected=True)
    __divmod__ = _operator(divmod)
    __rdivmod__ = _operator(divmod, reflected=True)
    __pow__ = _operator(operator.pow)
    __rpow__ = _operator(operator.pow, reflected=True)
    __lshift__ = _operator(operator.lshift)
    __rlshift__ = _operator(operator.lshift, reflected=True)
    __rshift__ = _operator(operator.rshift)
    __rrshift__ = _operator(operator.rshift, reflected=True)
    __and__ = _operator(operator.and_)
    __rand__ = _operator(operator.and_, reflected=True)
    __or__ = _operator(operator.or_)
    __ror__ = _operator(operator.or_, reflected=True)
    __xor__ = _operator(operator.xor)
    __rxor__ = _operator(operator.xor, reflected=True)
    __getitem__ = _operator(operator.getitem)
    __neg__ = _operator(operator.neg)
    __pos__ = _operator(operator.pos)
    __invert__ = _operator(operator.invert)
    __lt__ = _operator(operator.lt)
    __le__ = _operator(operator.le)
    __gt__ = _operator(operator.gt)
    __ge__ = _operator(operator.ge)
    __eq__ = _operator(operator.eq)  # type: ignore[assignment]
    __ne__ = _operator(operator.ne)  # type: ignore[assignment]
    __abs__ = _operator(abs)
    __round__ = _operator(round)

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        return _make_call("method", _bind, (self, instance), {}, None, None, None, call_site())


def _apply(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return func(*args, **kwargs)


def _bind(func: Any, instance: Any) -> Any:
    return func.__get__(instance, type(instance))


class DelayedFunction:
    """A function whose calls are lazy.  Made by :func:`delayed`, also as a decorator."""

    def __init__(
        self,
        func: Callable[..., Any],
        name: str | None = None,
        pure: bool | None = None,
        nout: int | None = None,
        traverse: bool = True,
    ):
        self._func = func
        self._name = name or function_name(func)
        self._explicit_name = name
        self._pure = pure
        self._nout = nout
        self._traverse = traverse
        self.__doc__ = func.__doc__
        self.__wrapped__ = func  # for inspect.signature and help()

    def __getattr__(self, name: str) -> Any:
        """Give the function's own attributes, ``__name__`` and ``__module__`` among them."""
        if name == "_func":  # not set yet: the object is being unpickled or copied
            raise AttributeError(name)
        return getattr(self._func, name)

    @property
    def key(self) -> Key:
        """Name of the function itself."""
        return self._explicit_name or f"{self._name}-{tokenize(self._func)}"

    def __call__(
        self, *args: Any, pure: bool | None = None, dask_key_name: str | None = None, **kwargs: Any
    ) -> Delayed:
        """Return the lazy call.

        Parameters
        ----------
        *args, **kwargs : object
            Arguments; collections among them stand for their results.
        pure : bool, optional
            Overrides what :func:`delayed` was told.
        dask_key_name : str, optional
            Key of this one call (Dask's word for it).
        """
        return _make_call(
            self._name,
            self._func,
            args,
            kwargs,
            self._pure if pure is None else pure,
            dask_key_name,
            self._nout,
            call_site(),
            self._traverse,
        )

    def __get__(self, instance: Any, owner: Any) -> Any:
        """Let a decorated method be called on an object."""
        if instance is None:
            return self
        bound = self._func.__get__(instance, owner)
        return DelayedFunction(bound, self._name, self._pure, self._nout, self._traverse)

    def __repr__(self) -> str:
        return f"<delayed {self._name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return DelayedFunction, (
            self._func, self._explicit_name, self._pure, self._nout, self._traverse,
        )  # fmt: skip


def _make_call(
    name: str,
    func: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    pure: bool | None,
    key: str | None,
    nout: int | None,
    source: Source,
    traverse: bool = True,
) -> Delayed:
    """Return the ``Delayed`` of one call; the path every lazy call takes."""
    inputs: list[Any] = []
    replaced: list[Any] | None = None
    for position, arg in enumerate(args):
        kind = type(arg)
        if kind is Delayed:
            inputs.append(arg)
        elif kind not in _ATOMS:
            ref, found = _find_inputs(arg) if traverse else _find_itself(arg)
            if found:
                replaced = replaced or list(args)
                replaced[position] = ref
                inputs += found
    if replaced is not None:
        args = tuple(replaced)
    if kwargs:
        kwargs = dict(kwargs)
        for keyword, value in kwargs.items():
            if type(value) not in _ATOMS:
                ref, found = _find_inputs(value) if traverse else _find_itself(value)
                if found:
                    kwargs[keyword] = ref
                    inputs += found
    if key is None:
        key = f"{name}-{tokenize(func, args, kwargs)}" if pure else unique_key(name)
    return Delayed(key, _Call(func, args, kwargs), tuple(inputs), source, nout)


def _find_itself(value: Any) -> tuple[Any, tuple[Any, ...]]:
    """Take ``value`` for an input if it is a collection, and do not look inside."""
    if is_treadle_collection(value):
        item = value if type(value) is Delayed else _as_delayed(value, call_site(2))
        return item, (item,)
    return value, ()


def _as_delayed(
    collection: Any, source: Source, name: str | None = None, nout: int | None = None
) -> Delayed:
    """Turn another collection into the lazy call that puts its results together."""
    key = name or unique_key(f"finalize-{type(collection).__name__.lower()}")
    refs = references(collection.__treadle_keys__())
    call = _Call(collection.__treadle_postcompute__, (refs,), _NO_KWARGS)
    return Delayed(key, call, (collection,), source, nout)


def _find_inputs(value: Any) -> tuple[Any, tuple[Any, ...]]:
    """Replace collections inside builtin containers by references, in a copy.

    Returns the value itself, and no inputs, if there are none.
    """
    if is_treadle_collection(value):
        return _find_itself(value)
    if type(value) not in _CONTAINERS and not _is_record(value):
        return value, ()
    found: list[Any] = []
    refs = _with_references(value, found)
    return (refs, tuple(found)) if found else (value, ())


def _is_record(value: Any) -> bool:
    if isinstance(value, tuple):
        return hasattr(value, "_fields")
    return is_dataclass(value) and not isinstance(value, type)


def _with_references(value: Any, found: list[Any]) -> Any:
    """Copy ``value`` with references for the collections in it, which are added to ``found``."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if is_treadle_collection(value):
        item = value if kind is Delayed else _as_delayed(value, call_site(2))
        found.append(item)
        return TaskRef(item._key)
    if kind in (list, tuple, set, frozenset):
        return kind([_with_references(item, found) for item in value])
    if kind is dict:
        return {
            _with_references(key, found): _with_references(item, found)
            for key, item in value.items()
        }
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return kind(*[_with_references(item, found) for item in value])
    if kind is slice:
        return _with_parts(value, slice, [value.start, value.stop, value.step], {}, found)
    if _is_record(value):
        parts = {f.name: getattr(value, f.name) for f in dataclass_fields(value) if f.init}
        return _with_parts(value, kind, [], parts, found)
    return value


def _with_parts(
    value: Any, build: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], found: list[Any]
) -> Any:
    """Return ``value``, or if a part of it is lazy, a reference to the call that builds it."""
    inside: list[Any] = []
    _with_references([args, kwargs], inside)
    if not inside:
        return value
    item = _make_call(build.__name__, build, tuple(args), kwargs, None, None, None, call_site(3))
    found.append(item)
    return TaskRef(item._key)


def _reference(value: Any) -> Any:
    return TaskRef(value._key) if type(value) is Delayed else value
