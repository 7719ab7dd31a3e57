"""NumPy's functions, called with arrays in blocks, are ours of the same name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import treadle.array as da
from treadle.array.ufuncs import ufunc

#: Types that know better than we what to do with arrays like ours.
OUTER = {"xarray", "pint", "pandas"}


def apply_numpy_ufunc(
    numpy_ufunc: Any, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Answer ``Array.__array_ufunc__``."""
    out = kwargs.get("out", ())
    if any(_answers_first(value) for value in (*inputs, *out)):
        return NotImplemented
    ours = getattr(da, numpy_ufunc.__name__, None)
    if not isinstance(ours, ufunc) and method == "__call__" and numpy_ufunc.signature is None:
        ours = ufunc(numpy_ufunc)
    if ours is None:
        return NotImplemented
    call = ours if method == "__call__" else getattr(ours, method, None)
    if call is None:
        return NotImplemented
    return call(*inputs, **kwargs)


def _answers_first(value: Any) -> bool:
    return type(value).__module__.split(".")[0] in OUTER


def apply_numpy_function(
    func: Any, types: Iterable[type], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Answer ``Array.__array_function__``."""
    if any(kind.__module__.split(".")[0] in OUTER for kind in types):
        return NotImplemented
    module: Any = da
    for part in func.__module__.split(".")[1:]:
        module = getattr(module, part, None)
    ours = getattr(module, func.__name__, None)
    if ours is None:
        raise TypeError(
            f"there is no {func.__module__}.{func.__name__} of arrays in blocks; call compute() "
            "first if the array fits in memory"
        )
    return ours(*args, **kwargs)


__all__ = ["apply_numpy_function", "apply_numpy_ufunc"]
