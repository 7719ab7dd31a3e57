"""Choosing rows and columns: what frames and series have in common."""

from __future__ import annotations

from typing import Any, Self

from treadle.dataframe.build import NO_DEFAULT, attribute, new_collection
from treadle.dataframe.calls import Method
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.selecting import assigning, ends, labels
from treadle.dataframe.selecting.loc import LocIndexer
from treadle.dataframe.selecting.rows import Rows


class SelectingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()

    @property
    def index(self) -> Any:
        """The labels of the rows, as an ``Index`` in partitions.

        It can be set to an index or series that corresponds to the frame, row by row.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), npartitions=2)
        >>> df.index.compute().tolist()
        ['a', 'b']
        """
        reads: Any = [[]] if self._expr.columns is not None else None
        return attribute(self, "index", rowwise=True, reads=reads)

    @index.setter
    def index(self, value: Any) -> None:
        self._expr = assigning.with_new_index(self, value).expr

    @property
    def loc(self) -> LocIndexer:
        """Rows, and columns, by label: ``df.loc["a":"c", ["x", "y"]]``.

        Takes labels, lists and slices of them, booleans in partitions, and callables. With known
        divisions only partitions that may have the labels are computed. A single label gives a
        frame as well, since it may stand for several rows. Labels in a collection are computed at
        once.

        A slice takes the labels between two others; where divisions are not known this is what
        pandas gives for sorted rows.

        Raises
        ------
        KeyError
            If a label is not there: at once where divisions tell, otherwise when it is computed.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> df.loc[2:3].npartitions
        1
        """
        return LocIndexer(self)

    @property
    def empty(self) -> bool:
        """Whether there are no rows, or no columns. Computed at once.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1]})).empty
        False
        """
        return 0 in self._meta.shape[1:] or len(self) == 0

    @property
    def axes(self) -> list[Any]:
        """The index, and of a frame the columns."""
        columns = [self._meta.columns] if self.ndim == 2 else []
        return [self.index, *columns]

    def head(self, n: int = 5, npartitions: int = 1, compute: bool = True) -> Any:
        """Return the first rows; computed at once.

        Parameters
        ----------
        n : int
        npartitions : int
            Look for them in so many partitions; in all if it is -1. There is a warning if they
            have fewer rows.
        compute : bool
            False returns a collection of one partition.

        Returns
        -------
        pandas.DataFrame, pandas.Series, or a collection

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": range(9)}), npartitions=2).head(2)
           x
        0  0
        1  1
        """
        return ends.ends(self, "head", n, npartitions, compute)

    def tail(self, n: int = 5, npartitions: int = 1, compute: bool = True) -> Any:
        """Return the last rows; computed at once. Parameters are those of :meth:`head`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": range(9)}), npartitions=2).tail(1)
           x
        8  8
        """
        return ends.ends(self, "tail", n, npartitions, compute)

    def filter(
        self, arg: Any = None, /, like: str | None = None, regex: str | None = None,
        axis: Any = None, *, items: Any = None, cond: Any = None, na: Any = False,
    ) -> Self:  # fmt: skip
        """Return columns, or with ``axis=0`` rows, by their labels; or rows by a condition.

        Parameters
        ----------
        arg : callable, expression or list, optional
            A condition if it can be called, or else ``items``. Not both.
        like : str, optional
            Labels that hold this text.
        regex : str, optional
            Labels in which this pattern is found.
        axis : 0 or 1, optional
            Columns of a frame and rows of a series without it.
        items : list, optional
            Labels, as far as they are there. Of columns only.
        cond : Series, callable or expression, optional
            Rows for which it is true.
        na : False or True
            What a missing truth is; ``"raise"`` is refused, since rows are not looked at yet.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"low": [1], "high": [2]}))
        >>> df.filter(like="ig").columns.tolist()
        ['high']
        >>> df.filter(pd.col("low") > 1).empty
        True
        """
        found: Self = labels.filtered(self, arg, like, regex, axis, items, cond, na)
        return found

    def truncate(self, before: Any = None, after: Any = None, axis: Any = None) -> Self:
        """Return the rows whose labels are not below ``before`` and not above ``after``.

        Parameters
        ----------
        before, after : label, optional
        axis : 0 or 1, optional
            Rows without it.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> df.truncate(2, 3).compute().x.tolist()
        [2, 3]
        """
        if axis in (1, "columns") and self.ndim == 2:
            chosen = labels.numbered_columns(self._meta).truncate(before, after, axis=1)
            found: Self = labels.columns_at(self, chosen.iloc[0].tolist())
            return found
        if axis not in (None, 0, "index", "rows"):
            raise ValueError(f"there is no axis {axis!r}")
        self._meta.truncate(before, after)  # raises what pandas raises
        found = self.loc[before:after]
        return found

    def between_time(
        self, start_time: Any, end_time: Any, inclusive: str = "both", axis: Any = None
    ) -> Self:
        """Return the rows at some hours of the day.

        Parameters
        ----------
        start_time, end_time : datetime.time or str
        inclusive : {"both", "left", "right", "neither"}
        axis : 0, optional

        Raises
        ------
        TypeError
            If labels are no times.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> hours = pd.date_range("2020-01-01", periods=24, freq="h")
        >>> x = dd.from_pandas(pd.Series(range(24), index=hours), npartitions=2)
        >>> x.between_time("09:00", "11:00").compute().tolist()
        [9, 10, 11]
        """
        self._along_rows("between_time", axis)
        kwargs = {"start_time": start_time, "end_time": end_time, "inclusive": inclusive}
        return self._rows("between_time", kwargs)

    def at_time(self, time: Any, asof: bool = False, axis: Any = None) -> Self:
        """Return the rows at a time of the day.

        Parameters
        ----------
        time : datetime.time or str
        asof : bool
            As in pandas, which has not made it yet.
        axis : 0, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> hours = pd.date_range("2020-01-01", periods=48, freq="h")
        >>> x = dd.from_pandas(pd.Series(range(48), index=hours), npartitions=2)
        >>> x.at_time("09:00").compute().tolist()
        [9, 33]
        """
        self._along_rows("at_time", axis)
        return self._rows("at_time", {"time": time, "asof": asof})

    def _along_rows(self, name: str, axis: Any) -> None:
        if axis is not None and labels.along_columns(self, axis):
            raise NotImplementedError(f"{name}(axis=1): choose the columns, which are known")

    def _rows(self, name: str, kwargs: dict[str, Any]) -> Self:
        func = Method(name)
        func(self._meta, **kwargs)  # raises what pandas raises
        found: Self = new_collection(Rows(name, self._expr, func, kwargs=kwargs, reads=[]))
        return found

    def rename_axis(
        self, mapper: Any = NO_DEFAULT, *, index: Any = NO_DEFAULT,
        columns: Any = NO_DEFAULT, axis: Any = 0,
    ) -> Self:  # fmt: skip
        """Return a frame whose index, or columns, have another name.

        Parameters
        ----------
        mapper : label, list or callable, optional
            The name of the axis ``axis``.
        index, columns : label, list or callable, optional
        axis : 0 or 1

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1]})).rename_axis("row")
        >>> df.index.name
        'row'
        """
        found: Self = labels.rename_axis(self, mapper, index, columns, axis)
        return found

    def droplevel(self, level: Any, axis: Any = 0) -> Self:
        """Return a frame without some levels of its index, or columns.

        Parameters
        ----------
        level : label, int or list
        axis : 0 or 1

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=index), npartitions=2)
        >>> df.droplevel(0).compute().index.tolist()
        [1, 2]
        """
        found: Self = labels.levels(self, "droplevel", axis, level)
        return found

    def swaplevel(self, i: Any = -2, j: Any = -1, axis: Any = 0) -> Self:
        """Return a frame with two levels of its index, or columns, in each other's place.

        Parameters
        ----------
        i, j : label or int
        axis : 0 or 1

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=index), npartitions=2)
        >>> df.swaplevel().compute().index.tolist()
        [(1, 'a'), (2, 'b')]
        """
        found: Self = labels.levels(self, "swaplevel", axis, i, j)
        return found

    def reorder_levels(self, order: Any, axis: Any = 0) -> Self:
        """Return a frame with the levels of its index, or columns, in another order.

        Parameters
        ----------
        order : list of labels or int
        axis : 0 or 1

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
        >>> x = dd.from_pandas(pd.Series([1, 2], index=index), npartitions=2)
        >>> x.reorder_levels([1, 0]).compute().index.tolist()
        [(1, 'a'), (2, 'b')]
        """
        found: Self = labels.levels(self, "reorder_levels", axis, order)
        return found

    def add_prefix(self, prefix: str, axis: Any = None) -> Self:
        """Return a frame whose columns, or a series whose rows, have longer labels.

        Parameters
        ----------
        prefix : str
        axis : 0 or 1, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1]})).add_prefix("my_").columns.tolist()
        ['my_x']
        """
        found: Self = labels.affixed(self, "add_prefix", prefix, axis)
        return found

    def add_suffix(self, suffix: str, axis: Any = None) -> Self:
        """Return a frame whose columns, or a series whose rows, have longer labels.

        Parameters
        ----------
        suffix : str
        axis : 0 or 1, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1]})).add_suffix("_old").columns.tolist()
        ['x_old']
        """
        found: Self = labels.affixed(self, "add_suffix", suffix, axis)
        return found

    def set_axis(self, labels: Any, *, axis: Any = 0) -> Self:
        """Return a frame with other labels of rows, or columns.

        Parameters
        ----------
        labels : list-like, Index or Series
            Of rows: a collection that corresponds.
        axis : 0 or 1

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2]}))
        >>> df.set_axis(["a", "b"], axis=1).columns.tolist()
        ['a', 'b']
        """
        found: Self = set_axis(self, labels, axis)
        return found


def set_axis(frame: Any, found: Any, axis: Any) -> Any:
    """Return a frame with other labels along an axis."""
    if axis in (1, "columns") and frame.ndim == 2:
        return labels.with_labels(frame, found)
    if axis not in (0, "index", "rows"):
        raise ValueError(f"there is no axis {axis!r}")
    return assigning.with_new_index(frame, found)
