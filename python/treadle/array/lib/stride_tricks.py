"""Windows, by the name that NumPy gives them.

>>> import treadle.array as da
>>> da.lib.stride_tricks.sliding_window_view(da.arange(4, chunks=2), 3).shape
(2, 3)
"""

from __future__ import annotations

from treadle.array.overlap import sliding_window_view

__all__ = ["sliding_window_view"]
