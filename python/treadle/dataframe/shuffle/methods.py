"""Rows to other partitions: methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from treadle.dataframe.build import new_collection
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.shuffle import ordering, placing


class ShufflingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()

    def sort_index(
        self,
        ascending: bool = True,
        na_position: str = "last",
        ignore_index: bool = False,
        npartitions: int | None = None,
        shuffle_method: str | None = None,
    ) -> Any:
        """Return the rows in the order of their labels.

        Equal labels stay in their order. Where divisions are known nothing moves; otherwise the
        labels are computed once, when this is called, to find where to cut.

        Parameters
        ----------
        ascending : bool
        na_position : {"last", "first"}
            Where rows go whose label is missing.
        ignore_index : bool
            Label rows by their number.
        npartitions : int, optional
            Of the result; as many as there are without it.
        shuffle_method : str, optional
            Taken for Dask's sake; there is one way.

        Raises
        ------
        NotImplementedError
            For an index of several levels.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2], index=["b", "a"]), npartitions=2, sort=False)
        >>> x.sort_index().compute().tolist()
        [2, 1]
        """
        placing.check_method(shuffle_method)
        found = ordering.sort_index(
            self.expr, ascending=ascending, na_position=na_position, npartitions=npartitions
        )
        return new_collection(ordering.numbered(found) if ignore_index else found)


class ShufflingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    def shuffle(
        self,
        on: Any = None,
        ignore_index: bool = False,
        npartitions: int | None = None,
        shuffle_method: str | None = None,
        on_index: bool = False,
        force: bool = False,
    ) -> Any:
        """Return the same rows in other partitions: equal keys come together.

        Rows that don't fit in memory on their way go to disk: see the settings
        ``dataframe.shuffle.memory`` and ``temporary-directory``.

        Parameters
        ----------
        on : label, list of labels, Series, Index or DataFrame, optional
            The keys: columns, levels of the index, or a collection whose rows are those of this.
        ignore_index : bool
            Labels of rows are not needed: each partition is numbered from 0.
        npartitions : int, optional
            Of the result; as many as there are without it.
        shuffle_method : str, optional
            Taken for Dask's sake; there is one way.
        on_index : bool
            The index is the key.
        force : bool
            Move rows even if they are known to be where they belong.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 1, 2]}), npartitions=4)
        >>> moved = df.shuffle("k", npartitions=2)
        >>> sorted(part.k.nunique().compute() for part in moved.partitions) in ([0, 2], [1, 1])
        True
        """
        placing.check_method(shuffle_method)
        return new_collection(
            placing.shuffled(
                self.expr, on, on_index=on_index, npartitions=npartitions,
                ignore_index=ignore_index, force=force,
            )
        )  # fmt: skip

    def set_index(
        self,
        other: Any,
        drop: bool = True,
        sorted: bool = False,
        npartitions: int | str | None = None,
        divisions: Sequence[Any] | None = None,
        sort: bool = True,
        shuffle_method: str | None = None,
        upsample: float = 1.0,
        partition_size: float = 128e6,
        append: bool = False,
    ) -> Any:
        """Return the frame with another index, sorted by it, and divided at known labels.

        The keys are computed once, when this is called, to find where to cut; not so with
        ``divisions`` or ``sort=False``. Keys that are in order already stay where they are.
        Equal keys stay in their order; missing ones come last, and divisions are not known then.

        Parameters
        ----------
        other : label or Series
            A column, or a series whose rows are those of this frame.
        drop : bool
            The column is gone from the columns.
        sorted : bool
            The keys are in order already; an error if they are not.
        npartitions : int or "auto", optional
            Of the result; as many as there are without it. There are fewer if single keys take
            more than a share. "auto" takes as many as have ``partition_size`` each, which reads
            all columns once.
        divisions : sequence, optional
            Labels between the new partitions, one more than these. They must hold all keys.
        sort : bool
            If not, rows stay in their order, as in pandas, and divisions are not known.
        shuffle_method : str, optional
            Taken for Dask's sake; there is one way.
        upsample : float
            How many more keys than usual are looked at to find even partitions.
        partition_size : float
            Bytes, for "auto".
        append : bool
            Must be False: there are no indexes of several levels in partitions.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [3, 1, 2, 4], "x": [1, 2, 3, 4]}), npartitions=2)
        >>> df = df.set_index("k")
        >>> df.divisions, df.x.compute().tolist()
        ((1, 3, 4), [2, 3, 1, 4])
        """
        if append:
            raise NotImplementedError(
                "append=True makes an index of several levels, which has no divisions; put the "
                "keys together in one column, and set that"
            )
        placing.check_method(shuffle_method)
        return new_collection(
            ordering.set_index(
                self, other, drop=drop, sorted=sorted, npartitions=npartitions,
                divisions=divisions, sort=sort, upsample=upsample, partition_size=partition_size,
            )
        )  # fmt: skip

    def sort_values(
        self,
        by: Any,
        npartitions: int | None = None,
        ascending: bool | list[bool] = True,
        na_position: str = "last",
        sort_function: Callable[..., Any] | None = None,
        sort_function_kwargs: dict[str, Any] | None = None,
        upsample: float = 1.0,
        ignore_index: bool = False,
        shuffle_method: str | None = None,
    ) -> Any:
        """Return the rows in the order of some columns.

        Where to cut is found on the way, by a sample of the first column; rows with an equal
        value in it come to one partition. Equal rows stay in their order.

        Parameters
        ----------
        by : label or list of labels
        npartitions : int, optional
            Of the result; as many as there are without it.
        ascending : bool or list of bool
        na_position : {"last", "first"}
            Where rows go whose value is missing.
        sort_function : callable, optional
            Sorts the rows of a partition instead of ``DataFrame.sort_values``, and takes its
            ``by``, ``ascending`` and ``na_position``.
        sort_function_kwargs : dict, optional
            More keywords for it.
        upsample : float
            How many more values than usual are looked at to find even partitions.
        ignore_index : bool
            Label rows by their number.
        shuffle_method : str, optional
            Taken for Dask's sake; there is one way.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [3, 1, 2]}), npartitions=3)
        >>> df.sort_values("x", ascending=False).x.compute().tolist()
        [3, 2, 1]
        """
        placing.check_method(shuffle_method)
        found = ordering.sort_values(
            self.expr, by, npartitions=npartitions, ascending=ascending, na_position=na_position,
            upsample=upsample, sort_function=sort_function,
            sort_function_kwargs=sort_function_kwargs,
        )  # fmt: skip
        return new_collection(ordering.numbered(found) if ignore_index else found)


class ShufflingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

    def shuffle(
        self,
        on: Any = None,
        ignore_index: bool = False,
        npartitions: int | None = None,
        shuffle_method: str | None = None,
        on_index: bool = False,
        force: bool = False,
    ) -> Any:
        """Return the same values in other partitions: equal keys come together.

        Parameters
        ----------
        on : Series, Index, DataFrame or label, optional
            The keys: a collection whose rows are those of this, or a level of the index.
        ignore_index, npartitions, shuffle_method, on_index, force
            As in :meth:`DataFrame.shuffle`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([5, 6, 5]), npartitions=3)
        >>> sorted(x.shuffle(on=x, npartitions=2).compute().tolist())
        [5, 5, 6]
        """
        placing.check_method(shuffle_method)
        found = placing.shuffled(
            placing.as_frame(self.expr), on, on_index=on_index, npartitions=npartitions,
            ignore_index=ignore_index, force=force,
        )  # fmt: skip
        return new_collection(placing.as_series(found, self._meta.name))

    def sort_values(
        self,
        npartitions: int | None = None,
        ascending: bool = True,
        na_position: str = "last",
        upsample: float = 1.0,
        ignore_index: bool = False,
        shuffle_method: str | None = None,
    ) -> Any:
        """Return the values in their order, with their labels.

        Where to cut is found on the way, by a sample of the values. Equal values stay
        in their order.

        Parameters
        ----------
        npartitions, ascending, na_position, upsample, ignore_index, shuffle_method
            As in :meth:`DataFrame.sort_values`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([3, 1, 2]), npartitions=3).sort_values().compute().tolist()
        [1, 2, 3]
        """
        placing.check_method(shuffle_method)
        found = ordering.sort_values(
            placing.as_frame(self.expr), placing.VALUES, npartitions=npartitions,
            ascending=ascending, na_position=na_position, upsample=upsample,
            sort_function=None, sort_function_kwargs=None,
        )  # fmt: skip
        found = ordering.numbered(found) if ignore_index else found
        return new_collection(placing.as_series(found, self._meta.name))
