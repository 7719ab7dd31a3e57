"""``str``, ``dt``, ``cat`` and others: methods of a series that stand under a name of their own."""

from __future__ import annotations

from typing import Any, ClassVar

import pandas as pd

from treadle.dataframe.elementwise.rows import RowCall, rowwise
from treadle.dataframe.elementwise.tables import documented, like_pandas


class AccessorCall(RowCall):
    """Calls a method of an accessor of a partition."""

    __slots__ = ("accessor", "name")

    def __init__(self, accessor: str, name: str):
        self.accessor = accessor
        self.name = name

    def __call__(self, part: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(getattr(part, self.accessor), self.name)(*args, **kwargs)


class AccessorAttribute(AccessorCall):
    """Returns an attribute of an accessor of a partition."""

    __slots__ = ()

    def __call__(self, part: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(getattr(part, self.accessor), self.name)


class Accessor:
    """Methods for series of some dtype.

    Parameters
    ----------
    series : Series or Index

    Raises
    ------
    AttributeError
        If pandas has no such accessor for the dtype.
    """

    __slots__ = ("_series",)

    #: What pandas calls it.
    _accessor: ClassVar[str]

    def __init__(self, series: Any):
        getattr(series._meta, self._accessor)
        self._series = series

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return rowwise(
            method.strip("_"), AccessorCall(self._accessor, method), self._series, *args,
            kwargs=kwargs,
        )  # fmt: skip

    def _attribute(self, name: str) -> Any:
        return rowwise(name, AccessorAttribute(self._accessor, name), self._series)

    @property
    def _theirs(self) -> Any:
        return getattr(self._series._meta, self._accessor)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._series!r}>"


class AccessorProperty:
    """What stands in a class under the name of an accessor."""

    def __init__(self, kind: Any):
        self.kind = kind
        self.__doc__ = kind.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self.kind if instance is None else self.kind(instance)


def accessor_methods(owner: Any, summaries: dict[str, str], home: str) -> dict[str, Any]:
    """Return methods of an accessor that are those of pandas, by name."""

    def method(name: str, summary: str) -> Any:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            return self._call(name, *args, **kwargs)

        return like_pandas(owner, name, summary, call, home=home)

    return {name: method(name, summary) for name, summary in summaries.items()}


def accessor_attributes(summaries: dict[str, str], home: str) -> dict[str, Any]:
    """Return properties of an accessor that are those of pandas, by name."""

    def attribute(name: str, summary: str) -> property:
        return property(
            lambda self: self._attribute(name), doc=documented(summary, f"{home}.{name}")
        )

    return {name: attribute(name, summary) for name, summary in summaries.items()}


class ListAccessor(Accessor):
    """Lists of Arrow: ``series.list``.

    Examples
    --------
    >>> import pandas as pd
    >>> import pyarrow as pa
    >>> import treadle.dataframe as dd
    >>> lists = pd.Series([[1, 2], [3]], dtype=pd.ArrowDtype(pa.list_(pa.int64())))
    >>> dd.from_pandas(lists, npartitions=2).list.len().compute().tolist()
    [2, 1]
    """

    __slots__ = ()
    _accessor = "list"

    def __getitem__(self, key: Any) -> Any:
        """Return the element at a position, or a slice of every list."""
        return self._call("__getitem__", key)

    def __iter__(self) -> Any:
        raise TypeError("'ListAccessor' object is not iterable")

    def len(self) -> Any:
        """Return the length of each list."""
        return self._call("len")

    def flatten(self) -> Any:
        """Return a row for each element; rows of a list have its label."""
        return rowwise("flatten", AccessorCall("list", "flatten"), self._series, keeps_rows=False)


class StructAccessor(Accessor):
    """Structs of Arrow: ``series.struct``.

    Examples
    --------
    >>> import pandas as pd
    >>> import pyarrow as pa
    >>> import treadle.dataframe as dd
    >>> kind = pd.ArrowDtype(pa.struct([("a", pa.int64())]))
    >>> points = dd.from_pandas(pd.Series([{"a": 1}, {"a": 2}], dtype=kind), npartitions=2)
    >>> points.struct.field("a").compute().tolist()
    [1, 2]
    """

    __slots__ = ()
    _accessor = "struct"

    @property
    def dtypes(self) -> pd.Series[Any]:
        """Dtypes of the fields."""
        found: pd.Series[Any] = self._theirs.dtypes
        return found

    def field(self, name_or_index: Any) -> Any:
        """Return one field as a series."""
        return self._call("field", name_or_index)

    def explode(self) -> Any:
        """Return a frame with a column for each field."""
        return self._call("explode")
