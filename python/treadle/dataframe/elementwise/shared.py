"""Row by row: methods of frames and series alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from treadle.dataframe.build import NO_DEFAULT, NOT_GIVEN
from treadle.dataframe.calls import Method
from treadle.dataframe.elementwise import combining, partitions, products, replacing, zones
from treadle.dataframe.elementwise.rows import RowMethod, is_collection, rowwise
from treadle.dataframe.frame import FrameCollection


class ElementwiseAny(FrameCollection):
    """Methods of frames, series and indexes."""

    __slots__ = ()

    def isna(self) -> Any:
        """Tell where values are missing.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, None]), npartitions=2).isna().compute().tolist()
        [False, True]
        """
        return rowwise("isna", RowMethod("isna"), self, columnwise=True)

    def notna(self) -> Any:
        """Tell where values are not missing."""
        return rowwise("notna", RowMethod("notna"), self, columnwise=True)

    def isnull(self) -> Any:
        """Tell where values are missing; the same as :meth:`isna`."""
        return self.isna()

    def notnull(self) -> Any:
        """Tell where values are not missing; the same as :meth:`notna`."""
        return self.notna()

    def astype(self, dtype: Any, errors: str = "raise") -> Any:
        """Convert to other dtypes.

        Parameters
        ----------
        dtype : dtype or mapping
            For all columns, or by column. Categories of ``"category"`` are not known before values
            are: each partition has its own, until ``categorize()``.
        errors : "raise" or "ignore"

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
        >>> df.astype({"x": "float32"}).x.dtype
        dtype('float32')
        """
        return replacing.converted(self, dtype, errors)

    def isin(self, values: Any) -> Any:
        """Tell where values are among others.

        Parameters
        ----------
        values : list, set, array, Series or mapping
            In memory; for a frame also by column.

        Raises
        ------
        NotImplementedError
            For values in partitions.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2).isin([1, 3]).compute().tolist()
        [True, False, True]
        """
        return replacing.among(self, values)

    def map_partitions(
        self,
        func: Callable[..., Any],
        *args: Any,
        meta: Any = NOT_GIVEN,
        enforce_metadata: bool = True,
        transform_divisions: bool = False,
        clear_divisions: bool = False,
        align_dataframes: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call a function with each partition; see :func:`treadle.dataframe.map_partitions`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
        >>> df.map_partitions(lambda part: part * 2).x.compute().tolist()
        [2, 4, 6]
        """
        return partitions.map_partitions(
            func, self, *args, meta=meta, enforce_metadata=enforce_metadata,
            transform_divisions=transform_divisions, clear_divisions=clear_divisions,
            align_dataframes=align_dataframes, **kwargs,
        )  # fmt: skip

    def pipe(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """Return ``func(self, *args, **kwargs)``.

        Parameters
        ----------
        func : callable or (callable, str)
            With a name, the argument that this is passed as.
        """
        if isinstance(func, tuple):
            func, name = func
            if name in kwargs:
                raise ValueError(f"{name} is the argument that pipe() passes the frame as")
            return func(*args, **{name: self}, **kwargs)
        return func(self, *args, **kwargs)

    def copy(self, deep: bool = False) -> Any:
        """Return another collection of the same values; nothing is copied, as nothing changes.

        Parameters
        ----------
        deep : bool
            Makes no difference.
        """
        return type(self)(self._expr)


class ElementwiseFrame(ElementwiseAny):
    """Methods of frames and series."""

    __slots__ = ()

    def abs(self) -> Any:
        """Return absolute values."""
        return rowwise("abs", RowMethod("abs"), self, columnwise=True)

    def round(self, decimals: Any = 0) -> Any:
        """Round to a number of decimals.

        Parameters
        ----------
        decimals : int, mapping or Series
            For a frame also by column.
        """
        return rowwise("round", RowMethod("round"), self, decimals, columnwise=True)

    def clip(self, lower: Any = None, upper: Any = None, *, axis: Any = None) -> Any:
        """Bring values between bounds.

        Parameters
        ----------
        lower, upper : scalar or Series
            A series in partitions has a bound for each row (``axis=0`` for a frame).
        axis : 0 or 1, optional

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 5, 9]), npartitions=2).clip(2, 8).compute().tolist()
        [2, 5, 8]
        """
        return replacing.clipped(self, lower, upper, axis)

    def fillna(self, value: Any = None, *, axis: Any = None, limit: Any = None) -> Any:
        """Put values in place of missing ones.

        Parameters
        ----------
        value : scalar, mapping, Series or DataFrame
            For a frame also by column: a mapping, or a series of one partition such as
            ``df.mean()``.
        axis : 0 or 1, optional
        limit : None
            Would count over partitions, and is refused.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1.0, None]), npartitions=2).fillna(0.5).compute().tolist()
        [1.0, 0.5]
        """
        return replacing.filled(self, value, axis, limit)

    def where(
        self, cond: Any, other: Any = NO_DEFAULT, *, axis: Any = None, level: Any = None
    ) -> Any:
        """Keep values where a condition holds, and take others elsewhere.

        Parameters
        ----------
        cond : Series, DataFrame, array or callable
            A function is called with the collection, once.
        other : scalar, Series, DataFrame or callable
            Missing values without it.
        axis : 0 or 1, optional
        level : None

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
        >>> x.where(x > 1, 0).compute().tolist()
        [0, 2, 3]
        """
        return replacing.chosen("where", self, cond, other, axis, level)

    def mask(
        self, cond: Any, other: Any = NO_DEFAULT, *, axis: Any = None, level: Any = None
    ) -> Any:
        """Take other values where a condition holds; the opposite of :meth:`where`."""
        return replacing.chosen("mask", self, cond, other, axis, level)

    def replace(
        self, to_replace: Any = None, value: Any = NO_DEFAULT, *, regex: Any = False
    ) -> Any:
        """Replace values.

        Parameters
        ----------
        to_replace : scalar, list, mapping or pattern
        value : scalar, list or mapping, optional
        regex : bool or pattern
        """
        if is_collection(to_replace) or is_collection(value):
            raise NotImplementedError(
                "replace() takes values in memory; use where(), or merge(), for those in partitions"
            )
        kwargs: dict[str, Any] = {} if regex is False else {"regex": regex}
        if value is not NO_DEFAULT:
            kwargs["value"] = value
        return rowwise(
            "replace", RowMethod("replace"), self, to_replace, kwargs=kwargs, columnwise=True
        )

    def combine_first(self, other: Any) -> Any:
        """Take values of another frame or series where those of this one are missing.

        Parameters
        ----------
        other : DataFrame or Series
            Rows go by labels.
        """
        return combining.combined_first(self, other)

    def to_timestamp(self, freq: Any = None, how: Any = "start") -> Any:
        """Make times of the periods that label the rows.

        Parameters
        ----------
        freq : str, optional
        how : "start" or "end"
        """
        divisions = None
        if self.known_divisions:
            borders = pd.PeriodIndex(self.divisions).to_timestamp(freq, how)
            divisions = tuple(borders) if borders.is_unique else None
        kwargs = {"freq": freq, "how": how}
        return rowwise(
            "to_timestamp", Method("to_timestamp"), self, kwargs=kwargs, columnwise=True,
            divisions=divisions,
        )  # fmt: skip

    def to_period(self, freq: Any = None) -> Any:
        """Make periods of the times that label the rows; divisions are not known after it.

        Parameters
        ----------
        freq : str, optional
            Has to be given: nothing is inferred from rows.
        """
        if freq is None:
            raise ValueError("to_period() needs a frequency, such as freq='D'")
        return rowwise(
            "to_period", Method("to_period"), self, kwargs={"freq": freq}, columnwise=True,
            divisions=None,
        )  # fmt: skip

    def tz_localize(
        self, tz: Any, axis: Any = 0, level: Any = None, ambiguous: Any = "raise",
        nonexistent: Any = "raise",
    ) -> Any:  # fmt: skip
        """Say of which time zone the times are that label the rows.

        Parameters
        ----------
        tz : str, tzinfo or None
            None takes the zone away.
        axis : 0
        level : None
        ambiguous, nonexistent
            As of :meth:`pandas.Series.tz_localize`; divisions are known afterwards if they are
            not given.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> days = pd.date_range("2000-01-01", periods=2)
        >>> x = dd.from_pandas(pd.Series([1, 2], index=days), npartitions=2)
        >>> x.tz_localize("UTC").divisions[0]
        Timestamp('2000-01-01 00:00:00+0000', tz='UTC')
        """
        options = {"ambiguous": ambiguous, "nonexistent": nonexistent}
        return zones.changed(self, "tz_localize", tz, axis, level, options)

    def tz_convert(self, tz: Any, axis: Any = 0, level: Any = None) -> Any:
        """Show the times that label the rows in another time zone.

        Parameters
        ----------
        tz : str, tzinfo or None
        axis : 0
        level : None

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> days = pd.date_range("2000-01-01", periods=2, tz="UTC")
        >>> x = dd.from_pandas(pd.Series([1, 2], index=days), npartitions=2)
        >>> x.tz_convert("Asia/Tokyo").divisions[0].hour
        9
        """
        return zones.changed(self, "tz_convert", tz, axis, level, {})

    def dot(self, other: Any) -> Any:
        """Return the matrix product with something of a row for each column.

        Parameters
        ----------
        other : array_like, Series or DataFrame
            In memory, with the columns as its labels; for a series another one in partitions, of
            the same rows.

        Returns
        -------
        Series or DataFrame; of a series a scalar

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
        >>> df.dot([10, 1]).compute().tolist()
        [13, 24]
        """
        return products.dot(self, other)

    def squeeze(self, axis: Any = None) -> Any:
        """Return a frame of one column as a series, and anything else as it is.

        Parameters
        ----------
        axis : None, 1 or "columns"
            How many rows there are is not known.
        """
        return combining.squeezed(self, axis)
