"""How the results of inputs become the arguments of a call.

Calls repeat a few shapes, so a template takes the cheapest form that says it:

``None``
    the inputs are the arguments: ``func(*inputs)``
a plain tuple
    nothing is an input: ``func(*template)``
``Template``
    anything else: constants with holes, nested containers, nested calls, keywords

>>> class Ref(str): ...
>>> def key(value): return str(value) if type(value) is Ref else NO_REFERENCE
>>> make_template((Ref("a"), Ref("b")), {}, key)
(('a', 'b'), None)
>>> make_template((1, 2), {}, key)
((), (1, 2))
>>> inputs, template = make_template((1, [Ref("a"), 2]), {"base": Ref("b")}, key)
>>> inputs, template.call(lambda *args, **kwargs: (args, kwargs), [10, 20])
(('a', 'b'), ((1, [10, 2]), {'base': 20}))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

#: Returned by a reader of references for a value that is none.
NO_REFERENCE: Any = object()

_EMPTY: dict[str, Any] = {}
_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))


class Builder(Protocol):
    """Makes one argument out of a task's inputs."""

    def build(self, inputs: list[Any]) -> Any: ...


class Template:
    """Constant arguments, with holes for inputs and builders for what is nested.

    ``holes[n]`` is the position among ``args`` that takes input ``n``; builders take inputs by
    number, after those of the holes.
    """

    __slots__ = ("args", "builders", "holes", "keywords", "kwargs")

    def __init__(
        self,
        args: tuple[Any, ...],
        holes: tuple[int, ...],
        builders: tuple[tuple[int, Builder], ...],
        kwargs: dict[str, Any],
        keywords: tuple[tuple[str, Builder], ...],
    ):
        self.args = args
        self.holes = holes
        self.builders = builders
        self.kwargs = kwargs
        self.keywords = keywords

    def arguments(self, inputs: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments of the call, given its inputs."""
        args = list(self.args)
        for position, value in zip(self.holes, inputs, strict=False):
            args[position] = value
        for position, builder in self.builders:
            args[position] = builder.build(inputs)
        kwargs = self.kwargs
        if self.keywords:
            kwargs = {**kwargs, **{name: b.build(inputs) for name, b in self.keywords}}
        return args, kwargs

    def call(self, func: Callable[..., Any], inputs: list[Any]) -> Any:
        """Call ``func`` with the inputs in their places."""
        args, kwargs = self.arguments(inputs)
        return func(*args, **kwargs)


class Slot:
    """Input number ``index`` itself."""

    __slots__ = ("index",)

    def __init__(self, index: int):
        self.index = index

    def build(self, inputs: list[Any]) -> Any:
        return inputs[self.index]


class Constant:
    """A value that needs no input, among siblings that do."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value

    def build(self, inputs: list[Any]) -> Any:
        return self.value


class Span:
    """A list of neighbouring inputs: what a reduction takes, however wide."""

    __slots__ = ("start", "stop")

    def __init__(self, start: int, stop: int):
        self.start = start
        self.stop = stop

    def build(self, inputs: list[Any]) -> Any:
        return inputs[self.start : self.stop]


class Sequence:
    """A list, tuple, set or frozenset (or named tuple) with inputs inside."""

    __slots__ = ("cast", "items")

    def __init__(self, cast: Callable[[list[Any]], Any], items: tuple[Builder, ...]):
        self.cast = cast
        self.items = items

    def build(self, inputs: list[Any]) -> Any:
        return self.cast([item.build(inputs) for item in self.items])


class Dictionary:
    """A dictionary with inputs among its keys or values."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[tuple[Builder, Builder], ...]):
        self.items = items

    def build(self, inputs: list[Any]) -> Any:
        return {key.build(inputs): value.build(inputs) for key, value in self.items}


class Call:
    """A call inside a call, as Dask-style graphs write them: ``(add, (inc, "x"), 1)``."""

    __slots__ = ("args", "func")

    def __init__(self, func: Callable[..., Any], args: tuple[Builder, ...]):
        self.func = func
        self.args = args

    def build(self, inputs: list[Any]) -> Any:
        return self.func(*[arg.build(inputs) for arg in self.args])


def make_template(
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    key_of: Callable[[Any], Any],
    is_call: Callable[[Any], bool] | None = None,
) -> tuple[tuple[Any, ...], Template | tuple[Any, ...] | None]:
    """Separate arguments into the keys of inputs and the template that puts results back.

    Parameters
    ----------
    args, kwargs
        Arguments with references in them.
    key_of : callable
        Returns the key a value refers to, or ``NO_REFERENCE``.
    is_call : callable, optional
        Tells whether a tuple is a nested call; without it tuples are data.

    Returns
    -------
    inputs : tuple of Key
        An input used twice stands here twice.
    template
        ``None``, a tuple, or a :class:`Template`.
    """
    inputs: list[Any] = []
    holes: list[int] = []
    deep: list[int] = []
    for position, arg in enumerate(args):
        key = key_of(arg)
        if key is not NO_REFERENCE:
            inputs.append(key)
            holes.append(position)
        elif type(arg) in _CONTAINERS or isinstance(arg, tuple):
            deep.append(position)
    if not deep and not kwargs:
        if len(inputs) == len(args):
            return tuple(inputs), (None if args else ())
        if not inputs:
            return (), args
    nest = _Nest(inputs, key_of, is_call)
    filled: list[Any] = list(args)
    builders = []
    for position in deep:
        builder = nest.builder(args[position])
        if builder is not None:
            builders.append((position, builder))
    constants: dict[str, Any] = {}
    keywords = []
    for name, value in kwargs.items():
        builder = nest.builder(value)
        if builder is None:
            constants[name] = value
        else:
            keywords.append((name, builder))
    if not inputs and not builders and not constants and not keywords:
        return (), args
    for position in holes:
        filled[position] = None
    for position, _ in builders:
        filled[position] = None
    template = Template(
        tuple(filled), tuple(holes), tuple(builders), constants or _EMPTY, tuple(keywords)
    )
    return tuple(inputs), template


class _Nest:
    """Walks nested containers, numbering the inputs that it meets."""

    def __init__(
        self,
        inputs: list[Any],
        key_of: Callable[[Any], Any],
        is_call: Callable[[Any], bool] | None,
    ):
        self.inputs = inputs
        self.key_of = key_of
        self.is_call = is_call

    def builder(self, value: Any) -> Builder | None:
        """Return what makes ``value`` out of inputs, or None if it holds no reference."""
        key = self.key_of(value)
        if key is not NO_REFERENCE:
            self.inputs.append(key)
            return Slot(len(self.inputs) - 1)
        kind = type(value)
        if kind is dict:
            return self._dictionary(value)
        if self.is_call is not None and kind is tuple and self.is_call(value):
            return Call(value[0], tuple(self.builder(item) or Constant(item) for item in value[1:]))
        if kind in _CONTAINERS:
            return self._sequence(value, kind)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return self._sequence(value, lambda items: kind(*items))
        return None

    def _sequence(self, value: Any, cast: Callable[[list[Any]], Any]) -> Builder | None:
        start = len(self.inputs)
        if cast is list:
            keys = [self.key_of(item) for item in value]
            if keys and all(key is not NO_REFERENCE for key in keys):
                self.inputs += keys
                return Span(start, len(self.inputs))
        items = [self.builder(item) for item in value]
        if len(self.inputs) == start and not any(items):
            return None
        return Sequence(
            cast, tuple(item or Constant(v) for item, v in zip(items, value, strict=True))
        )

    def _dictionary(self, value: dict[Any, Any]) -> Builder | None:
        items = [(self.builder(key), self.builder(item)) for key, item in value.items()]
        if not any(key or item for key, item in items):
            return None
        return Dictionary(
            tuple(
                (key or Constant(k), item or Constant(v))
                for (key, item), (k, v) in zip(items, value.items(), strict=True)
            )
        )
