"""Blocks of CSV files, put together, are what pandas reads from the whole."""

from __future__ import annotations

import csv
import io
import pickle

import cloudpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dataframe.io.csv_blocks import block_bytes
from treadle.dataframe.io.csv_plan import plan_csv
from treadle.dataframe.io.csv_read import (
    read_csv_block,
    scan_csv_block,
    widen_frames,
)
from treadle.errors import CsvDtypeError, CsvError


def read(urlpath, columns=None, late="raise", **options):
    """Read as treadle will: plan, then each block from a plan that has travelled."""
    plan = pickle.loads(cloudpickle.dumps(plan_csv(urlpath, **options)))
    frames = [read_csv_block(b, plan.reading, columns, late=late) for b in plan.blocks]
    for frame in frames:
        if late == "raise":
            meta = plan.meta if columns is None else plan.meta[list(columns)]
            pd.testing.assert_frame_equal(frame.iloc[:0], meta, check_index_type=False)
    named = plan.meta.index.name is not None or plan.reading.index or plan.reading.verbatim
    return pd.concat(frames, ignore_index=not named)


def check(path, data, blocksize=40, **options):
    """Write a file, and compare with pandas, block by block and as one."""
    path.write_bytes(data)
    wanted = pd.read_csv(path, **options)
    for size in (blocksize, None):
        pd.testing.assert_frame_equal(read(path, blocksize=size, **options), wanted)
    return wanted


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.csv"


ROWS = b"".join(b"%d,%d.5,x%d,%s\n" % (n, n, n, [b"True", b"False"][n % 2]) for n in range(50))
HEAD = b"i,f,s,b\n"


def test_blocks_give_what_pandas_reads_from_the_whole(path):
    frame = check(path, HEAD + ROWS)

    assert [str(dtype) for dtype in frame.dtypes] == ["int64", "float64", "str", "bool"]


@pytest.mark.parametrize(
    "options",
    [
        {"usecols": ["s", "i"]},
        {"usecols": [0, 3]},
        {"usecols": lambda label: label in "fb"},
        {"dtype": {"i": "float32", "s": object}},
        {"dtype": str},
        {"dtype": {"i": "Int64", "f": "Float64", "s": "string"}},
        {"dtype": {"i": "int16", 1: "float32"}},
        {"index_col": "i"},
        {"index_col": 0, "usecols": ["s", "f"]},
        {"index_col": ["s", "i"]},
        {"index_col": False},
        {"names": ["p", "q", "r", "t"], "header": 0},
        {"names": ["p", "q", "r", "t"]},
        {"header": None},
        {"header": None, "skiprows": 3},
        {"skiprows": 2},
        {"skiprows": [1, 3, 7]},
        {"header": 2},
        {"header": [0, 1]},
        {"converters": {"i": lambda text: int(text) * 2}},
        {"na_values": ["x7", "12"]},
        {"na_values": {"i": [3]}},
        {"keep_default_na": False},
        {"true_values": ["x1"]},
        {"engine": "c"},
        {"skip_blank_lines": False},
        {"on_bad_lines": "skip"},
        {"encoding": "latin-1"},
        {"comment": "#"},
        {"quoting": csv.QUOTE_NONE},
        {"na_filter": False},
        {"dtype": {"b": object}},
        {"skipfooter": 2, "engine": "python"},
        {"comment": "#", "index_col": "s", "usecols": ["s", "f"]},
        {"comment": "#", "dtype": {"i": "float32", "s": object}},
    ],
    ids=str,
)
def test_options_mean_what_they_mean_to_pandas(path, options):
    check(path, HEAD + ROWS, **options)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"a;b\n1,5;2\n1.000,25;3\n", {"sep": ";", "decimal": ",", "thousands": "."}),
        (b"a|b\n1|x\n2|y\n", {"delimiter": "|"}),
        (b"a   b\n1 x\n2     y\n", {"sep": r"\s+"}),
        (b"a::b\n1::x\n2::y\n", {"sep": "::", "engine": "python"}),
        (b"a\tb\n1\tx\n", {"sep": "\t"}),
        (b"a,b\n# 1,2\n3,4 # x\n", {"comment": "#"}),
        (b"a,b\n1, x\n2, y\n", {"skipinitialspace": True}),
        (b"a,b\n1,'x,y'\n2,'z'\n", {"quotechar": "'"}),
        (b'a,b\n1,"x\\"y"\n2,z\n', {"escapechar": "\\"}),
        (b"a,b~1,x~2,y~", {"lineterminator": "~"}),
        (b"a,b\n1,x\n2,y", {}),
        (b"a,b\r\n1,x\r\n2,y\r\n", {}),
        (b"a,b\r1,x\r2,y\r", {}),
        (b"\xef\xbb\xbfa,b\n1,x\n", {}),
        (b"\xef\xbb\xbfa,b\n1,x\n", {"encoding": "utf-8-sig"}),
        (b"\xef\xbb\xbf1,x\n", {"header": None}),
        (b"a\n1\n\n2\n  \n3\n", {}),
        (b"\n\na,b\n\n1,x\n\n\n2,y\n   \n", {}),
        (b"a,a,,\n1,2,3,4\n", {}),
        (b"a,b\n1,x,2\n3,y,4\n", {}),
        (b"a,b\n1,x,\n3,y,\n", {"index_col": False}),
        (b",a\nx,1\ny,2\n", {"index_col": 0}),
        (b"a,b,c\n1,2,3\n4\n5,6\n", {}),
        (b"a,b\n1,\n,2\nNA,null\n", {}),
        (b'a,b\n"NA","x"\n"",""\n', {}),
        (b"a,b\nTrue,1\n,2\n", {}),
        (b"a,b\n0x1F,1\n0x2,2\n", {}),
        (b"a,b\n+1,1\n-2, 2\n", {}),
        (b"a,b\n18446744073709551615,1\n5,2\n", {}),
        (b"a,b\n99999999999999999999999,1\n5,2\n", {}),
        (b"a,b\n007,1e3\n1,inf\n", {}),
        (b'a,b\n5" pipe,x\n7" pipe,y\n', {}),
        (b'a,b\n"x"y,1\n"z""w",2\n', {}),
        (b"a,b\n", {}),
        (b"a,b\n,\n,\n", {}),
        (b"d,v\n2013-01-01,1\n2013-01-02,2\n,3\n", {"parse_dates": ["d"]}),
        (b"d,v\n01/02/2013,1\n03/02/2013,2\n", {"parse_dates": ["d"], "dayfirst": True}),
        (b"d,v\n2013.01.05,1\n", {"parse_dates": ["d"], "date_format": "%Y.%m.%d"}),
        (b"d,v\n2013-01-01T10:00:00Z,1\n2013-01-01T11:00:00Z,2\n", {"parse_dates": [0]}),
        (b"d,v\n2013-01-01 10:00:00,1\n2013-01-01 11:30:15,2\n", {"parse_dates": ["d"]}),
        (b"d,v\n2013-01-01T10:00:00Z,1\n,2\n", {"parse_dates": ["d"]}),
        (b"d,v\n2013-01-01T10:00:00+02:00,1\n", {"parse_dates": ["d"]}),
        (b"d,v\n2013-02-30 10:00:00,1\n", {"parse_dates": ["d"]}),
        (b"d,v\n2013-01-01,1\n2013-01-02,2\n", {"parse_dates": True, "index_col": "d"}),
        (b"d,v\n2013-01-01T10:00:00Z,1\n", {"parse_dates": ["d"], "comment": "#"}),
        (b"d,v\nsoon,1\n2013-01-02,2\n", {"parse_dates": ["d"], "date_format": "%Y-%m-%d"}),
    ],
    ids=str,
)
def test_odd_files_read_as_pandas_reads_them(path, data, options):
    check(path, data, blocksize=12, **options)


def test_newlines_inside_quotes_are_no_borders(path):
    rows = b"".join(b'%d,"two\n%d ""lines"", \n"\n' % (n, n) for n in range(40))

    check(path, b"a,b\n" + rows, blocksize=50)


def test_newlines_inside_quotes_that_no_sample_shows_are_found_when_a_block_is_read(path):
    plain = b"1234567,abcdefgh\n" * 40_000
    odd = b'1,"x\n' + b"quoted line,5\n" * 4_000 + b'end"\n'
    path.write_bytes(b"a,b\n" + plain + odd + plain)
    size = len(plain) // 20

    plan = plan_csv(path, blocksize=size, sample=1000)

    frame = pd.concat([read_csv_block(b, plan.reading) for b in plan.blocks], ignore_index=True)
    pd.testing.assert_frame_equal(frame, pd.read_csv(path))


def test_projection_reads_the_columns_asked_for_in_their_order(path):
    path.write_bytes(HEAD + ROWS)

    frame = read(path, ["s", "i"], blocksize=100)

    pd.testing.assert_frame_equal(frame, pd.read_csv(path)[["s", "i"]])


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,2\n3,4",
        b"a,b\n1,2\n\n3,4\n",
        b'a,b\n1,"2\n2"\n3,4\n',
        b"a,b\r\n1,2\r\n3,4\r\n",
        b"a,b\n",
    ],
)
def test_no_column_at_all_still_has_rows(path, data):
    path.write_bytes(data)
    plan = plan_csv(path)

    frame = read_csv_block(plan.blocks[0], plan.reading, [])

    assert frame.shape == (len(pd.read_csv(path)), 0)


ROWS_OF_LATE = 100_000


def write_late(path, usual, late):
    """A column whose only late value stands where no sample looks; returns its offset."""
    rows = [usual + b",yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n"] * ROWS_OF_LATE
    row = int(ROWS_OF_LATE * 0.54)
    rows[row] = late + b",y\n"
    path.write_bytes(b"a,b\n" + b"".join(rows))
    return 4 + len(b"".join(rows[:row]))


def plan_late(path, **options):
    return plan_csv(path, blocksize=600_000, sample=1000, **options)


def whole(plan):
    frames = [read_csv_block(block, plan.reading) for block in plan.blocks]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(
    ("usual", "late", "promotion"),
    [
        (b"12", b"1.5", "float64"),
        (b"12", b"", "float64"),
        (b"12", b"x", "str"),
        (b"1.25", b"soon", "str"),
        (b"True", b"", "object"),
        (b"True", b"2", "str"),
        (b"", b"x", "str"),
        (b"12", b"18446744073709551615", "uint64"),
    ],
)
def test_a_late_value_is_an_error_that_says_where_and_which_dtype_would_do(
    path, usual, late, promotion
):
    offset = write_late(path, usual, late)
    plan = plan_late(path)

    with pytest.raises(CsvDtypeError) as caught:
        whole(plan)

    error = caught.value
    assert (error.path, error.offset, error.column) == (str(path), offset, "a")
    assert (error.value or "") == late.decode()
    assert error.promotion == {"a": promotion}
    assert f"give dtype={{'a': '{promotion}'}}" in str(error)
    again = pickle.loads(pickle.dumps(error))
    frame = whole(plan.promoted(again.promotion))
    pd.testing.assert_frame_equal(frame, pd.read_csv(path, low_memory=False))
    assert str(plan.promoted(again.promotion).meta.a.dtype) == promotion


def test_parts_with_late_floats_widen_to_one_dtype(path):
    write_late(path, b"12", b"1.5")
    plan = plan_late(path)

    parts = [read_csv_block(block, plan.reading, late="promote") for block in plan.blocks]

    assert {str(part.a.dtype) for part in parts} == {"int64", "float64"}
    frame = pd.concat(widen_frames(parts), ignore_index=True)
    pd.testing.assert_frame_equal(frame, pd.read_csv(path))


def test_parts_do_not_widen_to_text_that_is_gone(path):
    write_late(path, b"12", b"x")
    plan = plan_late(path)

    parts = [read_csv_block(block, plan.reading, late="promote") for block in plan.blocks]

    with pytest.raises(CsvDtypeError, match="some values are text"):
        widen_frames(parts)


def test_a_scan_makes_dtypes_exact_before_a_run(path):
    write_late(path, b"12", b"1.5")
    plan = plan_late(path)

    kinds = [scan_csv_block(block, plan.reading, ["a"]) for block in plan.blocks]

    assert plan.with_kinds(kinds).meta.a.dtype == np.float64


def test_a_late_value_in_a_column_that_is_not_asked_for_is_no_error(path):
    write_late(path, b"12", b"x")
    plan = plan_late(path)

    frames = [read_csv_block(block, plan.reading, ["b"]) for block in plan.blocks]

    assert sum(map(len, frames)) == ROWS_OF_LATE


def test_a_date_that_is_none_is_named(path):
    offset = write_late(path, b"2013-01-01", b"soon")
    plan = plan_late(path, parse_dates=["a"])

    with pytest.raises(CsvDtypeError, match="leave 'a' out of parse_dates") as caught:
        whole(plan)

    assert (caught.value.offset, caught.value.value) == (offset, "soon")
    assert whole(plan.promoted(caught.value.promotion)).a.dtype == "str"


def test_a_dtype_of_the_user_that_does_not_fit_is_named(path):
    path.write_bytes(b"a,b\n1,2\n3,x\n")
    plan = plan_csv(path, dtype={"b": "int64"})

    with pytest.raises(CsvDtypeError, match="column 'b': a value is no int64: 'x'") as caught:
        read_csv_block(plan.blocks[0], plan.reading)

    assert caught.value.offset == 8
    assert caught.value.promotion == {}


def test_a_record_with_too_many_fields_is_an_error_with_its_place(path):
    data = b"a,b\n" + b"1,2\n" * 10 + b"1,2,3\n" + b"1,2\n" * 10
    path.write_bytes(data)
    plan = plan_csv(path, blocksize=30)

    with pytest.raises(CsvError, match="fields") as caught:
        [read_csv_block(block, plan.reading) for block in plan.blocks]

    assert caught.value.offset == data.index(b"1,2,3")
    assert 'on_bad_lines="skip"' in str(caught.value)


def test_records_with_too_many_fields_are_left_out_on_demand(path):
    rows = b"1,2\n" * 10
    check(path, b"a,b\n" + rows + b"1,2,3\n" + rows, on_bad_lines="skip")


def test_bytes_of_another_encoding_are_an_error_with_their_place(path):
    data = b"a,b\n" + b"1,x\n" * 10 + "1,Jürgen\n".encode("latin-1") + b"1,x\n" * 10
    path.write_bytes(data)

    with pytest.raises(CsvError, match='give encoding="latin-1"') as caught:
        read(path, blocksize=20)

    assert caught.value.offset == data.index(b"\xfc")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-32", "gbk", "koi8-r"])
def test_other_encodings_read_as_pandas_reads_them(path, encoding):
    word = {"gbk": "汉字", "koi8-r": "слово"}.get(encoding, "Jürgen")
    data = ("näme" if word == "Jürgen" else "name") + ",b\n" + f"{word},1\n" * 30

    check(path, data.encode(encoding), encoding=encoding)


def test_places_in_other_encodings_are_places_in_the_file(path):
    offset = write_late(path, "12,Jürgen".encode("latin-1"), b"x,y")
    plan = plan_late(path, encoding="latin-1", names=["a", "b", "c"], header=0)

    with pytest.raises(CsvDtypeError) as caught:
        whole(plan)

    assert caught.value.offset == offset


def test_utf_16_is_recognised_by_its_mark(path):
    path.write_bytes("a,b\n1,2\n".encode("utf-16"))

    with pytest.raises(CsvError, match='give encoding="utf-16"'):
        plan_csv(path)


def test_categories_are_those_of_each_block(path):
    path.write_bytes(HEAD + ROWS)
    plan = plan_csv(path, blocksize=200, dtype={"s": "category"})

    frames = [read_csv_block(block, plan.reading) for block in plan.blocks]

    frame = pd.concat([frame.astype({"s": "str"}) for frame in frames], ignore_index=True)
    pd.testing.assert_frame_equal(frame, pd.read_csv(path))
    assert {str(frame.s.dtype) for frame in [*frames, plan.meta]} == {"category"}


def test_a_converter_that_gives_other_kinds_late_is_an_error(path):
    write_late(path, b"12", b"13")
    plan = plan_late(path, converters={"a": lambda text: float(text) / 2 if text == "13" else 6})

    with pytest.raises(CsvDtypeError) as caught:
        whole(plan)

    assert caught.value.promotion == {"a": "float64"}


def test_a_quote_that_never_closes_is_an_error(path):
    path.write_bytes(b'a,b\n1,x\n2,"y\n3,z\n')

    with pytest.raises(CsvError, match="never closed"):
        read(path)

    with pytest.raises(CsvError, match="byte 10"):
        read(path)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-5, 5), st.floats(0, 9).map(lambda x: round(x, 2))),
            st.text(st.sampled_from('ab,"\n é'), max_size=6),
            st.sampled_from(["True", "False", ""]),
        ),
        max_size=25,
    ),
    blocksize=st.integers(5, 60),
)
def test_any_frame_that_pandas_wrote_comes_back(tmp_path_factory, rows, blocksize):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    pd.DataFrame(rows, columns=["n", "s", "b"]).to_csv(path, index=False)

    frame = read(path, blocksize=blocksize, newlines_in_values=True)

    pd.testing.assert_frame_equal(frame, pd.read_csv(path, low_memory=False))


@settings(max_examples=80, deadline=None)
@given(
    fields=st.lists(
        st.lists(st.text(st.sampled_from('1x." '), max_size=4), min_size=2, max_size=2), max_size=8
    )
)
def test_stray_quotes_mean_what_they_mean_to_pandas(tmp_path_factory, fields):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("a,b\n" + "".join(",".join(row) + "\n" for row in fields))
    try:
        wanted = pd.read_csv(path, low_memory=False)
    except pd.errors.ParserError:
        with pytest.raises(CsvError):
            read(path)
        return

    pd.testing.assert_frame_equal(read(path), wanted)


def test_block_bytes_cover_each_byte_once(path):
    path.write_bytes(HEAD + ROWS)
    plan = plan_csv(path, blocksize=64)

    parts = [block_bytes(block, plan.reading)[0] for block in plan.blocks]

    assert b"".join(parts) == HEAD + ROWS
    assert all(part.endswith(b"\n") for part in parts)
    assert io.BytesIO(parts[0]).readline() == HEAD
