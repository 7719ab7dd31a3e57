r"""One block of a CSV file as a frame.

pyarrow parses where it reads text as pandas does, given the dtypes beforehand; whatever it refuses
(a short record, ``+1``, a value of another kind) goes to pandas, which looks again and either
agrees or knows what is wrong.  So the quick way can be strict, and the slow way right.

::

    bytes --> borders checked --> UTF-8 --> header off --> pyarrow --fits--> frame
                                                              `--refuses--> pandas --fits--> frame
                                                                               `--> CsvDtypeError

Values that the samples gave no hint of, such as the first ``1.5`` after a million integers, never
change a dtype in silence.  By default they raise `CsvDtypeError`, whose ``promotion`` says which
dtypes would do: who plans takes `CsvPlan.promoted` and reads again.  With ``late="promote"`` the
frame comes with the wider dtype, and `widen_frames` brings the parts together.

Floats are the nearest doubles of their text, as with ``float_precision="round_trip"``.
"""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pandas as pd

from treadle.dataframe.io import csv_arrow
from treadle.dataframe.io.csv_blocks import CsvBlock, Text, block_bytes, count_records, order_of
from treadle.dataframe.io.csv_dtypes import (
    Kind,
    dtype_of,
    join,
    keeps_values,
    kind_of,
    widen,
)
from treadle.dataframe.io.csv_errors import misfit, parser_error, too_long, undecodable
from treadle.dataframe.io.csv_options import (
    CsvReading,
    split_header,
    to_utf8,
    with_kinds,
)
from treadle.dataframe.io.csv_pandas import count_fields, parse_fields
from treadle.errors import CsvDtypeError, CsvError


def read_csv_block(
    block: CsvBlock,
    reading: CsvReading,
    columns: Sequence[Hashable] | None = None,
    *,
    late: Literal["raise", "promote"] = "raise",
) -> pd.DataFrame:
    r"""Return the records of a block as a frame.

    Parameters
    ----------
    block : CsvBlock
    reading : CsvReading
        Both out of a plan.
    columns : sequence of labels, optional
        Only these, in this order; the index comes with them.
    late : {"raise", "promote"}
        What becomes of values that do not fit their column's dtype.

    Returns
    -------
    pandas.DataFrame
        As ``reading.meta`` says; the rows are numbered from 0 unless there is an index.

    Raises
    ------
    CsvDtypeError
        If values do not fit; with ``late="promote"``, only where the user gave the dtype.
    CsvError
        If the text is no CSV, or the file's header is another than that of the others.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from treadle.dataframe.io.csv_plan import plan_csv
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_bytes(b"a,b\n1,x\n2,y\n")
    >>> plan = plan_csv(path)
    >>> read_csv_block(plan.blocks[0], plan.reading, ["b"])
       b
    0  x
    1  y
    """
    data, begin, plain = block_bytes(block, reading)
    data = to_utf8(data, reading, block.source.path, begin)
    text = Text(data, 0, block, begin)
    if reading.verbatim:
        return _finish(_read_verbatim(text, reading, late), reading, text, columns)
    order = block.order
    if begin == 0:
        header, text.start = split_header(data, reading)
        order = order_of(header, reading, block)
    fields = _fields(reading, columns)
    if not fields:
        count = count_records(text, reading)
        if count is not None:
            bare = pd.DataFrame(index=pd.RangeIndex(count))
            return _finish(bare, reading, text, columns)
        fields = (reading.selected or (0,))[:1]
    frame: pd.DataFrame | None = None
    if reading.arrow and plain:
        frame = csv_arrow.parse(data, text.start, reading, fields, order)
    if frame is None:
        frame = _read_by_pandas(text, reading, fields, order, late)
    return _finish(frame, reading, text, columns)


def scan_csv_block(
    block: CsvBlock, reading: CsvReading, columns: Sequence[Hashable] | None = None
) -> dict[Hashable, Kind]:
    r"""Return what the columns of a block hold, for dtypes that are exact before a run.

    Costs as much as reading the block, and brings back next to nothing.

    Parameters
    ----------
    block : CsvBlock
    reading : CsvReading
    columns : sequence of labels, optional

    Returns
    -------
    dict
        Label -> kind; what `CsvPlan.with_kinds` takes, of every block.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from treadle.dataframe.io.csv_plan import plan_csv
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_bytes(b"a,b\n1,x\n2,y\n")
    >>> plan = plan_csv(path)
    >>> scan_csv_block(plan.blocks[0], plan.reading)
    {'a': 'int', 'b': 'str'}
    """
    bare = replace(reading, index=(), path_column=None, selected=tuple(range(len(reading.labels))))
    if columns is None:
        columns = [reading.labels[n] for n in sorted({*reading.selected, *reading.index})]
    frame = read_csv_block(block, reading if reading.verbatim else bare, columns, late="promote")
    return {label: kind_of(frame[label]) for label in columns}


def _fields(reading: CsvReading, columns: Sequence[Hashable] | None) -> tuple[int, ...]:
    """Return the numbers of the fields to parse, ascending."""
    if columns is None:
        return tuple(sorted({*reading.selected, *reading.index}))
    wanted = set(columns)
    found = {number for number in reading.selected if reading.labels[number] in wanted}
    return tuple(sorted(found | set(reading.index)))


def _read_by_pandas(
    text: Text,
    reading: CsvReading,
    fields: tuple[int, ...],
    order: tuple[int, ...] | None,
    late: str,
) -> pd.DataFrame:
    count = len(reading.labels)
    given = {number: reading.given[number] for number in fields if number in reading.given}
    textual = {n: "str" for n in fields if reading.kinds[n] == "str" and n not in given}
    textual = {n: kind for n, kind in textual.items() if n not in _converted(reading)}
    dates = [number for number in fields if number in reading.dates]
    formats = {n: form for n in dates if (form := reading.dates[n][0]) is not None}
    if len(fields) == count:
        _check_first_record(text, reading, count)
    try:
        frame = parse_fields(
            text.data, text.start, reading, fields, order, {**textual, **given}, dates, formats
        )
    except UnicodeDecodeError:
        raise undecodable(text.data, text.block.source.path, text.begin, reading) from None
    except pd.errors.ParserError as error:
        raise parser_error(error, text, reading) from None
    except (ValueError, TypeError, OverflowError) as error:
        raise misfit(text, reading, fields, order, {}, error) from error
    return _fit(frame, reading, text, fields, order, late)


def _converted(reading: CsvReading) -> Mapping[int, Any]:
    return reading.options.get("converters") or {}


def _check_first_record(text: Text, reading: CsvReading, count: int) -> None:
    """Refuse a first record that is too long: pandas would take the rest as an index."""
    if reading.options.get("index_col", True) is False:
        return
    found = count_fields(text.data, text.start, reading)
    if found > count and "on_bad_lines" not in reading.options:
        raise too_long(text, reading, text.start, found)


def _fit(
    frame: pd.DataFrame,
    reading: CsvReading,
    text: Text,
    fields: Sequence[int],
    order: tuple[int, ...] | None,
    late: str,
) -> pd.DataFrame:
    """Return the frame with the dtypes of the plan."""
    columns: dict[int, Any] = {}
    misfits: dict[int, Kind] = {}
    for number in fields:
        values = frame[number]
        if number in reading.given:
            columns[number] = values
            continue
        wanted, found = reading.kinds[number], kind_of(values)
        wider = join(wanted, found)
        date = reading.dates[number][1] if number in reading.dates else None
        if wider == "uint" and found == "int" and bool((values < 0).any()):
            wider = "str"
        if wider == wanted or (wider, wanted) == ("float", "null"):
            columns[number] = widen(values, wanted, date)
            continue
        misfits[number] = wider
        if late == "promote" and keeps_values(found, wider):
            columns[number] = widen(values, wider, date)
        else:
            columns[number] = values
    if misfits and late == "raise":
        raise misfit(text, reading, fields, order, misfits, None)
    textual = {n for n, kind in misfits.items() if not keeps_values(kind_of(frame[n]), kind)}
    if textual:
        # What was parsed has lost its text: once more, now as text.
        kinds = tuple(misfits.get(n, kind) for n, kind in enumerate(reading.kinds))
        again = with_kinds(reading, kinds)
        if reading.verbatim:
            return _read_verbatim(text, again, late)
        return _read_by_pandas(text, again, tuple(fields), order, late)
    return pd.DataFrame(columns, index=frame.index, columns=pd.Index(list(fields)))


def _read_verbatim(text: Text, reading: CsvReading, late: str) -> pd.DataFrame:
    """Return a file as pandas reads it with the options of the user."""
    options = dict(reading.options)
    dtype = options.pop("dtype", None)
    if not isinstance(dtype, str) and (dtype is None or isinstance(dtype, dict)):
        plain = {
            label: "str"
            for number, label in enumerate(reading.labels)
            if reading.kinds[number] == "str" and not isinstance(label, tuple)
        }
        dtype = {**plain, **(dtype or {})}
    try:
        frame: pd.DataFrame = pd.read_csv(io.BytesIO(text.data), dtype=dtype or None, **options)
    except UnicodeDecodeError:
        raise undecodable(text.data, text.block.source.path, text.begin, reading) from None
    except pd.errors.ParserError as error:
        raise parser_error(error, text, reading) from None
    except pd.errors.EmptyDataError:
        empty: pd.DataFrame = reading.meta.copy()
        return empty
    except (ValueError, TypeError) as error:
        raise CsvDtypeError(text.block.source.path, str(error), 0) from error
    if not frame.columns.equals(reading.labels):
        raise CsvError(
            text.block.source.path, f"its columns are {list(frame.columns)[:9]}, not "
            f"{list(reading.labels)[:9]} as in the first file", 0,
            mend="read the files with different columns apart, and concatenate them",
        )  # fmt: skip
    labels = frame.columns
    index = frame.index
    frame.columns = pd.Index(range(len(labels)))
    fitted = _fit(frame, reading, text, range(len(labels)), None, late)
    fitted.index = index
    return fitted


def _finish(
    frame: pd.DataFrame,
    reading: CsvReading,
    text: Text | None,
    columns: Sequence[Hashable] | None,
) -> pd.DataFrame:
    """Give parsed fields their labels, the index and the order that was asked for."""
    selected: set[Any] = set(reading.selected)
    numbers: list[Any] = [number for number in frame.columns if number in selected]
    index = [frame[number] for number in reading.index] if len(frame.columns) else []
    result: pd.DataFrame = frame[numbers]
    result.columns = reading.labels[numbers]
    if reading.index and index:
        names = list(reading.index_names)
        if len(index) == 1:
            result.index = pd.Index(index[0]).rename(names[0])
        else:
            result.index = pd.MultiIndex.from_arrays(index, names=names)
    if reading.path_column is not None and text is not None:
        paths = list(reading.paths)
        codes = [paths.index(text.block.source.path)] * len(result)
        result[reading.path_column] = pd.Categorical.from_codes(codes, categories=pd.Index(paths))
    if columns is None:
        return result
    chosen: pd.DataFrame = result[list(columns)]
    return chosen


def widen_frames(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Bring frames read with ``late="promote"`` to common dtypes.

    Parameters
    ----------
    frames : sequence of pandas.DataFrame
        All blocks of a plan, or some, with the same columns.

    Returns
    -------
    list of pandas.DataFrame

    Raises
    ------
    CsvDtypeError
        If a column is text in one frame and numbers or bools in another: their text is gone, and
        the blocks have to be read again by a promoted plan.

    Examples
    --------
    >>> one, two = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1.5]})
    >>> [frame.a.dtype for frame in widen_frames([one, two])]
    [dtype('float64'), dtype('float64')]
    """
    if not frames:
        return []
    changes: dict[Any, Kind] = {}
    label: Any
    for label in frames[0].columns:
        if len({frame[label].dtype for frame in frames}) == 1:
            continue
        found = [kind_of(frame[label]) for frame in frames]
        wider: Kind = "none"
        for kind in found:
            wider = join(wider, kind)
        if not all(kind == wider or keeps_values(kind, wider) for kind in found):
            raise CsvDtypeError(
                "these files", "some values are text", None, label, None,
                f'give dtype={{{label!r}: "str"}}', promotion={label: "str"},
            )  # fmt: skip
        changes[label] = wider
    if not changes:
        return list(frames)
    wide = []
    for frame in frames:
        frame = frame.copy(deep=False)
        for label, kind in changes.items():
            frame[label] = widen(frame[label], kind)
        wide.append(frame)
    return wide


def empty_frame(reading: CsvReading) -> pd.DataFrame:
    """Return what a block without records reads as: the ``meta`` of the plan."""
    numbers = sorted({*reading.selected, *reading.index})
    columns: dict[int, Any] = {}
    for number in numbers:
        if number in reading.given:
            columns[number] = pd.Series([], dtype=reading.given[number])
        else:
            date = reading.dates[number][1] if number in reading.dates else None
            columns[number] = pd.Series([], dtype=dtype_of(reading.kinds[number], date))
    frame = pd.DataFrame(columns, columns=pd.Index(numbers), index=pd.RangeIndex(0))
    meta = _finish(frame, reading, None, None)
    if reading.verbatim and reading.meta is not None:
        meta.index = reading.meta.index
    if reading.path_column is not None:
        meta[reading.path_column] = pd.Categorical([], categories=list(reading.paths))
    return meta
