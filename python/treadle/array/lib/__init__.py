"""Where NumPy and Dask keep ``lib.stride_tricks``; xarray looks for it there."""

from __future__ import annotations

from treadle.array.lib import stride_tricks

__all__ = ["stride_tricks"]
