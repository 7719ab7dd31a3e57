"""Methods of frames and series: totals, means, and what is like them."""

from __future__ import annotations

from typing import Any

from treadle.dataframe.build import emptied, method
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing.chosen import example, is_bool, is_numeric
from treadle.dataframe.reducing.means import spread
from treadle.dataframe.reducing.quantiles import exact_median
from treadle.dataframe.reducing.totals import total


def is_across(frame: FrameCollection, axis: Any) -> bool:
    """Tell whether a reduction goes across columns, so that every row has its own result.

    Raises
    ------
    ValueError
        If there is no such axis.
    NotImplementedError
        For ``axis=None``, by which pandas reduces a frame to a scalar.
    """
    if axis in (0, "index", "rows"):
        return False
    if axis is None:
        if frame.ndim == 1:
            return False
        raise NotImplementedError(
            "axis=None reduces both axes, which partitions of several dtypes can't in one step; "
            "reduce axis 0, and then the result"
        )
    if frame.ndim == 2 and axis in (1, "columns"):
        return True
    raise ValueError(f"No axis named {axis} for object type {type(frame).__name__}")


def across(frame: Any, name: str, **options: Any) -> Any:
    """Return the series of a method's results for every row."""
    meta = frame._meta
    wanted = is_numeric if options.get("numeric_only") else None
    wanted = is_bool if options.get("bool_only") else wanted
    reads = None
    if wanted is not None and meta.columns.is_unique:
        reads = [[c for c, dtype in zip(meta, meta.dtypes, strict=True) if wanted(dtype)]]
    options["axis"] = 1
    like = emptied(getattr(example(meta), name)(**options))
    return method(frame, name, meta=like, rowwise=True, reads=reads, kwargs=options)


class Statistics(FrameCollection):
    """Totals, means, and what is like them."""

    __slots__ = ()

    def sum(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        min_count: int = 0,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the sum of each column, or of each row.

        Parameters
        ----------
        axis : {0, 1}
            0 for columns; 1 for a series with a value for each row.
        skipna : bool
            Leave out missing values; otherwise a column with one has none as its result.
        numeric_only : bool
            Only columns of numbers and booleans; others are not read then.
        min_count : int
            With fewer values the result is missing.
        split_every : int or False, optional
            Partial results that a task puts together; False for all. 8 without it.

        Returns
        -------
        Series or Scalar
            A series with a value for each column; of a series, a scalar.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [0.5, 1, 2]}), npartitions=2)
        >>> df.sum().compute()
        x    6.0
        y    3.5
        dtype: float64
        >>> df.x.sum().compute()
        np.int64(6)
        """
        return self._total("sum", axis, skipna, numeric_only, split_every, min_count=min_count)

    def prod(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        min_count: int = 0,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the product of each column, or of each row; parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([2, 3, 4]), npartitions=2).prod().compute()
        np.int64(24)
        """
        return self._total("prod", axis, skipna, numeric_only, split_every, min_count=min_count)

    product = prod

    def min(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the least value of each column, or of each row.

        Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series(["b", "a", "c"]), npartitions=2).min().compute()
        'a'
        """
        return self._total("min", axis, skipna, numeric_only, split_every)

    def max(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the greatest value of each column, or of each row.

        Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 5], "y": [3, 2]}), npartitions=2)
        >>> df.max(axis=1).compute().tolist()
        [3, 5]
        """
        return self._total("max", axis, skipna, numeric_only, split_every)

    def any(
        self,
        axis: Any = 0,
        bool_only: bool = False,
        skipna: bool = True,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return whether any value of each column, or of each row, is true.

        Parameters
        ----------
        bool_only : bool
            Only columns of booleans.
        axis, skipna, split_every
            See :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([0, 0, 1]), npartitions=2).any().compute()
        np.True_
        """
        return self._truth("any", axis, bool_only, skipna, split_every)

    def all(
        self,
        axis: Any = 0,
        bool_only: bool = False,
        skipna: bool = True,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return whether all values of each column, or of each row, are true.

        Parameters are those of :meth:`any`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [0, 1]}), npartitions=2)
        >>> df.all().compute().tolist()
        [True, False]
        """
        return self._truth("all", axis, bool_only, skipna, split_every)

    def mean(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the mean of each column, or of each row.

        Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, 2.0, 6.0]), npartitions=2).mean().compute()
        np.float64(3.0)
        """
        return self._spread("mean", axis, skipna, numeric_only, split_every)

    def var(
        self,
        axis: Any = 0,
        skipna: bool = True,
        ddof: int = 1,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the variance of each column, or of each row.

        Means and squared distances from them are merged, so that nothing is lost where values
        lie far from zero.

        Parameters
        ----------
        ddof : int
            The sum is divided by the number of values, less this.
        axis, skipna, numeric_only, split_every
            See :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, 2.0, 6.0]), npartitions=2).var().compute()
        np.float64(7.0)
        """
        return self._spread("var", axis, skipna, numeric_only, split_every, ddof)

    def std(
        self,
        axis: Any = 0,
        skipna: bool = True,
        ddof: int = 1,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the standard deviation of each column, or of each row.

        Parameters are those of :meth:`var`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, 2.0, 3.0]), npartitions=2).std().compute()
        np.float64(1.0)
        """
        return self._spread("std", axis, skipna, numeric_only, split_every, ddof)

    def sem(
        self,
        axis: Any = 0,
        skipna: bool = True,
        ddof: int = 1,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the standard error of the mean of each column, or of each row.

        Parameters are those of :meth:`var`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, 5.0, 1.0, 5.0]), npartitions=2).sem(ddof=0).compute()
        np.float64(1.0)
        """
        return self._spread("sem", axis, skipna, numeric_only, split_every, ddof)

    def skew(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the skewness of each column, or of each row, without bias as in pandas.

        Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, 2.0, 3.0]), npartitions=2).skew().compute()
        np.float64(0.0)
        """
        return self._spread("skew", axis, skipna, numeric_only, split_every)

    def kurt(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the excess kurtosis of each column, or of each row, without bias as in pandas.

        Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> round(dd.from_pandas(pd.Series([1.0, 2, 3, 4]), npartitions=2).kurt().compute(), 6)
        np.float64(-1.2)
        """
        return self._spread("kurt", axis, skipna, numeric_only, split_every)

    kurtosis = kurt

    def median(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the median of each column, exactly, or of each row.

        Partitions are sorted, and only values near the median are brought together; see
        :meth:`quantile`. Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([7, 1, 3]), npartitions=2).median().compute()
        np.float64(3.0)
        """
        if is_across(self, axis):
            return across(self, "median", skipna=skipna, numeric_only=numeric_only)
        return exact_median(self, skipna=skipna, numeric_only=numeric_only, split_every=split_every)

    def count(
        self, axis: Any = 0, numeric_only: bool = False, split_every: int | bool | None = None
    ) -> Any:
        """Return how many values are not missing, of each column or of each row.

        A column that can't have missing values is not read, and neither is a file that knows how
        many rows it has.

        Parameters are those of :meth:`sum`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, None, 3.0]), npartitions=2).count().compute()
        np.int64(2)
        """
        if is_across(self, axis):
            return across(self, "count", numeric_only=numeric_only)
        return total(self, "count", numeric_only=numeric_only, split_every=split_every)

    def _total(
        self,
        how: str,
        axis: Any,
        skipna: bool,
        numeric_only: bool,
        split_every: int | bool | None,
        **options: Any,
    ) -> Any:
        if is_across(self, axis):
            return across(self, how, skipna=skipna, numeric_only=numeric_only, **options)
        return total(
            self, how, skipna=skipna, numeric_only=numeric_only, split_every=split_every, **options
        )

    def _truth(
        self, how: str, axis: Any, bool_only: bool, skipna: bool, split_every: int | bool | None
    ) -> Any:
        if is_across(self, axis):
            return across(self, how, bool_only=bool_only, skipna=skipna)
        return total(self, how, bool_only=bool_only, skipna=skipna, split_every=split_every)

    def _spread(
        self,
        how: str,
        axis: Any,
        skipna: bool,
        numeric_only: bool,
        split_every: int | bool | None,
        ddof: int | None = None,
    ) -> Any:
        options: dict[str, Any] = {} if ddof is None else {"ddof": ddof}
        if is_across(self, axis):
            return across(self, how, skipna=skipna, numeric_only=numeric_only, **options)
        return spread(
            self, how, skipna=skipna, numeric_only=numeric_only, split_every=split_every, **options
        )
