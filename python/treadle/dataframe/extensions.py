"""Accessors of your own: a name under which frames, series or indexes have more methods.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> @register_series_accessor("doubled")
... class Doubled:
...     def __init__(self, series):
...         self._series = series
...     def sum(self):
...         return (self._series * 2).sum()
>>> dd.from_pandas(pd.Series([1, 2]), npartitions=2).doubled.sum().compute()
np.int64(6)
>>> del dd.Series.doubled  # a name for all, here and everywhere
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from treadle.dataframe.core import DataFrame, Index, Series
from treadle.dataframe.elementwise.accessors import AccessorProperty


def register_dataframe_accessor(name: str) -> Callable[[type], type]:
    """Return a decorator that puts an accessor into :class:`treadle.dataframe.DataFrame`.

    Parameters
    ----------
    name : str
        An attribute of that name that is there already is replaced, with a warning.

    Returns
    -------
    callable
        Takes a class, whose instances are made of a frame, and returns it.
    """
    return _register(name, DataFrame)


def register_series_accessor(name: str) -> Callable[[type], type]:
    """Return a decorator that puts an accessor into :class:`treadle.dataframe.Series`.

    Parameters are those of :func:`register_dataframe_accessor`.
    """
    return _register(name, Series)


def register_index_accessor(name: str) -> Callable[[type], type]:
    """Return a decorator that puts an accessor into :class:`treadle.dataframe.Index`.

    Parameters are those of :func:`register_dataframe_accessor`.
    """
    return _register(name, Index)


def _register(name: str, kind: Any) -> Callable[[type], type]:
    def register(accessor: type) -> type:
        if hasattr(kind, name):
            warnings.warn(
                f"{kind.__name__} has an attribute {name!r} already, which the accessor "
                f"{accessor.__name__} replaces",
                UserWarning,
                stacklevel=2,
            )
        setattr(kind, name, AccessorProperty(accessor))
        return accessor

    return register
