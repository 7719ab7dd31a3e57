"""A short program of calls on numbered values: what a task of fused operations runs.

>>> from operator import add, mul
>>> program = Program(2, (Step(add, (Reg(0), Reg(1))), Step(mul, (Reg(2), 10))))
>>> program(1, 2), program.__name__
(30, 'add-mul')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from treadle.graph.naming import function_name

if TYPE_CHECKING:
    from treadle.graph.tiles import Tiled

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
        self._plan: list[Callable[[list[Any]], None]] | None = None

    def __call__(self, *values: Any) -> Any:
        registers = [*values, *[None] * len(self.steps)]
        if self._plan is None:  # programs are merged many times before one runs
            self._plan = _plan(self.width, self.steps, self.result)
        for part in self._plan:
            part(registers)
        return registers[self.result]

    def __repr__(self) -> str:
        lines = [f"r{self.width + n} = {step!r}" for n, step in enumerate(self.steps)]
        return f"<Program of {self.width}: {'; '.join(lines)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.width, self.steps, self.result)


def _name(steps: tuple[Step, ...]) -> str:
    names = [function_name(step.func) for step in steps]
    return "-".join(names if len(names) <= 6 else [*names[:3], "...", *names[-2:]])


class _Whole:
    """A step on whole values."""

    __slots__ = ("args", "dead", "func", "kwargs", "number")

    def __init__(self, number: int, step: Step, dead: tuple[int, ...]):
        self.number = number
        self.func = step.func
        self.args = step.args
        self.kwargs = step.kwargs
        self.dead = dead

    def __call__(self, registers: list[Any]) -> None:
        args = [registers[arg.index] if type(arg) is Reg else arg for arg in self.args]
        kwargs = self.kwargs
        if kwargs:
            kwargs = {
                name: registers[value.index] if type(value) is Reg else value
                for name, value in kwargs.items()
            }
        registers[self.number] = self.func(*args, **kwargs)
        for number in self.dead:
            registers[number] = None


class _Run:
    """Elementwise steps, piece by piece where that is quicker."""

    __slots__ = ("dead", "steps", "tiled")

    def __init__(self, tiled: Tiled, steps: list[_Whole]):
        self.tiled = tiled
        self.steps = steps
        self.dead = tuple(number for step in steps for number in step.dead)

    def __call__(self, registers: list[Any]) -> None:
        if not self.tiled.run(registers):
            for step in self.steps:
                step(registers)
        for number in self.dead:
            registers[number] = None


def _plan(width: int, steps: tuple[Step, ...], result: int) -> list[Callable[[list[Any]], None]]:
    """Return the steps as calls on registers; values go as soon as nobody needs them."""
    last_use = {number: n for n, step in enumerate(steps) for number in step.registers()}
    last_use[result] = len(steps)
    dead: list[list[int]] = [[] for _ in steps]
    for number, n in last_use.items():
        if number != result:
            dead[n].append(number)
    whole = [_Whole(width + n, step, tuple(dead[n])) for n, step in enumerate(steps)]
    plan: list[Callable[[list[Any]], None]] = []
    begin = 0
    while begin < len(steps):
        end = begin
        while end < len(steps) and _is_elementwise(steps[end]):
            end += 1
        if end - begin < 2:
            end = begin + 1
            plan.append(whole[begin])
        else:
            from treadle.graph.tiles import Tiled

            wanted = [width + n for n in range(begin, end) if last_use.get(width + n, -1) >= end]
            tiled = Tiled(width + begin, steps[begin:end], tuple(wanted))
            plan.append(_Run(tiled, whole[begin:end]))
        begin = end
    return plan


def _is_elementwise(step: Step) -> bool:
    if type(step.func).__name__ != "ufunc" or step.kwargs:  # spares others the import of NumPy
        return False
    from treadle.graph.tiles import is_elementwise

    return is_elementwise(step.func)
