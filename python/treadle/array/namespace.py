"""The Python Array API standard, version 2024.12: its names, and what it asks of a namespace.

The namespace is ``treadle.array`` itself.  Where NumPy and the standard have one name for functions
of different meaning, the function understands both.

>>> import treadle.array as da
>>> xp = da.ones(3, chunks=2).__array_namespace__()
>>> xp.concat([xp.zeros(1), xp.acos(xp.ones(1))]).shape
(2,)
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

import treadle.array as da
from treadle.array.core import Array, asanyarray
from treadle.array.joining import concatenate as concat
from treadle.array.ufuncs import arccos as acos
from treadle.array.ufuncs import arccosh as acosh
from treadle.array.ufuncs import arcsin as asin
from treadle.array.ufuncs import arcsinh as asinh
from treadle.array.ufuncs import arctan as atan
from treadle.array.ufuncs import arctan2 as atan2
from treadle.array.ufuncs import arctanh as atanh
from treadle.array.ufuncs import invert as bitwise_invert
from treadle.array.ufuncs import left_shift as bitwise_left_shift
from treadle.array.ufuncs import power as pow
from treadle.array.ufuncs import right_shift as bitwise_right_shift

__array_api_version__ = "2024.12"

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")


def array_namespace(api_version: str | None = None) -> Any:
    """Return the module whose functions take arrays, as the standard has it.

    Parameters
    ----------
    api_version : str, optional
        Such as ``"2024.12"``.

    Returns
    -------
    module

    Raises
    ------
    ValueError
        If that version is not known here.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.array_namespace("2024.12").__name__
    'treadle.array'
    """
    if api_version is not None and api_version not in VERSIONS:
        raise ValueError(
            f"version {api_version!r} of the array API is not known here; {VERSIONS[-1]!r} is"
        )
    return sys.modules["treadle.array"]


class NamespaceInfo:
    """What the namespace can do, for programs that ask by the standard's names."""

    def capabilities(self) -> dict[str, Any]:
        """Return what is optional in the standard and present here.

        Results whose shapes depend on data have lengths of ``nan`` until
        ``compute_chunk_sizes()`` is called.
        """
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Return where blocks are made."""
        return "cpu"

    def devices(self) -> list[str]:
        """Return where blocks can be made."""
        return ["cpu"]

    def default_dtypes(self, *, device: str | None = None) -> dict[str, np.dtype[Any]]:
        """Return the dtypes that functions give when they are told none."""
        self._check(device)
        info: Any = np.__array_namespace_info__()
        return dict(info.default_dtypes())

    def dtypes(
        self, *, device: str | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, np.dtype[Any]]:
        """Return the standard's dtypes, of all kinds or of some.

        Parameters
        ----------
        device : str, optional
        kind : str or tuple of str, optional
            Such as ``"real floating"``; see :func:`treadle.array.isdtype`.
        """
        self._check(device)
        info: Any = np.__array_namespace_info__()
        return dict(info.dtypes(kind=kind))

    def _check(self, device: str | None) -> None:
        if device not in (None, "cpu"):
            raise ValueError(f"there is no device {device!r}, only 'cpu'")


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard names it
    """Return what the namespace can do.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.__array_namespace_info__().default_dtypes()["real floating"]
    dtype('float64')
    """
    return NamespaceInfo()


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """Return an array in blocks of an array of another library.

    Parameters
    ----------
    x : object
        Knows ``__dlpack__`` and ``__dlpack_device__``.
    device : str, optional
    copy : bool, optional
        Whether the blocks must not be views of ``x``.

    Returns
    -------
    Array

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.array as da
    >>> da.from_dlpack(np.arange(3)).compute()
    array([0, 1, 2])
    """
    if isinstance(x, Array):
        return x if device is None else x.to_device(device)
    return da.from_array(np.from_dlpack(x, device=device, copy=copy))


def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return running sums.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        May be left out for one dimension.
    dtype : dtype, optional
    include_initial : bool
        Whether a zero stands before them.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.cumulative_sum(da.arange(4, chunks=2), include_initial=True).compute()
    array([0, 0, 1, 3, 6])
    """
    return _cumulative(da.cumsum, da.zeros, x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """Return running products.

    Parameters
    ----------
    x : array_like
    axis : int, optional
        May be left out for one dimension.
    dtype : dtype, optional
    include_initial : bool
        Whether a one stands before them.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.cumulative_prod(da.arange(1, 5, chunks=2)).compute()
    array([ 1,  2,  6, 24])
    """
    return _cumulative(da.cumprod, da.ones, x, axis, dtype, include_initial)


def _cumulative(
    running: Any, first: Any, x: Any, axis: int | None, dtype: Any, include_initial: bool
) -> Any:
    array = asanyarray(x)
    if axis is None:
        if array.ndim != 1:
            raise ValueError(f"an array of {array.ndim} dimensions needs axis=")
        axis = 0
    result = running(array, axis=axis, dtype=dtype)
    if not include_initial:
        return result
    axis = axis % array.ndim
    shape = (*array.shape[:axis], 1, *array.shape[axis + 1 :])
    chunks = (*array.chunks[:axis], (1,), *array.chunks[axis + 1 :])
    return da.concatenate([first(shape, dtype=result.dtype, chunks=chunks), result], axis=axis)


class UniqueAll(NamedTuple):
    """What :func:`unique_all` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What :func:`unique_counts` returns."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What :func:`unique_inverse` returns."""

    values: Any
    inverse_indices: Any


def unique_all(x: Any, /) -> UniqueAll:
    """Return the distinct elements, where each stands first, which one each is, and how often.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    values, indices, inverse_indices, counts : Array
        The lengths are not known but for ``inverse_indices``, which has the shape of ``x``.

    Examples
    --------
    >>> import treadle.array as da
    >>> found = da.unique_all(da.asarray([5, 3, 5]))
    >>> found.values.compute(), found.counts.compute()
    (array([3, 5]), array([1, 2]))
    """
    array = asanyarray(x)
    values, indices, inverse, counts = da.unique(
        array, return_index=True, return_inverse=True, return_counts=True
    )
    return UniqueAll(values, indices, da.reshape(inverse, array.shape), counts)


def unique_counts(x: Any, /) -> UniqueCounts:
    """Return the distinct elements, and how often each stands there.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    values, counts : Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.unique_counts(da.asarray([5, 3, 5])).counts.compute()
    array([1, 2])
    """
    return UniqueCounts(*da.unique(asanyarray(x), return_counts=True))


def unique_inverse(x: Any, /) -> UniqueInverse:
    """Return the distinct elements, and which one each element is.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    values, inverse_indices : Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.unique_inverse(da.asarray([5, 3, 5])).inverse_indices.compute()
    array([1, 0, 1])
    """
    array = asanyarray(x)
    values, inverse = da.unique(array, return_inverse=True)
    return UniqueInverse(values, da.reshape(inverse, array.shape))


def unique_values(x: Any, /) -> Any:
    """Return the distinct elements.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.unique_values(da.asarray([5, 3, 5])).compute()
    array([3, 5])
    """
    return da.unique(asanyarray(x))


__all__ = [
    "__array_api_version__", "__array_namespace_info__", "acos", "acosh", "array_namespace",
    "asin", "asinh", "atan", "atan2", "atanh", "bitwise_invert", "bitwise_left_shift",
    "bitwise_right_shift", "concat", "cumulative_prod", "cumulative_sum", "from_dlpack", "pow",
    "unique_all", "unique_counts", "unique_inverse", "unique_values",
]  # fmt: skip
