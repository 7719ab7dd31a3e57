"""Borders of records: found by newlines, and by quotes where newlines are quoted."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.dataframe.io.csv_borders import (
    Marks,
    find_borders,
    has_quoted_newline,
    looks_whole,
    record_starts,
)

MARKS = Marks()
TEXTS = st.lists(
    st.lists(st.text(st.sampled_from('a,"\n'), max_size=5), min_size=2, max_size=3), max_size=12
)


def written(rows):
    """CSV of rows as Python writes it, and where each row starts."""
    out, starts = io.StringIO(), []
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        starts.append(out.tell())
        writer.writerow(row)
    return out.getvalue().encode(), starts


def pieces(data, size):
    return [data[n : n + size] for n in range(0, len(data), size)]


@given(rows=TEXTS, size=st.integers(1, 30))
def test_every_record_is_found_whatever_the_pieces(rows, size):
    data, starts = written(rows)

    found = find_borders(pieces(data, size), range(len(data) + 1), MARKS)

    assert sorted({*found}) == sorted({*starts, len(data)})
    assert found == sorted(found)
    assert all(border >= target for target, border in enumerate(found))


@given(rows=TEXTS)
def test_records_that_were_written_start_where_they_were_written(rows):
    data, starts = written(rows)

    assert record_starts(data, MARKS).tolist() == starts
    assert looks_whole(data, MARKS)
    assert has_quoted_newline(data, MARKS) == any("\n" in field for row in rows for field in row)


@given(
    data=st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b" "])).map(b"".join),
    size=st.integers(1, 9),
)
def test_stray_quotes_open_nothing_unless_a_field_begins(data, size):
    expected, inside, start = [0], False, True
    at = 0
    while at < len(data):
        byte = data[at : at + 1]
        if inside:
            if byte == b'"':
                inside = data[at + 1 : at + 2] == b'"'
                at += inside  # a pair of quotes is one that is meant
                start = False
        elif byte == b'"' and start:
            inside, start = True, False
        elif byte == b"\n":
            expected.append(at + 1)
            start = True
        else:
            start = byte == b","
        at += 1

    found = find_borders(pieces(data, size), range(len(data) + 1), MARKS)

    assert sorted({*found}) == sorted({*expected, len(data)})


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (b"", True),
        (b"1,2\n", True),
        (b'1,"2\n3"\n', True),
        (b'"","a""b"\n', True),
        (b'2\n3"\n1,"4\n', False),
        (b'3"\n', False),
        (b'5" pipe,7" pipe\n', False),
        (b'"a",1\r\n"b"\r\n', True),
    ],
)
def test_bytes_that_begin_or_end_inside_quotes_do_not_look_whole(data, whole):
    assert looks_whole(data, MARKS) is whole


def test_without_quotes_each_newline_is_a_border():
    marks = Marks(quote=None)

    assert record_starts(b'"a\nb"\n', marks).tolist() == [0, 3]
    assert find_borders([b'"a\nb"\n'], [1, 4], marks) == [3, 6]
