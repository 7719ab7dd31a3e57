"""How frames show what they are: methods."""

from __future__ import annotations

from typing import Any

from treadle.collection import ExprCollection
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.showing.explain import Explanation
from treadle.dataframe.showing.explain import explain as explain_all
from treadle.dataframe.showing.plan import plan as plan_all
from treadle.dataframe.showing.text import frame_html, frame_text
from treadle.planning.plan import Plan


class Explaining(ExprCollection[FrameExpr]):
    """Methods of all that is computed, scalars too."""

    __slots__ = ()

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

    def plan(
        self,
        *,
        num_workers: int | None = None,
        memory_limit: int | str | None = None,
        scheduler: Any = None,
    ) -> Plan:
        """Say what computing would take; see :func:`treadle.dataframe.plan`.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, 2, 3]), npartitions=3).plan(num_workers=2).fits
        True
        """
        return plan_all(
            self, num_workers=num_workers, memory_limit=memory_limit, scheduler=scheduler
        )


class Showing(Explaining, FrameCollection):
    """Methods of frames, series and indexes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return frame_text(self._expr)

    def _repr_html_(self) -> str:
        return frame_html(self._expr)
