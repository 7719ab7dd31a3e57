"""``Array``: NumPy's interface over a grid of blocks.

The class holds what Python asks of an object and one-line methods; what these do has a function of
the same name in the package.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np

import treadle.array as da
from treadle import base
from treadle.array.chunks import Chunks, is_known
from treadle.array.expr import ArrayExpr, Computed
from treadle.array.finalize import assemble
from treadle.array.operators import Operators
from treadle.collection import ExprCollection
from treadle.graph.gather import Blocks
from treadle.graph.source import outside_caller
from treadle.graph.spec import DataNode
from treadle.types import Key


class Array(ExprCollection[ArrayExpr], Operators):
    """A NumPy-like array in blocks that are computed when they are asked for.

    Arrays are made by functions such as :func:`treadle.array.from_array` and
    :func:`treadle.array.ones`, and by operations on other arrays.

    Parameters
    ----------
    expr : ArrayExpr
        What makes the blocks.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.arange(10, chunks=4)
    >>> x
    treadle.array<arange, shape=(10,), dtype=int64, chunksize=(4,), chunktype=numpy.ndarray>
    >>> (x + 1).sum().compute()
    np.int64(55)
    """

    __array_priority__ = 11
    __slots__ = ()

    # -- what it is --------------------------------------------------------------------------------

    @property
    def chunks(self) -> Chunks:
        """Lengths of the blocks along each dimension; ``nan`` where not known."""
        return self._expr.chunks

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dimensions; ``nan`` where not known."""
        return self._expr.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of the elements."""
        return self._expr.dtype

    @property
    def meta(self) -> Any:
        """An empty array of the kind the blocks are of."""
        return self._expr.meta

    _meta = meta

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self._expr.ndim

    @property
    def numblocks(self) -> tuple[int, ...]:
        """Number of blocks along each dimension."""
        return self._expr.numblocks

    @property
    def npartitions(self) -> int:
        """Number of blocks."""
        return math.prod(self.numblocks)

    @property
    def chunksize(self) -> tuple[int, ...]:
        """Length of the longest block along each dimension."""
        return tuple(max(lengths) for lengths in self.chunks)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        length = self.shape[0]
        if math.isnan(length):
            raise ValueError(
                "the length is not known before the blocks are; call compute_chunk_sizes() first"
            )
        return int(length)

    def __repr__(self) -> str:
        from treadle.graph.naming import key_prefix

        kind = type(self.meta)
        library = kind.__module__.split(".")[0]
        return (
            f"treadle.array<{key_prefix(self.name)}, shape={self.shape}, dtype={self.dtype}, "
            f"chunksize={self.chunksize}, chunktype={library}.{kind.__name__}>"
        )

    def _repr_html_(self) -> str:
        from treadle.array.html import array_html

        return array_html(self)

    # -- the collection protocol -------------------------------------------------------------------

    def __treadle_postcompute__(self, results: Any) -> Any:
        value = assemble(results, self.ndim)
        if type(value) is np.ndarray and not value.flags.writeable and 0 not in value.strides:
            return value.copy()  # a block that the graph holds, which nobody may change
        return value

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Array:
        keys = [(self.name, *index) for index in np.ndindex(*self.numblocks)]
        values = [nodes[key].value for key in keys]
        body = Blocks(self.name, self.numblocks, values, source=self._expr.source)
        return Array(Computed(self.name, self.chunks, self.meta, body))

    def plan(self, **options: Any) -> Any:
        """Say what computing would take; see :func:`treadle.array.plan`."""
        return da.plan(self, **options)

    # -- becoming something else -------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("an array in blocks can't become one array without a copy")
        value = self.compute()
        return np.asarray(value, dtype)

    def _scalar(self, convert: Any) -> Any:
        if self.size != 1:
            raise TypeError(
                f"only arrays of one element can become a {convert.__name__}; this one has shape "
                f"{self.shape}"
            )
        return convert(np.asarray(self.compute()).item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"the truth value of an array of {self.size} elements is ambiguous; use a.any() "
                "or a.all()"
            )
        return self._scalar(bool)  # type: ignore[no-any-return]

    def __int__(self) -> int:
        return self._scalar(int)  # type: ignore[no-any-return]

    def __float__(self) -> float:
        return self._scalar(float)  # type: ignore[no-any-return]

    def __complex__(self) -> complex:
        return self._scalar(complex)  # type: ignore[no-any-return]

    def __index__(self) -> int:
        return self._scalar(operator.index)  # type: ignore[no-any-return]

    def item(self, *args: int) -> Any:
        """Return one element as a Python scalar."""
        if args:
            index = args if len(args) > 1 else np.unravel_index(args[0], self.shape)
            return self[tuple(index)].item()
        return self._scalar(lambda value: value)

    def tolist(self) -> Any:
        """Return the elements as nested lists."""
        return self.compute().tolist()

    def __iter__(self) -> Iterator[Any]:
        for n in range(len(self)):
            yield self[n]

    def to_delayed(self, optimize_graph: bool = True) -> Any:
        """Return an object array of one ``Delayed`` a block."""
        return da.to_delayed(self, optimize_graph=optimize_graph)

    def to_zarr(self, *args: Any, **kwargs: Any) -> Any:
        """Write to a zarr array; see :func:`treadle.array.to_zarr`."""
        return da.to_zarr(self, *args, **kwargs)

    def to_hdf5(self, filename: Any, datapath: str, **kwargs: Any) -> Any:
        """Write to a dataset of an HDF5 file; see :func:`treadle.array.to_hdf5`."""
        return da.to_hdf5(filename, datapath, self, **kwargs)

    def tofile(self, *args: Any, **kwargs: Any) -> Any:
        """Write the elements to one file; see :func:`treadle.array.tofile`."""
        return da.tofile(self, *args, **kwargs)

    def store(self, target: Any, **kwargs: Any) -> Any:
        """Write the blocks into an array that exists; see :func:`treadle.array.store`."""
        return da.store(self, target, **kwargs)

    # -- NumPy's protocols -------------------------------------------------------------------------

    def __array_ufunc__(self, numpy_ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return da.apply_numpy_ufunc(numpy_ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return da.apply_numpy_function(func, types, args, kwargs)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return da.array_namespace(api_version)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: Any = None,
        copy: bool | None = None,
    ) -> Any:
        return np.asarray(self.compute()).__dlpack__(
            stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        return np.empty(0).__dlpack_device__()

    @property
    def device(self) -> str:
        """Where the blocks are: always ``"cpu"`` for blocks of NumPy."""
        return str(getattr(self.meta, "device", "cpu"))

    def to_device(self, device: Any, /, *, stream: Any = None) -> Array:
        """Return the array itself; other devices raise ``ValueError``."""
        if device != self.device:
            raise ValueError(f"the blocks are on {self.device!r} and can't be moved to {device!r}")
        return self

    # -- elements ----------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Array:
        return da.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._expr = da.with_elements(self, index, value).expr

    @property
    def vindex(self) -> Any:
        """Pointwise indexing, ``x.vindex[[0, 1], [2, 3]]``; see :class:`treadle.array.VIndex`."""
        return da.VIndex(self)

    @property
    def blocks(self) -> Any:
        """Indexing by whole blocks, ``x.blocks[0, -1]``; see :class:`treadle.array.BlockView`."""
        return da.BlockView(self)

    partitions = blocks

    def compute_chunk_sizes(self) -> Self:
        """Compute the blocks' lengths where they are not known, in place.

        Examples
        --------
        >>> import treadle.array as da
        >>> x = da.arange(6, chunks=3)
        >>> x[x > 1].compute_chunk_sizes().chunks
        ((1, 3),)
        """
        if not is_known(self.chunks):
            self._expr = da.with_known_chunks(self).expr
        return self

    # -- forms -------------------------------------------------------------------------------------

    @property
    def T(self) -> Array:  # noqa: N802
        """The array with its dimensions reversed."""
        return da.transpose(self)

    @property
    def mT(self) -> Array:  # noqa: N802
        """The array with its last two dimensions swapped."""
        return da.matrix_transpose(self)

    @property
    def real(self) -> Array:
        """Real parts."""
        return da.real(self)

    @property
    def imag(self) -> Array:
        """Imaginary parts."""
        return da.imag(self)

    def astype(self, dtype: Any, *, copy: bool = True, casting: Any = "unsafe") -> Array:
        """Return the elements in another dtype."""
        return da.astype(self, dtype, copy=copy, casting=casting)

    def view(self, dtype: Any = None, order: str = "C") -> Array:
        """Return the same bytes as elements of another dtype."""
        return da.view(self, dtype, order=order)

    def copy(self) -> Array:
        """Return an array of the same elements, which setting elements of this one won't change."""
        return Array(self._expr)

    def __copy__(self) -> Array:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Array:
        return self.copy()

    def rechunk(self, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Return the array in other blocks; see :func:`treadle.array.rechunk`."""
        return da.rechunk(self, chunks, **kwargs)

    def reshape(self, *shape: Any, **kwargs: Any) -> Array:
        """Return the elements in another shape; see :func:`treadle.array.reshape`."""
        if len(shape) == 1 and not isinstance(shape[0], (int, np.integer)):
            shape = tuple(shape[0])
        return da.reshape(self, shape, **kwargs)

    def ravel(self) -> Array:
        """Return the elements along one dimension."""
        return da.ravel(self)

    flatten = ravel

    def transpose(self, *axes: Any) -> Array:
        """Return the array with its dimensions in another order."""
        if len(axes) == 1 and (axes[0] is None or not isinstance(axes[0], (int, np.integer))):
            return da.transpose(self, axes[0])
        return da.transpose(self, axes or None)

    def swapaxes(self, axis1: int, axis2: int) -> Array:
        """Return the array with two dimensions swapped."""
        return da.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Array:
        """Return the array without dimensions of length 1."""
        return da.squeeze(self, axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> Array:
        """Return the array with elements repeated."""
        return da.repeat(self, repeats, axis=axis)

    def shuffle(self, indexer: Any, axis: int, chunks: Any = "auto") -> Array:
        """Return groups along a dimension as blocks; see :func:`treadle.array.shuffle`."""
        return da.shuffle(self, indexer, axis, chunks)

    # -- elementwise -------------------------------------------------------------------------------

    def conj(self) -> Any:
        """Complex conjugates."""
        return da.conj(self)

    def clip(self, min: Any = None, max: Any = None) -> Array:
        """Return the elements within limits."""
        return da.clip(self, min, max)

    def round(self, decimals: int = 0) -> Array:
        """Return the elements rounded."""
        return da.round(self, decimals)

    def choose(self, choices: Any) -> Array:
        """Choose from arrays by the elements; see :func:`treadle.array.choose`."""
        return da.choose(self, choices)

    def map_blocks(self, func: Any, *args: Any, **kwargs: Any) -> Array:
        """Call a function on every block; see :func:`treadle.array.map_blocks`."""
        return da.map_blocks(func, self, *args, **kwargs)

    def map_overlap(self, func: Any, depth: Any, *args: Any, **kwargs: Any) -> Array:
        """Call a function on every block and its borders; see :func:`treadle.array.map_overlap`."""
        return da.map_overlap(func, self, *args, depth=depth, **kwargs)

    # -- reductions --------------------------------------------------------------------------------

    def sum(self, axis: Any = None, **kwargs: Any) -> Array:
        """Sum; see :func:`treadle.array.sum`."""
        return da.sum(self, axis=axis, **kwargs)

    def prod(self, axis: Any = None, **kwargs: Any) -> Array:
        """Product; see :func:`treadle.array.prod`."""
        return da.prod(self, axis=axis, **kwargs)

    def mean(self, axis: Any = None, **kwargs: Any) -> Array:
        """Mean; see :func:`treadle.array.mean`."""
        return da.mean(self, axis=axis, **kwargs)

    def var(self, axis: Any = None, **kwargs: Any) -> Array:
        """Variance; see :func:`treadle.array.var`."""
        return da.var(self, axis=axis, **kwargs)

    def std(self, axis: Any = None, **kwargs: Any) -> Array:
        """Standard deviation; see :func:`treadle.array.std`."""
        return da.std(self, axis=axis, **kwargs)

    def moment(self, order: int, axis: Any = None, **kwargs: Any) -> Array:
        """Central moment; see :func:`treadle.array.moment`."""
        return da.moment(self, order, axis=axis, **kwargs)

    def min(self, axis: Any = None, **kwargs: Any) -> Array:
        """Smallest element; see :func:`treadle.array.min`."""
        return da.min(self, axis=axis, **kwargs)

    def max(self, axis: Any = None, **kwargs: Any) -> Array:
        """Largest element; see :func:`treadle.array.max`."""
        return da.max(self, axis=axis, **kwargs)

    def argmin(self, axis: Any = None, **kwargs: Any) -> Array:
        """Place of the smallest element; see :func:`treadle.array.argmin`."""
        return da.argmin(self, axis=axis, **kwargs)

    def argmax(self, axis: Any = None, **kwargs: Any) -> Array:
        """Place of the largest element; see :func:`treadle.array.argmax`."""
        return da.argmax(self, axis=axis, **kwargs)

    def any(self, axis: Any = None, **kwargs: Any) -> Array:
        """Whether any element is true; see :func:`treadle.array.any`."""
        return da.any(self, axis=axis, **kwargs)

    def all(self, axis: Any = None, **kwargs: Any) -> Array:
        """Whether all elements are true; see :func:`treadle.array.all`."""
        return da.all(self, axis=axis, **kwargs)

    def cumsum(self, axis: int | None = None, dtype: Any = None, **kwargs: Any) -> Array:
        """Running sums; see :func:`treadle.array.cumsum`."""
        return da.cumsum(self, axis=axis, dtype=dtype, **kwargs)

    def cumprod(self, axis: int | None = None, dtype: Any = None, **kwargs: Any) -> Array:
        """Running products; see :func:`treadle.array.cumprod`."""
        return da.cumprod(self, axis=axis, dtype=dtype, **kwargs)

    def topk(self, k: int, axis: int = -1, split_every: Any = None) -> Array:
        """The ``k`` largest elements; see :func:`treadle.array.topk`."""
        return da.topk(self, k, axis=axis, split_every=split_every)

    def argtopk(self, k: int, axis: int = -1, split_every: Any = None) -> Array:
        """Places of the ``k`` largest elements; see :func:`treadle.array.argtopk`."""
        return da.argtopk(self, k, axis=axis, split_every=split_every)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Array:
        """Sum along a diagonal; see :func:`treadle.array.trace`."""
        return da.trace(self, offset, axis1, axis2, dtype)

    def nonzero(self) -> tuple[Array, ...]:
        """Places of elements that are not zero; see :func:`treadle.array.nonzero`."""
        return da.nonzero(self)

    def dot(self, other: Any) -> Array:
        """Dot product; see :func:`treadle.array.dot`."""
        return da.dot(self, other)

    __hash__ = None  # type: ignore[assignment]


def asanyarray(a: Any, **options: Any) -> Array:
    """Return ``a`` as an array in blocks; arrays of other libraries keep their kind."""
    if isinstance(a, Array):
        return a
    return da.from_array(a, **options)


def new_array(
    prefix: str,
    token: Any,
    chunks: Chunks,
    meta: Any,
    body: Any,
) -> Array:
    """Return the array whose blocks the expression ``body(name)`` makes.

    Parameters
    ----------
    prefix : str
        What people see in panes and errors.
    token : object
        All that the values depend on: names of the arrays it is made from, and parameters.
    body : callable
        Takes the name ``"<prefix>-<hash of token>"``; returns a ``Blockwise``, ``Gather``,
        ``GraphExpr`` or ``Blocks`` of that name.
    """
    from treadle.graph.tokenize import tokenize

    name = f"{prefix}-{tokenize(prefix, token)}"
    annotations = base.current_annotations()
    return Array(
        Computed(name, chunks, meta, body(name), source=outside_caller(), annotations=annotations)
    )
