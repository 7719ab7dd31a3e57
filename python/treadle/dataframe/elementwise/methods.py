"""Row by row: methods of frames, series and indexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from treadle.dataframe.build import NOT_GIVEN
from treadle.dataframe.calls import Method
from treadle.dataframe.elementwise import applying, combining, partitions, replacing, reshaping
from treadle.dataframe.elementwise.accessors import (
    AccessorProperty,
    ListAccessor,
    StructAccessor,
)
from treadle.dataframe.elementwise.arithmetic import DataFrameArithmetic, SeriesArithmetic
from treadle.dataframe.elementwise.categories import CategoricalAccessor, categorized
from treadle.dataframe.elementwise.rows import RowMethod, beside, is_collection, rowwise
from treadle.dataframe.elementwise.text import StringAccessor
from treadle.dataframe.elementwise.times import DatetimeAccessor, TimesOfIndex
from treadle.dataframe.frame import FrameCollection

#: pandas' mark for an argument that was not given.
_NO_DEFAULT: Any = pd.api.extensions.no_default


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
        self, cond: Any, other: Any = _NO_DEFAULT, *, axis: Any = None, level: Any = None
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
        self, cond: Any, other: Any = _NO_DEFAULT, *, axis: Any = None, level: Any = None
    ) -> Any:
        """Take other values where a condition holds; the opposite of :meth:`where`."""
        return replacing.chosen("mask", self, cond, other, axis, level)

    def replace(
        self, to_replace: Any = None, value: Any = _NO_DEFAULT, *, regex: Any = False
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
        if value is not _NO_DEFAULT:
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

    def to_timestamp(self, freq: Any = None, how: str = "start") -> Any:
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

    def squeeze(self, axis: Any = None) -> Any:
        """Return a frame of one column as a series, and anything else as it is.

        Parameters
        ----------
        axis : None, 1 or "columns"
            How many rows there are is not known.
        """
        return combining.squeezed(self, axis)


class ElementwiseDataFrame(DataFrameArithmetic):
    """Methods of frames."""

    __slots__ = ()

    def map(
        self, func: Callable[..., Any], na_action: Any = None, meta: Any = NOT_GIVEN, **kwargs: Any
    ) -> Any:
        """Call a function with every value.

        Parameters
        ----------
        func : callable
        na_action : None or "ignore"
            Whether missing values stay missing without a call.
        meta : DataFrame or mapping, optional
            What comes out, without rows. Otherwise the function is tried now, on the first rows of
            the first partition that has some.
        **kwargs
            Passed to the function.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
        >>> df.map(lambda value: value / 2).x.compute().tolist()
        [0.5, 1.0]
        """
        applying.refuse_names("map", func)
        options = dict(kwargs) if na_action is None else {"na_action": na_action, **kwargs}
        return applying.applied(self, "map", func, (), options, meta, columnwise=True)

    def apply(
        self,
        func: Callable[..., Any],
        axis: Any = 0,
        raw: bool = False,
        result_type: Any = None,
        args: tuple[Any, ...] = (),
        meta: Any = NOT_GIVEN,
        **kwargs: Any,
    ) -> Any:
        """Call a function with every row.

        Parameters
        ----------
        func : callable
            Takes a row as a series, or as an array with ``raw=True``.
        axis : 1 or "columns"
            With 0 whole columns would be passed, which is refused.
        raw, result_type, args, **kwargs
            As of :meth:`pandas.DataFrame.apply`.
        meta : Series, DataFrame, mapping, pair or dtype, optional
            What comes out, without rows. Otherwise the function is tried now, on the first rows of
            the first partition that has some.

        Raises
        ------
        NotImplementedError
            For ``axis=0``, and for names or lists of functions.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
        >>> df.apply(lambda row: row.x * row.y, axis=1).compute().tolist()
        [3, 8]
        """
        options = dict(kwargs)
        if raw:
            options["raw"] = raw
        if result_type is not None:
            options["result_type"] = result_type
        return applying.applied_rows(self, func, axis, meta, args, options)

    def combine(
        self, other: Any, func: Callable[..., Any], fill_value: Any = None, overwrite: bool = True
    ) -> Any:
        """Call a function with columns of two frames, partition by partition.

        Parameters
        ----------
        other : DataFrame
        func : callable
            Takes two series; tried on series without rows. What it makes of a row must not depend
            on other rows.
        fill_value : scalar, optional
        overwrite : bool
        """
        return combining.combined(self, other, func, fill_value=fill_value, overwrite=overwrite)

    def explode(self, column: Any, ignore_index: bool = False) -> Any:
        """Make a row of each element of the lists in some columns.

        Parameters
        ----------
        column : label or list of labels
        ignore_index : bool
            Refused; see :meth:`reset_index`.
        """
        return reshaping.exploded(self, column, ignore_index)

    def melt(
        self,
        id_vars: Any = None,
        value_vars: Any = None,
        var_name: Any = None,
        value_name: Any = "value",
        col_level: Any = None,
        ignore_index: bool = True,
    ) -> Any:
        """Make a row of each value of some columns.

        Rows of a partition stay in it, so they come in another order than pandas' own.

        Parameters
        ----------
        id_vars, value_vars, var_name, value_name, ignore_index
            As of :meth:`pandas.DataFrame.melt`.
        col_level : None
        """
        return reshaping.melted(
            self, id_vars=id_vars, value_vars=value_vars, var_name=var_name, value_name=value_name,
            col_level=col_level, ignore_index=ignore_index,
        )  # fmt: skip

    def categorize(self, columns: Any = None, index: Any = None, split_every: Any = None) -> Any:
        """Make columns categorical, with categories that are known; computes these now.

        Parameters
        ----------
        columns : label or list of labels, optional
            Those that hold text, objects or categories that are not known.
        index : bool, optional
            Refused.
        split_every : object
            Makes no difference.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": ["b", "a"]}), npartitions=2)
        >>> df.categorize().x.cat.categories.tolist()
        ['a', 'b']
        """
        return categorized(self, columns, index)


class ElementwiseSeries(SeriesArithmetic):
    """Methods of series."""

    __slots__ = ()

    str = AccessorProperty(StringAccessor)
    dt = AccessorProperty(DatetimeAccessor)
    cat = AccessorProperty(CategoricalAccessor)
    list = AccessorProperty(ListAccessor)
    struct = AccessorProperty(StructAccessor)

    def map(
        self,
        arg: Any,
        na_action: Any = None,
        meta: Any = NOT_GIVEN,
        **kwargs: Any,
    ) -> Any:
        """Replace each value by what a mapping or function says.

        Parameters
        ----------
        arg : callable, mapping or pandas.Series
        na_action : None or "ignore"
            Whether missing values stay missing without a call.
        meta : Series, pair or dtype, optional
            What comes out, without rows. Otherwise a function is tried now, on the first rows of
            the first partition that has some; a mapping is taken to have every value.
        **kwargs
            Passed to the function.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2]), npartitions=2)
        >>> x.map({1: "a", 2: "b"}).compute().tolist()
        ['a', 'b']
        """
        return applying.mapped(self, arg, na_action, meta, kwargs)

    def apply(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...] = (),
        meta: Any = NOT_GIVEN,
        *,
        by_row: Any = "compat",
        **kwargs: Any,
    ) -> Any:
        """Call a function with each value.

        Parameters
        ----------
        func : callable
            One that returns a series makes a frame.
        args : tuple
            Passed to the function after the value.
        meta : Series, DataFrame, mapping, pair or dtype, optional
            What comes out, without rows. Otherwise the function is tried now, on the first rows of
            the first partition that has some.
        by_row : "compat"
            False would pass whole partitions: use :meth:`map_partitions`.
        **kwargs
            Passed to the function.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2]), npartitions=2)
        >>> x.apply(lambda value, by: value * by, args=(10,)).compute().tolist()
        [10, 20]
        """
        applying.refuse_names("apply", func)
        if by_row is not True and by_row != "compat":
            raise NotImplementedError(
                "apply(by_row=False) passes whole columns; use map_partitions()"
            )
        options = {"args": args, **kwargs} if args else kwargs
        return applying.applied(self, "apply", func, (), options, meta)

    def combine(self, other: Any, func: Callable[..., Any], fill_value: Any = None) -> Any:
        """Call a function with values of two series.

        Parameters
        ----------
        other : Series or scalar
        func : callable
            Takes two values. It is tried now, on the first partition that has rows.
        fill_value : scalar, optional
        """
        return combining.combined(self, other, func, fill_value=fill_value)

    def between(self, left: Any, right: Any, inclusive: Any = "both") -> Any:
        """Tell where values lie between bounds.

        Parameters
        ----------
        left, right : scalar or Series
        inclusive : "both", "neither", "left" or "right"

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2).between(2, 3).compute().tolist()
        [False, True, True]
        """
        left, right = beside(self, left), beside(self, right)
        kwargs = {} if inclusive == "both" else {"inclusive": inclusive}
        return rowwise("between", RowMethod("between"), self, left, right, kwargs=kwargs)

    def case_when(self, caselist: Any) -> Any:
        """Take the value of the first condition that holds, and keep others.

        Parameters
        ----------
        caselist : list of (condition, value)
            Series, scalars or functions of this series.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
        >>> x.case_when([(x > 2, 30), (x > 1, 20)]).compute().tolist()
        [1, 20, 30]
        """
        return replacing.case_when(self, caselist)

    def explode(self, ignore_index: bool = False) -> Any:
        """Make a row of each element of lists.

        Parameters
        ----------
        ignore_index : bool
            Refused; see :meth:`reset_index`.
        """
        return reshaping.exploded(self, None, ignore_index)

    def to_frame(self, name: Any = _NO_DEFAULT) -> Any:
        """Return a frame of this one column.

        Parameters
        ----------
        name : label, optional
            That of the series without it.
        """
        args = () if name is _NO_DEFAULT else (name,)
        return rowwise("to_frame", RowMethod("to_frame"), self, *args)


class ElementwiseIndex(TimesOfIndex, ElementwiseAny):
    """Methods of indexes."""

    __slots__ = ()

    str = AccessorProperty(StringAccessor)

    def map(
        self, arg: Any, na_action: Any = None, meta: Any = NOT_GIVEN, is_monotonic: bool = False
    ) -> Any:
        """Replace each label by what a mapping or function says.

        Parameters
        ----------
        arg, na_action, meta
            As of :meth:`Series.map`.
        is_monotonic : bool
            Makes no difference: divisions of the result are not known.
        """
        return applying.mapped(self, arg, na_action, meta, {})

    def fillna(self, value: Any) -> Any:
        """Put a label in place of missing ones.

        Parameters
        ----------
        value : scalar
        """
        return rowwise("fillna", RowMethod("fillna"), self, value)

    def to_series(self, index: Any = None, name: Any = None) -> Any:
        """Return the labels as a series that has them as its index, too.

        Parameters
        ----------
        index : None
        name : label, optional
        """
        if index is not None:
            raise NotImplementedError("to_series(index=...) would need other labels, cut alike")
        kwargs = {} if name is None else {"name": name}
        return rowwise("to_series", RowMethod("to_series"), self, kwargs=kwargs)

    def to_frame(self, index: bool = True, name: Any = _NO_DEFAULT) -> Any:
        """Return the labels as a frame of one column.

        Parameters
        ----------
        index : bool
            Only True: rows have the labels as well.
        name : label, optional
        """
        if not index:
            raise NotImplementedError(
                "to_frame(index=False) would number rows across partitions; "
                "use to_frame().reset_index(drop=True)"
            )
        kwargs = {} if name is _NO_DEFAULT else {"name": name}
        return rowwise("to_frame", RowMethod("to_frame"), self, kwargs=kwargs)
