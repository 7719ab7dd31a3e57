"""Signatures of generalized universal functions: ``"(i,j),(j)->(i)"``, and what axes they take.

The notation is NumPy's [1]_.

.. [1] https://numpy.org/doc/stable/reference/c-api/generalized-ufuncs.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

Core: TypeAlias = tuple[str, ...]

_NAME = r"[A-Za-z_]\w*"
_CORE = rf"\((?:{_NAME}(?:,{_NAME})*,?)?\)"
_SIDE = rf"(?:{_CORE}(?:,{_CORE})*)?"


@dataclass(frozen=True, slots=True)
class Signature:
    """Core dimensions of inputs and outputs.

    Attributes
    ----------
    inputs, outputs : tuple of tuple of str
    single : bool
        There is one output, and it is returned as it is, not in a tuple.
    """

    inputs: tuple[Core, ...]
    outputs: tuple[Core, ...]
    single: bool


def parse_signature(text: str) -> Signature:
    """Return what a signature says.

    Raises
    ------
    ValueError
        If it is none.

    >>> parse_signature("(i,j),(j)->(i)")
    Signature(inputs=(('i', 'j'), ('j',)), outputs=(('i',),), single=True)
    """
    compact = re.sub(r"\s+", "", text)
    if not re.fullmatch(rf"{_SIDE}->{_SIDE},?", compact):
        raise ValueError(f"{text!r} is no signature; one looks like '(i,j),(j)->(i)'")
    left, right = compact.split("->")
    inputs, outputs = _cores(left), _cores(right)
    return Signature(inputs, outputs, len(outputs) == 1 and not right.endswith(","))


def _cores(side: str) -> tuple[Core, ...]:
    return tuple(
        tuple(name for name in core.split(",") if name) for core in re.findall(r"\(([^)]*)\)", side)
    )


def core_axes(
    signature: Signature, axes: Any, axis: int | None, keepdims: bool
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Return where the core dimensions of inputs and outputs stand, by NumPy's rules.

    Parameters
    ----------
    axes : list of tuple of int, optional
        One entry for each input and output; those of outputs may be left out if they have no core
        dimensions.  Otherwise core dimensions are the last ones.
    axis : int, optional
        Where all inputs share one core dimension.
    keepdims : bool
        Outputs keep the core dimensions of the inputs, with length 1.

    Raises
    ------
    ValueError
        If they don't fit the signature.
    TypeError
        If both ``axes`` and ``axis`` are given.
    """
    ins, outs = signature.inputs, signature.outputs
    if axes is not None and axis is not None:
        raise TypeError("only one of axis and axes can be given")
    if keepdims and (any(outs) or len({len(core) for core in ins}) > 1):
        raise ValueError(
            "keepdims needs outputs without core dimensions, and inputs with equally many"
        )
    if axis is not None:
        if len({core for core in ins if core}) > 1 or any(len(core) > 1 for core in (*ins, *outs)):
            raise ValueError("axis needs one core dimension that all share; say it with axes")
        axes = [(axis,) if core else () for core in (*ins, *outs)]
        if keepdims:
            axes[len(ins) :] = [(axis,)] * len(outs)
    kept = len(ins[0]) if keepdims and ins else 0
    counts = [*map(len, ins), *(kept or len(core) for core in outs)]
    if axes is None:
        axes = [tuple(range(-count, 0)) for count in counts]
    axes = [(entry,) if isinstance(entry, (int, np.integer)) else tuple(entry) for entry in axes]
    if len(axes) == len(ins):
        if keepdims:
            axes += [axes[0]] * len(outs)
        elif any(outs):
            raise ValueError(f"axes {axes} say nothing of the outputs, which have core dimensions")
        else:
            axes += [()] * len(outs)
    if len(axes) != len(counts) or any(
        len(entry) != count for entry, count in zip(axes, counts, strict=True)
    ):
        raise ValueError(
            f"axes {axes} don't fit the core dimensions, of which there are {counts} in inputs and "
            "outputs"
        )
    return axes[: len(ins)], axes[len(ins) :]


def to_the_end(ndim: int, core: Sequence[int]) -> tuple[int, ...]:
    """Return the order of dimensions that puts core dimensions last.

    >>> to_the_end(3, (0,))
    (1, 2, 0)
    """
    last = normalize_axis_tuple(core, ndim)
    return (*(n for n in range(ndim) if n not in last), *last)


def from_the_end(ndim: int, core: Sequence[int]) -> tuple[int, ...]:
    """Return the order of dimensions that puts the last ones where core dimensions belong.

    >>> from_the_end(3, (0,))
    (2, 0, 1)
    """
    order = to_the_end(ndim, core)
    return tuple(order.index(n) for n in range(ndim))
