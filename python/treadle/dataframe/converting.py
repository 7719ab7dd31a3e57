"""Frames of arrays and of records, and arrays, records and delayed values of frames.

>>> import numpy as np
>>> import treadle.dataframe as dd
>>> df = dd.from_array(np.arange(6).reshape(3, 2), chunksize=2, columns=["a", "b"])
>>> df.divisions
(0, 2, 2)
>>> df.to_bag().compute()
[(0, 1), (2, 3), (4, 5)]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from treadle.dataframe.build import emptied, new_collection
from treadle.dataframe.elementwise.metas import as_meta
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.one_row import one_row
from treadle.dataframe.windows.around import lengths_of
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.expr import Expr
from treadle.graph.source import outside_caller
from treadle.graph.tokenize import tokenize

# -- of arrays -------------------------------------------------------------------------------------


class OfArray(FrameExpr):
    """Rows of the blocks of an array."""

    __slots__ = ("starts",)

    def __init__(
        self,
        name: str,
        meta: Any,
        divisions: tuple[Any, ...],
        inputs: tuple[Expr, ...],
        starts: Sequence[int],
        **options: Any,
    ):
        super().__init__(name, meta, divisions, inputs, **options)
        self.starts = list(starts)

    def lower(self) -> Blockwise:
        if len(self.inputs) == 2:
            labels = self.operand(1)
        else:
            labels = Operand(Values(self.numblocks, self.starts), (Axis(0),))
        return self.calls(OfBlock(self.meta), self.operand(0), labels)

    def calls(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Blockwise:
        return Blockwise.call(
            self.name, self.numblocks, func, args, source=self.source, annotations=self.annotations
        )

    def describe(self) -> str:
        return "from an array"


class OfBlock:
    """Makes a partition of a block."""

    __slots__ = ("meta",)
    __name__ = "rows"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, block: Any, labels: Any) -> Any:
        index = pd.RangeIndex(labels, labels + len(block)) if isinstance(labels, int) else labels
        meta = self.meta
        if not isinstance(index, pd.Index):
            index = pd.Index(index)
        if len(index) != len(block):
            raise ValueError(
                f"a block has {len(block)} rows, and its part of the index {len(index)} labels"
            )
        if isinstance(meta, pd.Series):
            return pd.Series(block, index=index, name=meta.name, dtype=meta.dtype)
        if block.dtype.names is not None:
            found = pd.DataFrame({name: block[name] for name in block.dtype.names}, index=index)
            found = found.set_axis(meta.columns, axis=1)
        else:
            rows = block if block.ndim == 2 else block[:, np.newaxis]
            found = pd.DataFrame(rows, index=index, columns=meta.columns)
        wrong = {
            n: promised
            for n, (dtype, promised) in enumerate(zip(found.dtypes, meta.dtypes, strict=True))
            if dtype != promised
        }
        for n, dtype in wrong.items():
            found.isetitem(n, found.iloc[:, n].astype(dtype).array)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return OfBlock, (self.meta,)


def from_array(
    arr: Any,
    chunksize: int = 50_000,
    columns: Any = None,
    meta: Any = None,
    index: Any = None,
) -> Any:
    """Return a frame or series of an array.

    Parameters
    ----------
    arr : array_like
        Of one or two dimensions, in memory, in a file, or in blocks (``treadle.array``); a
        structured array has a column for each field.
    chunksize : int
        Rows of a partition; arrays in blocks keep theirs.
    columns : list, label or None
        Labels of the columns; of an array of one dimension the name of the series, or a list for a
        frame of one column.
    meta : DataFrame or Series, optional
        The result without rows, if it has other dtypes than the array.
    index : Index or Series of this package, optional
        Labels of the rows, in as many partitions. Without it rows are counted, from 0 on in every
        partition if lengths of blocks are not known.

    Raises
    ------
    ValueError
        If there are other dimensions, or not a label for each column.

    Examples
    --------
    >>> import numpy as np
    >>> import treadle.dataframe as dd
    >>> dd.from_array(np.arange(4), chunksize=2, columns="x").divisions
    (0, 2, 3)
    """
    import treadle.array as da
    from treadle.array.core import Array

    if isinstance(arr, Array):
        x: Any = arr
    else:
        if chunksize < 1:
            raise ValueError(f"chunksize must be 1 or more, not {chunksize}")
        whole = arr if hasattr(arr, "shape") else np.asarray(arr)
        x = da.from_array(whole, chunks=(chunksize, *[-1] * (len(whole.shape) - 1)))
    if x.ndim not in (1, 2):
        raise ValueError(f"a frame has rows and columns; this array has {x.ndim} dimensions")
    if x.ndim == 2 and x.numblocks[1] > 1:
        x = x.rechunk({1: -1})
    found = _meta_of_array(x, columns) if meta is None else emptied(meta)
    lengths: Any = x.chunks[0]
    known = not np.isnan(sum(lengths))
    starts = [0] * len(lengths)
    borders: tuple[Any, ...] = (None,) * (len(lengths) + 1)
    inputs: tuple[Expr, ...] = (x.expr,)
    if index is not None:
        if not isinstance(index, FrameCollection) or index.ndim != 1:
            raise TypeError("index= takes an Index or a Series in partitions; see from_pandas()")
        if index.npartitions != len(lengths):
            raise ValueError(
                f"the index has {index.npartitions} partitions for {len(lengths)} blocks; "
                "rechunk() the array, or repartition() what the index is of"
            )
        inputs = (x.expr, index.expr)
        labels = index._meta
        found.index = labels if isinstance(labels, pd.Index) else pd.Index(labels)
        borders = index.divisions if isinstance(labels, pd.Index) else borders
    elif known:
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(int).tolist()
        borders = (*starts, max(int(sum(lengths)) - 1, 0))
    token = tokenize("from_array", [item.name for item in inputs], found)
    return new_collection(OfArray(f"from_array-{token}", found, borders, inputs, starts))


def _meta_of_array(x: Any, columns: Any) -> Any:
    index = pd.RangeIndex(0)
    names = x.dtype.names
    if x.ndim == 1 and names is None and (columns is None or not _is_list(columns)):
        return pd.Series(np.empty(0, x.dtype), index=index, name=columns)
    if names is not None:
        if x.ndim != 1:
            raise ValueError("a structured array has to have one dimension")
        data: Any = {name: np.empty(0, x.dtype[name]) for name in names}
        width = len(names)
        labels = list(names) if columns is None else list(columns)
        frame = pd.DataFrame(data, index=index)
    else:
        width = 1 if x.ndim == 1 else int(x.shape[1])
        labels = list(range(width)) if columns is None else list(columns)
        frame = pd.DataFrame(np.empty((0, width), x.dtype), index=index)
    if len(labels) != width:
        raise ValueError(f"there are {len(labels)} labels for {width} columns")
    return frame.set_axis(pd.RangeIndex(width) if columns is None and not names else labels, axis=1)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | pd.Index | np.ndarray)


# -- of records ------------------------------------------------------------------------------------


def from_bag(bag: Any, meta: Any = None, columns: Sequence[Any] | None = None) -> Any:
    """Return a frame of the records of a bag; see :meth:`treadle.bag.Bag.to_dataframe`."""
    found = _meta_of_records(bag, columns) if meta is None else as_meta(meta, pd.RangeIndex(0))
    if columns is not None and list(found.columns) != list(columns):
        raise ValueError(f"meta has columns {list(found.columns)}, and columns= {list(columns)}")
    expr = OfBag(f"to_dataframe-{tokenize('to_dataframe', bag.name, found)}", found, bag.expr)
    return new_collection(expr)


class OfBag(FrameExpr):
    """Rows of the records of a bag."""

    __slots__ = ()

    def __init__(self, name: str, meta: Any, bag: Expr, **options: Any):
        super().__init__(name, meta, (None,) * (bag.numblocks[0] + 1), (bag,), **options)

    def lower(self) -> Blockwise:
        return Blockwise.call(
            self.name, self.numblocks, OfRecords(self.meta), [self.operand(0)],
            source=self.source, annotations=self.annotations,
        )  # fmt: skip

    def narrow(self, columns: list[Any]) -> FrameExpr:
        return self

    def describe(self) -> str:
        return "from a bag"


class OfRecords:
    """Makes a partition of records: dicts, tuples, or single values."""

    __slots__ = ("meta",)
    __name__ = "rows"

    def __init__(self, meta: Any):
        self.meta = meta

    def __call__(self, records: Any) -> Any:
        meta = self.meta
        rows = records if isinstance(records, list) else list(records)
        if not rows:
            return meta
        found = pd.DataFrame(rows, columns=list(meta.columns))
        try:
            return found.astype(dict(zip(meta.columns, meta.dtypes, strict=True)))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"records do not have the dtypes of the first ones, or of meta=: {error}; give "
                f"meta=, such as {dict(zip(meta.columns, map(str, found.dtypes), strict=True))}"
            ) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return OfRecords, (self.meta,)


#: Records that are looked at for columns and dtypes.
_FIRST_RECORDS = 100


def _meta_of_records(bag: Any, columns: Sequence[Any] | None) -> pd.DataFrame:
    first = bag.take(_FIRST_RECORDS, npartitions=1, warn=False)
    if not first:
        first = bag.take(1, npartitions=-1, warn=False)
    if not first:
        raise ValueError("the bag has no records: give meta=, which says columns and dtypes")
    return pd.DataFrame(list(first), columns=None if columns is None else list(columns)).iloc[:0]


# -- into something else ---------------------------------------------------------------------------


class Records:
    """Makes a list of records of a partition."""

    __slots__ = ("format", "index")
    __name__ = "records"

    def __init__(self, index: bool, format: str):
        self.index = index
        self.format = format

    def __call__(self, part: Any) -> list[Any]:
        if self.format == "frame":
            return [part]
        if isinstance(part, pd.Index):
            return list(part)
        if isinstance(part, pd.Series):
            if self.format == "dict":
                part = part.to_frame()
            else:
                return list(part.items()) if self.index else list(part)
        if self.format == "dict":
            rows: list[Any] = (part.reset_index() if self.index else part).to_dict("records")
            return rows
        return list(part.itertuples(index=self.index, name=None))

    def __treadle_tokenize__(self) -> Any:
        return "Records", self.index, self.format

    def __reduce__(self) -> tuple[Any, ...]:
        return Records, (self.index, self.format)


def to_bag(frame: FrameCollection, index: bool = False, format: str = "tuple") -> Any:
    """Return a bag of the rows of a frame; see :meth:`DataFrame.to_bag`.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> dd.to_bag(dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)).compute()
    [(1,), (2,)]
    """
    from treadle.bag.core import new_bag

    if format not in ("tuple", "dict", "frame"):
        raise ValueError(f"format must be 'tuple', 'dict' or 'frame', not {format!r}")
    rows = Records(bool(index), format)
    return new_bag("to_bag", (frame.name, rows), lambda name: _on_parts(name, frame, rows))


def _on_parts(name: str, frame: FrameCollection, func: Callable[[Any], Any], ndim: int = 1) -> Any:
    """Return a grid of calls on partitions; of two dimensions, with one block in the second."""
    count = frame.npartitions
    return Blockwise.call(
        name, (count, *[1] * (ndim - 1)), func, [Operand(frame.expr, (Axis(0),))],
        source=outside_caller(),
    )  # fmt: skip


class Rows:
    """Makes a block of a partition."""

    __slots__ = ("dtype",)
    __name__ = "values"

    def __init__(self, dtype: Any):
        self.dtype = dtype

    def __call__(self, part: Any) -> Any:
        found = part.to_numpy()
        return found if found.dtype == self.dtype else part.to_numpy(dtype=self.dtype)

    def __treadle_tokenize__(self) -> Any:
        return "Rows", str(self.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return Rows, (self.dtype,)


class RecordRows:
    """Makes a block of records of a partition."""

    __slots__ = ("index",)
    __name__ = "to_records"

    def __init__(self, index: bool):
        self.index = index

    def __call__(self, part: Any) -> Any:
        return part.to_records(index=self.index)

    def __treadle_tokenize__(self) -> Any:
        return "RecordRows", self.index

    def __reduce__(self) -> tuple[Any, ...]:
        return RecordRows, (self.index,)


def to_array(frame: FrameCollection, lengths: Any = None) -> Any:
    """Return the values as an array; see :meth:`DataFrame.to_array`."""
    meta = frame._meta
    empty = _with_missing(meta).to_numpy()[:0]
    widths = (frame._meta.shape[1],) if meta.ndim == 2 else ()
    return _array("values", frame, Rows(empty.dtype), empty, lengths, widths)


def _with_missing(meta: Any) -> Any:
    """Return a made-up row without the values that may be missing.

    pandas makes whole numbers of nullable columns where no value is missing, which nobody knows
    before the run: arrays have the dtype with room for them.
    """
    if isinstance(meta, pd.Index):
        return meta
    row = one_row(meta)
    if isinstance(row, pd.Series):
        return _missing(row.dtype, row)
    columns = {n: _missing(row.dtypes.iloc[n], row.iloc[:, n]) for n in range(row.shape[1])}
    return pd.DataFrame(columns, index=row.index)


def _missing(dtype: Any, column: Any) -> Any:
    if not isinstance(dtype, np.dtype) and dtype.kind in "iufb":
        return pd.Series([None], index=column.index, dtype=dtype)
    return column


def to_records(frame: FrameCollection, index: bool = False, lengths: Any = None) -> Any:
    """Return the rows as an array of records; see :meth:`DataFrame.to_records`.

    Examples
    --------
    >>> import treadle.dataframe as dd
    >>> dd.to_records(dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)).compute()
    array([(1,), (2,)], dtype=[('x', '<i8')])
    """
    empty = frame._meta.to_records(index=bool(index))
    return _array("to_records", frame, RecordRows(bool(index)), empty, lengths, ())


def _array(
    label: str, frame: Any, func: Any, empty: Any, lengths: Any, widths: tuple[int, ...]
) -> Any:
    from treadle.array.core import new_array
    from treadle.array.meta import meta_of

    rows: Any = _lengths(frame, lengths)
    chunks = (tuple(rows), *((width,) for width in widths))
    ndim = len(chunks)
    return new_array(
        label, (frame.name, func, chunks), chunks, meta_of(empty, ndim),
        lambda name: _on_parts(name, frame, func, ndim),
    )  # fmt: skip


def _lengths(frame: Any, lengths: Any) -> Sequence[float]:
    if lengths is True:
        return known_lengths(frame)
    if lengths is None or lengths is False:
        found = lengths_of(frame.expr)
        return [float("nan")] * frame.npartitions if found is None else list(found)
    given = [int(length) for length in lengths]
    if len(given) != frame.npartitions:
        raise ValueError(f"there are {len(given)} lengths for {frame.npartitions} partitions")
    return given


def known_lengths(frame: FrameCollection) -> list[int]:
    """Return the rows of each partition; computes them where they are not known."""
    found = lengths_of(frame.expr)
    if found is not None:
        return list(found)
    from treadle.bag.core import new_bag

    labels: Any = frame if isinstance(frame._meta, pd.Index) else frame.index  # type: ignore[attr-defined]
    bag = new_bag("lengths", (labels.name,), lambda name: _on_parts(name, labels, length_in_list))
    return [int(length) for length in bag.compute()]


def length_in_list(part: Any) -> list[int]:
    """Return the number of rows, in a list."""
    return [len(part)]


class ConvertingFrame(FrameCollection):
    """Methods of frames, series and indexes."""

    __slots__ = ()

    def to_delayed(self, optimize_graph: bool = True) -> list[Any]:
        """Return one ``Delayed`` a partition.

        Parameters
        ----------
        optimize_graph : bool
            For programs that know it; graphs are made better when they are computed.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> parts = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2).to_delayed()
        >>> [len(part.compute()) for part in parts]
        [1, 2]
        """
        from treadle.delayed import delayed

        return [delayed(self.get_partition(n)) for n in range(self.npartitions)]

    def to_bag(self, index: bool = False, format: str = "tuple") -> Any:
        """Return a bag of the rows.

        Parameters
        ----------
        index : bool
            With the label of each row.
        format : {"tuple", "dict", "frame"}
            What becomes of a row; ``"frame"`` makes a bag of the partitions as they are.

        Returns
        -------
        Bag

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), npartitions=2)
        >>> df.to_bag(format="dict").compute()
        [{'x': 1, 'y': 'a'}, {'x': 2, 'y': 'b'}]
        """
        return to_bag(self, index, format)

    def to_array(self, lengths: Any = None) -> Any:
        """Return the values as an array in blocks (``treadle.array``).

        Parameters
        ----------
        lengths : bool or sequence of int, optional
            Rows of each partition; True computes them. Without it they are not known, unless the
            source says them: shapes of the array then hold ``nan``.

        Returns
        -------
        Array

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [4, 5, 6]}), npartitions=2)
        >>> df[df.x > 1].to_array(lengths=True).chunks
        ((0, 2), (2,))
        """
        return to_array(self, lengths)

    @property
    def values(self) -> Any:
        """The values as an array in blocks, of lengths that may not be known; see
        :meth:`to_array`."""
        return to_array(self)


class ConvertingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    def to_records(self, index: bool = False, lengths: Any = None) -> Any:
        """Return an array of records in blocks (``treadle.array``), with a field a column.

        Parameters
        ----------
        index : bool
            With a field for the labels of rows.
        lengths : bool or sequence of int, optional
            See :meth:`to_array`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
        >>> df.to_records().compute()["x"].tolist()
        [1, 2]
        """
        return to_records(self, index, lengths)
