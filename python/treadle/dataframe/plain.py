"""Scalars of NumPy as Python and pandas have them: they read well, and pickle in few bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def plain(value: Any) -> Any:
    """Return a scalar of NumPy as one of Python or pandas; other values as they are.

    >>> plain(np.int64(3)), plain(np.datetime64("2000-01-01")), plain("a")
    (3, Timestamp('2000-01-01 00:00:00'), 'a')
    """
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    if isinstance(value, np.timedelta64):
        return pd.Timedelta(value)
    return value.item() if isinstance(value, np.generic) else value
