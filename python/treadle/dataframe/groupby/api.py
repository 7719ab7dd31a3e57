"""``groupby`` of frames and series, and pivot tables."""

from __future__ import annotations

from typing import Any

from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.groupby.asked import read_by
from treadle.dataframe.groupby.objects import DataFrameGroupBy, SeriesGroupBy
from treadle.dataframe.groupby.pivot import pivot_table


class GroupingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()


class GroupingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    def groupby(
        self,
        by: Any = None,
        level: Any = None,
        *,
        as_index: bool = True,
        sort: bool = True,
        group_keys: bool = True,
        observed: bool = True,
        dropna: bool = True,
    ) -> DataFrameGroupBy:
        """Return the groups of rows with equal keys.

        Parameters
        ----------
        by : label, Series, function, mapping or list of these
            Columns or levels of the index, series whose rows correspond to this frame's, functions
            of the index's labels, or what labels are mapped to. Functions and mappings are tried
            on the first rows, for the dtype of their results.
        level : int, label or list of these, optional
            Levels of the index instead of ``by``.
        as_index : bool
            Whether keys become the index of a result, or columns of it.
        sort : bool
            Sort groups by their keys. Without it they stand in the order of their first rows;
            but not so in results for which rows had to be moved, such as medians.
        group_keys : bool
            Whether ``apply`` puts keys into the index.
        observed : bool
            Leave out categories that no row has.
        dropna : bool
            Leave out rows whose key is missing.

        Returns
        -------
        DataFrameGroupBy

        Raises
        ------
        KeyError
            If a label is neither a column nor a level of the index.
        NotImplementedError
            For a ``pandas.Grouper``.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> flights = pd.DataFrame({"day": ["sat", "sun", "sat"], "delay": [4, 0, 8]})
        >>> dd.from_pandas(flights, npartitions=2).groupby("day").delay.mean().compute()
        day
        sat    6.0
        sun    0.0
        Name: delay, dtype: float64
        """
        groups = read_by(
            self._expr, by, level, as_index=as_index, sort=sort, group_keys=group_keys,
            observed=observed, dropna=dropna,
        )  # fmt: skip
        return DataFrameGroupBy(groups)

    def pivot_table(
        self,
        values: Any = None,
        index: Any = None,
        columns: Any = None,
        aggfunc: str = "mean",
        fill_value: Any = None,
    ) -> Any:
        """Return a table with a row for each value of one column, and columns for another's.

        See :func:`treadle.dataframe.pivot_table`.
        """
        return pivot_table(
            self, values=values, index=index, columns=columns, aggfunc=aggfunc,
            fill_value=fill_value,
        )  # fmt: skip


class GroupingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

    def groupby(
        self,
        by: Any = None,
        level: Any = None,
        *,
        as_index: bool = True,
        sort: bool = True,
        group_keys: bool = True,
        observed: bool = True,
        dropna: bool = True,
    ) -> SeriesGroupBy:
        """Return the groups of rows with equal keys.

        Parameters
        ----------
        by : Series, function, mapping, label of a level or list of these
        level : int, label or list of these, optional
        as_index, sort, group_keys, observed, dropna : bool
            As for frames, see :meth:`DataFrame.groupby`; ``as_index`` has to be true.

        Returns
        -------
        SeriesGroupBy

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([3, 4, 5, 6]), npartitions=2)
        >>> x.groupby(x % 2).sum().compute().tolist()
        [10, 8]
        """
        if not as_index:
            raise TypeError("as_index=False only valid with DataFrame")
        groups = read_by(
            self._expr, by, level, sort=sort, group_keys=group_keys,
            observed=observed, dropna=dropna,
        )  # fmt: skip
        return SeriesGroupBy(groups)
