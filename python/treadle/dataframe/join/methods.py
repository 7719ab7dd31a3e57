"""Merging and joining: methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.dataframe.frame import FrameCollection


class JoiningDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    def merge(
        self,
        right: Any,
        how: str = "inner",
        on: Any = None,
        left_on: Any = None,
        right_on: Any = None,
        left_index: bool = False,
        right_index: bool = False,
        sort: bool = False,
        suffixes: Sequence[str | None] = ("_x", "_y"),
        indicator: bool | str = False,
        validate: str | None = None,
        shuffle_method: str | None = None,
        npartitions: int | None = None,
        broadcast: bool | float | None = None,
    ) -> Any:
        """Merge with another frame by columns or indexes; see :func:`treadle.dataframe.merge`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"k": [1, 2, 3]}), npartitions=2)
        >>> df.merge(pd.DataFrame({"k": [3, 1], "x": ["c", "a"]})).x.compute().tolist()
        ['a', 'c']
        """
        from treadle.dataframe.join.merging import merge

        return merge(
            self, right, how, on, left_on, right_on, left_index, right_index, sort, suffixes,
            indicator, validate, shuffle_method, npartitions, broadcast,
        )  # fmt: skip

    def join(
        self,
        other: Any,
        on: Any = None,
        how: str = "left",
        lsuffix: str = "",
        rsuffix: str = "",
        sort: bool = False,
        validate: str | None = None,
        shuffle_method: str | None = None,
        npartitions: int | None = None,
        *,
        suffixes: Sequence[str | None] | None = None,
    ) -> Any:
        """Add the columns of other frames, by their index.

        Parameters
        ----------
        other : DataFrame, named Series, or list of these
            In partitions or of pandas.
        on : label or list, optional
            Columns of this frame that are looked up in the index of the other; its own index
            without any.
        how : str
            See :func:`treadle.dataframe.merge`.
        lsuffix, rsuffix : str
            For columns of one name on both sides.
        suffixes : (str or None, str or None), optional
            The same, as newer versions of pandas take them.
        sort : bool
            Not supported; sort the result.
        validate : str, optional
            Check that keys are unique.
        shuffle_method, npartitions
            See :func:`treadle.dataframe.merge`.

        Returns
        -------
        DataFrame

        Raises
        ------
        ValueError
            If columns of both have one name, and there is no suffix.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), npartitions=2)
        >>> other = dd.from_pandas(pd.DataFrame({"y": [3, 4]}, index=["b", "c"]), npartitions=2)
        >>> df.join(other, how="inner").compute()
           x  y
        b  2  3
        """
        from treadle.dataframe.join.joining import join

        return join(
            self,
            other,
            on,
            how,
            lsuffix,
            rsuffix,
            sort,
            validate,
            shuffle_method,
            npartitions,
            suffixes,
        )


class JoiningSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()
