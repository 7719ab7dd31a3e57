"""Choosing rows and columns: methods of series and indexes, and those of frames."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from treadle.dataframe.build import NO_DEFAULT, aligned, new_collection, partwise
from treadle.dataframe.callables import made_of
from treadle.dataframe.calls import Method
from treadle.dataframe.expr import Filter
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing.sizes import length_of
from treadle.dataframe.selecting import assigning, labels, named
from treadle.dataframe.selecting.ends import ends
from treadle.dataframe.selecting.shared_methods import SelectingFrame
from treadle.dataframe.selecting.table_methods import SelectingDataFrame

__all__ = ["SelectingDataFrame", "SelectingFrame", "SelectingIndex", "SelectingSeries"]


class SelectingSeries(FrameCollection):
    """Methods of series."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        key = made_of(key, self)
        if isinstance(key, FrameCollection):
            return chosen(self, key)
        if isinstance(key, slice) and any(
            isinstance(x, int | np.integer) for x in (key.start, key.stop)
        ):
            raise NotImplementedError(
                "a slice of integers means positions of rows, which are not known; "
                "use s.loc[...] for labels, head() and tail()"
            )
        return self.loc[key]  # type: ignore[attr-defined]

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, FrameCollection):
            raise NotImplementedError(
                f"values can't be set by {key!r}; use where() or mask(), which take a condition"
            )
        self._expr = assigning.set_item(self, key, value).expr

    @property
    def name(self) -> Any:
        """The name of the series. It can be set."""
        return self._meta.name

    @name.setter
    def name(self, value: Any) -> None:
        self._expr = named.with_name(self, value).expr

    @property
    def dtype(self) -> Any:
        """The dtype."""
        return self._meta.dtype

    @property
    def dtypes(self) -> Any:
        """The dtype."""
        return self._meta.dtype

    @property
    def shape(self) -> tuple[Any]:
        """Number of elements, as a scalar that is not computed yet."""
        return (length_of(self),)

    @property
    def T(self) -> Self:  # noqa: N802
        """The series itself."""
        return self

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the rows of a label, or ``default`` if divisions tell that there are none.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2], index=["a", "b"]), npartitions=2)
        >>> x.get("z", 0)
        0
        """
        try:
            return self[key]
        except (KeyError, ValueError, IndexError):
            return default

    def drop(
        self, labels: Any = None, axis: Any = 0, *, index: Any = None, errors: str = "raise"
    ) -> Self:
        """Return the series without the rows of some labels.

        Parameters
        ----------
        labels, index : label or list
        axis : 0
        errors : {"raise", "ignore"}
            ``"raise"`` is refused: whether labels are there is not known.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2, 3]), npartitions=2)
        >>> x.drop([0, 7], errors="ignore").compute().tolist()
        [2, 3]
        """
        found: Self = _labels.drop(self, labels, axis, index, None, errors)
        return found

    def dropna(self, *, axis: Any = 0) -> Self:
        """Return the elements that are not missing.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1, None])).dropna().compute().tolist()
        [1.0]
        """
        _labels.along_columns(self, axis)
        found: Self = labels.dropna(self, None, {})
        return found

    def rename(self, index: Any = None, *, sorted_index: bool = False) -> Self:
        """Return the series under another name, or with other labels.

        Parameters
        ----------
        index : label, dict or callable
            A label is the name; others map labels of rows, after which divisions are not known.
        sorted_index : bool
            New labels are in the order of the old ones, so that divisions can be mapped as well.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1], name="x")).rename("y").name
        'y'
        """
        found: Self = named.rename(self, index, sorted_index)
        return found

    def reset_index(
        self, level: Any = None, *, drop: bool = False, name: Any = NO_DEFAULT,
        allow_duplicates: bool = False,
    ) -> Any:  # fmt: skip
        """Return a frame of the index and the values, or with ``drop`` the values alone.

        The new index counts the rows of each partition from 0 on; divisions are not known.

        Parameters
        ----------
        level : label, int or list, optional
        drop : bool
        name : label, optional
            Of the column of values.
        allow_duplicates : bool

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> x = dd.from_pandas(pd.Series([1, 2], index=["a", "b"], name="x"))
        >>> x.reset_index().compute()
          index  x
        0     a  1
        1     b  2
        """
        options = {"level": level, "allow_duplicates": allow_duplicates}
        if name is not NO_DEFAULT:
            options["name"] = name
        return labels.reset_index(self, drop, options)

    def keys(self) -> Any:
        """Return the index.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1], index=["a"])).keys().compute().tolist()
        ['a']
        """
        return self.index  # type: ignore[attr-defined]

    def items(self) -> Any:
        """Yield labels and values; one partition is computed at a time.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> list(dd.from_pandas(pd.Series([1], index=["a"])).items())
        [('a', 1)]
        """
        for n in range(self.npartitions):
            yield from self.get_partition(n).compute().items()


class SelectingIndex(FrameCollection):
    """Methods of indexes."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, FrameCollection):
            raise NotImplementedError(
                f"labels have no positions that are known, so {key!r} means none; "
                "an Index takes booleans in partitions"
            )
        return chosen(self, key)

    @property
    def dtype(self) -> Any:
        """The dtype."""
        return self._meta.dtype

    @property
    def name(self) -> Any:
        """The name of the index. It can be set."""
        return self._meta.name

    @name.setter
    def name(self, value: Any) -> None:
        self._expr = self.rename(value).expr

    @property
    def names(self) -> Any:
        """The names of all levels."""
        return self._meta.names

    @property
    def nlevels(self) -> int:
        """Number of levels."""
        found: int = self._meta.nlevels
        return found

    @property
    def shape(self) -> tuple[Any]:
        """Number of labels, as a scalar that is not computed yet."""
        return (length_of(self),)

    @property
    def empty(self) -> bool:
        """Whether there are no labels. Computed at once."""
        return len(self) == 0

    def head(self, n: int = 5, npartitions: int = 1, compute: bool = True) -> Any:
        """Return the first labels; see ``DataFrame.head``.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series(range(9)), npartitions=2).index.head(2).tolist()
        [0, 1]
        """
        return ends(self, "head", n, npartitions, compute)

    def tail(self, n: int = 5, npartitions: int = 1, compute: bool = True) -> Any:
        """Return the last labels; see ``DataFrame.head``.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series(range(9)), npartitions=2).index.tail(2).tolist()
        [7, 8]
        """
        return ends(self, "tail", n, npartitions, compute)

    def rename(self, name: Any) -> Self:
        """Return the index under another name.

        Parameters
        ----------
        name : label, or a list of them for several levels

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1])).index.rename("row").name
        'row'
        """
        found: Self = partwise("rename", Method("rename"), self, name, rowwise=True)
        return found

    def set_names(self, names: Any, *, level: Any = None) -> Self:
        """Return the index under other names.

        Parameters
        ----------
        names : label, list or mapping
        level : label, int or list, optional
            Whose names they are; of all levels without it.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.Series([1])).index.set_names("row").name
        'row'
        """
        kwargs = {} if level is None else {"level": level}
        found: Self = partwise(
            "set_names", Method("set_names"), self, names, kwargs=kwargs, rowwise=True
        )
        return found

    def droplevel(self, level: Any = 0) -> Any:
        """Return an index without some of its levels.

        Parameters
        ----------
        level : label, int or list

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
        >>> x = dd.from_pandas(pd.Series([1, 2], index=index), npartitions=2)
        >>> x.index.droplevel(0).compute().tolist()
        [1, 2]
        """
        return labels.names_of_rows(self, Method("droplevel"), level)

    def get_level_values(self, level: Any) -> Any:
        """Return one level of the labels.

        Parameters
        ----------
        level : label or int

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> index = pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
        >>> x = dd.from_pandas(pd.Series([1, 2], index=index), npartitions=2)
        >>> x.index.get_level_values(0).compute().tolist()
        ['a', 'b']
        """
        return labels.names_of_rows(self, Method("get_level_values"), level)


def chosen(frame: Any, key: Any) -> Any:
    """Return the rows of a series or an index that are true."""
    if key.ndim == 2 or not pd.api.types.is_bool_dtype(key._meta.dtype):
        raise TypeError(f"rows are chosen by a series of booleans, not by {key!r}")
    values, predicate = aligned([frame.expr, key.expr])
    return new_collection(Filter(values, predicate))


_labels = labels  # in drop() the name means labels to drop
