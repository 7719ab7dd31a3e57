"""Partitions and the order of rows: methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from treadle.dataframe.arranging import borders, sampling
from treadle.dataframe.arranging.repartition import repartition
from treadle.dataframe.frame import FrameCollection


class ArrangingFrame(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()

    def repartition(
        self,
        divisions: Sequence[Any] | None = None,
        npartitions: int | None = None,
        partition_size: int | str | None = None,
        freq: Any = None,
        force: bool = False,
    ) -> Self:
        """Return the same rows, in the same order, in other partitions.

        Give exactly one of the first four.

        Parameters
        ----------
        divisions : sequence, optional
            Labels between partitions, in ascending order. Divisions have to be known.
        npartitions : int, optional
            Fewer are neighbours put together. More are cut at labels between the divisions where
            these are numbers or times, of which there may be too few; otherwise partitions are
            cut into equal shares, and divisions are not known afterwards.
        partition_size : int or str, optional
            Bytes in memory, such as ``"100MB"``. Partitions are computed at once to measure them.
        freq : str or offset, optional
            A time, such as ``"1D"``: each partition has the rows of one. The index has to be of
            times, with known divisions.
        force : bool
            ``divisions`` may begin earlier and end later than there are labels.

        Returns
        -------
        DataFrame, Series

        Raises
        ------
        ValueError
            If divisions are not known, in order, or don't hold all labels.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> df.repartition(npartitions=2).divisions
        (0, 2, 5)
        >>> df.repartition(divisions=[0, 1, 5]).partitions[0].compute().x.tolist()
        [0]
        """
        found: Self = repartition(self, divisions, npartitions, partition_size, freq, force)
        return found

    def clear_divisions(self) -> Self:
        """Return the same partitions; divisions count as not known.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2]), npartitions=2).clear_divisions().divisions
        (None, None, None)
        """
        found: Self = borders.clear_divisions(self)
        return found

    def enforce_runtime_divisions(self) -> Self:
        """Return a frame that raises RuntimeError for a partition with labels outside its own.

        Raises
        ------
        ValueError
            If divisions are not known.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2]), npartitions=2)
        >>> x.enforce_runtime_divisions().sum().compute()
        np.int64(3)
        """
        found: Self = borders.enforce(self)
        return found

    def sample(
        self,
        n: int | None = None,
        frac: float | None = None,
        replace: bool = False,
        random_state: Any = None,
    ) -> Self:
        """Return a share of the rows, drawn by chance.

        Each partition gives its share, in the order in which its rows were drawn. The same seed
        gives the same rows, on every engine.

        Parameters
        ----------
        n : int, optional
            Not known before there is a length: refused.
        frac : float
            The share of rows.
        replace : bool
            Rows may be drawn more than once.
        random_state : int, Generator or RandomState, optional

        Raises
        ------
        NotImplementedError
            For ``n``.
        ValueError
            If ``frac`` is negative, or more than 1 without ``replace``.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(100)}), npartitions=4)
        >>> len(df.sample(frac=0.2, random_state=1))
        20
        """
        found: Self = sampling.sample(self, n, frac, replace, random_state)
        return found

    def random_split(
        self, frac: Sequence[float], random_state: Any = None, shuffle: bool = False
    ) -> list[Self]:
        """Return several frames; each row falls by chance to one of them.

        Parameters
        ----------
        frac : sequence of float
            The share of each; they sum to 1.
        random_state : int, Generator or RandomState, optional
        shuffle : bool
            Rows of a partition come in random order.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(100)}), npartitions=4)
        >>> train, test = df.random_split([0.8, 0.2], random_state=1)
        >>> len(train) + len(test)
        100
        """
        return sampling.random_split(self, frac, random_state, shuffle)


class ArrangingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    def compute_current_divisions(self, col: Any = None, set_divisions: bool = False) -> Any:
        """Compute where partitions begin and end.

        Parameters
        ----------
        col : label, optional
            By the values of a column; by the index without it.
        set_divisions : bool
            Return the frame with these divisions known; of the index only.

        Returns
        -------
        tuple or DataFrame

        Raises
        ------
        ValueError
            If partitions overlap, or some have no rows.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(4)}), npartitions=2).clear_divisions()
        >>> df.compute_current_divisions() == (0, 2, 3)
        True
        """
        if col is not None and set_divisions:
            raise ValueError("divisions are labels of the index; use set_index() for a column")
        found = borders.current_divisions(self, col)
        return borders.divided(self, found) if set_divisions else found


class ArrangingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

    def compute_current_divisions(self, set_divisions: bool = False) -> Any:
        """Compute where partitions begin and end; see ``DataFrame.compute_current_divisions``."""
        found = borders.current_divisions(self)
        return borders.divided(self, found) if set_divisions else found
