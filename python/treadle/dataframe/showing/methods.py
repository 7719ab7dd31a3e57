"""How frames show what they are: methods."""

from __future__ import annotations

from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.showing.explain import Explanation
from treadle.dataframe.showing.explain import explain as explain_all
from treadle.dataframe.showing.text import frame_html, frame_text


class Showing(FrameCollection):
    """Methods of frames, series and indexes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return frame_text(self._expr)

    def _repr_html_(self) -> str:
        return frame_html(self._expr)

    def explain(self, optimize: bool = True) -> Explanation:
        """Return what computing would do, as a tree; see :func:`treadle.dataframe.explain`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 3], name="x"), npartitions=3)
        >>> x.explain()
        from memory                3 partitions, 0 to 2
        """
        return explain_all(self, optimize=optimize)
