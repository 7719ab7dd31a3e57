"""The columns of CSV files: which there are, which are wanted, and which are the index.

Turns the options that speak of columns by label or by place (``usecols``, ``index_col``, ``dtype``,
``na_values``, ``converters``) into numbers of fields.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from treadle.dataframe.io.csv_dtypes import Kind
from treadle.dataframe.io.csv_options import CsvReading, parse_labels, split_header
from treadle.dataframe.io.csv_pandas import count_fields
from treadle.dataframe.io.csv_source import Source
from treadle.errors import CsvError

NOTHING: tuple[Kind, ...] = ("none",)


def with_columns(reading: CsvReading, head: bytes, source: Source, parse_dates: Any) -> CsvReading:
    """Return the reading with all that the header of the first file says.

    Parameters
    ----------
    reading : CsvReading
        As the options of the user make it.
    head : bytes
        Of that file, in UTF-8: the header and a record, if there is one.
    source : Source
    parse_dates : object
        As the user gave it.
    """
    options = dict(reading.options)
    if reading.verbatim:
        if parse_dates is not None:
            options["parse_dates"] = parse_dates
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(head), **options)
        return replace(
            reading, options=options, labels=frame.columns, meta=frame.iloc[:0],
            selected=tuple(range(len(frame.columns))), kinds=NOTHING * len(frame.columns),
            given=_given(options.get("dtype"), frame.columns),
        )  # fmt: skip
    names = options.pop("names", None)
    usecols, index_col = options.pop("usecols", None), options.pop("index_col", None)
    dtype = options.pop("dtype", None)
    for name in ("header", "skiprows"):
        options.pop(name, None)
    if index_col is False:
        options["index_col"] = False  # what is too much in a record is left out
    header, start = split_header(head, reading)
    bare = replace(reading, options=options)
    nfields = count_fields(head, start, bare)
    if names is not None:
        labels = pd.Index(list(names))
        if not labels.is_unique:
            raise ValueError(f"names must differ from each other, unlike {list(names)}")
    elif reading.header is not None:
        if not header:
            raise CsvError(source.path, "there is no record with names of columns", 0)
        labels = parse_labels(header, bare)
    else:
        labels = pd.RangeIndex(nfields)
    extra = max(nfields - len(labels), 0)
    if extra and (index_col is False or (index_col is None and usecols is not None)):
        extra = 0
    if extra and index_col is None:
        # As pandas has it: fields without a name, before those with one, are the index.
        selected = tuple(range(extra, extra + len(labels)))
        full = pd.Index([*(f"(index {n})" for n in range(extra)), *labels])
        index, index_names = tuple(range(extra)), (None,) * extra
    else:
        full = labels
        chosen = _chosen(labels, usecols)
        index = _index_fields(labels, chosen, index_col)
        selected = tuple(n for n in chosen if n not in index)
        index_names = tuple(_index_name(labels[n]) for n in index)
    if names is not None:
        options["names"] = True  # headers of files are passed over
    reading = replace(
        reading, options=_by_number(options, full), labels=full, selected=selected, index=index,
        index_names=index_names, header_bytes=header, given=_given(dtype, full),
        kinds=NOTHING * len(full),
    )  # fmt: skip
    return reading


def _chosen(labels: pd.Index[Any], usecols: Any) -> tuple[int, ...]:
    if usecols is None:
        return tuple(range(len(labels)))
    if callable(usecols):
        return tuple(n for n, label in enumerate(labels) if usecols(label))
    wanted = list(usecols)
    if wanted and all(isinstance(each, int) and not isinstance(each, bool) for each in wanted):
        wrong = [each for each in wanted if not 0 <= each < len(labels)]
        numbers = sorted(set(wanted) - set(wrong))
    else:
        wrong = [each for each in wanted if each not in labels]
        numbers = sorted(_place(labels, each) for each in set(wanted) - set(wrong))
    if wrong:
        raise ValueError(f"usecols names {wrong}; the columns are {list(labels)[:20]}")
    return tuple(numbers)


def _place(labels: pd.Index[Any], label: Any) -> int:
    number: Any = labels.get_loc(label)
    return int(number)


def _index_fields(
    labels: pd.Index[Any], chosen: tuple[int, ...], index_col: Any
) -> tuple[int, ...]:
    if index_col is None or index_col is False:
        return ()
    wanted = index_col if isinstance(index_col, (list, tuple)) else [index_col]
    found = []
    for each in wanted:
        if isinstance(each, int) and each not in labels:
            found.append(chosen[each])
        elif each in labels and _place(labels, each) in chosen:
            found.append(_place(labels, each))
        else:
            raise ValueError(f"index_col names {each!r}; the columns are {list(labels)[:20]}")
    return tuple(found)


def _index_name(label: Any) -> Any:
    return None if isinstance(label, str) and label.startswith("Unnamed: ") else label


def _given(dtype: Any, labels: pd.Index[Any]) -> dict[int, Any]:
    """Return the dtypes that the user gave, by the number of the field."""
    if dtype is None:
        return {}
    if not isinstance(dtype, Mapping):
        return {number: _dtype(dtype) for number in range(len(labels))}
    default = getattr(dtype, "default_factory", None)
    given = {}
    for number, label in enumerate(labels):
        if label in dtype:
            given[number] = _dtype(dtype[label])
        elif number in dtype and not isinstance(label, int):
            given[number] = _dtype(dtype[number])
        elif default is not None:
            given[number] = _dtype(default())
    return given


def _dtype(dtype: Any) -> Any:
    return pd.api.types.pandas_dtype(dtype)


def _by_number(options: dict[str, Any], labels: pd.Index[Any]) -> dict[str, Any]:
    """Return options with fields by number where they had labels."""
    numbers = {label: number for number, label in enumerate(labels)}
    for name in ("converters", "na_values", "date_format"):
        value = options.get(name)
        if isinstance(value, Mapping):
            options[name] = {
                numbers.get(label, label): each
                for label, each in value.items()
                if label in numbers or isinstance(label, int)
            }
    return options
