"""Reductions: methods of indexes."""

from __future__ import annotations

from typing import Any

from treadle.dataframe.reducing import sketches
from treadle.dataframe.reducing.series import Values
from treadle.dataframe.reducing.sizes import is_unique, memory_usage, size
from treadle.dataframe.reducing.totals import total


class ReducingIndex(Values):
    """Methods of indexes."""

    __slots__ = ()

    def min(
        self, axis: Any = None, skipna: bool = True, split_every: int | bool | None = None
    ) -> Any:
        """Return the least label.

        Parameters
        ----------
        axis : 0, optional
        skipna : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2], index=[7, 5]), npartitions=2).index.min().compute()
        np.int64(5)
        """
        _check_axis(axis)
        return total(self, "min", skipna=skipna, split_every=split_every)

    def max(
        self, axis: Any = None, skipna: bool = True, split_every: int | bool | None = None
    ) -> Any:
        """Return the greatest label; parameters are those of :meth:`min`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2], index=[7, 5]), npartitions=2).index.max().compute()
        np.int64(7)
        """
        _check_axis(axis)
        return total(self, "max", skipna=skipna, split_every=split_every)

    def any(self, split_every: int | bool | None = None) -> Any:
        """Return whether any label is true.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([5, 5]), npartitions=2).index.any().compute()
        np.True_
        """
        return total(self, "any", split_every=split_every)

    def all(self, split_every: int | bool | None = None) -> Any:
        """Return whether all labels are true.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([5, 5]), npartitions=2).index.all().compute()
        np.False_
        """
        return total(self, "all", split_every=split_every)

    def count(self, split_every: int | bool | None = None) -> Any:
        """Return how many labels are not missing.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([5, 5]), npartitions=2).index.count().compute()
        2
        """
        return total(self, "count", split_every=split_every)

    def nunique_approx(self, split_every: int | bool | None = None) -> Any:
        """Return about how many distinct labels there are; see :meth:`Series.nunique_approx`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([5, 5]), npartitions=2).index.nunique_approx().compute()
        2
        """
        return sketches.approximate_nunique(self, split_every)

    def memory_usage(self, deep: bool = False) -> Any:
        """Return the bytes of all labels.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([5, 5], index=[1.0, 2.0]), npartitions=2)
        >>> x.index.memory_usage().compute()
        16
        """
        return memory_usage(self, deep=deep)

    @property
    def size(self) -> Any:
        """Number of labels, as a scalar that is computed later."""
        return size(self)

    @property
    def has_duplicates(self) -> Any:
        """Whether some label comes twice, as a scalar that is computed later.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([5, 5], index=[1, 1]), npartitions=2)
        >>> x.index.has_duplicates.compute()
        True
        """
        return is_unique(self, negated=True)


def _check_axis(axis: Any) -> None:
    if axis not in (None, 0):
        raise ValueError(f"an index has one axis, 0, and not {axis!r}")
