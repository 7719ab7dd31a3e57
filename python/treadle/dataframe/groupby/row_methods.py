"""Methods of groups whose results stand where the rows stand.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
>>> dd.from_pandas(frame, npartitions=2).groupby("k").ngroup().compute().tolist()
[0, 1, 0]
"""

from __future__ import annotations

from typing import Any

from treadle.dataframe.build import NOT_GIVEN
from treadle.dataframe.groupby import lookup, rows
from treadle.dataframe.groupby.asked import Groups
from treadle.dataframe.groupby.whole import Call


class RowMethods:
    """Running results, shifts, ranks, and some rows of each group."""

    __slots__ = ()

    _groups: Groups

    def cumsum(self, numeric_only: bool = False, skipna: bool = True) -> Any:
        """Return running sums within groups; rows are not moved.

        Parameters
        ----------
        numeric_only : bool
            Leave out columns that are no numbers.
        skipna : bool
            Pass missing values over; if not, rows are moved.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> dd.from_pandas(frame, npartitions=2).groupby("k").x.cumsum().compute().tolist()
        [3, 4, 8]
        """
        return self._running("cumsum", numeric_only, skipna)

    def cumprod(self, numeric_only: bool = False, skipna: bool = True) -> Any:
        """Return running products within groups; see :meth:`cumsum`."""
        return self._running("cumprod", numeric_only, skipna)

    def cummin(self, numeric_only: bool = False, skipna: bool = True) -> Any:
        """Return the smallest values so far within groups; see :meth:`cumsum`."""
        return self._running("cummin", numeric_only, skipna)

    def cummax(self, numeric_only: bool = False, skipna: bool = True) -> Any:
        """Return the largest values so far within groups; see :meth:`cumsum`."""
        return self._running("cummax", numeric_only, skipna)

    def cumcount(self, ascending: bool = True) -> Any:
        """Number the rows of each group from 0; rows are not moved.

        Parameters
        ----------
        ascending : bool
            If not, the last row of each group has 0.
        """
        if not ascending:
            return self._moved("cumcount", ascending=False)
        return rows.transformed(self._groups, Call("cumcount"))

    def ffill(self, limit: int | None = None) -> Any:
        """Fill missing values by the last one before them in their group.

        Parameters
        ----------
        limit : int, optional
            How many at most in a row; rows are moved then, and not otherwise.
        """
        return (
            rows.transformed(self._groups, Call("ffill"))
            if limit is None
            else self._moved("ffill", limit=limit)
        )

    def bfill(self, limit: int | None = None) -> Any:
        """Fill missing values by the next one after them in their group; rows are moved and back.

        Parameters
        ----------
        limit : int, optional
            How many at most in a row.
        """
        return self._moved("bfill", **({} if limit is None else {"limit": limit}))

    def shift(
        self, periods: Any = 1, freq: Any = None, fill_value: Any = NOT_GIVEN,
        suffix: str | None = None, meta: Any = NOT_GIVEN,
    ) -> Any:  # fmt: skip
        """Return the values some rows before, within groups; rows are moved and back.

        Parameters
        ----------
        periods : int or list of int
            How many rows before; after, if negative.
        freq : optional
            Not supported: it would change labels, by which partitions are told apart.
        fill_value : optional
            Where there is no such row.
        suffix : str, optional
            Of the columns' names, where ``periods`` is a list.
        meta : optional
            Taken for likeness' sake; what pandas returns is known.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> groups = dd.from_pandas(frame, npartitions=2).groupby("k")
        >>> groups.x.shift(fill_value=0).compute().tolist()
        [0, 0, 3]
        """
        if freq is not None:
            raise NotImplementedError("shift(freq=) of groups; change the index first, then group")
        options = {"periods": list(periods) if isinstance(periods, list | tuple) else periods}
        if fill_value is not NOT_GIVEN:
            options["fill_value"] = fill_value
        if suffix is not None:
            options["suffix"] = suffix
        return self._moved("shift", **options)

    def diff(self, periods: int = 1) -> Any:
        """Return differences to the values some rows before; see :meth:`shift`."""
        return self._moved("diff", periods=periods)

    def pct_change(self, periods: int = 1) -> Any:
        """Return relative differences to the values some rows before; see :meth:`shift`."""
        return self._moved("pct_change", periods=periods)

    def rank(
        self, method: str = "average", ascending: bool = True, na_option: str = "keep",
        pct: bool = False,
    ) -> Any:  # fmt: skip
        """Return the ranks of values in their groups; rows are moved and back.

        Parameters
        ----------
        method : {"average", "min", "max", "first", "dense"}
            Of equal values.
        ascending : bool
        na_option : {"keep", "top", "bottom"}
            Of missing values.
        pct : bool
            Ranks from 0 to 1.
        """
        return self._moved("rank", method=method, ascending=ascending, na_option=na_option, pct=pct)

    def ngroup(self, ascending: bool = True) -> Any:
        """Return for each row the number of its group, in the order of keys.

        Parameters
        ----------
        ascending : bool
            If not, the last group has 0.
        """
        return lookup.numbered(self._groups, ascending)

    def head(self, n: int = 5) -> Any:
        """Return the first rows of each group, as they stand in the frame; nothing is computed.

        Parameters
        ----------
        n : int
            Rows of each group; if negative, all but so many of the last ones.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> frame = pd.DataFrame({"k": [1, 2, 1], "x": [3, 4, 5]})
        >>> dd.from_pandas(frame, npartitions=2).groupby("k").head(1).x.compute().tolist()
        [3, 4]
        """
        return lookup.rows_at(self._groups, "head", lookup.First(n))

    def tail(self, n: int = 5) -> Any:
        """Return the last rows of each group, as they stand in the frame; nothing is computed.

        Parameters
        ----------
        n : int
            Rows of each group; if negative, all but so many of the first ones.
        """
        return lookup.rows_at(self._groups, "tail", lookup.Last(n))

    def nth(self, n: Any) -> Any:
        """Return the rows at some places of each group, as they stand in the frame.

        Parameters
        ----------
        n : int or list of int
            Counted from 0, or from the end if negative.
        """
        places = tuple(n) if isinstance(n, list | tuple) else (n,)
        if not all(isinstance(place, int) for place in places):
            raise TypeError(f"nth takes an int or a list of them, not {n!r}")
        return lookup.rows_at(self._groups, "nth", lookup.AtPlaces(places))

    def _running(self, method: str, numeric_only: bool, skipna: bool) -> Any:
        groups = self._groups.with_numbers_only() if numeric_only else self._groups
        call = Call(method) if skipna else Call(method, (), {"skipna": False})
        return rows.transformed(groups, call)

    def _moved(self, method: str, /, **options: Any) -> Any:
        return rows.transformed(self._groups, Call(method, (), options))
