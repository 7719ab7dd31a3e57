"""Rows and those around them: methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from treadle.dataframe.build import NOT_GIVEN, partwise
from treadle.dataframe.calls import Method
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.windows.cumulative import cumulative
from treadle.dataframe.windows.expanding import Expanding
from treadle.dataframe.windows.filling import fill
from treadle.dataframe.windows.overlap import map_overlap
from treadle.dataframe.windows.resample import Resampler, resample
from treadle.dataframe.windows.rolling import Rolling, rolling
from treadle.dataframe.windows.shifting import diff, pct_change, shift, whole_number


class WindowFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()

    # -- running results ---------------------------------------------------------------------------

    def cumsum(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Any:
        """Return running sums.

        Parameters
        ----------
        axis : {0, 1}
            Down the columns, over all partitions; or along each row.
        skipna : bool
            Go on after missing values; otherwise all that follow are missing as well.
        numeric_only : bool
            Leave out columns that are no numbers.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 3, 4]), npartitions=3).cumsum().compute().tolist()
        [1, 3, 6, 10]
        """
        return cumulative(self, "cumsum", axis, skipna, numeric_only)

    def cumprod(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Any:
        """Return running products; parameters are those of :meth:`cumsum`."""
        return cumulative(self, "cumprod", axis, skipna, numeric_only)

    def cummin(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Any:
        """Return the smallest values so far; parameters are those of :meth:`cumsum`."""
        return cumulative(self, "cummin", axis, skipna, numeric_only)

    def cummax(self, axis: Any = 0, skipna: bool = True, numeric_only: bool = False) -> Any:
        """Return the largest values so far; parameters are those of :meth:`cumsum`."""
        return cumulative(self, "cummax", axis, skipna, numeric_only)

    # -- rows some places away ---------------------------------------------------------------------

    def shift(
        self,
        periods: Any = 1,
        freq: Any = None,
        axis: Any = 0,
        fill_value: Any = NOT_GIVEN,
        suffix: str | None = None,
    ) -> Any:
        """Return values moved by some rows, over all partitions.

        Parameters
        ----------
        periods : int or list of int
            Down, or up if negative; of several, there are columns for each.
        freq : str, timedelta or offset, optional
            Move labels by so much time instead of values.
        axis : {0, 1}
        fill_value : object, optional
            For rows that are left without one.
        suffix : str, optional
            Of the columns' names if there are several periods.

        Raises
        ------
        NotImplementedError
            If ``freq`` is ``"infer"``.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=3)
        >>> x.shift(2, fill_value=0).compute().tolist()
        [0, 0, 1]
        """
        return shift(self, periods, freq, axis, fill_value, suffix)

    def diff(self, periods: int = 1, axis: Any = 0) -> Any:
        """Return the difference of each row from the one ``periods`` rows before it.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 3, 6]), npartitions=3).diff().compute().tolist()
        [nan, 2.0, 3.0]
        """
        return diff(self, periods, axis)

    def pct_change(
        self, periods: int = 1, fill_method: None = None, freq: Any = None, **kwargs: Any
    ) -> Any:
        """Return the change of each row from the one ``periods`` rows before it, as a fraction.

        Raises
        ------
        NotImplementedError
            If ``freq`` is given.
        """
        return pct_change(self, periods, fill_method, freq, **kwargs)

    def ffill(
        self, axis: Any = None, limit: int | None = None, limit_area: str | None = None
    ) -> Any:
        """Fill missing values with the last one before them, however many partitions away.

        Parameters
        ----------
        axis : {0, 1}, optional
        limit : int, optional
            Of missing values that follow each other, fill no more than so many.
        limit_area : str, optional
            Only along rows (``axis=1``).

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, None, None, 4]), npartitions=4)
        >>> x.ffill().compute().tolist()
        [1.0, 1.0, 1.0, 4.0]
        """
        return fill(self, "ffill", axis, limit, limit_area)

    def bfill(
        self, axis: Any = None, limit: int | None = None, limit_area: str | None = None
    ) -> Any:
        """Fill missing values with the first one after them; parameters are those of
        :meth:`ffill`."""
        return fill(self, "bfill", axis, limit, limit_area)

    # -- windows -----------------------------------------------------------------------------------

    def rolling(
        self,
        window: Any,
        min_periods: int | None = None,
        center: bool = False,
        win_type: str | None = None,
        on: Any = None,
        closed: str | None = None,
        step: int | None = None,
        method: str = "single",
    ) -> Rolling:
        """Return windows that move along the rows.

        Parameters
        ----------
        window : int, str, timedelta or offset
            So many rows; or the rows of so much time before each, where labels are times in
            order.
        min_periods : int, optional
            Windows with fewer values give none.
        center : bool
            Windows reach before and after their row.
        win_type : str, optional
            Weights, by the name of a window of SciPy.
        on : label, optional
            The column with the times.
        closed : {"right", "left", "both", "neither"}, optional
        step : int, optional
            Only of one partition.
        method : {"single"}

        Returns
        -------
        Rolling

        Raises
        ------
        NotImplementedError
            For indexers of one's own; see :meth:`map_overlap`.

        Notes
        -----
        With ``center=True``, rows come from both sides. Where neither lengths of partitions nor
        divisions say how far that is, all partitions wait in memory for those at the other end.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 4, 7]), npartitions=2)
        >>> x.rolling(2).mean().compute().tolist()
        [nan, 1.5, 3.0, 5.5]
        """
        options = {
            "min_periods": min_periods, "center": center, "win_type": win_type, "on": on,
            "closed": closed, "step": step, "method": method,
        }  # fmt: skip
        return rolling(self, window, options)

    def expanding(self, min_periods: int = 1, method: str = "single") -> Expanding:
        """Return windows that hold all rows so far.

        Parameters
        ----------
        min_periods : int
            Windows with fewer values give none.
        method : {"single"}

        Returns
        -------
        Expanding

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 3, 8]), npartitions=3)
        >>> x.expanding().mean().compute().tolist()
        [1.0, 2.0, 4.0]
        """
        if method != "single":
            raise NotImplementedError("expanding(method='table') is not there; use 'single'")
        return Expanding(self, whole_number(min_periods, "min_periods"))

    def resample(
        self,
        rule: Any,
        closed: str | None = None,
        label: str | None = None,
        *,
        origin: Any = "start_day",
        offset: Any = None,
    ) -> Resampler:
        """Return bins of time, by an index of times whose divisions are known.

        Parameters
        ----------
        rule : str, timedelta or offset
            Length of the bins.
        closed, label : {"left", "right"}, optional
            The end that belongs to a bin, and the end that names it.
        origin : {"start_day", "start", "epoch", "end", "end_day"} or Timestamp
        offset : timedelta, optional

        Returns
        -------
        Resampler

        Raises
        ------
        TypeError
            If the index has no times.
        ValueError
            If divisions are not known.

        Notes
        -----
        Where bins depend on the first label, as those of ``"7h"`` or ``"2ME"`` do, the first
        partition is computed to see it.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> times = pd.date_range("2020-01-01", periods=4, freq="12h")
        >>> x = dd.from_pandas(pd.Series([1, 2, 3, 4], index=times), npartitions=2)
        >>> x.resample("1D").mean().compute().tolist()
        [1.5, 3.5]
        """
        return resample(self, rule, closed, label, origin, offset)

    def ewm(self, *args: Any, **kwargs: Any) -> Any:
        """Not there: a value with weights that fall off depends on all before it.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            "ewm() is not there: weights fall off over all rows before; use rolling() with "
            "win_type='exponential', or map_overlap() with rows enough that the rest is nothing"
        )

    def interpolate(self, *args: Any, **kwargs: Any) -> Any:
        """Not there: values in between need rows from both sides, however far.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            "interpolate() is not there: it needs the rows on both sides of a gap, however far; "
            "use ffill() or bfill(), or map_overlap() where gaps are short"
        )

    def map_overlap(
        self, func: Callable[..., Any], before: Any, after: Any, *args: Any, **options: Any
    ) -> Any:
        """Call a function on each partition with rows around it.

        See :func:`treadle.dataframe.map_overlap`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 4, 7]), npartitions=4)
        >>> x.map_overlap(lambda part: part.shift(-2), 0, 2).compute().tolist()
        [4.0, 7.0, nan, nan]
        """
        return map_overlap(func, self, before, after, *args, **options)


class WindowSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()


class WindowIndex(FrameCollection):
    """Methods of indexes."""

    __slots__ = ()

    def shift(self, periods: int = 1, freq: Any = None) -> Any:
        """Return labels moved by some time.

        Parameters
        ----------
        periods : int
        freq : str, timedelta or offset
            What they are moved by, ``periods`` times.

        Raises
        ------
        NotImplementedError
            Without ``freq``: partitions don't know the one of the whole index.
        """
        if freq is None:
            raise NotImplementedError(
                "Index.shift() without freq= needs the frequency of the whole index; give it"
            )
        return partwise(
            "shift", partial(Method("shift"), periods=periods, freq=freq), self, divisions=None,
            rowwise=True,
        )  # fmt: skip

    def map_overlap(
        self, func: Callable[..., Any], before: Any, after: Any, *args: Any, **options: Any
    ) -> Any:
        """Call a function on each partition with labels around it.

        See :func:`treadle.dataframe.map_overlap`.
        """
        return map_overlap(func, self, before, after, *args, **options)
