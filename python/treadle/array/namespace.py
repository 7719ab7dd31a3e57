"""The Python Array API standard: its names, and what it asks of a namespace."""

from __future__ import annotations

import sys
from typing import Any

import treadle.array as da

__array_api_version__ = "2024.12"

#: The standard's names of functions that NumPy calls otherwise.
ALIASES = {
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "bitwise_invert": "invert",
    "bitwise_left_shift": "left_shift",
    "bitwise_right_shift": "right_shift",
    "concat": "concatenate",
    "pow": "power",
}


def array_namespace(api_version: str | None = None) -> Any:
    """Return the module whose functions take arrays, as the standard has it."""
    if api_version is not None and api_version not in ("2021.12", "2022.12", "2023.12", "2024.12"):
        raise ValueError(f"version {api_version!r} of the array API is not known here")
    return sys.modules["treadle.array"]


def __getattr__(name: str) -> Any:
    if name in ALIASES:
        return getattr(da, ALIASES[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["__array_api_version__", "array_namespace"]
