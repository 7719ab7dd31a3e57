"""Methods of frames and series: places of extremes, descriptions, sizes, own reductions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from treadle.dataframe.build import NOT_GIVEN
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing import custom, places, sizes, sketches
from treadle.dataframe.reducing.aggregated import agg
from treadle.dataframe.reducing.described import describe
from treadle.dataframe.reducing.statistics import across, is_across


class Common(FrameCollection):
    """What frames and series have in common."""

    __slots__ = ()

    def idxmin(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the label of the least value of each column, or of each row.

        Parameters
        ----------
        axis : {0, 1}
        skipna, numeric_only : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = pd.Series([3, 1, 2], index=["a", "b", "c"])
        >>> dd.from_pandas(x, npartitions=2).idxmin().compute()
        'b'
        """
        return self._place("idxmin", axis, skipna, numeric_only, split_every)

    def idxmax(
        self,
        axis: Any = 0,
        skipna: bool = True,
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return the label of the greatest value of each column, or of each row.

        Parameters are those of :meth:`idxmin`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = pd.Series([3, 1, 2], index=["a", "b", "c"])
        >>> dd.from_pandas(x, npartitions=2).idxmax().compute()
        'a'
        """
        return self._place("idxmax", axis, skipna, numeric_only, split_every)

    def _place(
        self, how: str, axis: Any, skipna: bool, numeric_only: bool, split_every: int | bool | None
    ) -> Any:
        if is_across(self, axis):
            return across(self, how, skipna=skipna, numeric_only=numeric_only)
        return places.place(
            self, how, skipna=skipna, numeric_only=numeric_only, split_every=split_every
        )

    def describe(
        self,
        percentiles: Sequence[float] | None = None,
        include: Any = None,
        exclude: Any = None,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return counts, means, spreads and quantiles of columns; of others frequent values.

        Quantiles are exact.

        Parameters
        ----------
        percentiles : list of float, optional
            Between 0 and 1; quartiles without it.
        include, exclude : "all" or list of dtypes, optional
            Which columns of a frame are described.
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2).describe().compute()
                 x
        count  3.0
        mean   2.0
        std    1.0
        min    1.0
        25%    1.5
        50%    2.0
        75%    2.5
        max    3.0
        """
        return describe(self, percentiles, include, exclude, split_every)

    def median_approximate(
        self,
        axis: Any = 0,
        method: str = "tdigest",
        numeric_only: bool = False,
        split_every: int | bool | None = None,
    ) -> Any:
        """Return about the median of each column, by sketches.

        Parameters
        ----------
        axis : {0}
        method : {"tdigest", "kll"}
        numeric_only : bool
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series(range(1001)), npartitions=2)
        >>> 490 < float(x.median_approximate().compute()) < 510
        True
        """
        if is_across(self, axis):
            raise NotImplementedError("there is nothing to approximate along a row; use median()")
        if method == "default":
            method = "tdigest"
        if method not in ("tdigest", "kll"):
            raise ValueError(f"method must be 'tdigest' or 'kll', not {method!r}")
        return sketches.approximate_quantile(
            self, 0.5, method=method, numeric_only=numeric_only, split_every=split_every
        )

    def nunique_approx(self, split_every: int | bool | None = None) -> Any:
        """Return about how many distinct values, or rows of a frame, there are.

        Of a sketch of 16 kilobytes; it is off by about 0.8 percent.

        Parameters
        ----------
        split_every : int or False, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 2]), npartitions=2).nunique_approx().compute()
        2
        """
        return sketches.approximate_nunique(self, split_every)

    def memory_usage(self, index: bool = True, deep: bool = False) -> Any:
        """Return the bytes of each column, or of a series.

        Parameters
        ----------
        index : bool
            Count the labels of rows, too.
        deep : bool
            Look into objects.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
        >>> df.memory_usage(index=False).compute().to_dict()
        {'x': 24}
        """
        return sizes.memory_usage(self, index, deep)

    def memory_usage_per_partition(self, index: bool = True, deep: bool = False) -> Any:
        """Return the bytes of each partition; parameters are those of :meth:`memory_usage`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3, 4]}), npartitions=2)
        >>> df.memory_usage_per_partition(index=False).compute().tolist()
        [16, 16]
        """
        return sizes.memory_usage_per_partition(self, index, deep)

    @property
    def size(self) -> Any:
        """Number of values, as a scalar that is computed later."""
        return sizes.size(self)

    def reduction(
        self,
        chunk: Callable[..., Any],
        aggregate: Callable[..., Any] | None = None,
        combine: Callable[..., Any] | None = None,
        meta: Any = NOT_GIVEN,
        token: str | None = None,
        split_every: int | bool | None = None,
        chunk_kwargs: Mapping[str, Any] | None = None,
        aggregate_kwargs: Mapping[str, Any] | None = None,
        combine_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reduce by functions of one's own.

        Parameters
        ----------
        chunk : callable
            Called with each partition.
        aggregate : callable, optional
            Called with the results of ``chunk``, put together: frames below each other, series
            as rows of a frame, other values as a series. ``chunk`` without it.
        combine : callable, optional
            Called with some of the results of ``chunk``, put together in the same way; its own
            results go on in their place. Without it ``aggregate`` sees all of them in one go, or
            stands for it if ``split_every`` is given.
        meta : object, optional
            The result without rows. Without it the functions are called on the first rows of the
            first partition that has some, which is computed for that.
        token : str, optional
            What tasks are called.
        split_every : int or False, optional
        chunk_kwargs, aggregate_kwargs, combine_kwargs : dict, optional
            For one of the functions.
        **kwargs
            For all of them.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 7, 3, 9]), npartitions=2)
        >>> x.reduction(lambda part: (part > 2).sum(), lambda counts: counts.sum()).compute()
        np.int64(3)
        """
        return custom.reduction(
            self, chunk, aggregate, combine, meta, token, split_every, chunk_kwargs,
            aggregate_kwargs, combine_kwargs, **kwargs,
        )  # fmt: skip

    def agg(self, func: Any = None, axis: Any = 0, *args: Any, **kwargs: Any) -> Any:
        """Return one reduction by its name, several, or some for each column.

        Parameters
        ----------
        func : str, list, or dict
            Names of reductions, or functions that stand for one: ``numpy.mean``. A dict
            has them by columns.
        axis : {0, 1}
        *args, **kwargs
            For one reduction.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [5, 7, 6]}), npartitions=2)
        >>> df.agg(["min", "mean"]).compute()
                x    y
        min   1.0  5.0
        mean  2.0  6.0
        """
        return agg(self, func, axis, *args, **kwargs)

    aggregate = agg
