"""``DataFrame``, ``Series``, ``Index`` and ``Scalar``: the interface of pandas over partitions.

What they can do stands in modules of its kind, each with a class of methods that these classes put
together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from treadle.dataframe.arranging.methods import ArrangingDataFrame, ArrangingFrame, ArrangingSeries
from treadle.dataframe.converting import ConvertingDataFrame, ConvertingFrame
from treadle.dataframe.creating import from_dict
from treadle.dataframe.elementwise.methods import (
    ElementwiseDataFrame,
    ElementwiseFrame,
    ElementwiseIndex,
    ElementwiseSeries,
)
from treadle.dataframe.elementwise.operators import Operators, ScalarOperators
from treadle.dataframe.expr import Divisions, Held
from treadle.dataframe.groupby.api import GroupingDataFrame, GroupingFrame, GroupingSeries
from treadle.dataframe.groupby.objects import DataFrameGroupBy, SeriesGroupBy
from treadle.dataframe.groupby.sliding import SlidingGroups
from treadle.dataframe.io.methods import OutputDataFrame, OutputFrame, OutputSeries
from treadle.dataframe.join.methods import JoiningDataFrame, JoiningSeries
from treadle.dataframe.mending import Mendable
from treadle.dataframe.recipes import remember_calls
from treadle.dataframe.reducing.methods import (
    ReducingDataFrame,
    ReducingFrame,
    ReducingIndex,
    ReducingSeries,
)
from treadle.dataframe.selecting.methods import (
    SelectingDataFrame,
    SelectingFrame,
    SelectingIndex,
    SelectingSeries,
)
from treadle.dataframe.showing.methods import Explaining, Showing
from treadle.dataframe.shuffle.methods import ShufflingDataFrame, ShufflingFrame, ShufflingSeries
from treadle.dataframe.windows.methods import WindowFrame, WindowIndex, WindowSeries
from treadle.dataframe.windows.resample import Resampler
from treadle.dataframe.windows.rolling import Rolling
from treadle.graph.spec import DataNode
from treadle.types import Key


class Scalar(ScalarOperators, Mendable, Explaining):
    """One value: what a reduction makes of a series.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> total = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2).sum()
    >>> (total * 10).compute()
    np.int64(60)
    """

    __slots__ = ()

    @property
    def _meta(self) -> Any:
        return self._expr.meta

    @property
    def divisions(self) -> Divisions:
        """No labels: a scalar has no partitions."""
        return (None, None)

    @property
    def key(self) -> Key:
        """Key of the result."""
        return (self.name,)

    def __treadle_postcompute__(self, results: Any) -> Any:
        return results

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Scalar:
        return Scalar(Held(self.name, self._meta, None, [nodes[self.key].value]))

    def to_delayed(self, optimize_graph: bool = True) -> Any:
        """Return the value as a ``Delayed``."""
        from treadle.delayed import delayed

        return delayed(self)

    def __repr__(self) -> str:
        return f"<treadle.dataframe.Scalar {self.name}, type={type(self._meta).__name__}>"

    def __bool__(self) -> bool:
        raise TypeError("whether it is true is not known before it is computed; call compute()")


class DataFrame(
    SelectingDataFrame,
    ElementwiseDataFrame,
    ReducingDataFrame,
    GroupingDataFrame,
    JoiningDataFrame,
    ShufflingDataFrame,
    ArrangingDataFrame,
    OutputDataFrame,
    ConvertingDataFrame,
    SelectingFrame,
    ElementwiseFrame,
    ReducingFrame,
    WindowFrame,
    GroupingFrame,
    ShufflingFrame,
    ArrangingFrame,
    OutputFrame,
    ConvertingFrame,
    Showing,
    Operators,
):
    """A frame in partitions; each is a ``pandas.DataFrame``.

    Made by functions such as :func:`treadle.dataframe.read_csv` and
    :func:`treadle.dataframe.from_pandas`.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3], "y": [4, 5, 6]}), npartitions=2)
    >>> df[df.x > 1].y.sum().compute()
    np.int64(11)
    """

    __slots__ = ()

    from_dict = staticmethod(from_dict)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._meta)


class Series(
    SelectingSeries,
    ElementwiseSeries,
    ReducingSeries,
    WindowSeries,
    GroupingSeries,
    JoiningSeries,
    ShufflingSeries,
    ArrangingSeries,
    OutputSeries,
    SelectingFrame,
    ElementwiseFrame,
    ReducingFrame,
    WindowFrame,
    GroupingFrame,
    ShufflingFrame,
    ArrangingFrame,
    OutputFrame,
    ConvertingFrame,
    Showing,
    Operators,
):
    """A column in partitions; each is a ``pandas.Series``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> x = dd.from_pandas(pd.Series([1, 2, 3], name="x"), npartitions=2)
    >>> (x + 1).compute().tolist()
    [2, 3, 4]
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        for n in range(self.npartitions):
            yield from self.get_partition(n).compute()


class Index(
    SelectingIndex,
    ElementwiseIndex,
    ReducingIndex,
    WindowIndex,
    OutputFrame,
    ConvertingFrame,
    Showing,
    Operators,
):
    """The labels of rows in partitions; each is a ``pandas.Index``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), npartitions=2)
    >>> df.index.compute().tolist()
    ['a', 'b']
    """

    __slots__ = ()


remember_calls(
    DataFrame, Series, Index, Scalar, DataFrameGroupBy, SeriesGroupBy, SlidingGroups, Rolling,
    Resampler,
)  # fmt: skip
