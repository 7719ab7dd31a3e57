"""Row by row: methods of series and indexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treadle.dataframe.build import NO_DEFAULT, NOT_GIVEN
from treadle.dataframe.elementwise import applying, combining, replacing, reshaping
from treadle.dataframe.elementwise.accessors import (
    AccessorProperty,
    ListAccessor,
    StructAccessor,
)
from treadle.dataframe.elementwise.arithmetic import SeriesArithmetic
from treadle.dataframe.elementwise.categories import CategoricalAccessor
from treadle.dataframe.elementwise.rows import RowMethod, beside, rowwise
from treadle.dataframe.elementwise.shared import ElementwiseAny
from treadle.dataframe.elementwise.text import StringAccessor
from treadle.dataframe.elementwise.times import DatetimeAccessor, TimesOfIndex


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
            Takes two values. It is tried now, on the first rows.
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

    def to_frame(self, name: Any = NO_DEFAULT) -> Any:
        """Return a frame of this one column.

        Parameters
        ----------
        name : label, optional
            That of the series without it.
        """
        args = () if name is NO_DEFAULT else (name,)
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

    def to_frame(self, index: bool = True, name: Any = NO_DEFAULT) -> Any:
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
        kwargs = {} if name is NO_DEFAULT else {"name": name}
        return rowwise("to_frame", RowMethod("to_frame"), self, kwargs=kwargs)
