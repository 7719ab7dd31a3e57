"""Tokens of NumPy and pandas values; loaded when the first of them is met.

Content is hashed from memory where it lies in one piece; a copy is made only where it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from treadle.graph.tokenize import Writer, _Hash


def writer_for(kind: type) -> Writer | None:
    """Return how values of a NumPy or pandas type are written, or None to leave it to pickle."""
    for base, writer in _writers():
        if issubclass(kind, base):
            return writer
    return None


def _writers() -> list[tuple[type | tuple[type, ...], Writer]]:
    writers: list[tuple[type | tuple[type, ...], Writer]] = [
        (np.ma.MaskedArray, _write_masked),
        (np.ndarray, _write_array),
        (np.dtype, _write_dtype),
        (np.generic, _write_scalar),
        (np.ufunc, _write_ufunc),
    ]
    import sys

    if "pandas" in sys.modules:
        import pandas as pd
        from pandas.api.extensions import ExtensionArray, ExtensionDtype

        writers += [
            (pd.DataFrame, _write_frame),
            (pd.Series, _write_series),
            (pd.MultiIndex, _write_multi_index),
            (pd.RangeIndex, _write_range_index),
            (pd.Index, _write_index),
            (pd.Categorical, _write_categorical),
            (ExtensionArray, _write_extension_array),
            (ExtensionDtype, _write_repr),
            ((pd.Timestamp, pd.Timedelta, pd.Period), _write_repr),
        ]
    return writers


def _write_array(state: _Hash, value: np.ndarray[Any, Any]) -> None:
    state.write(type(value) if type(value) is not np.ndarray else None)
    _write_dtype(state, value.dtype)
    state.piece("shape", repr(value.shape).encode())
    if value.dtype.hasobject:
        state.write(value.ravel().tolist())
        return
    if value.flags.c_contiguous:
        flat = value
    elif value.flags.f_contiguous:
        state.piece("fortran", b"")
        flat = value.T
    else:
        flat = np.ascontiguousarray(value)
    state.piece("data", flat.reshape(-1).view(np.uint8).data if flat.size else b"")


def _write_masked(state: _Hash, value: np.ma.MaskedArray[Any, Any]) -> None:
    state.piece("masked", b"")
    _write_array(state, np.asarray(value.data))
    _write_array(state, np.ma.getmaskarray(value))
    state.write(value.fill_value)


def _write_dtype(state: _Hash, value: np.dtype[Any]) -> None:
    described = value.str if value.fields is None else repr(value)
    state.piece("dtype", f"{described}{value.metadata or ''}".encode())


def _write_scalar(state: _Hash, value: np.generic) -> None:
    _write_array(state, np.asarray(value))


def _write_ufunc(state: _Hash, value: np.ufunc) -> None:
    if getattr(np, value.__name__, None) is value:
        state.piece("ufunc", value.__name__.encode())
    else:  # made by frompyfunc or another library: pickle knows where it lives, or says no
        import pickle

        state.piece("ufunc", pickle.dumps(value))


def _write_frame(state: _Hash, value: Any) -> None:
    state.write(type(value))
    state.write(value.columns)
    state.write(value.index)
    state.write(value.attrs)
    for position in range(value.shape[1]):
        _write_values(state, value.iloc[:, position])


def _write_series(state: _Hash, value: Any) -> None:
    state.write(type(value))
    state.write(value.name)
    state.write(value.index)
    state.write(value.attrs)
    _write_values(state, value)


def _write_values(state: _Hash, value: Any) -> None:
    """The values of a series, without its index."""
    array = value.array
    inner = getattr(array, "_ndarray", None)  # NumPy-backed: no copy
    if isinstance(inner, np.ndarray):
        _write_repr(state, value.dtype)
        _write_array(state, inner)
    else:
        state.write(array)


def _write_index(state: _Hash, value: Any) -> None:
    state.write(type(value))
    state.write(value.name)
    _write_values(state, value)


def _write_range_index(state: _Hash, value: Any) -> None:
    state.write(("RangeIndex", value.name, value.start, value.stop, value.step))


def _write_multi_index(state: _Hash, value: Any) -> None:
    state.write(("MultiIndex", tuple(value.names), list(value.levels), list(value.codes)))


def _write_categorical(state: _Hash, value: Any) -> None:
    state.write(("Categorical", value.codes, value.categories, value.ordered))


def _write_extension_array(state: _Hash, value: Any) -> None:
    _write_repr(state, value.dtype)
    arrow = getattr(value, "_pa_array", None)
    if arrow is not None:
        _write_arrow(state, arrow)
        return
    state.write(value.__reduce_ex__(4)[1:])


def _write_arrow(state: _Hash, value: Any) -> None:
    """Write values, not chunks: data are equal however they are cut."""
    whole = value.combine_chunks()
    compact = whole.take(np.arange(len(whole)))  # drops offsets and bytes nobody refers to
    state.piece("arrow", f"{compact.type}:{len(compact)}".encode())
    for position, buffer in enumerate(compact.buffers()):
        if buffer is not None and (position or compact.null_count):
            state.piece("buffer", memoryview(buffer))


def _write_repr(state: _Hash, value: Any) -> None:
    state.piece(type(value).__name__, repr(value).encode())
