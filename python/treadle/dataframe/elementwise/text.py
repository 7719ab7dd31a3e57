"""Methods of texts: ``series.str``."""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.elementwise.accessors import Accessor, AccessorCall, accessor_methods
from treadle.dataframe.elementwise.metas import with_index
from treadle.dataframe.elementwise.rows import RowCall, beside, rowwise
from treadle.dataframe.elementwise.tables import add_all

_HOME = "pandas.Series.str"
_STRINGS: Any = getattr(pd.Series, "str")  # noqa: B009

#: What methods of pandas do, which are called on every partition as they are.
_SUMMARIES = {
    "capitalize": "Make the first letter a capital one, and the rest small.",
    "casefold": "Make texts alike that differ in case only.",
    "center": "Pad texts on both sides.",
    "contains": "Tell which texts contain a pattern.",
    "count": "Count where a pattern occurs.",
    "decode": "Decode bytes.",
    "encode": "Encode texts as bytes.",
    "endswith": "Tell which texts end with another one.",
    "extract": "Return the groups of the first match of a pattern as columns.",
    "find": "Return the first position of another text, or -1.",
    "findall": "Return lists of all that matches a pattern.",
    "fullmatch": "Tell which texts match a pattern as a whole.",
    "get": "Return the element at a position, or under a key.",
    "index": "Return the first position of another text, which has to be there.",
    "isalnum": "Tell which texts are letters and digits.",
    "isalpha": "Tell which texts are letters.",
    "isascii": "Tell which texts are ASCII.",
    "isdecimal": "Tell which texts are decimal digits.",
    "isdigit": "Tell which texts are digits.",
    "islower": "Tell which texts are in small letters.",
    "isnumeric": "Tell which texts are numeric characters.",
    "isspace": "Tell which texts are white space.",
    "istitle": "Tell in which texts words begin with a capital letter.",
    "isupper": "Tell which texts are in capital letters.",
    "join": "Join lists of texts.",
    "len": "Return lengths.",
    "ljust": "Pad texts on the right.",
    "lower": "Make all letters small.",
    "lstrip": "Remove characters from the beginning.",
    "match": "Tell which texts begin with a match of a pattern.",
    "normalize": "Return texts in a normal form of Unicode.",
    "pad": "Pad texts to a width.",
    "removeprefix": "Remove a text from the beginning.",
    "removesuffix": "Remove a text from the end.",
    "repeat": "Repeat texts.",
    "replace": "Replace what matches a pattern.",
    "rfind": "Return the last position of another text, or -1.",
    "rindex": "Return the last position of another text, which has to be there.",
    "rjust": "Pad texts on the left.",
    "rstrip": "Remove characters from the end.",
    "slice": "Return a slice of each text.",
    "slice_replace": "Replace a slice of each text.",
    "startswith": "Tell which texts begin with another one.",
    "strip": "Remove characters from both ends.",
    "swapcase": "Make small letters capital ones, and the other way round.",
    "title": "Make the first letter of every word a capital one.",
    "translate": "Replace characters by a table.",
    "upper": "Make all letters capital ones.",
    "wrap": "Break texts into lines.",
    "zfill": "Pad texts with zeros on the left.",
}


class SplitColumns(RowCall):
    """Texts split into as many columns as there can be."""

    __slots__ = ("method", "options", "width")

    def __init__(self, method: str, options: dict[str, Any], width: int):
        self.method = method
        self.options = options
        self.width = width

    def __call__(self, part: Any) -> Any:
        if not len(part):
            return self.meta(part)
        found = getattr(part.str, self.method)(expand=True, **self.options)
        if found.shape[1] == self.width:
            return found
        found = found.reindex(columns=range(self.width))
        if part.dtype == object:
            return found.astype(object).where(found.notna(), None)
        return found.astype(part.dtype)

    def meta(self, series: Any) -> Any:
        """Return the result without rows: pandas makes no columns of no texts."""
        text = pd.Series(["a"], dtype=series.dtype)
        return with_index(self(text).iloc[:0], series.index)


class JoinedTexts(RowCall):
    """``str.cat`` of a partition and others."""

    __slots__ = ("join", "na_rep", "sep")

    def __init__(self, join: str, na_rep: Any, sep: Any):
        self.join = join
        self.na_rep = na_rep
        self.sep = sep

    def __call__(self, part: Any, *others: Any) -> Any:
        others = tuple(
            pd.Series(other, index=part.index) if not hasattr(other, "index") else other
            for other in others
        )
        return part.str.cat(list(others), sep=self.sep, na_rep=self.na_rep, join=self.join)


@add_all(accessor_methods(_STRINGS, _SUMMARIES, _HOME))
class StringAccessor(Accessor):
    """Texts: ``series.str``; its methods are those of pandas, on every partition.

    Where pandas gives numbers for texts and NaN for missing ones, partitions without missing texts
    hold integers, and the others floats, as pandas has them.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> names = dd.from_pandas(pd.Series(["ada", "bob"]), npartitions=2)
    >>> names.str.upper().compute().tolist()
    ['ADA', 'BOB']
    """

    __slots__ = ()
    _accessor = "str"

    def __getitem__(self, key: Any) -> Any:
        """Return the character at a position, or a slice of every text."""
        return self._call("__getitem__", key)

    def split(
        self, pat: Any = None, *, n: int = -1, expand: bool = False, regex: Any = None
    ) -> Any:
        """Split texts at a separator or pattern, from the beginning.

        Parameters
        ----------
        pat : str or pattern, optional
            White space without it.
        n : int
            How often at most.
        expand : bool
            Return a frame of ``n + 1`` columns, even if no text has so many parts.
        regex : bool, optional

        Raises
        ------
        NotImplementedError
            For ``expand=True`` without ``n``: how many columns there are has to be known.
        """
        options = {"pat": pat, "n": n} if regex is None else {"pat": pat, "n": n, "regex": regex}
        return self._split("split", expand, n, options)

    def rsplit(self, pat: Any = None, *, n: int = -1, expand: bool = False) -> Any:
        """Split texts at a separator, from the end; see :meth:`split`."""
        return self._split("rsplit", expand, n, {"pat": pat, "n": n})

    def _split(self, method: str, expand: bool, n: int, options: dict[str, Any]) -> Any:
        if not expand:
            return self._call(method, **options)
        if n is None or n <= 0:
            raise NotImplementedError(
                f"str.{method}(expand=True) makes as many columns as there are parts, which has to "
                "be known before: say n=, how often to split at most"
            )
        if isinstance(self._series._meta, pd.Index):
            raise NotImplementedError(
                f"str.{method}(expand=True) of an index makes a MultiIndex; use to_series() first"
            )
        function = SplitColumns(method, options, n + 1)
        return rowwise(method, function, self._series, meta=function.meta(self._series._meta))

    def partition(self, sep: str = " ", expand: bool = True) -> Any:
        """Cut texts in three at the first separator: what is before, the separator, and the rest.

        Parameters
        ----------
        sep : str
        expand : bool
            Return a frame of three columns.
        """
        return self._parted("partition", sep, expand)

    def rpartition(self, sep: str = " ", expand: bool = True) -> Any:
        """Cut texts in three at the last separator; see :meth:`partition`."""
        return self._parted("rpartition", sep, expand)

    def _parted(self, method: str, sep: str, expand: bool) -> Any:
        if not expand or isinstance(self._series._meta, pd.Index):
            return self._call(method, sep, expand)
        function = SplitColumns(method, {"sep": sep}, 3)
        return rowwise(method, function, self._series, meta=function.meta(self._series._meta))

    def cat(
        self, others: Any = None, sep: str | None = None, na_rep: str | None = None,
        join: str = "left",
    ) -> Any:  # fmt: skip
        """Put texts of several series together, row by row.

        Parameters
        ----------
        others : Series, array, or list of them
        sep : str, optional
            Between texts.
        na_rep : str, optional
            Stands for missing texts; without it a row with one is missing.
        join : str
            Only ``"left"``: rows are those of this series.

        Raises
        ------
        NotImplementedError
            Without ``others``: all texts as one would be on one machine.
        """
        if others is None:
            raise NotImplementedError(
                "str.cat() without others makes one text of all rows; compute() first"
            )
        if join != "left":
            raise NotImplementedError(f"str.cat(join={join!r}) would move rows; use merge()")
        several = isinstance(others, list | tuple) and not all(isinstance(o, str) for o in others)
        placed = [beside(self._series, other) for other in (others if several else [others])]
        return rowwise("cat", JoinedTexts(join, na_rep, sep), self._series, *placed)

    def extractall(self, pat: Any, flags: int = 0) -> Any:
        """Return the groups of every match of a pattern, in a row of its own each.

        The number of the match is a second level of the index.
        """
        return rowwise(
            "extractall", AccessorCall("str", "extractall"), self._series, pat,
            kwargs={"flags": flags}, keeps_rows=False, divisions=None,
        )  # fmt: skip

    def get_dummies(self, sep: str = "|", dtype: Any = None) -> Any:
        """Refused: columns would be known only once all texts are read."""
        raise NotImplementedError(
            "str.get_dummies() makes a column for each word, and words are not known before all "
            "texts are read; use str.contains() for those wanted"
        )
