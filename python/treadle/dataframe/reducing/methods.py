"""Reductions: methods."""

from __future__ import annotations

from typing import Any

from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing import counts, distinct, places, sketches
from treadle.dataframe.reducing.common import Common
from treadle.dataframe.reducing.index_methods import ReducingIndex
from treadle.dataframe.reducing.pairs import pair, pairwise
from treadle.dataframe.reducing.quantiles import exact_quantile
from treadle.dataframe.reducing.series import Values
from treadle.dataframe.reducing.sizes import info
from treadle.dataframe.reducing.statistics import Statistics, across, is_across

__all__ = ["ReducingDataFrame", "ReducingFrame", "ReducingIndex", "ReducingSeries"]


class ReducingFrame(Statistics, Common):
    """Methods of frames and series."""

    __slots__ = ()


class ReducingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    def quantile(
        self,
        q: Any = 0.5,
        axis: Any = 0,
        numeric_only: bool = False,
        interpolation: str = "linear",
        method: str = "default",
        split_every: int | bool | None = None,
    ) -> Any:
        """Return quantiles of each column.

        Parameters
        ----------
        q : float or list of float
            Between 0 and 1. Of a list the result is a frame with a row for each.
        axis : {0, 1}
            1 for quantiles of each row.
        numeric_only : bool
        interpolation : {"linear", "lower", "higher", "midpoint", "nearest"}
        method : {"default", "exact", "tdigest", "kll"}
            By default exact: partitions are sorted, and only values near the wanted ones are
            brought together. The others are sketches, which are quicker, and near the truth.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [5, 7, 6]}), npartitions=2)
        >>> df.quantile(0.5).compute().tolist()
        [2.0, 6.0]
        """
        if is_across(self, axis):
            if isinstance(q, float | int):
                return across(
                    self, "quantile", q=q, numeric_only=numeric_only, interpolation=interpolation
                )
            raise NotImplementedError("quantile(axis=1) of several q: ask for one after the other")
        return quantile(self, q, numeric_only, interpolation, method, split_every)

    def nunique(
        self, axis: Any = 0, dropna: bool = True, split_every: int | bool | None = None
    ) -> Any:
        """Return how many distinct values each column has, or each row.

        Parameters
        ----------
        axis : {0, 1}
        dropna : bool
            Don't count missing values.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 1, 2], "y": [1, 2, 3]}), npartitions=2)
        >>> df.nunique().compute().tolist()
        [2, 3]
        """
        if is_across(self, axis):
            return across(self, "nunique", dropna=dropna)
        return distinct.nunique(self, dropna=dropna, split_every=split_every)

    def drop_duplicates(
        self,
        subset: Any = None,
        *,
        keep: Any = "first",
        ignore_index: bool = False,
        split_every: int | bool | None = None,
        split_out: int | bool = 1,
    ) -> Any:
        """Return rows without those that repeat others.

        Parameters
        ----------
        subset : label or list of labels, optional
            Columns in which rows are equal; all without it.
        keep : {"first", "last"}
        ignore_index : bool
            Number the rows that are left.
        split_every : int or False, optional
        split_out : int or True
            Partitions of the result. With one, rows keep their order; with more they are
            shuffled, which suits results that are large.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 1, 2], "y": [1, 2, 3]}), npartitions=2)
        >>> df.drop_duplicates("x").compute()
           x  y
        0  1  1
        2  2  3
        """
        return distinct.drop_duplicates(
            self, subset, keep=keep, ignore_index=ignore_index, split_every=split_every,
            split_out=split_out,
        )  # fmt: skip

    def duplicated(self, subset: Any = None, keep: Any = "first") -> Any:
        """Refused: whether a row repeats another is not known to its partition.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise distinct.no_duplicated()

    def value_counts(
        self,
        subset: Any = None,
        normalize: bool = False,
        sort: bool = True,
        ascending: bool = False,
        dropna: bool = True,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return how often each row comes, the most frequent first.

        Parameters
        ----------
        subset : label or list of labels, optional
            Columns that make a row; all without it.
        normalize : bool
            Return shares instead of counts.
        sort, ascending : bool
            Rows that come equally often stand in the order in which they come first.
        dropna : bool
            Don't count rows with missing values.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 2], "y": [3, 4, 4]}), npartitions=2)
        >>> df.value_counts().compute().to_dict()
        {(2, 4): 2, (1, 3): 1}
        """
        return counts.row_counts(
            self, subset, normalize=normalize, sort=sort, ascending=ascending, dropna=dropna,
            split_every=split_every,
        )  # fmt: skip

    def mode(
        self,
        axis: Any = 0,
        numeric_only: bool = False,
        dropna: bool = True,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the most frequent values of each column.

        Parameters
        ----------
        axis : {0}
        numeric_only, dropna : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1, 2, 2]}), npartitions=2).mode().compute()
           x
        0  2
        """
        if is_across(self, axis):
            raise NotImplementedError(
                "mode(axis=1) makes as many columns as some row has modes, which is not known "
                "before; use map_partitions with a meta"
            )
        return counts.mode(self, dropna=dropna, numeric_only=numeric_only, split_every=split_every)

    def nlargest(
        self, n: int = 5, columns: Any = None, keep: str = "first",
        split_every: int | bool | None = None,
    ) -> Any:  # fmt: skip
        """Return the rows with the largest values in some columns, the largest first.

        Parameters
        ----------
        n : int
        columns : label or list of labels
        keep : {"first", "last", "all"}
            Which of equal rows to return.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 5, 2]}), npartitions=2)
        >>> df.nlargest(2, "x").compute().x.tolist()
        [5, 2]
        """
        return places.extremes(self, "nlargest", n, _given(columns, "nlargest"), keep, split_every)

    def nsmallest(
        self, n: int = 5, columns: Any = None, keep: str = "first",
        split_every: int | bool | None = None,
    ) -> Any:  # fmt: skip
        """Return the rows with the smallest values in some columns, the smallest first.

        Parameters are those of :meth:`nlargest`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 5, 2]}), npartitions=2)
        >>> df.nsmallest(2, "x").compute().x.tolist()
        [1, 2]
        """
        return places.extremes(
            self, "nsmallest", n, _given(columns, "nsmallest"), keep, split_every
        )

    def corr(
        self,
        method: Any = "pearson",
        min_periods: int | None = None,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the correlation of each pair of columns, where neither value is missing.

        Parameters
        ----------
        method : {"pearson"}
        min_periods : int, optional
            With fewer rows a pair has no result.
        numeric_only : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [6, 4, 2]}), npartitions=2)
        >>> df.corr().compute().loc["x", "y"]
        np.float64(-1.0)
        """
        return pairwise(
            self, "corr", method=method, min_periods=min_periods, numeric_only=numeric_only,
            split_every=split_every,
        )  # fmt: skip

    def cov(
        self,
        min_periods: int | None = None,
        ddof: int = 1,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the covariance of each pair of columns, where neither value is missing.

        Parameters
        ----------
        min_periods : int, optional
            With fewer rows a pair has no result.
        ddof : int
            Sums are divided by the number of rows, less this.
        numeric_only : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [6, 4, 2]}), npartitions=2)
        >>> df.cov().compute().loc["x", "y"]
        np.float64(-2.0)
        """
        return pairwise(
            self, "cov", min_periods=min_periods, ddof=ddof, numeric_only=numeric_only,
            split_every=split_every,
        )  # fmt: skip

    def info(self, buf: Any = None, verbose: bool = False, memory_usage: bool = False) -> None:
        """Print columns and dtypes.

        Nothing is computed, unless asked: ``verbose`` counts rows and values, and
        ``memory_usage`` bytes.

        Parameters
        ----------
        buf : file, optional
            Where to write; standard output without it.
        verbose, memory_usage : bool

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2).info()
        <class 'treadle.dataframe.core.DataFrame'>
        Columns: 1 entries, x to x
        dtypes: int64(1)
        """
        info(self, buf, verbose, memory_usage)


class ReducingSeries(Values):
    """Methods of series."""

    __slots__ = ()

    def quantile(
        self,
        q: Any = 0.5,
        interpolation: str = "linear",
        method: str = "default",
        split_every: int | bool | None = None,
    ) -> Any:
        """Return quantiles; parameters are those of :meth:`DataFrame.quantile`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 3, 4]), npartitions=2)
        >>> x.quantile([0.5, 1]).compute().tolist()
        [2.5, 4.0]
        """
        return quantile(self, q, False, interpolation, method, split_every)

    def nlargest(
        self, n: int = 5, keep: str = "first", split_every: int | bool | None = None
    ) -> Any:
        """Return the largest values, the largest first.

        Parameters
        ----------
        n : int
        keep : {"first", "last", "all"}
            Which of equal values to return.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 5, 2]), npartitions=2).nlargest(2).compute().tolist()
        [5, 2]
        """
        return places.extremes(self, "nlargest", n, None, keep, split_every)

    def nsmallest(
        self, n: int = 5, keep: str = "first", split_every: int | bool | None = None
    ) -> Any:
        """Return the smallest values, the smallest first.

        Parameters are those of :meth:`nlargest`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 5, 2]), npartitions=2).nsmallest(2).compute().tolist()
        [1, 2]
        """
        return places.extremes(self, "nsmallest", n, None, keep, split_every)

    def mode(self, dropna: bool = True, split_every: int | bool | None = None) -> Any:
        """Return the most frequent values.

        Parameters
        ----------
        dropna : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 2]), npartitions=2).mode().compute().tolist()
        [2]
        """
        return counts.mode(self, dropna=dropna, split_every=split_every)

    def corr(
        self,
        other: Any,
        method: Any = "pearson",
        min_periods: int | None = None,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the correlation with another series, where neither value is missing.

        Parameters
        ----------
        other : Series
            In partitions that correspond to these.
        method : {"pearson"}
        min_periods : int, optional
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [6, 4, 2]}), npartitions=2)
        >>> df.x.corr(df.y).compute()
        np.float64(-1.0)
        """
        return pair(
            self, other, "corr", method=method, min_periods=min_periods, split_every=split_every
        )

    def cov(
        self,
        other: Any,
        min_periods: int | None = None,
        ddof: int = 1,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the covariance with another series, where neither value is missing.

        Parameters are those of :meth:`corr`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [6, 4, 2]}), npartitions=2)
        >>> df.x.cov(df.y).compute()
        np.float64(-2.0)
        """
        return pair(self, other, "cov", min_periods=min_periods, ddof=ddof, split_every=split_every)

    def autocorr(self, lag: int = 1, split_every: int | bool | None = None) -> Any:
        """Return the correlation with the series itself, shifted by some rows.

        Parameters
        ----------
        lag : int
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1.0, 2.0, 4.0, 3.0]), npartitions=2)
        >>> round(x.autocorr().compute(), 6)
        np.float64(0.327327)
        """
        if not isinstance(lag, int):
            raise TypeError(f"lag must be an integer, not {lag!r}")
        series: Any = self
        return self.corr(series if lag == 0 else series.shift(lag), split_every=split_every)


def quantile(
    frame: Any,
    q: Any,
    numeric_only: bool,
    interpolation: str,
    method: str,
    split_every: int | bool | None,
) -> Any:
    """Return quantiles by a method."""
    if method in ("default", "exact"):
        return exact_quantile(
            frame, q, numeric_only=numeric_only, interpolation=interpolation,
            split_every=split_every,
        )  # fmt: skip
    if method in ("tdigest", "kll"):
        return sketches.approximate_quantile(
            frame, q, method=method, numeric_only=numeric_only, split_every=split_every
        )
    raise ValueError(f"method must be 'default', 'exact', 'tdigest' or 'kll', not {method!r}")


def _given(columns: Any, name: str) -> Any:
    if columns is None:
        raise TypeError(f"{name}() needs the columns that rows are compared by")
    return columns
