"""Warnings that name the line of the user's, however deep in the package they are found."""

from __future__ import annotations

import sys
import warnings


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn with the nearest line on the stack that is not of this package.

    Such a line is also what Python goes by when it shows each warning once.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] != "treadle":
            break
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
