"""A corpus of odd and bad CSV files: the frame that pandas reads, or an error that says where."""

from __future__ import annotations

import pandas as pd
import pytest

import treadle.dataframe as dd
from treadle.dataframe.testing import assert_eq
from treadle.errors import CsvDtypeError, CsvError, LateDtypeWarning

BLOCKSIZES = [None, 40, 64, 1000]

RIGHT = {
    "plain": ("a,b\n" + "".join(f"{n},x{n}\n" for n in range(60)), {}),
    "no newline at the end": ("a,b\n" + "".join(f"{n},x\n" for n in range(30)) + "30,y", {}),
    "newlines in quotes": ("a,b\n" + "".join(f'{n},"x\n{n}\n"\n' for n in range(40)), {}),
    "quotes in quotes": ("a,b\n" + "".join(f'{n},"say ""{n}"""\n' for n in range(40)), {}),
    "commas in quotes": ("a,b\n" + "".join(f'"{n}","1,{n}"\n' for n in range(40)), {}),
    "a quote in a field": ("a,b\n" + "".join(f'{n},5" pipe\n' for n in range(40)), {}),
    "CRLF": ("a,b\r\n" + "".join(f"{n},x\r\n" for n in range(50)), {}),
    "CRLF in quotes": ("a,b\r\n" + "".join(f'{n},"x\r\ny"\r\n' for n in range(40)), {}),
    "CR alone": ("a,b\r" + "".join(f"{n},x\r" for n in range(50)), {}),
    "blank lines": ("a,b\n\n" + "".join(f"{n},x\n\n" for n in range(40)), {}),
    "short records": ("a,b,c\n" + "".join(f"{n},x\n{n},y,{n}\n" for n in range(30)), {}),
    "missing values": ("a,b\n" + "".join(f"{n},\n,NA\n" for n in range(30)), {}),
    "semicolons": ("a;b\n" + "".join(f"{n};1,5\n" for n in range(40)),
                   {"sep": ";", "decimal": ","}),
    "no header": ("".join(f"{n},x\n" for n in range(40)), {"header": None}),
    "names": ("".join(f"{n},x\n" for n in range(40)), {"names": ["p", "q"]}),
    "rows to skip": ("junk\nmore, junk\na,b\n" + "1,2\n" * 40, {"skiprows": 2}),
    "repeated labels": ("a,a,b\n" + "1,2,3\n" * 40, {}),
    "dates": ("t,x\n" + "".join(f"2024-01-{n:02},1\n" for n in range(1, 29)),
              {"parse_dates": ["t"]}),
    "usecols": ("a,b,c\n" + "1,2,3\n" * 40, {"usecols": ["c", "a"]}),
    "index": ("k,v\n" + "".join(f"{n},{n}\n" for n in range(40)), {"index_col": "k"}),
    "comments": ("a,b\n" + "1,2 # one\n# none\n" * 20, {"comment": "#"}),
    "zeros in front": ("a\n" + "".join(f"{n:05}\n" for n in range(60)), {"dtype": {"a": "str"}}),
    "whitespace": ("a b\n" + "".join(f"{n}   {n}\n" for n in range(40)), {"sep": r"\s+"}),
    "header alone": ("a,b\n", {}),
    "nullable": ("a,b\n" + "1,\n,2\n" * 30, {"dtype": {"a": "Int64", "b": "Int64"}}),
    "bools": ("a\n" + "True\nFalse\n" * 30, {}),
    "thousands": ("a,b\n" + '"1,234",2\n' * 30, {"thousands": ","}),
    "emoji": ("a,b\n" + "".join(f"{n},é😀{n}\n" for n in range(40)), {}),
}  # fmt: skip


@pytest.mark.parametrize("blocksize", BLOCKSIZES)
@pytest.mark.parametrize("name", RIGHT)
def test_the_frame_is_that_of_pandas(tmp_path, name, blocksize):
    text, options = RIGHT[name]
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode())
    expected = pd.read_csv(path, **options)
    keeps = "index_col" in options

    df = dd.read_csv(path, blocksize=blocksize, **options)

    assert_eq(df, expected, check_index=keeps)
    assert len(df) == len(expected)
    last = expected.columns[-1]
    assert_eq(df[[last]], expected[[last]], check_index=keeps)


@pytest.mark.parametrize("blocksize", BLOCKSIZES)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252", "utf-16", "shift_jis"])
def test_other_encodings(tmp_path, encoding, blocksize):
    letter = "ソ" if encoding == "shift_jis" else "é"
    path = tmp_path / "a.csv"
    path.write_bytes(("a,b\n" + "".join(f"{n},{letter}\n" for n in range(50))).encode(encoding))
    options = {} if encoding == "utf-8-sig" else {"encoding": encoding}

    df = dd.read_csv(path, blocksize=blocksize, **options)

    assert_eq(df, pd.read_csv(path, **options), check_index=False)


@pytest.mark.parametrize("blocksize", BLOCKSIZES)
def test_late_floats_and_texts_in_columns_of_integers(tmp_path, blocksize, monkeypatch):
    from treadle.dataframe.io import csv_plan, csv_samples

    monkeypatch.setattr(csv_samples, "WINDOW", 16)
    monkeypatch.setattr(csv_plan, "WINDOW", 16)
    monkeypatch.setattr(csv_samples, "WINDOWS", 2)
    path = tmp_path / "a.csv"
    rows = [[n, n, n] for n in range(400)]
    rows[150][1], rows[260][1], rows[301][2] = 0.5, "", "x"
    path.write_text("a,b,c\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))

    df = dd.read_csv(path, blocksize=blocksize, sample=50)

    with pytest.warns(LateDtypeWarning, match=r"a.csv, byte \d+, column"):
        found = df.compute()
    pd.testing.assert_frame_equal(found.reset_index(drop=True), pd.read_csv(path))


def test_files_with_columns_in_another_order_and_empty_ones(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("b,a\ny,2\n")
    (tmp_path / "3.csv").write_text("")
    (tmp_path / "4.csv").write_text("a,b\n")

    df = dd.read_csv(tmp_path / "*.csv")

    assert_eq(df, pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), check_index=False)
    assert len(df) == 2


def test_paths_of_files_make_a_column(tmp_path):
    (tmp_path / "1.csv").write_text("a\n1\n")
    (tmp_path / "2.csv").write_text("a\n2\n3\n")
    df = dd.read_csv(tmp_path / "*.csv", include_path_column="file")
    found = df.compute()
    assert [p.rpartition("/")[2] for p in found.file] == ["1.csv", "2.csv", "2.csv"]
    assert df.a.compute().tolist() == [1, 2, 3]


def test_integers_may_be_taken_for_floats(tmp_path):
    (tmp_path / "1.csv").write_text("a,b,c\n1,2,x\n")
    df = dd.read_csv(tmp_path / "1.csv", assume_missing=True, dtype={"b": "int64"})
    expected = pd.read_csv(tmp_path / "1.csv", dtype={"a": "float64"})
    assert_eq(df, expected)


WRONG = {
    "a field too many": (b"a,b\n" + b"1,2\n" * 20 + b"1,2,3\n", {}, 84, "on_bad_lines"),
    "an open quote": (b"a,b\n" + b"1,2\n" * 20 + b'3,"x\n', {}, 86, "QUOTE_NONE"),
    "no UTF-8": (b"a,b\n" + b"1,x\n" * 30 + b"1,\xe9\n", {}, 126, "encoding="),
    "a text for an int": (b"a,b\n" + b"1,2\n" * 20 + b"x,2\n", {"dtype": {"a": "int64"}}, 84,
                          "give another dtype"),
    "a missing int": (b"a,b\n" + b"1,2\n" * 20 + b",2\n", {"dtype": {"a": "int64"}}, 84,
                      "give another dtype"),
}  # fmt: skip


@pytest.mark.parametrize("blocksize", BLOCKSIZES)
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_names_the_file_the_byte_and_the_mend(tmp_path, name, blocksize):
    data, options, offset, mend = WRONG[name]
    path = tmp_path / "bad.csv"
    path.write_bytes(data)

    with pytest.raises(CsvError) as caught:
        dd.read_csv(path, blocksize=blocksize, **options).compute()

    error = caught.value
    assert error.path == str(path)
    assert error.offset == offset
    assert mend in str(error)


def test_files_with_other_columns_are_refused_with_their_name(tmp_path):
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("a,z\n2,y\n")
    with pytest.raises(CsvError, match=r"2.csv, byte 0: its header lacks \['b'\] and has \['z'\]"):
        dd.read_csv(tmp_path / "*.csv").compute()
    (tmp_path / "0.csv").write_text("")
    with pytest.raises(CsvError, match=r"0\.csv.*nothing in it"):
        dd.read_csv(tmp_path / "0.csv")


def test_an_error_is_the_same_from_other_processes(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 20 + b"x,2\n")
    df = dd.read_csv(path, dtype={"a": "int64"}, blocksize=40)
    with pytest.raises(CsvDtypeError, match=r"bad.csv, byte 84, column 'a'.*'x'"):
        df.compute(scheduler="processes")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"nrows": 3}, ValueError, r"use df.head\(n\)"),
        ({"chunksize": 3}, ValueError, "use blocksize"),
        ({"nonsense": 3}, TypeError, "nonsense"),
        ({"blocksize": 0}, ValueError, "blocksize must be 1 or more"),
        ({"usecols": ["z"]}, ValueError, "z"),
        ({"compression": "rar"}, ValueError, "rar"),
        ({"parse_dates": ["z"]}, ValueError, "z"),
    ],
)
def test_options_that_mean_nothing_are_refused_at_once(tmp_path, options, error, text):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(error, match=text):
        dd.read_csv(tmp_path / "a.csv", **options)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        dd.read_csv(tmp_path / "nowhere*.csv")
