"""Generalized universal functions on arrays in blocks.

The core dimensions of a call must lie in one block; blocks along the others, the loop dimensions,
are matched by broadcasting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.block_calls import inferred_meta
from treadle.array.chunks import Chunks
from treadle.array.core import Array, asanyarray
from treadle.array.expr import Computed, operand
from treadle.array.index_calls import Pair, index_call
from treadle.array.meta import meta_of
from treadle.array.outputs import output
from treadle.array.rechunk import rechunk
from treadle.array.signatures import (
    Signature,
    core_axes,
    from_the_end,
    parse_signature,
    to_the_end,
)
from treadle.graph.blockwise import Blockwise
from treadle.graph.naming import function_name, key_prefix
from treadle.graph.tokenize import tokenize


def apply_gufunc(
    func: Callable[..., Any],
    signature: str,
    *args: Any,
    axes: Any = None,
    axis: int | None = None,
    keepdims: bool = False,
    output_dtypes: Any = None,
    output_sizes: Mapping[str, int] | None = None,
    vectorize: bool | None = None,
    allow_rechunk: bool = False,
    meta: Any = None,
    **kwargs: Any,
) -> Any:
    """Call a function that works on core dimensions, for all loop dimensions.

    Parameters
    ----------
    func : callable
        Takes blocks whose last dimensions are the core dimensions; those before are loop
        dimensions, which it has to broadcast, unless ``vectorize`` is set.
    signature : str
        Core dimensions of inputs and outputs, ``"(i,j),(j)->(i)"``.
    *args : array_like
    axes : list of tuple of int, optional
        Where core dimensions stand, in inputs and outputs; the last ones without it.
    axis : int, optional
        Where the one core dimension that all share stands.
    keepdims : bool
        Outputs keep the core dimensions, with length 1.
    output_dtypes : dtype or sequence of dtype, optional
        Without them and ``meta``, the function is called once on empty blocks, to see.
    output_sizes : dict, optional
        Lengths of core dimensions that only outputs have.
    vectorize : bool, optional
        Call the function by ``numpy.vectorize``: it knows of no loop dimensions.
    allow_rechunk : bool
        Bring core dimensions into one block where they aren't; an error otherwise.
    meta : array or tuple of array, optional
        Empty arrays of the kinds and dtypes of the outputs.
    **kwargs : object
        Passed on.

    Returns
    -------
    Array or tuple of Array

    Raises
    ------
    ValueError
        If the arrays don't fit the signature or each other, core dimensions lie in several blocks,
        or dtypes can't be told.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> x = da.ones((4, 3), chunks=(2, 3))
    >>> da.apply_gufunc(lambda x: x.sum(axis=-1), "(i)->()", x).compute()
    array([3., 3., 3., 3.])
    """
    parsed = parse_signature(signature)
    arrays = [asanyarray(arg) for arg in args]
    if len(arrays) != len(parsed.inputs):
        raise ValueError(
            f"signature {signature!r} takes {len(parsed.inputs)} arrays, and {len(arrays)} are "
            "given"
        )
    sizes = dict(output_sizes or {})
    in_axes, out_axes = core_axes(parsed, axes, axis, keepdims)
    dtypes = _several(output_dtypes, parsed, "output_dtypes")
    metas = _several(meta, parsed, "meta")
    called: Callable[..., Any] = func
    if vectorize:
        otypes = [np.dtype(dtype).char for dtype in dtypes] if dtypes is not None else None
        called = np.vectorize(func, signature=signature, otypes=otypes)
        called.__name__ = function_name(func)  # type: ignore[attr-defined]
    pairs = _matched(arrays, parsed, in_axes, sizes, allow_rechunk)
    for core in parsed.outputs:
        for dim in core:
            if dim not in sizes:
                raise ValueError(f"give the length of core dimension {dim!r} in output_sizes")
    loops = max(array.ndim - len(core) for array, core in zip(arrays, parsed.inputs, strict=True))
    metas = _metas(called, pairs, kwargs, parsed, loops, dtypes, metas)
    token = (signature, vectorize)
    if parsed.single:
        outputs = [_one(called, pairs, kwargs, parsed, loops, sizes, metas[0], token)]
    else:
        outputs = _all(called, pairs, kwargs, parsed, loops, sizes, metas, token)
    done = [
        _in_place(result, core, where, keepdims)
        for result, core, where in zip(outputs, parsed.outputs, out_axes, strict=True)
    ]
    return done[0] if parsed.single else tuple(done)


def _several(given: Any, parsed: Signature, what: str) -> list[Any] | None:
    """Return one entry for each output; None if nothing is given."""
    if given is None:
        return None
    several = list(given) if isinstance(given, (tuple, list)) else [given]
    if len(several) == 1:
        several *= len(parsed.outputs)
    if len(several) != len(parsed.outputs):
        raise ValueError(f"{what} has {len(several)} entries for {len(parsed.outputs)} outputs")
    return several


def _matched(
    arrays: Sequence[Array],
    parsed: Signature,
    in_axes: Sequence[tuple[int, ...]],
    sizes: dict[str, int],
    allow_rechunk: bool,
) -> list[Pair]:
    """Return arrays with core dimensions last, in one block, and indices; note their lengths."""
    pairs: list[Pair] = []
    for array, core, where in zip(arrays, parsed.inputs, in_axes, strict=True):
        if array.ndim < len(core):
            raise ValueError(
                f"an array of {array.ndim} dimensions has not the core dimensions {core}"
            )
        order = to_the_end(array.ndim, where)
        if order != tuple(range(array.ndim)):
            array = da.transpose(array, order)
        loops = array.ndim - len(core)
        for dim, length in zip(core, array.shape[loops:], strict=True):
            if sizes.setdefault(dim, length) != length:
                raise ValueError(
                    f"core dimension {dim!r} has lengths {sizes[dim]} and {length}: they must be "
                    "equal"
                )
        split = {n: -1 for n in range(loops, array.ndim) if array.numblocks[n] != 1}
        if split and not allow_rechunk:
            dim = core[min(split) - loops]
            raise ValueError(
                f"core dimension {dim!r} consists of {array.numblocks[min(split)]} blocks; rechunk "
                "it into one, or set allow_rechunk=True, which may take much more memory"
            )
        if split:
            array = rechunk(array, split)
        own = (*(("loop", loops - n) for n in range(loops)), *(("core", dim) for dim in core))
        pairs.append((array, own))
    return pairs


def _metas(
    func: Callable[..., Any],
    pairs: Sequence[Pair],
    kwargs: dict[str, Any],
    parsed: Signature,
    loops: int,
    dtypes: list[Any] | None,
    metas: list[Any] | None,
) -> list[Any]:
    ndims = [loops + len(core) for core in parsed.outputs]
    if metas is not None:
        return [
            meta_of(getattr(meta, "meta", meta), ndim)
            for meta, ndim in zip(metas, ndims, strict=True)
        ]
    if dtypes is not None:
        return [np.empty((0,) * ndim, dtype) for dtype, ndim in zip(dtypes, ndims, strict=True)]
    samples = [array.meta for array, _ in pairs]
    if parsed.single:
        return [inferred_meta(func, samples, kwargs, ndims[0])]

    def at(number: int) -> Callable[..., Any]:
        found = lambda *args, **kwargs: func(*args, **kwargs)[number]
        found.__name__ = function_name(func)
        return found

    return [inferred_meta(at(n), samples, kwargs, ndim) for n, ndim in enumerate(ndims)]


def _loop_indices(loops: int) -> tuple[Any, ...]:
    return tuple(("loop", loops - n) for n in range(loops))


def _one(
    func: Callable[..., Any],
    pairs: Sequence[Pair],
    kwargs: dict[str, Any],
    parsed: Signature,
    loops: int,
    sizes: Mapping[str, int],
    meta: Any,
    salt: Any,
) -> Array:
    """Return the array of the one output."""
    there = {dim for core in parsed.inputs for dim in core}
    (core,) = parsed.outputs
    new = {("core", dim): sizes[dim] for dim in core if dim not in there}
    out = (*_loop_indices(loops), *(("core", dim) for dim in core))
    return index_call(
        func, out, pairs, kwargs, meta=meta, adjust_chunks={}, new_axes=new, salt=salt
    )


def _all(
    func: Callable[..., Any],
    pairs: Sequence[Pair],
    kwargs: dict[str, Any],
    parsed: Signature,
    loops: int,
    sizes: Mapping[str, int],
    metas: Sequence[Any],
    salt: Any,
) -> list[Array]:
    """Return an array for each output; each takes its part of the tuples that calls return."""
    tuples = index_call(
        func, _loop_indices(loops), pairs, kwargs, dtype=object, adjust_chunks={}, new_axes={},
        salt=salt,
    ).expr  # fmt: skip
    arrays = []
    for number, (core, meta) in enumerate(zip(parsed.outputs, metas, strict=True)):
        chunks: Chunks = (*tuples.chunks, *((sizes[dim],) for dim in core))
        name = f"{key_prefix(tuples.name)}-{tokenize('output', tuples.name, number, chunks)}"
        body = Blockwise.call(
            name, tuple(map(len, chunks)), output, [operand(tuples, range(loops)), number]
        )
        arrays.append(
            Array(
                Computed(
                    name, chunks, meta, body, source=tuples.source, annotations=tuples.annotations
                )
            )
        )
    return arrays


def _in_place(result: Array, core: tuple[str, ...], where: tuple[int, ...], keep: bool) -> Array:
    """Return an output with its core dimensions where they belong."""
    if keep and not core:
        result = result[(..., *[None] * len(where))]
    if not where:
        return result
    order = from_the_end(result.ndim, where)
    return result if order == tuple(range(result.ndim)) else da.transpose(result, order)


class gufunc:  # noqa: N801
    """A function with a signature, which can be called on arrays in blocks.

    Parameters
    ----------
    pyfunc : callable
    signature : str
    vectorize, axes, axis, keepdims, output_sizes, output_dtypes, allow_rechunk, meta
        As for :func:`apply_gufunc`.

    Examples
    --------
    >>> import treadle.array as da
    >>> total = da.gufunc(lambda x: x.sum(axis=-1), signature="(i)->()", output_dtypes=float)
    >>> total(da.ones((2, 3))).compute()
    array([3., 3.])
    """

    def __init__(
        self,
        pyfunc: Callable[..., Any],
        *,
        signature: str | None = None,
        vectorize: bool = False,
        axes: Any = None,
        axis: int | None = None,
        keepdims: bool = False,
        output_sizes: Mapping[str, int] | None = None,
        output_dtypes: Any = None,
        allow_rechunk: bool = False,
        meta: Any = None,
    ):
        if signature is None:
            raise ValueError("give the signature, as in signature='(i)->()'")
        parse_signature(signature)
        self.pyfunc = pyfunc
        self.signature = signature
        self.options: dict[str, Any] = {
            "vectorize": vectorize,
            "axes": axes,
            "axis": axis,
            "keepdims": keepdims,
            "output_sizes": output_sizes,
            "output_dtypes": output_dtypes,
            "allow_rechunk": allow_rechunk,
            "meta": meta,
        }
        self.__name__ = function_name(pyfunc)
        self.__doc__ = pyfunc.__doc__

    def __repr__(self) -> str:
        return f"<gufunc {self.__name__} {self.signature}>"

    def __call__(self, *args: Any, allow_rechunk: bool = False, **kwargs: Any) -> Any:
        options = dict(self.options)
        options["allow_rechunk"] = allow_rechunk or options["allow_rechunk"]
        return apply_gufunc(self.pyfunc, self.signature, *args, **options, **kwargs)


def as_gufunc(
    signature: str | None = None, **kwargs: Any
) -> Callable[[Callable[..., Any]], gufunc]:
    """Return a decorator that makes a :class:`gufunc` of a function.

    Parameters
    ----------
    signature : str
    **kwargs : object
        As for :class:`gufunc`.

    Raises
    ------
    ValueError
        If the signature is none.

    Examples
    --------
    >>> import treadle.array as da
    >>> @da.as_gufunc("(i)->()", output_dtypes=float)
    ... def total(x):
    ...     return x.sum(axis=-1)
    >>> total(da.ones((2, 3))).compute()
    array([3., 3.])
    """
    return lambda pyfunc: gufunc(pyfunc, signature=signature, **kwargs)


__all__ = ["apply_gufunc", "as_gufunc", "gufunc"]
