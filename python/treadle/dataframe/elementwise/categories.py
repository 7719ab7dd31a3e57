"""Categories: ``series.cat``, and frames whose categories become known.

Categories are known if every partition has the same ones, and the meta has them. Those of
``astype("category")`` are not: each partition has the values that it met. A meta says so by having
no categories.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from treadle.dataframe.elementwise.accessors import (
    Accessor,
    AccessorCall,
    accessor_methods,
)
from treadle.dataframe.elementwise.replacing import converted
from treadle.dataframe.elementwise.rows import RowCall, rowwise
from treadle.dataframe.elementwise.tables import add_all
from treadle.dataframe.reducing.tree import reduced

_HOME = "pandas.Series.cat"
_SUMMARIES = {
    "add_categories": "Add categories.",
    "as_ordered": "Give categories their order.",
    "as_unordered": "Take from categories their order.",
    "remove_categories": "Remove categories; rows of them are missing.",
    "rename_categories": "Rename categories.",
    "reorder_categories": "Bring categories into another order.",
    "set_categories": "Set the categories; rows of others are missing.",
}
#: These need no known categories.
_ANY = frozenset({"as_ordered", "as_unordered", "set_categories"})


class DistinctValues(RowCall):
    """Values of columns, each once; of categories all, or those that rows have."""

    __slots__ = ("labels", "used")

    def __init__(self, labels: list[Any] | None, used: bool):
        self.labels = labels
        self.used = used

    def __call__(self, part: Any) -> list[Any]:
        if self.labels is None:
            return [self._values(part)]
        return [self._values(part[label]) for label in self.labels]

    def _values(self, series: Any) -> Any:
        if isinstance(series.dtype, pd.CategoricalDtype):
            if self.used:
                series = series.cat.remove_unused_categories()
            return pd.Index(series.cat.categories)
        return pd.Index(series.dropna().unique())


def united(parts: list[list[Any]]) -> list[Any]:
    """Return values of all parts, each once, in the order in which they came."""
    return [_united(list(column)) for column in zip(*parts, strict=True)]


def _united(values: list[Any]) -> Any:
    filled: list[Any] = [index for index in values if len(index)] or values[:1]
    if all(index.equals(filled[0]) for index in filled):
        return filled[0]
    return filled[0].append(filled[1:]).unique()


def is_text(dtype: Any) -> bool:
    """Tell whether a dtype is one of texts, or of objects, which may be."""
    return isinstance(dtype, pd.StringDtype) or bool(pd.api.types.is_object_dtype(dtype))


def _in_order(categories: Any) -> Any:
    try:
        return categories.sort_values()
    except TypeError:  # of several types
        return categories


def find_categories(frame: Any, labels: list[Any] | None, used: bool = False) -> list[Any]:
    """Compute the categories of columns, or of a series."""
    chunk = DistinctValues(labels, used)
    found: list[Any] = reduced(
        "categories", frame, chunk, united, meta=[], reads=None if labels is None else [labels],
        token=("categories", labels, used),
    ).compute()  # fmt: skip
    return found


def is_known(dtype: Any) -> bool:
    """Tell whether a dtype has categories that are known."""
    return isinstance(dtype, pd.CategoricalDtype) and bool(len(dtype.categories))


def categorized(frame: Any, columns: Any, index: Any) -> Any:
    """Return a frame with categories that are known; computes them."""
    meta = frame._meta
    if index or (index is None and isinstance(meta.index.dtype, pd.CategoricalDtype)):
        raise NotImplementedError(
            "categorize(index=True): reset_index(), categorize() the column, then set_index()"
        )
    if columns is None:
        columns = [
            label
            for label, dtype in meta.dtypes.items()
            if is_text(dtype) or isinstance(dtype, pd.CategoricalDtype)
        ]
    columns = [columns] if isinstance(columns, str) or not hasattr(columns, "__iter__") else columns
    missing = [label for label in columns if label not in meta.columns]
    if missing:
        raise KeyError(f"{missing} are no columns of the frame")
    unknown = [label for label in columns if not is_known(meta[label].dtype)]
    if not unknown:
        return frame
    dtypes = {
        label: pd.CategoricalDtype(_in_order(found), getattr(meta[label].dtype, "ordered", False))
        for label, found in zip(unknown, find_categories(frame, unknown), strict=True)
    }
    return converted(frame, dtypes, "raise")


@add_all(accessor_methods(pd.Categorical, _SUMMARIES, _HOME))
class CategoricalAccessor(Accessor):
    """Categories: ``series.cat``.

    Examples
    --------
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> sizes = dd.from_pandas(pd.Series(["s", "l", "s"], dtype="category"), npartitions=2)
    >>> sizes.cat.codes.compute().tolist()
    [1, 0, 1]
    """

    __slots__ = ()
    _accessor = "cat"

    @property
    def _dtype(self) -> Any:
        return self._series._meta.dtype

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if method not in _ANY:
            self._need_known(method)
        return super()._call(method, *args, **kwargs)

    def _need_known(self, what: str) -> None:
        if not self.known:
            raise NotImplementedError(
                f"cat.{what} needs all categories, and each partition has its own: "
                "use .cat.as_known(), or categorize() of the frame, first"
            )

    @property
    def known(self) -> bool:
        """Whether categories are known, and so the same in all partitions."""
        return is_known(self._dtype)

    @property
    def ordered(self) -> bool:
        """Whether categories have an order."""
        return bool(self._dtype.ordered)

    @property
    def categories(self) -> pd.Index[Any]:
        """The categories, which have to be known."""
        self._need_known("categories")
        found: pd.Index[Any] = self._dtype.categories
        return found

    @property
    def codes(self) -> Any:
        """Numbers of the categories, which have to be known; -1 where missing."""
        self._need_known("codes")
        return self._attribute("codes")

    def as_known(self) -> Any:
        """Return the series with categories that are known; computes them if they are not."""
        if self.known:
            return self._series
        (found,) = find_categories(self._series, None)
        dtype = pd.CategoricalDtype(_in_order(found), self.ordered)
        return converted(self._series, dtype, "raise")

    def as_unknown(self) -> Any:
        """Return the series as one whose categories are not known."""
        dtype = pd.CategoricalDtype(self._dtype.categories[:0], self.ordered)
        return rowwise("as_unknown", same, self._series, meta=self._series._meta.astype(dtype))

    def remove_unused_categories(self) -> Any:
        """Remove categories that no row has; computes which these are."""
        (used,) = find_categories(self._series, None, used=True)
        dtype = self._dtype
        kept = [label for label in dtype.categories if label in used] if self.known else used
        return rowwise(
            "remove_unused", AccessorCall("cat", "set_categories"), self._series, list(kept)
        )


def same(part: Any) -> Any:
    """Return a partition as it is."""
    return part
