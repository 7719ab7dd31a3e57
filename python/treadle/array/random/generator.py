"""``Generator``: the counterpart of NumPy's, and ``default_rng``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

import treadle.array as da
from treadle.array.chunks import normalize_chunks
from treadle.array.core import Array, asanyarray
from treadle.array.random.distributions import Distributions
from treadle.array.random.drawing import Whole, drawn, permute, permuted_range
from treadle.array.random.streams import Streams, streams_of
from treadle.array.rechunk import rechunk


def default_rng(seed: Any = None) -> Generator:
    """Return a generator of random arrays.

    Parameters
    ----------
    seed : None, int, sequence of int, SeedSequence, BitGenerator or Generator, optional
        Equal seeds give equal arrays, whatever computes them, if size and chunks are equal;
        without one they are new ones each time.  A generator of this kind is returned as it is.

    Returns
    -------
    Generator

    Raises
    ------
    TypeError, ValueError
        If NumPy takes no such seed.

    Examples
    --------
    >>> import treadle.array as da
    >>> rng = da.random.default_rng(7)
    >>> x = rng.normal(10, 0.1, size=(4, 4), chunks=2)
    >>> bool((x > 5).all())
    True
    """
    return seed if isinstance(seed, Generator) else Generator(seed)


class Generator(Distributions):
    """Draws random arrays in blocks; each block has a stream of its own.

    Every method takes the parameters of NumPy's method of the same name and ``chunks``, and two
    calls give different arrays.

    Parameters
    ----------
    bit_generator : BitGenerator, int or other seed, optional
        As for :func:`default_rng`.

    Examples
    --------
    >>> import treadle.array as da
    >>> rng = da.random.Generator(1)
    >>> rng.random((4, 4), chunks=2).shape
    (4, 4)
    """

    def __init__(self, bit_generator: Any = None):
        super().__init__(streams_of(bit_generator))

    def __repr__(self) -> str:
        return f"Generator({self._streams.bit_generator.__name__})"

    def __reduce__(self) -> Any:
        return _restored, (self._streams, self._calls)

    def random(
        self,
        size: Any = None,
        dtype: Any = np.float64,
        out: None = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Numbers from 0 up to but not 1, all as likely; see
        :meth:`numpy.random.Generator.random`."""
        _no_out(out)
        return self._draw("random", (), size, chunks, {"dtype": np.dtype(dtype), **kwargs})

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Whole numbers from ``low`` up to but not ``high``, or below ``low`` if it is alone; see
        :meth:`numpy.random.Generator.integers`."""
        if high is None:
            low, high = 0, low
        options = {"dtype": np.dtype(dtype), "endpoint": bool(endpoint), **kwargs}
        return self._draw("integers", (low, high), size, chunks, options)

    def multivariate_hypergeometric(
        self,
        colors: Any,
        nsample: int,
        size: Any = None,
        method: str = "marginals",
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Multivariate hypergeometric distribution; see
        :meth:`numpy.random.Generator.multivariate_hypergeometric`."""
        args = (Whole(np.asarray(colors)), Whole(nsample))
        options = {"method": method, **kwargs}
        return self._draw(
            "multivariate_hypergeometric", args, size, chunks, options, after=(len(colors),)
        )

    def choice(
        self,
        a: Any,
        size: Any = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
        chunks: Any = "auto",
    ) -> Array:
        """Elements of ``a`` along ``axis``, or numbers below ``a``; see
        :meth:`numpy.random.Generator.choice`.

        Without replacement all are drawn by one task, since each draw hangs on the others.
        """
        options = {} if replace and axis == 0 else {"axis": axis}
        return choose(
            self._next_streams(), a, size, replace, p, axis, chunks, {**options, "shuffle": shuffle}
        )

    def permutation(self, x: Any, axis: int = 0) -> Array:
        """Elements of ``x`` along ``axis``, or numbers below ``x``, in a random order; see
        :meth:`numpy.random.Generator.permutation`."""
        return permuted(self._next_streams(), x, axis)

    def spawn(self, n_children: int) -> list[Generator]:
        """Return new generators whose numbers have nothing to do with each other's."""
        return [_restored(self._next_streams().apart()) for _ in range(n_children)]


def _restored(streams: Streams, calls: int = 0) -> Generator:
    generator = Generator.__new__(Generator)
    generator._streams = streams
    generator._calls = calls
    return generator


def _no_out(out: Any) -> None:
    if out is not None:
        raise ValueError("out= is not supported: arrays in blocks are made when they are computed")


def choose(
    streams: Streams,
    a: Any,
    size: Any,
    replace: bool,
    p: Any,
    axis: int,
    chunks: Any,
    kwargs: dict[str, Any],
) -> Array:
    """Return elements that are drawn from ``a``, or numbers below it.

    Raises
    ------
    ValueError
        If there are fewer than are to be drawn without replacement, or ``p`` doesn't fit.
    """
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    dtype: Any = np.int64
    if np.ndim(a) == 0 and not isinstance(a, Array):
        count = int(a)
        if count != a or count < 0:
            raise ValueError(f"a must be an array or a whole number that isn't negative, not {a!r}")
    else:
        a = asanyarray(a)
        axis = normalize_axis_index(axis, a.ndim)
        count, dtype = a.shape[axis], a.dtype
        before, after = a.shape[:axis], a.shape[axis + 1 :]
    shape = () if size is None else (size,) if np.ndim(size) == 0 else tuple(size)
    if p is not None:
        p = _probabilities(p, count)
    wanted = int(np.prod(shape, dtype=np.int64))
    if wanted and not count:
        raise ValueError("a is empty: there is nothing to choose from")
    if not replace and wanted > count:
        raise ValueError(f"can't choose {wanted} of {count} without replacement")
    return rechunk_size(
        drawn(
            streams, "choice", (Whole(a),), shape, chunks if replace else -1,
            {"replace": bool(replace), "p": p, **kwargs}, dtype=dtype, before=before, after=after,
        ),
        None if replace else chunks, len(before), len(shape),
    )  # fmt: skip


def rechunk_size(x: Array, chunks: Any, first: int, ndim: int) -> Array:
    """Rechunk ``ndim`` dimensions from ``first`` on; nothing if ``chunks`` is None."""
    if chunks is None or not ndim:
        return x
    along = normalize_chunks(chunks, x.shape[first : first + ndim], dtype=x.dtype)
    return rechunk(x, {first + n: lengths for n, lengths in enumerate(along)})


def _probabilities(p: Any, count: float) -> Any:
    """Return probabilities that were looked at, as far as they are in memory."""
    p = np.asarray(p, float)
    if p.shape != (count,):
        raise ValueError(f"p has shape {p.shape}, and there are {count} to choose from")
    if (p < 0).any():
        raise ValueError("probabilities are not non-negative")
    if not np.isclose(p.sum(), 1):
        raise ValueError(f"probabilities do not sum to 1, but to {p.sum()}")
    return p


def permuted(streams: Streams, x: Any, axis: int = 0) -> Array:
    """Return elements of ``x``, or the numbers below it, in a random order."""
    if isinstance(x, (int, np.integer)):
        return permuted_range(streams, int(x))
    x = asanyarray(x)
    axis = normalize_axis_index(axis, x.ndim)
    if x.shape[axis] != x.shape[axis]:
        raise ValueError(
            f"axis {axis} has blocks of unknown lengths; call compute_chunk_sizes() first"
        )
    order = permute(streams, int(x.shape[axis]))
    return da.take(x, order, axis=axis)
