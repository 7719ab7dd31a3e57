"""Packages that only some kinds of files need, and what is said when one is missing.

>>> require("math", "counting")
"""

from __future__ import annotations

from importlib import import_module


def require(package: str, what: str) -> None:
    """Import a package of the extra ``dataframe``.

    Parameters
    ----------
    package : str
    what : str
        What needs it.

    Raises
    ------
    ImportError
        If it is not there; says how it is installed.
    """
    try:
        import_module(package)
    except ImportError as error:
        raise ImportError(
            f"{what} need the package {package}: install it with "
            "'pip install \"treadle[dataframe]\"'"
        ) from error
