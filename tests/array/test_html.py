"""The HTML of an array: what it says, and that its drawing is a drawing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import treadle.array as da
from treadle.array.html import chunks_svg

NAN = float("nan")


def lines(svg: str) -> int:
    """How many lines between blocks a drawing has: the moves of its paths."""
    return sum(path.count("M") for path in re.findall(r'<path d="([^"]*)"', svg))


def labels(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_the_table_says_bytes_shapes_blocks_and_kind():
    html = (da.ones((10, 6), chunks=(5, 3)) + 1)._repr_html_()

    cells = re.findall(r"<td[^>]*>([^<]*)</td>", html)
    assert cells == [
        "480 B", "120 B", "10 × 6", "5 × 3", "4 blocks", "2 operations", "float64", "numpy.ndarray",
    ]  # fmt: skip


def test_a_length_that_is_not_known_is_a_question_mark():
    x = da.arange(6, chunks=3)
    html = x[x > 2]._repr_html_()

    assert labels(html) == ["?"]
    assert "not known" in html


def test_an_array_without_dimensions_has_no_drawing():
    assert "<svg" not in da.ones(())._repr_html_()


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (((2, 2, 2),), 2),
        (((2, 2), (3, 3, 3)), 3),
        (((1, 1), (2, 2), (3, 3)), 2 + 2 + 1),  # fronts, two sides each, and one that goes back
    ],
)
def test_a_line_stands_between_every_two_blocks(chunks, expected):
    assert lines(chunks_svg(chunks)) == expected


def test_many_blocks_have_fewer_lines_than_would_be_a_wall():
    assert lines(chunks_svg(((1,) * 10_000,))) < 60


def test_the_labels_are_the_lengths_along_the_sides():
    assert labels(chunks_svg(((1, 1), (20,), (300,)))) == ["300", "20", "2"]


def test_four_dimensions_are_two_drawings():
    assert chunks_svg(((2,), (3,), (4,), (5,))).count("<g ") == 2


def test_the_page_gives_the_colours_and_no_script_runs():
    html = da.ones((3, 3))._repr_html_()

    assert "currentColor" in html
    assert "<script" not in html
    assert set(re.findall(r'fill="([^"]*)"', html)) == {"#56b4e9", "currentColor"}


def test_names_of_dtypes_are_escaped():
    x = da.from_array(np.zeros(2, [("<b>", "i4")]), chunks=1)

    assert "&lt;b&gt;" in x._repr_html_()


lengths = st.lists(st.integers(0, 10**6) | st.just(NAN), min_size=1, max_size=5)


@settings(deadline=None, max_examples=100)
@given(st.lists(lengths, min_size=1, max_size=7))
def test_every_drawing_is_well_formed_and_stays_inside_its_borders(chunks):
    svg = chunks_svg(chunks)

    root = ElementTree.fromstring(svg)
    assert "nan" not in svg
    width, height = float(root.get("width")), float(root.get("height"))
    for group in root:
        left = float(re.search(r"translate\(([-0-9.]+)", group.get("transform"))[1])
        for face in group.iter("{http://www.w3.org/2000/svg}polygon"):
            for point in face.get("points").split():
                x, y = map(float, point.split(","))
                assert 0 <= left + x <= width
                assert 0 <= y <= height
