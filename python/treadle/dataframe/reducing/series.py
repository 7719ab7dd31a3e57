"""Methods of series and indexes: their distinct values."""

from __future__ import annotations

from typing import Any

from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing import counts, distinct
from treadle.dataframe.reducing.sizes import hasnans, is_monotonic, is_unique, nbytes


class Values(FrameCollection):
    """What series and indexes have in common."""

    __slots__ = ()

    def nunique(self, dropna: bool = True, split_every: int | bool | None = None) -> Any:
        """Return how many distinct values there are, exactly.

        Parameters
        ----------
        dropna : bool
            Don't count missing values.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series(["a", "b", "a"]), npartitions=2).nunique().compute()
        2
        """
        return distinct.nunique(self, dropna=dropna, split_every=split_every)

    def unique(self, split_every: int | bool | None = None, split_out: int | bool = 1) -> Any:
        """Return distinct values in the order of their first rows, as a collection of this kind.

        Parameters
        ----------
        split_every : int or False, optional
        split_out : int or True
            Partitions of the result; with more than one, values come in any order.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series(["b", "a", "b"]), npartitions=2).unique().compute().tolist()
        ['b', 'a']
        """
        return distinct.unique(self, split_every, split_out)

    def drop_duplicates(
        self,
        *,
        keep: Any = "first",
        ignore_index: bool = False,
        split_every: int | bool | None = None,
        split_out: int | bool = 1,
    ) -> Any:
        """Return values without those that repeat others.

        Parameters
        ----------
        keep : {"first", "last"}
        ignore_index : bool
            Number the values that are left.
        split_every : int or False, optional
        split_out : int or True
            Partitions of the result; with more than one, values come in any order.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 1, 2]), npartitions=2).drop_duplicates().compute()
        0    1
        2    2
        dtype: int64
        """
        return distinct.drop_duplicates(
            self, keep=keep, ignore_index=ignore_index, split_every=split_every,
            split_out=split_out,
        )  # fmt: skip

    def duplicated(self, keep: Any = "first") -> Any:
        """Refused: whether a value repeats another is not known to its partition.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise distinct.no_duplicated()

    def value_counts(
        self,
        sort: bool | None = None,
        ascending: bool = False,
        dropna: bool = True,
        normalize: bool = False,
        split_every: int | bool | None = None,
        split_out: int | bool = 1,
    ) -> Any:
        """Return how often each value comes, the most frequent first.

        Parameters
        ----------
        sort, ascending : bool
            Values that come equally often stand in the order of their first rows.
        dropna : bool
            Don't count missing values.
        normalize : bool
            Return shares instead of counts.
        split_every : int or False, optional
        split_out : int or True
            Partitions of the result; with more than one it isn't sorted.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series(["b", "a", "b"], name="x"), npartitions=2)
        >>> x.value_counts().compute()
        x
        b    2
        a    1
        Name: count, dtype: int64
        """
        return counts.value_counts(
            self, sort=sort, ascending=ascending, dropna=dropna, normalize=normalize,
            split_every=split_every, split_out=split_out,
        )  # fmt: skip

    @property
    def is_monotonic_increasing(self) -> Any:
        """Whether no value is less than the one before, as a scalar that is computed later.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 2]), npartitions=2)
        >>> x.is_monotonic_increasing.compute()
        True
        """
        return is_monotonic(self, increasing=True)

    @property
    def is_monotonic_decreasing(self) -> Any:
        """Whether no value is greater than the one before, as a scalar that is computed later."""
        return is_monotonic(self, increasing=False)

    @property
    def is_unique(self) -> Any:
        """Whether no value comes twice, as a scalar that is computed later.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 2]), npartitions=2).is_unique.compute()
        False
        """
        return is_unique(self)

    @property
    def hasnans(self) -> Any:
        """Whether some value is missing, as a scalar that is computed later.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, None]), npartitions=2).hasnans.compute()
        True
        """
        return hasnans(self)

    @property
    def nbytes(self) -> Any:
        """Bytes of the values, as a scalar that is computed later.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2]), npartitions=2).nbytes.compute()
        16
        """
        return nbytes(self)
