"""``GroupBy``: groups of rows, and what can be asked of them.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5], "y": [6, 7, 8]})
>>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
>>> groups.agg({"x": "sum", "y": ["min", "max"]}).compute()
    x   y
  sum min max
k
1   8   6   8
2   4   7   7
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from treadle.dataframe.build import NOT_GIVEN
from treadle.dataframe.groupby import rows
from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.reduce import aggregated, counted_values
from treadle.dataframe.groupby.reductions import Reductions, compared, made_of_groups
from treadle.dataframe.groupby.row_methods import RowMethods
from treadle.dataframe.groupby.sliding import SlidingGroups
from treadle.dataframe.groupby.whole import Call


class GroupBy(RowMethods, Reductions):
    """Groups of the rows of a frame or series; made by ``groupby``.

    Rows stay where they are for what can be put together of parts (sums, means, counts, first
    values, running totals ...). What needs all rows of a group at once (medians, ``apply``,
    ``shift`` ...) has rows moved by a hash of their keys, unless they lie together already; only
    columns that are needed are moved.
    """

    __slots__ = ("_groups",)

    _kind: ClassVar[str]

    def __init__(self, groups: Groups):
        self._groups = groups

    def __repr__(self) -> str:
        keys = [key.meta.name for key in self._groups.series_of_keys]
        return f"<treadle.dataframe.{type(self).__name__} by {', '.join(map(repr, keys))}>"

    def __iter__(self) -> Any:
        raise NotImplementedError(
            "which groups there are is not known before computing, so they can't be gone through; "
            "use apply(), agg(), or get_group() for one of them"
        )

    @property
    def ndim(self) -> int:
        """Dimensions of a group: 2 of a frame, 1 of a series."""
        return 2 if isinstance(self, DataFrameGroupBy) else 1

    # -- one row for each group --------------------------------------------------------------------

    def agg(
        self,
        func: Any = None,
        *args: Any,
        split_every: int | bool | None = None,
        split_out: int = 1,
        shuffle_method: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reduce groups by one or more aggregations.

        Parameters
        ----------
        func : str, function, Aggregation, list or dict of these, optional
            As in pandas. Without it keywords name the results: ``longest=("delay", "max")``. A
            function of the user is called with all values of a group, so rows are moved for it; it
            is tried on the first rows to see what it returns. An
            :class:`~treadle.dataframe.Aggregation` works on parts.
        *args, **kwargs
            For the functions.
        split_every, split_out, shuffle_method
            See :meth:`sum`.

        Returns
        -------
        Series or DataFrame

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.agg(total=("x", "sum"), most=("x", "max")).compute()
           total  most
        k
        1      8     5
        2      4     4
        """
        return aggregated(
            self._groups, _with_list(func), args, kwargs,
            split_every=split_every, split_out=split_out,
        )  # fmt: skip

    aggregate = agg

    def describe(self, percentiles: Any = None, include: Any = None, exclude: Any = None) -> Any:
        """Return count, mean, standard deviation, extremes and percentiles of each group.

        Rows are moved by the hash of their keys.

        Parameters
        ----------
        percentiles : list of float, optional
        include, exclude : list of dtypes, optional
            Of columns.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.x.describe()["50%"].compute().tolist()
        [4.0, 4.0]
        """
        given = {"percentiles": percentiles, "include": include, "exclude": exclude}
        options = {key: value for key, value in given.items() if value is not None}
        return made_of_groups(self._groups, Call("describe", (), options))

    # -- a row for each row ------------------------------------------------------------------------

    def transform(self, func: Any, *args: Any, meta: Any = NOT_GIVEN, **kwargs: Any) -> Any:
        """Return a row for each row, in the places and partitions they have.

        Parameters
        ----------
        func : str or function
            The name of a reduction is computed without moving rows, and looked up for each row.
            A function is called with the values of a group: rows are moved, and back again.
        *args, **kwargs
            For the function.
        meta : optional
            What the function returns, without rows; without it, it is tried on the first rows.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> df = dd.from_pandas(frame, npartitions=2)
        >>> (df.x - df.groupby("k").x.transform("mean")).compute().tolist()
        [-1.0, 0.0, 1.0]
        """
        return rows.transformed_by(self._groups, func, args, kwargs, meta)

    def apply(
        self, func: Callable[..., Any], *args: Any, meta: Any = NOT_GIVEN, **kwargs: Any
    ) -> Any:
        """Call a function with each group, and put the results together.

        Rows are moved by the hash of their keys; groups are in order within a partition of the
        result, not over all of them.

        Parameters
        ----------
        func : callable
            Takes a group as a frame or series; returns a frame, a series or a scalar.
        *args, **kwargs
            For the function.
        meta : optional
            The result without rows; without it the function is tried on the first rows.

        Raises
        ------
        ValueError
            If there is neither a ``meta`` nor a row to try the function on.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.x.apply(lambda x: x.max() - x.min()).compute().sort_index().tolist()
        [2, 0]
        """
        return rows.applied(self._groups, func, args, kwargs, meta)

    def filter(
        self, func: Callable[..., Any], dropna: bool = True, *args: Any, **kwargs: Any
    ) -> Any:
        """Return the rows of groups for which a function returns true, in their old places.

        Parameters
        ----------
        func : callable
            Takes a group; returns a truth. Rows are moved for it, and the answers back.
        dropna : bool
            If not, rows of other groups stay, with missing values.
        *args, **kwargs
            For the function.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.filter(lambda group: len(group) > 1).x.compute().tolist()
        [3, 5]
        """
        return rows.filtered_groups(self._groups, func, dropna, args, kwargs)

    def get_group(self, name: Any) -> Any:
        """Return the rows of one group.

        Parameters
        ----------
        name : label or tuple
            The key; a tuple of them if there are several, or if they were given as a list. A
            group that there isn't has no rows: it is no KeyError as in pandas.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> dd.from_pandas(frame, npartitions=2).groupby("k").get_group(1).x.compute().tolist()
        [3, 5]
        """
        return rows.group_of(self._groups, name)

    def rolling(
        self, window: Any, min_periods: int | None = None, center: bool = False,
        win_type: str | None = None, on: Any = None, closed: str | None = None,
    ) -> SlidingGroups:  # fmt: skip
        """Return windows that move along the rows of each group.

        Results have keys and labels as their index; rows are moved by the hash of keys, and groups
        are in order within a partition, not over all of them.

        Parameters
        ----------
        window : int, str or timedelta
        min_periods, center, win_type, on, closed
            As in pandas.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.x.rolling(2).sum().compute().sort_index().tolist()
        [nan, 8.0, nan]
        """
        given = {
            "min_periods": min_periods, "center": center or None, "win_type": win_type, "on": on,
            "closed": closed,
        }  # fmt: skip
        options = {key: value for key, value in given.items() if value is not None}
        return SlidingGroups(self._groups, Call("rolling", (window,), options))

    def expanding(self, min_periods: int = 1) -> SlidingGroups:
        """Return windows of all rows so far in each group; see :meth:`rolling`.

        Parameters
        ----------
        min_periods : int
            Values that a window needs at least.
        """
        return SlidingGroups(self._groups, Call("expanding", (min_periods,)))

    def pipe(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return ``func(self, *args, **kwargs)``."""
        return func(self, *args, **kwargs)


def _with_list(func: Any) -> Any:
    """Take ``"list"`` for the function: Dask knows it by its name."""
    if isinstance(func, str) and func == "list":
        return list
    if isinstance(func, dict):
        return {key: _with_list(value) for key, value in func.items()}
    return [_with_list(item) for item in func] if isinstance(func, list) else func


class DataFrameGroupBy(GroupBy):
    """Groups of a frame's rows; see :class:`GroupBy`.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 1], "x": [3, 4]}), npartitions=1)
    >>> df.groupby("k")["x"].sum().compute().tolist()
    [7]
    """

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and key not in self._groups.frame.meta.columns:
            raise ValueError(
                "Cannot subset columns with a tuple with more than one element. Use a list instead."
            )
        if self._groups.selection is not None:
            raise IndexError(f"Column(s) {self._groups.selection} already selected")
        if isinstance(key, list) or (not isinstance(key, str | tuple | int) and _is_list(key)):
            return DataFrameGroupBy(self._groups.select(list(key)))
        groups = self._groups.select(key)
        return SeriesGroupBy(groups) if groups.as_index else DataFrameGroupBy(groups)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._groups.frame.meta.columns:
            return self[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        columns = self._groups.frame.meta.columns
        return sorted({*super().__dir__(), *(c for c in columns if isinstance(c, str))})

    def cov(
        self,
        min_periods: int | None = None,
        ddof: int = 1,
        numeric_only: bool = False,
        *,
        split_every: int | bool | None = None,
        split_out: int = 1,
    ) -> Any:
        """Return the covariance of columns of each group.

        Parameters
        ----------
        min_periods : int, optional
            Rows that a pair of columns needs at least.
        ddof : int
        numeric_only : bool
            Leave out columns that are no numbers.
        split_every, split_out
            See :meth:`sum`.
        """
        options = {"min_periods": min_periods, "ddof": ddof, "numeric_only": numeric_only}
        return compared(self, "cov", options, {"split_every": split_every, "split_out": split_out})

    def corr(
        self,
        method: str = "pearson",
        min_periods: int = 1,
        numeric_only: bool = False,
        *,
        split_every: int | bool | None = None,
        split_out: int = 1,
    ) -> Any:
        """Return Pearson's correlation of columns of each group.

        Parameters
        ----------
        method : "pearson"
            Others go by ranks, which need whole groups: ``apply(lambda group: group.corr(...))``.
        min_periods : int
            Rows that a pair of columns needs at least.
        numeric_only : bool
            Leave out columns that are no numbers.
        split_every, split_out
            See :meth:`sum`.
        """
        if method != "pearson":
            raise NotImplementedError(
                f"corr(method={method!r}) of groups: use apply(lambda group: group.corr(method))"
            )
        options = {"min_periods": min_periods, "numeric_only": numeric_only}
        return compared(self, "corr", options, {"split_every": split_every, "split_out": split_out})

    def value_counts(self, *args: Any, **kwargs: Any) -> Any:
        """Refused for frames: select one column."""
        raise NotImplementedError(
            "value_counts of several columns: add them to the keys and use size(), or select one "
            "column: df.groupby(...).column.value_counts()"
        )


def _is_list(value: Any) -> bool:
    from pandas.api.types import is_list_like

    return bool(is_list_like(value))


class SeriesGroupBy(GroupBy):
    """Groups of a series' values; see :class:`GroupBy`.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series([3, 4, 6]), npartitions=2)
    >>> x.groupby(x % 2).max().compute().tolist()
    [6, 3]
    """

    __slots__ = ()

    def value_counts(
        self,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        bins: Any = None,
        dropna: bool = True,
        *,
        split_every: int | bool | None = None,
        split_out: int = 1,
    ) -> Any:
        """Count the distinct values of each group.

        Parameters
        ----------
        normalize : bool
            Return shares.
        sort, ascending : bool
            By counts, the largest first.
        bins : optional
            Not supported; cut the column first.
        dropna : bool
            Don't count missing values.
        split_every, split_out
            See :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 1, 1], "x": ["a", "b", "b"]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.x.value_counts().compute().tolist()
        [2, 1]
        """
        if bins is not None:
            raise NotImplementedError("value_counts(bins=) of groups: cut the column first")
        options = {
            "normalize": normalize, "sort": sort, "ascending": ascending, "dropna": dropna,
        }  # fmt: skip
        return counted_values(self._groups, options, split_every, split_out)

    def unique(self, *, split_every: int | bool | None = None, split_out: int = 1) -> Any:
        """Return an array of the distinct values of each group; rows are moved.

        Parameters
        ----------
        split_every, split_out
            See :meth:`sum`.
        """
        return aggregated(
            self._groups, "unique", label="unique", split_every=split_every, split_out=split_out
        )
