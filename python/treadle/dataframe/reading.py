"""What a source of partitions is asked: its columns, its parts, and how a part is read.

Readers of files and frames in memory implement `Reading`; what they can do beyond reading all of
everything, they do in `project` and `select`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Reading:
    """Partitions that are not there yet.

    Attributes
    ----------
    meta : DataFrame, Series or Index
        A partition without rows.
    divisions : tuple
        One more than there are parts; all None where they are not known.
    parts : list
        What tells one partition from another; small, and can be pickled.
    """

    meta: Any
    divisions: tuple[Any, ...]
    parts: list[Any]

    #: Whether partitions lie in this process already.
    in_memory = False

    def function(self) -> Callable[[Any], Any]:
        """Return what makes a partition of a part; pickled into every task, so small as well."""
        raise NotImplementedError

    def project(self, columns: list[Any]) -> Reading:
        """Return a reading of these columns, which stand in the order of the meta.

        Its meta may have more of them, if reading less is no less work.
        """
        return self

    def select(self, filters: Any) -> Reading | None:
        """Return a reading of only the rows that filters want, with the same parts in number.

        Parameters
        ----------
        filters : list of lists of (label, operator, value)
            Rows are wanted that meet all terms of one of the lists.

        Returns
        -------
        Reading or None
            None if it can't, or if filters might mean something else to it than to pandas.
        """
        return None

    def lengths(self) -> Sequence[int] | None:
        """Return the rows of each part, if that is known without reading them."""
        return None

    def about_lengths(self) -> Sequence[float] | None:
        """Return about how many rows each part has at most, for plans; None if nobody can tell."""
        return self.lengths()

    def first_rows(self, count: int) -> Any:
        """Return the first rows, if they are at hand or cheap to get; None otherwise."""
        return None

    def nbytes(self) -> int | None:
        """Return how many bytes would be read, if that is known."""
        return None

    def categorise(self, columns: list[Any]) -> Reading | None:
        """Return a reading of strings in these columns as categories; None if it can't.

        Categories are those of a partition, in no order.
        """
        return None

    def extremes(self, column: Any) -> list[Any] | None:
        """Return what is known of the values of a column in each part; None if nothing is."""
        return None

    def mended(self, error: BaseException | None) -> Reading | None:
        """Return a reading with other dtypes, in which values fit that did not; None if it can't.

        Without an error, a reading with those that were learned before.
        """
        return None

    def learn(self, error: BaseException, again: bool = True) -> None:
        """Keep what an error says for all readings of the same call.

        Parameters
        ----------
        error : Exception
        again : bool
            The computation runs again now, which users are told by a warning.
        """

    def describe(self) -> str:
        """Return what is read, in a few words."""
        return type(self).__name__
