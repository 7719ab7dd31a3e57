"""Fourier transforms: ``da.fft``.

The axes of a transform must lie in one block; blocks along the others are transformed each for
itself.  SciPy's transforms are used where SciPy is installed, since they are the quicker ones, and
NumPy's otherwise.

>>> import numpy as np
>>> import treadle.array as da
>>> da.fft.fft(da.ones((2, 4), chunks=(1, 4))).compute().real
array([[4., 0., 0., 0.],
       [4., 0., 0., 0.]])
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

import treadle.array as da
from treadle.array.chunks import normalize_chunks
from treadle.array.core import Array, asanyarray, new_array
from treadle.array.expr import operand, per_position
from treadle.array.meta import meta_of
from treadle.graph.blockwise import Blockwise
from treadle.graph.naming import function_name

_SINGLE = frozenset(["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
_SEVERAL = frozenset([f"{name}{end}" for name in ("fft", "ifft", "rfft", "irfft") for end in "2n"])
_TO_REAL = frozenset(["irfft", "irfft2", "irfftn", "hfft"])
_HALVING = frozenset(["rfft", "rfft2", "rfftn", "ihfft"])


def fft_wrap(
    fft_func: Callable[..., Any], kind: str | None = None, dtype: Any = None, **options: Any
) -> Callable[..., Array]:
    """Return a transform of arrays in blocks, made of one of arrays in memory.

    Parameters
    ----------
    fft_func : callable
        With the parameters of NumPy's function of the name ``kind``.
    kind : str, optional
        Name of a function of :mod:`numpy.fft`; that of ``fft_func`` without it.
    dtype : dtype, optional
        Of the results.
    **options : object
        Taken for Dask's sake.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> import scipy.fft
    >>> import treadle.array as da
    >>> fft = da.fft.fft_wrap(scipy.fft.fft)
    >>> fft(da.ones(4)).compute().real
    array([4., 0., 0., 0.])
    """
    kind = function_name(fft_func) if kind is None else kind
    if kind not in _SINGLE | _SEVERAL:
        raise ValueError(
            f"{kind!r} is no kind of transform; there are {sorted(_SINGLE | _SEVERAL)}"
        )
    return _wrapped(fft_func, kind, dtype)


def _wrapped(func: Callable[..., Any], kind: str, dtype: Any = None) -> Callable[..., Array]:
    result: Callable[..., Array]
    if kind in _SINGLE:

        def along(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
            a = asanyarray(a)
            place = normalize_axis_index(-1 if axis is None else axis, a.ndim)
            return _transform(
                func, kind, a, None if n is None else (n,), (place,), norm, dtype,
                {"n": n, "axis": place, "norm": norm},
            )  # fmt: skip

        result = along
    else:
        usual = (-2, -1) if kind.endswith("2") else None

        def over(a: Any, s: Any = None, axes: Any = usual, norm: str | None = None) -> Array:
            a = asanyarray(a)
            if axes is None:
                axes = usual
            if axes is None:
                axes = tuple(range(a.ndim)) if s is None else tuple(range(-len(s), 0))
            places = normalize_axis_tuple(axes, a.ndim)
            s = None if s is None else tuple(s)
            if s is not None and len(s) != len(places):
                raise ValueError(f"s has {len(s)} lengths, and there are {len(places)} axes")
            if s is not None and -1 in s:
                s = tuple(a.shape[n] if m == -1 else m for n, m in zip(places, s, strict=True))
            return _transform(
                func, kind, a, s, places, norm, dtype, {"s": s, "axes": places, "norm": norm}
            )

        result = over
    result.__name__ = result.__qualname__ = kind
    result.__doc__ = _DOC.format(
        kind=kind,
        lengths="n : int" if kind in _SINGLE else "s : sequence of int",
        axes="axis : int" if kind in _SINGLE else "axes : sequence of int",
        usual="the last one" if kind in _SINGLE else "the last two" if kind[-1] == "2" else "all",
    )
    return result


_DOC = """Transform an array in blocks; see :func:`numpy.fft.{kind}`.

    Parameters
    ----------
    a : array_like
    {lengths}, optional
        Lengths along the axes; others are cut, or filled with zeros.
    {axes}, optional
        They must lie in one block; {usual} without it.
    norm : {{"backward", "ortho", "forward"}}, optional

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the array has several blocks along an axis, or lengths don't fit.
    numpy.exceptions.AxisError
        If an axis is out of range.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fft.{kind}(da.ones((4, 4), chunks=(4, 4))).ndim
    2
    """


def _transform(
    func: Callable[..., Any],
    kind: str,
    a: Array,
    lengths: Sequence[int] | None,
    axes: Sequence[int],
    norm: str | None,
    dtype: Any,
    kwargs: dict[str, Any],
) -> Array:
    if norm not in (None, "backward", "ortho", "forward"):
        raise ValueError(f"norm must be 'backward', 'ortho' or 'forward', not {norm!r}")
    for axis in axes:
        if a.numblocks[axis] != 1:
            raise ValueError(
                f"{kind} needs axis {axis} in one block, and it has {a.numblocks[axis]}; rechunk "
                f"first: x.rechunk({{{', '.join(f'{n}: -1' for n in axes)}}})"
            )
    chunks = list(a.chunks)
    for n, axis in enumerate(axes):
        length = a.shape[axis] if lengths is None else lengths[n]
        if n == len(axes) - 1 and kind in _TO_REAL and lengths is None:
            length = 2 * (length - 1)
        elif n == len(axes) - 1 and kind in _HALVING:
            length = length // 2 + 1
        if length < 1:
            raise ValueError(f"invalid number of data points ({length}) specified for {kind}")
        chunks[axis] = (length,)
    if dtype is None:
        dtype = _dtype(kind, a.dtype)
    elif func is not _quickest:
        dtype = np.dtype(dtype)
    call = [kind] if func is _quickest else []
    return new_array(
        kind, (kind, func, a.name, kwargs), tuple(chunks), meta_of(a.meta, a.ndim, dtype),
        lambda name: Blockwise.call(
            name, a.numblocks, func, [*call, operand(a.expr, range(a.ndim))], kwargs
        ),
    )  # fmt: skip


def _dtype(kind: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of a transform, by NumPy's rules."""
    if kind in _HALVING and dtype.kind == "c":
        raise TypeError(f"{kind} takes real numbers, not {dtype}")
    return getattr(np.fft, kind)(np.ones((2,) * 2, dtype)).dtype  # type: ignore[no-any-return]


@cache
def _library() -> Any:
    """Return the module with the quicker transforms."""
    if importlib.util.find_spec("scipy") is None:
        return np.fft
    import scipy.fft

    return scipy.fft


def _quickest(kind: str, block: Any, **kwargs: Any) -> Any:
    """Transform a block."""
    library = _library() if type(block) is np.ndarray else np.fft
    if block.dtype.kind not in "fc" or block.dtype.itemsize < 4:
        library = np.fft  # it decides what becomes of integers and float16
    return getattr(library, kind)(block, **kwargs)


fft = _wrapped(_quickest, "fft")
ifft = _wrapped(_quickest, "ifft")
fft2 = _wrapped(_quickest, "fft2")
ifft2 = _wrapped(_quickest, "ifft2")
fftn = _wrapped(_quickest, "fftn")
ifftn = _wrapped(_quickest, "ifftn")
rfft = _wrapped(_quickest, "rfft")
irfft = _wrapped(_quickest, "irfft")
rfft2 = _wrapped(_quickest, "rfft2")
irfft2 = _wrapped(_quickest, "irfft2")
rfftn = _wrapped(_quickest, "rfftn")
irfftn = _wrapped(_quickest, "irfftn")
hfft = _wrapped(_quickest, "hfft")
ihfft = _wrapped(_quickest, "ihfft")


def fftfreq(
    n: int, d: float = 1.0, chunks: Any = "auto", *, dtype: Any = None, device: Any = None
) -> Array:
    """Return the frequencies of a transform's elements.

    Parameters
    ----------
    n : int
        Length of the transform.
    d : float
        Distance between samples.
    chunks : int, tuple, str
        Lengths of the blocks.
    dtype : dtype, optional
        Float64 without it.
    device : {"cpu"}, optional

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fft.fftfreq(4, chunks=2).compute()
    array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return _frequencies("fftfreq", n, n, d, chunks, dtype, device)


def rfftfreq(
    n: int, d: float = 1.0, chunks: Any = "auto", *, dtype: Any = None, device: Any = None
) -> Array:
    """Return the frequencies of the elements of a transform of real numbers.

    Parameters are those of :func:`fftfreq`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fft.rfftfreq(4, chunks=2).compute()
    array([0.  , 0.25, 0.5 ])
    """
    return _frequencies("rfftfreq", n, n // 2 + 1, d, chunks, dtype, device)


def _frequencies(
    prefix: str, n: int, count: int, d: float, chunks: Any, dtype: Any, device: Any
) -> Array:
    from treadle.array.creation import check_device

    check_device(device)
    if int(n) != n or n < 1:
        raise ValueError(f"n must be a whole number above 0, not {n!r}")
    lengths = normalize_chunks(chunks, (count,), dtype=float)
    begins = np.cumsum([0, *lengths[0][:-1]]).tolist()
    places = per_position(list(zip(begins, lengths[0], strict=True)))
    wraps = prefix == "fftfreq"
    made = new_array(
        prefix, (n, d, lengths), lengths, np.empty((0,)),
        lambda name: Blockwise.call(
            name, (len(lengths[0]),), frequencies, [places, int(n), d, wraps], cheap=True
        ),
    )  # fmt: skip
    return made if dtype is None else made.astype(dtype)


def frequencies(place: tuple[tuple[int, int]], n: int, d: float, wraps: bool) -> Any:
    """Return frequencies from one place on."""
    ((begin, length),) = place
    cycles = np.arange(begin, begin + length)
    if wraps:
        cycles[cycles > (n - 1) // 2] -= n
    return cycles * (1.0 / (n * d))


def fftshift(x: Any, axes: Any = None) -> Array:
    """Move the zero frequency to the middle.

    Parameters
    ----------
    x : array_like
    axes : int or sequence of int, optional
        All of them without it.

    Returns
    -------
    Array

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fft.fftshift(da.fft.fftfreq(4, chunks=2)).compute()
    array([-0.5 , -0.25,  0.  ,  0.25])
    """
    return _shifted(x, axes, lambda length: length // 2)


def ifftshift(x: Any, axes: Any = None) -> Array:
    """Undo :func:`fftshift`, whose parameters it takes.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.fft.ifftshift(da.fft.fftshift(da.arange(5, chunks=2))).compute()
    array([0, 1, 2, 3, 4])
    """
    return _shifted(x, axes, lambda length: -(length // 2))


def _shifted(x: Any, axes: Any, shift: Callable[[int], int]) -> Array:
    x = asanyarray(x)
    places = range(x.ndim) if axes is None else normalize_axis_tuple(axes, x.ndim)
    for axis in places:
        if x.shape[axis] != x.shape[axis]:
            raise ValueError(
                f"axis {axis} has blocks of unknown lengths; call compute_chunk_sizes() first"
            )
    return da.roll(x, tuple(shift(int(x.shape[n])) for n in places), tuple(places))


__all__ = [
    "fft", "fft2", "fft_wrap", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn",
    "ifftshift", "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip
