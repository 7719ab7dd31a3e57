"""Row by row: methods of frames; those of series, and of both, stand beside this file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from treadle.dataframe.build import NO_DEFAULT, NOT_GIVEN
from treadle.dataframe.elementwise import applying, combining, reshaping
from treadle.dataframe.elementwise.arithmetic import DataFrameArithmetic
from treadle.dataframe.elementwise.categories import categorized
from treadle.dataframe.elementwise.of_series import ElementwiseIndex, ElementwiseSeries
from treadle.dataframe.elementwise.shared import ElementwiseFrame

__all__ = ["ElementwiseDataFrame", "ElementwiseFrame", "ElementwiseIndex", "ElementwiseSeries"]


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

    def stack(
        self, level: Any = -1, dropna: Any = NO_DEFAULT, sort: Any = NO_DEFAULT,
        future_stack: bool = True,
    ) -> Any:  # fmt: skip
        """Make a row of each value, under the labels of its row and its column.

        Parameters
        ----------
        level : int, label or list
            Of the columns.
        dropna, sort
            Not to be given; they belong to the old way of pandas.
        future_stack : True

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
        >>> df.stack().compute().tolist()
        [1, 3, 2, 4]
        """
        return reshaping.stacked(self, level, dropna, sort, future_stack)

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
