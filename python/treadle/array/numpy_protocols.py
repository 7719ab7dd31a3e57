"""NumPy's functions, called with arrays in blocks, are ours of the same name.

``np.func(x)`` is ``da.func(x)`` and ``np.linalg.func(x)`` is ``da.linalg.func(x)``.  What has no
function here raises; nothing is computed behind anybody's back.

>>> import numpy as np
>>> import treadle.array as da
>>> np.concatenate([da.ones(2, chunks=2), np.zeros(1)])
treadle.array<concatenate, shape=(3,), dtype=float64, chunksize=(2,), chunktype=numpy.ndarray>
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.elementwise import write_into
from treadle.array.ufuncs import ufunc

#: Libraries whose arrays may be blocks.
CHUNK_LIBRARIES = {"numpy", "cupy", "cupyx", "sparse", "scipy"}

#: NumPy's second names.
SAME = {"amax": "max", "amin": "min", "row_stack": "vstack"}

_chunk_types: set[type] = {np.ndarray, np.generic}


def register_chunk_type(type: builtins.type) -> None:
    """Make arrays of a type fit to be blocks.

    Operators and NumPy's functions on such an array and an array in blocks give an array in
    blocks.  With arrays of other types that know NumPy's protocols, these are asked instead.

    Parameters
    ----------
    type : type
        Knows ``__array_function__``, ``__array_ufunc__``, ``shape``, ``dtype`` and slicing.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> class Tagged(np.ndarray):
    ...     pass
    >>> da.register_chunk_type(Tagged)
    """
    if not hasattr(type, "__array_function__"):
        raise TypeError(f"{type!r} has no __array_function__, so it can't be in blocks")
    _chunk_types.add(type)


def answers_first(kind: type) -> bool:
    """Tell whether values of a type know better than we what to do with arrays like ours.

    Those are wrappers, such as DataArrays and quantities: they may have our arrays inside.
    """
    if issubclass(kind, Array) or kind in _chunk_types:
        return False
    if not (hasattr(kind, "__array_ufunc__") or hasattr(kind, "__array_function__")):
        return False
    return kind.__module__.split(".")[0] not in CHUNK_LIBRARIES and not (
        issubclass(kind, np.ndarray) and kind.__array_ufunc__ is np.ndarray.__array_ufunc__
    )


def apply_numpy_ufunc(
    numpy_ufunc: Any, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Answer ``Array.__array_ufunc__``.

    Parameters
    ----------
    numpy_ufunc : numpy.ufunc
        Of any library.
    method : str
        ``"__call__"``, ``"reduce"``, ``"accumulate"``, ``"outer"``, ``"reduceat"`` or ``"at"``.
    inputs : sequence
    kwargs : mapping

    Returns
    -------
    Array, tuple of Array or NotImplemented
        NotImplemented leaves the answer to others, or to NumPy, which says that there is none.
    """
    if any(answers_first(type(value)) for value in (*inputs, *kwargs.get("out", ()))):
        return NotImplemented
    if numpy_ufunc.signature is not None:
        return _apply_gufunc(numpy_ufunc, method, inputs, kwargs)
    if method in ("reduceat", "at"):
        return NotImplemented
    ours = getattr(da, numpy_ufunc.__name__, None)
    if not (isinstance(ours, ufunc) and ours.function is numpy_ufunc):
        ours = ufunc(numpy_ufunc)
    if "out" in kwargs and method in ("reduce", "accumulate"):
        (out,) = kwargs["out"]
        kwargs = {**kwargs, "out": out}
    call = ours if method == "__call__" else getattr(ours, method)
    return call(*inputs, **kwargs)


def _apply_gufunc(
    function: Any, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Apply a function on whole dimensions, as ``matmul``."""
    if method != "__call__":
        return NotImplemented
    ours = getattr(da, function.__name__, None)
    if callable(ours):
        return ours(*inputs, **kwargs)
    dtypes = [asanyarray(value).dtype for value in inputs]
    found = function.resolve_dtypes((*dtypes, *[None] * function.nout))[function.nin :]
    return da.apply_gufunc(
        function, function.signature, *inputs, output_dtypes=list(found), **kwargs
    )


def apply_numpy_function(
    func: Any, types: Iterable[type], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Answer ``Array.__array_function__``.

    Parameters
    ----------
    func : callable
        A public function of NumPy.
    types : iterable of type
        Those of the arguments that know the protocol.
    args : sequence
    kwargs : mapping

    Returns
    -------
    object
        What our function of the same name returns, or NotImplemented.

    Raises
    ------
    TypeError
        If there is no such function here.
    """
    if any(answers_first(kind) for kind in types):
        return NotImplemented
    ours = our_function(func)
    if ours is None:
        name = f"{func.__module__}.{func.__name__}"
        raise TypeError(
            f"there is no {name} for arrays in blocks; where they fit in memory, compute() them "
            "first, or call it block by block with map_blocks"
        )
    return ours(*args, **kwargs)


def our_function(func: Any) -> Any:
    """Return our function for one of NumPy's, None if there is none.

    >>> import numpy as np
    >>> our_function(np.sum).__module__
    'treadle.array.reductions'
    """
    parts = func.__module__.split(".")[1:]
    module: Any = da
    if parts and parts[0] != "lib":
        module = getattr(da, parts[0], None)
    name = SAME.get(func.__name__, func.__name__)
    found = getattr(module, "NUMPYS", {}).get(name) or getattr(module, name, None)
    return found if callable(found) else None


def shape(a: Any) -> tuple[Any, ...]:
    """Return the lengths of the dimensions; ``nan`` where not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.shape(da.ones((2, 3), chunks=1))
    (2, 3)
    """
    return tuple(a.shape) if hasattr(a, "shape") else np.shape(a)


def ndim(a: Any) -> int:
    """Return the number of dimensions.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.ndim(da.ones((2, 3), chunks=1))
    2
    """
    return int(a.ndim) if hasattr(a, "ndim") else np.ndim(a)


def size(a: Any, axis: int | None = None) -> Any:
    """Return the number of elements, of all or along one dimension; ``nan`` where not known.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.size(da.ones((2, 3), chunks=1)), da.size(da.ones((2, 3), chunks=1), 1)
    (6, 3)
    """
    array = asanyarray(a)
    return array.size if axis is None else array.shape[axis]


def copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    """Return an array of the same elements, which setting elements of ``a`` won't change.

    Parameters
    ----------
    a : array_like
    order, subok
        Of no matter here; NumPy has them.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones(2, chunks=1)
    >>> y = da.copy(x)
    >>> y[0] = 5
    >>> x.sum().compute()
    np.float64(2.0)
    """
    return asanyarray(a).copy()


def array_repr(arr: Any, *args: Any, **kwargs: Any) -> str:
    """Return what ``repr`` says of an array in blocks; computes nothing.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.array_repr(da.ones(2, chunks=1))[:13]
    'treadle.array'
    """
    return repr(arr)


array_str = array_repr


def min_scalar_type(a: Any) -> Any:
    """Return the dtype of an array; of a number, the smallest dtype that holds it.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.min_scalar_type(da.ones(2, chunks=1))
    dtype('float64')
    """
    return a.dtype if isinstance(a, Array) else np.min_scalar_type(a)


def common_type(*arrays: Any) -> Any:
    """Return the inexact type that is common to arrays.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.common_type(da.ones(2, chunks=1, dtype="f4"), da.arange(2))
    <class 'numpy.float64'>
    """
    return np.common_type(*[np.empty(0, a.dtype) if isinstance(a, Array) else a for a in arrays])


def may_share_memory(a: Any, b: Any, max_work: Any = None) -> bool:
    """Tell whether two arrays may have memory in common: arrays in blocks never do.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.may_share_memory(da.ones(2, chunks=1), da.ones(2, chunks=1))
    False
    """
    if isinstance(a, Array) or isinstance(b, Array):
        return False
    return np.may_share_memory(a, b, max_work)


shares_memory = may_share_memory


def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Make elements of ``dst`` those of ``src``, where a mask says so.

    Parameters
    ----------
    dst : Array
    src : array_like
        Broadcast to the shape of ``dst``.
    casting : {"no", "equiv", "safe", "same_kind", "unsafe"}
    where : array_like of bool

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.zeros(3, chunks=2)
    >>> da.copyto(x, 5, where=[True, False, True])
    >>> x.compute()
    array([5., 0., 5.])
    """
    if not isinstance(dst, Array):
        raise TypeError(
            f"the target must be an array in blocks, not {type(dst).__name__}; to write "
            "into memory or a file use treadle.array.store"
        )
    write_into(dst, asanyarray(src), where, casting)


__all__ = [
    "apply_numpy_function", "apply_numpy_ufunc", "array_repr", "array_str", "common_type", "copy",
    "copyto", "may_share_memory", "min_scalar_type", "ndim", "register_chunk_type", "shape",
    "shares_memory", "size",
]  # fmt: skip
