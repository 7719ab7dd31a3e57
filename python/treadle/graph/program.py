"""A short program of calls on numbered values: what a task of fused operations runs.

>>> from operator import add, mul
>>> program = Program(2, (Step(add, (Reg(0), Reg(1))), Step(mul, (Reg(2), 10))))
>>> program(1, 2), program.__name__
(30, 'add-mul')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from treadle.graph.naming import function_name

_NO_KWARGS: Mapping[str, Any] = {}


class Reg:
    """Stands in the arguments of a step for a value: an input, or the result of a step."""

    __slots__ = ("index",)

    def __init__(self, index: int):
        self.index = index

    def __repr__(self) -> str:
        return f"r{self.index}"

    def __eq__(self, other: object) -> bool:
        return type(other) is Reg and other.index == self.index

    def __hash__(self) -> int:
        return hash((Reg, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return Reg, (self.index,)


class Step:
    """A call.  ``Reg`` stands at the top level of its arguments only."""

    __slots__ = ("args", "func", "kwargs")

    def __init__(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any] = _NO_KWARGS,
    ):
        self.func = func
        self.args = args
        self.kwargs = kwargs

    def registers(self) -> list[int]:
        """Return the numbers of the values it takes."""
        values = [*self.args, *self.kwargs.values()]
        return [value.index for value in values if type(value) is Reg]

    def renumbered(self, number: Mapping[int, int] | Sequence[int]) -> Step:
        """Return the same call on values of other numbers."""

        def new(value: Any) -> Any:
            return Reg(number[value.index]) if type(value) is Reg else value

        kwargs = {name: new(value) for name, value in self.kwargs.items()}
        return Step(self.func, tuple(map(new, self.args)), kwargs or _NO_KWARGS)

    def __repr__(self) -> str:
        parts = [repr(arg) for arg in self.args]
        parts += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"{function_name(self.func)}({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Step, (self.func, self.args, dict(self.kwargs))


class Program:
    """Steps one after the other.

    Parameters
    ----------
    width : int
        Number of inputs: the values 0 to ``width - 1``; step ``n`` makes the value ``width + n``.
    steps : tuple of Step
    result : int, optional
        Which value is the result; otherwise the last one.
    """

    __slots__ = ("__name__", "_plan", "result", "steps", "width")

    def __init__(self, width: int, steps: tuple[Step, ...], result: int | None = None):
        self.width = width
        self.steps = steps
        self.result = width + len(steps) - 1 if result is None else result
        self.__name__ = _name(steps)
        self._plan = _plan(width, steps, self.result)

    def __call__(self, *values: Any) -> Any:
        registers = list(values)
        for func, args, kwargs, dead in self._plan:
            found = [registers[arg.index] if type(arg) is Reg else arg for arg in args]
            if kwargs:
                named = {
                    name: registers[value.index] if type(value) is Reg else value
                    for name, value in kwargs.items()
                }
                registers.append(func(*found, **named))
                del named
            else:
                registers.append(func(*found))
            del found
            for number in dead:
                registers[number] = None
        return registers[self.result]

    def __repr__(self) -> str:
        lines = [f"r{self.width + n} = {step!r}" for n, step in enumerate(self.steps)]
        return f"<Program of {self.width}: {'; '.join(lines)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.width, self.steps, self.result)


def _name(steps: tuple[Step, ...]) -> str:
    names = [function_name(step.func) for step in steps]
    return "-".join(names if len(names) <= 6 else [*names[:3], "...", *names[-2:]])


def _plan(width: int, steps: tuple[Step, ...], result: int) -> list[tuple[Any, ...]]:
    """Return the steps with what dies after each: results in between go as soon as they can."""
    last_use = {number: n for n, step in enumerate(steps) for number in step.registers()}
    dead: list[list[int]] = [[] for _ in steps]
    for number, n in last_use.items():
        if number != result:
            dead[n].append(number)
    return [
        (step.func, step.args, step.kwargs, tuple(gone))
        for step, gone in zip(steps, dead, strict=True)
    ]
