"""Choosing rows and columns: methods of frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd

from treadle.dataframe.build import NO_DEFAULT, aligned, new_collection
from treadle.dataframe.callables import made_of
from treadle.dataframe.expr import Filter, Projection
from treadle.dataframe.frame import FrameCollection
from treadle.dataframe.reducing.sizes import length_of
from treadle.dataframe.selecting import assigning, expressions, labels
from treadle.dataframe.selecting.iloc import IlocIndexer
from treadle.dataframe.selecting.select import select


class SelectingDataFrame(FrameCollection):
    """Methods of frames."""

    __slots__ = ()

    # -- items -------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        key = made_of(key, self)
        if isinstance(key, FrameCollection):
            return self._chosen(key)
        if isinstance(key, slice):
            if any(isinstance(x, int | np.integer) for x in (key.start, key.stop)):
                raise NotImplementedError(
                    "a slice of integers means positions of rows, which are not known; "
                    "use df.loc[...] for labels, head() and tail()"
                )
            return self.loc[key]
        if isinstance(key, pd.Series | np.ndarray | list) and _are_flags(key):
            return self.loc[key]
        if isinstance(key, list | pd.Index | pd.Series | np.ndarray):
            key = list(key)
        return new_collection(Projection(self._expr, key))

    def _chosen(self, key: FrameCollection) -> Any:
        """Return the rows, or for a frame the elements, that are true."""
        if key.ndim == 2:
            return self.where(key)
        if not pd.api.types.is_bool_dtype(key._meta.dtype):
            raise TypeError(
                f"a {type(key).__name__} of {key._meta.dtype} can't choose rows; it takes booleans"
            )
        frame, predicate = aligned([self._expr, key.expr])
        return new_collection(Filter(frame, predicate))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._expr = assigning.set_item(self, key, value).expr

    def __delitem__(self, key: Any) -> None:
        self._expr = labels.drop(self, None, 0, None, [key], "raise").expr

    def __contains__(self, key: Any) -> bool:
        return key in self._meta.columns

    def __getattr__(self, name: str) -> Any:
        # Without an expression, as before unpickling is done, there are no columns to look at.
        if not name.startswith("__") and name != "_expr" and name in self._meta.columns:
            return self[name]
        spare = f"; pandas' frames have it: compute().{name}" if hasattr(pd.DataFrame, name) else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{spare}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_expr" or hasattr(type(self), name):
            object.__setattr__(self, name, value)
        elif name in self._meta.columns:
            self[name] = value
        else:
            raise AttributeError(
                f"there is no column {name!r} to set; new ones are made by df[{name!r}] = ..."
            )

    def __dir__(self) -> list[str]:
        names = [x for x in self._meta.columns if isinstance(x, str) and x.isidentifier()]
        return sorted({*super().__dir__(), *names})

    def _ipython_key_completions_(self) -> list[Any]:
        return list(self._meta.columns)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a column, or ``default`` if there is none of that label.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1]}))
        >>> df.get("y", 0)
        0
        """
        try:
            return self[key]
        except (KeyError, ValueError, IndexError):
            return default

    def pop(self, item: Any) -> Any:
        """Take a column out of this frame, and return it.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2]}))
        >>> df.pop("x").compute().tolist(), df.columns.tolist()
        ([1], ['y'])
        """
        found = self[item]
        del self[item]
        return found

    def insert(self, loc: int, column: Any, value: Any, allow_duplicates: bool = False) -> None:
        """Put a column into this frame.

        Parameters
        ----------
        loc : int
            Its position.
        column : label
        value : collection, array in blocks, or scalar
        allow_duplicates : bool
            Columns may have equal labels: refused, since they could not be told apart.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1]}))
        >>> df.insert(0, "first", df.x + 1)
        >>> df.columns.tolist()
        ['first', 'x']
        """
        self._expr = assigning.insert(self, loc, column, value, allow_duplicates).expr

    def select(self, /, *args: Any, **kwargs: Any) -> Any:
        """Return some columns, and new ones, in the order they are named.

        Parameters
        ----------
        *args : label, expression, or a list of these
            Expressions have to have names.
        **kwargs : object
            Values of new columns, as :meth:`assign` takes them.

        Examples
        --------
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": [3, 4]}), npartitions=2)
        >>> df.select("y", z=pd.col("x") * 10).columns.tolist()
        ['y', 'z']
        """
        return select(self, args, kwargs)

    def assign(self, **columns: Any) -> Self:
        """Return a frame with columns added or replaced.

        Parameters
        ----------
        **columns
            Collections that correspond to the frame, arrays whose blocks are as long as the
            partitions, scalars, and callables that make one of these of the frame with the columns
            before theirs. If the frame has one partition, values in memory as well.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
        >>> df.assign(y=df.x + 1, z=lambda d: d.y * 2).compute()
           x  y  z
        0  1  2  4
        1  2  3  6
        """
        found: Self = assigning.assign(self, columns.items())
        return found

    # -- what there is -----------------------------------------------------------------------------

    @property
    def name(self) -> Any:
        """The column ``name`` if there is one; otherwise what stands for the frame's values."""
        return self["name"] if "name" in self._meta.columns else self._expr.name

    @name.setter
    def name(self, value: Any) -> None:
        if "name" not in self._meta.columns:
            raise AttributeError("there is no column 'name'; make one by df['name'] = ...")
        self["name"] = value

    @property
    def columns(self) -> pd.Index[Any]:
        """Labels of the columns. They can be set to as many others."""
        found: pd.Index[Any] = self._meta.columns
        return found

    @columns.setter
    def columns(self, value: Any) -> None:
        self._expr = labels.with_labels(self, value).expr

    @property
    def dtypes(self) -> pd.Series[Any]:
        """Dtypes of the columns."""
        found: pd.Series[Any] = self._meta.dtypes
        return found

    @property
    def shape(self) -> tuple[Any, int]:
        """Number of rows, as a scalar that is not computed yet, and number of columns."""
        return length_of(self), self._meta.shape[1]

    @property
    def T(self) -> Any:  # noqa: N802
        """Refused: rows become columns, of which there would be as many as rows."""
        return self.transpose()

    def transpose(self, *args: Any, copy: bool = False) -> Any:
        """Refused: rows become columns, of which there would be as many as rows."""
        raise NotImplementedError(
            "a frame in partitions can't be transposed: its columns have to be known, and there "
            "would be one for each row; compute() it first, or see pivot_table and melt"
        )

    def keys(self) -> pd.Index[Any]:
        """Return the labels of the columns.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> dd.from_pandas(pd.DataFrame({"x": [1]})).keys().tolist()
        ['x']
        """
        return self.columns

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Yield labels and columns.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
        >>> [(label, int(column.compute().sum())) for label, column in df.items()]
        [('x', 3)]
        """
        for place, label in enumerate(self.columns):
            yield label, self.iloc[:, place]

    def iterrows(self) -> Iterator[tuple[Any, pd.Series[Any]]]:
        """Yield labels and rows; one partition is computed at a time.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
        >>> [(label, int(row.x)) for label, row in df.iterrows()]
        [(0, 1), (1, 2)]
        """
        for n in range(self.npartitions):
            yield from self.get_partition(n).compute().iterrows()

    def itertuples(self, index: bool = True, name: str | None = "Pandas") -> Iterator[Any]:
        """Yield rows as named tuples; one partition is computed at a time.

        Parameters
        ----------
        index : bool
            The label comes first.
        name : str, optional
            Of the tuples; None for plain ones.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
        >>> [row.x for row in df.itertuples()]
        [1, 2]
        """
        for n in range(self.npartitions):
            yield from self.get_partition(n).compute().itertuples(index=index, name=name)

    # -- columns -----------------------------------------------------------------------------------

    @property
    def iloc(self) -> IlocIndexer:
        """Columns by position: ``df.iloc[:, [0, -1]]``. Rows have none that are known.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2]}))
        >>> df.iloc[:, ::-1].columns.tolist()
        ['y', 'x']
        """
        return IlocIndexer(self)

    def select_dtypes(self, include: Any = None, exclude: Any = None) -> Self:
        """Return the columns of some dtypes.

        Parameters
        ----------
        include, exclude : dtype, kind of dtypes, or list of them
            At least one of the two.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": ["a"]}))
        >>> df.select_dtypes("number").columns.tolist()
        ['x']
        """
        found: Self = labels.select_dtypes(self, include, exclude)
        return found

    def drop(
        self, labels: Any = None, axis: Any = 0, *, index: Any = None, columns: Any = None,
        errors: str = "raise",
    ) -> Self:  # fmt: skip
        """Return a frame without some columns, or rows.

        Parameters
        ----------
        labels : label or list, optional
            Along ``axis``.
        axis : 0 or 1
        index, columns : label or list, optional
        errors : {"raise", "ignore"}
            What to do if a label is not there. Rows can only be dropped with ``"ignore"``.

        Raises
        ------
        KeyError
            If there is no such column.
        NotImplementedError
            For rows without ``errors="ignore"``.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2]}))
        >>> df.drop(columns="x").columns.tolist()
        ['y']
        """
        found: Self = _labels.drop(self, labels, axis, index, columns, errors)
        return found

    def dropna(
        self, *, axis: Any = 0, how: Any = NO_DEFAULT, thresh: Any = NO_DEFAULT,
        subset: Any = None,
    ) -> Self:  # fmt: skip
        """Return the rows without missing values.

        Parameters
        ----------
        axis : 0
            Columns depend on all rows: refused.
        how : {"any", "all"}
            What has to be missing of a row that goes.
        thresh : int, optional
            How many values a row needs, instead of ``how``.
        subset : label or list, optional
            Columns to look at; all without it.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, None], "y": [None, None]}))
        >>> len(df.dropna(subset="x"))
        1
        """
        if labels.along_columns(self, axis):
            raise NotImplementedError(
                "which columns have missing values is not known before they are computed; "
                "use df.isna().any().compute(), and drop(columns=...)"
            )
        given = {"how": how, "thresh": thresh}
        options = {key: value for key, value in given.items() if value is not NO_DEFAULT}
        found: Self = labels.dropna(self, subset, options)
        return found

    def rename(
        self, mapper: Any = None, *, index: Any = None, columns: Any = None, axis: Any = None,
        level: Any = None, errors: str = "ignore",
    ) -> Self:  # fmt: skip
        """Return a frame with other labels of columns, or rows.

        After rows have other labels divisions are not known.

        Parameters
        ----------
        mapper : dict or callable, optional
            Old labels to new ones, along ``axis``.
        index, columns : dict or callable, optional
        axis : 0 or 1, optional
        level : label or int, optional
            Of labels of several levels.
        errors : {"ignore", "raise"}
            What to do if a label is not there.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1], "y": [2]}))
        >>> df.rename(columns={"x": "a"}).columns.tolist()
        ['a', 'y']
        """
        found: Self = labels.rename(self, mapper, index, columns, axis, level, errors)
        return found

    def reset_index(
        self, level: Any = None, *, drop: bool = False, col_level: Any = 0, col_fill: Any = "",
        allow_duplicates: bool = False, names: Any = None,
    ) -> Self:  # fmt: skip
        """Return a frame whose index has become columns.

        The new index counts the rows of each partition from 0 on: how many there are before a
        partition is not known. Divisions are not known either.

        Parameters
        ----------
        level : label, int or list, optional
            Levels of the index; all without it.
        drop : bool
            Throw them away.
        col_level, col_fill, allow_duplicates
            As in pandas.
        names : label or list, optional
            Of the new columns.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}, index=["a", "b"]), npartitions=2)
        >>> df.reset_index().compute()
          index  x
        0     a  1
        0     b  2
        """
        options = {
            "level": level, "col_level": col_level, "col_fill": col_fill,
            "allow_duplicates": allow_duplicates, "names": names,
        }  # fmt: skip
        found: Self = labels.reset_index(self, drop, options)
        return found

    # -- expressions -------------------------------------------------------------------------------

    def query(self, expr: str, *, local_dict: dict[str, Any] | None = None, **options: Any) -> Self:
        """Return the rows for which an expression is true.

        Parameters
        ----------
        expr : str
            As in pandas. Names with an ``@`` are variables of the caller.
        local_dict : dict, optional
            Their values.
        **options
            Of ``pandas.DataFrame.eval``, such as ``engine``.

        Raises
        ------
        NotImplementedError
            If the expression calls what depends on all rows, such as ``x.mean()``.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
        >>> least = 2
        >>> df.query("x >= @least").compute().x.tolist()
        [2, 3]
        """
        found: Self = expressions.query(self, expr, local_dict, 2, options)
        return found

    def eval(self, expr: str, *, local_dict: dict[str, Any] | None = None, **options: Any) -> Any:
        """Return the series of an expression; or the frame, if it assigns columns.

        Parameters are those of :meth:`query`.

        Examples
        --------
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3]}), npartitions=2)
        >>> df.eval("y = x * 2").y.compute().tolist()
        [2, 4, 6]
        """
        return expressions.evaluate(self, expr, local_dict, 2, options)


def _are_flags(key: Any) -> bool:
    return len(key) > 0 and pd.api.types.is_bool_dtype(pd.Index(key).dtype)


_labels = labels  # in drop() the name means labels to drop
