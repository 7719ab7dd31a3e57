"""Elementwise calls one after the other, on pieces of their arrays that stay in the cache.

Calling ufunc after ufunc on whole blocks writes every result in between to memory, and asks the
system for that memory first.  Done piece by piece, along the first dimension, the results in
between live in a few small buffers; only what comes out in the end is as large as a block.

>>> square = Tiled(1, (Step(np.multiply, (Reg(0), Reg(0))), Step(np.add, (Reg(1), 1))), (2,))
>>> registers = [np.arange(300_000.0), None, None]
>>> square.run(registers)
True
>>> registers[2][-1]
np.float64(89999400002.0)
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from treadle.graph.program import Reg, Step

#: Bytes of one piece: a few of them are to fit a core's own cache.
TILE_BYTES = 256 * 1024

#: Arrays of fewer bytes are quicker whole.
WORTHWHILE = 2 * TILE_BYTES

_SCALARS = (bool, int, float, complex, np.number, np.bool_)
_OPERANDS = (*_SCALARS, Reg)


def is_elementwise(func: Callable[..., Any]) -> bool:
    """Tell whether ``func`` works element by element, and takes ``out``."""
    return isinstance(func, np.ufunc) and func.nout == 1 and func.signature is None


class Tiled:
    """Neighbouring elementwise steps of a program.

    Parameters
    ----------
    first : int
        Number of the value that the first step makes.
    steps : tuple of Step
    wanted : tuple of int
        Values that are needed afterwards.
    """

    __slots__ = ("first", "inputs", "last_use", "steps", "wanted")

    def __init__(self, first: int, steps: tuple[Step, ...], wanted: tuple[int, ...]):
        self.first = first
        self.steps = steps
        self.wanted = frozenset(wanted)
        taken = [number for step in steps for number in step.registers()]
        self.inputs = tuple(dict.fromkeys(number for number in taken if number < first))
        self.last_use = {
            number: first + n for n, step in enumerate(steps) for number in step.registers()
        }

    def run(self, registers: list[Any]) -> bool:
        """Put the wanted values into ``registers``; False if this had better be done whole."""
        shapes = self._shapes(registers)
        if shapes is None:
            return False
        whole = max(shapes.values(), key=lambda shape: (len(shape), prod(shape)))
        if not whole or any(shapes[number] != whole for number in self.wanted):
            return False
        values = {number: registers[number] for number in self.inputs}
        cut = {n for n, own in shapes.items() if len(own) == len(whole) and own[0] == whole[0]}
        shape = whole
        if all(shapes[n] in (whole, ()) and _is_flat(values[n]) for n in self.inputs):
            values = {n: np.reshape(v, -1) if n in cut else v for n, v in values.items()}
            shape = (prod(whole),)
        rows = TILE_BYTES // (8 * max(prod(shape[1:]), 1))
        if rows < 1:
            return False
        for number, step in enumerate(self.steps, self.first):
            if number not in cut:  # of other dimensions only: small
                values[number] = _call(step, values)
        for number, result in self._run_pieces(values, cut, shape, rows).items():
            registers[number] = result.reshape(whole)
        return True

    def _shapes(self, registers: list[Any]) -> dict[int, tuple[int, ...]] | None:
        """Return the shape of every value; None if arrays are small, or of another kind."""
        shapes: dict[int, tuple[int, ...]] = {}
        largest = 0
        for number in self.inputs:
            value = registers[number]
            if type(value) is np.ndarray and not value.dtype.hasobject:
                shapes[number] = value.shape
                largest = max(largest, value.nbytes)
            elif isinstance(value, _SCALARS):
                shapes[number] = ()
            else:
                return None
        if largest < WORTHWHILE:
            return None
        for number, step in enumerate(self.steps, self.first):
            if not all(isinstance(arg, _OPERANDS) for arg in step.args):
                return None
            try:
                shapes[number] = np.broadcast_shapes(*[shapes[n] for n in step.registers()])
            except ValueError:
                return None  # the call itself says it better
        return shapes

    def _run_pieces(
        self, values: dict[int, Any], cut: set[int], shape: tuple[int, ...], rows: int
    ) -> dict[int, Any]:
        """Run the steps on one piece after the other; return the wanted values."""
        results, buffers = self._places(values, cut, shape, rows)
        steps = [(n, step) for n, step in enumerate(self.steps, self.first) if n in cut]
        inputs = [n for n in self.inputs if n in cut]
        for begin in range(0, shape[0], rows):
            end = min(begin + rows, shape[0])
            piece = dict(values)
            for number in inputs:
                piece[number] = values[number][begin:end]
            for number, step in steps:
                if number in results:
                    place = results[number][begin:end]
                else:
                    place = buffers[number][: end - begin]
                piece[number] = _call(step, piece, place)
        return results

    def _places(
        self, values: dict[int, Any], cut: set[int], shape: tuple[int, ...], rows: int
    ) -> tuple[dict[int, Any], dict[int, Any]]:
        """Return arrays for the wanted values, and buffers for those in between.

        A step may write over what it is the last to read: elementwise calls allow it.
        """
        empty = {n: value[:0] if n in cut else value for n, value in values.items()}
        results: dict[int, Any] = {}
        buffers: dict[int, Any] = {}
        free: dict[Any, list[Any]] = {}
        for number, step in enumerate(self.steps, self.first):
            if number not in cut:
                continue
            empty[number] = _call(step, empty)
            dtype = empty[number].dtype
            for other in set(step.registers()):
                if other in buffers and self.last_use[other] == number:
                    free.setdefault(buffers[other].dtype, []).append(buffers[other])
            if number in self.wanted:
                results[number] = np.empty(shape, dtype)
            elif free.get(dtype):
                buffers[number] = free[dtype].pop()
            else:
                buffers[number] = np.empty((rows, *shape[1:]), dtype)
        return results, buffers


def _call(step: Step, values: dict[int, Any], out: Any = None) -> Any:
    args = [values[arg.index] if type(arg) is Reg else arg for arg in step.args]
    return step.func(*args, out=out) if out is not None else step.func(*args)


def _is_flat(value: Any) -> bool:
    return type(value) is not np.ndarray or value.flags.c_contiguous
