"""What an array looks like in a notebook: a table, and a drawing of its blocks.

There is no script in it, and no colour of the page is counted on: lines and text have the colour
of the text around them, and the faces are a blue that lets the ground through.

::

       +--+--+        up to three dimensions make one drawing, the first of them going back;
      /  /  /|        an array of more has several, the last one for the last three
     +--+--+ +
     |  |  |/|        a length that is not known is a question mark
     +--+--+ +
     |  |  |/
     +--+--+

>>> import treadle.array as da
>>> "4 x 3" in array_html(da.ones((4, 3), chunks=2)).replace("×", "x")
True
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TypeAlias

from treadle.graph.expr import walk
from treadle.utils.format import count, nbytes

if TYPE_CHECKING:
    from treadle.array.core import Array

Point: TypeAlias = tuple[float, float]

#: Pixels of the longest side, and of the shortest.
LONGEST, SHORTEST = 130.0, 22.0

#: Pixels between two lines at least: more lines would be a grey wall.
LEAST_GAP = 3.0

#: What a pixel going back adds to right and up.
BACK = (0.55, -0.45)

_LETTER = 7.8  # pixels of a digit at 12 px, at most

_CELL = "padding:2px 12px 2px 0;text-align:left;border:none;background:none"


def array_html(x: Array) -> str:
    """Return the HTML of an array: bytes, shapes, blocks, kind, and the drawing."""
    operations = sum(1 for _ in walk([x.expr]))
    kind = type(x.meta)
    library = kind.__module__.split(".")[0]
    rows = [
        ("Bytes", _bytes(x.shape, x.itemsize), _bytes(x.chunksize, x.itemsize)),
        ("Shape", _times(x.shape), _times(x.chunksize)),
        ("Count", count(x.npartitions, "block"), count(operations, "operation")),
        ("Type", str(x.dtype), f"{library}.{kind.__name__}"),
    ]
    lines = [
        f'<tr style="background:none"><th style="{_CELL}" scope="row">{title}</th>'
        f'<td style="{_CELL}">{escape(whole)}</td><td style="{_CELL}">{escape(block)}</td></tr>'
        for title, whole, block in rows
    ]
    heads = "".join(
        f'<th style="{_CELL}" scope="col">{head}</th>' for head in ("", "Array", "Block")
    )
    table = (
        '<table style="border-collapse:collapse;border:none;font-size:12px;margin:0">'
        f'<thead style="border-bottom:1px solid currentColor"><tr style="background:none">{heads}'
        f"</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;align-items:center;gap:24px">'
        f"{table}{chunks_svg(x.chunks)}</div>"
    )


def _bytes(shape: Iterable[float], itemsize: int) -> str:
    number = math.prod(shape) * itemsize
    return "not known" if math.isnan(number) else nbytes(number)


def _times(shape: Sequence[float]) -> str:
    return " × ".join(map(_length, shape)) or "no dimensions"


def _length(number: float) -> str:
    return "?" if math.isnan(number) else str(int(number))


def chunks_svg(chunks: Sequence[Sequence[float]]) -> str:
    """Return the drawing of blocks of these lengths, ``""`` for none.

    Parameters
    ----------
    chunks : sequence of sequence of number
        Lengths along each dimension; ``nan`` where not known.

    Examples
    --------
    >>> from treadle.array.html import chunks_svg
    >>> chunks_svg(((2, 2), (3,))).startswith("<svg")
    True
    """
    if not chunks:
        return ""
    first = len(chunks) % 3
    groups = [chunks[:first]] if first else []
    groups += [chunks[n : n + 3] for n in range(first, len(chunks), 3)]
    parts: list[str] = []
    left, height = 0.0, 0.0
    for group in groups:
        drawing = _Drawing(group)
        parts.append(f'<g transform="translate({left:.1f},0)">{drawing.body()}</g>')
        left += drawing.width + 16
        height = max(height, drawing.height)
    shape = _times([sum(lengths) for lengths in chunks])
    label = escape(f"{shape}, {count(math.prod(map(len, chunks)), 'block')}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left - 16:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="{label}" font-size="12" font-family="sans-serif">'
        f"{''.join(parts)}</svg>"
    )


class _Drawing:
    """A bar, a sheet or a box of up to three dimensions, with its labels."""

    def __init__(self, group: Sequence[Sequence[float]]):
        self.totals = [sum(lengths) for lengths in group]
        known = [total for total in self.totals if not math.isnan(total)]
        longest = max([*known, 1])
        sides = [_side(total, longest) for total in self.totals]
        self.cuts = [_cuts(lengths, side) for lengths, side in zip(group, sides, strict=True)]
        self.right = sides[-1]
        self.down = sides[-2] if len(sides) > 1 else SHORTEST
        self.back = sides[0] if len(sides) > 2 else 0.0
        self.room = (self.back * BACK[0], -self.back * BACK[1])  # what the depth takes
        labels = [_LETTER * len(_length(total)) for total in self.totals]
        beside = labels[-2] + 10 if len(labels) > 1 else 4.0
        before = labels[0] if len(labels) > 2 else 0.0
        self.corner = (max(4.0, labels[-1] / 2 - self.right / 2, before), self.room[1] + 6)
        self.width = self.corner[0] + self.right + self.room[0] + max(beside, labels[-1] / 2)
        self.height = self.corner[1] + self.down + 22

    def body(self) -> str:
        """Return the faces, the lines between blocks, and the labels."""
        x, y = self.corner
        faces = [_face(self._front(0, 0), self._front(1, 0), self._front(1, 1), self._front(0, 1))]
        if self.back:
            dx, dy = self.room
            top = (x + dx, y - dy), (x + dx + self.right, y - dy)
            low = (x + dx + self.right, y - dy + self.down)
            faces.append(_face((x, y), top[0], top[1], self._front(1, 0)))
            faces.append(_face(self._front(1, 0), top[1], low, self._front(1, 1)))
        return "".join([*faces, *self._lines(), *self._labels()])

    def _front(self, right: float, down: float) -> Point:
        return self.corner[0] + right * self.right, self.corner[1] + down * self.down

    def _lines(self) -> Iterator[str]:
        """Yield one path a direction: where blocks end, on every face that is seen."""
        x, y = self.corner
        dx, dy = self.room
        path = [f"M{x + at:.1f} {y:.1f}v{self.down:.1f}" for at in self.cuts[-1]]
        if len(self.cuts) > 1:
            path += [f"M{x:.1f} {y + at:.1f}h{self.right:.1f}" for at in self.cuts[-2]]
        if self.back:
            path += [f"M{x + at:.1f} {y:.1f}l{dx:.1f} {-dy:.1f}" for at in self.cuts[-1]]
            path += [
                f"M{x + self.right:.1f} {y + at:.1f}l{dx:.1f} {-dy:.1f}" for at in self.cuts[-2]
            ]
            path += [
                f"M{x + at * BACK[0]:.1f} {y + at * BACK[1]:.1f}h{self.right:.1f}v{self.down:.1f}"
                for at in self.cuts[0]
            ]
        if path:
            yield (
                f'<path d="{"".join(path)}" fill="none" stroke="currentColor" '
                'stroke-width="0.8" stroke-opacity="0.6"/>'
            )

    def _labels(self) -> Iterator[str]:
        x, y = self.corner
        dx, dy = self.room
        yield _text(x + self.right / 2, y + self.down + 16, self.totals[-1], "middle")
        if len(self.totals) > 1:
            yield _text(x + self.right + dx + 6, y - dy + self.down / 2 + 4, self.totals[-2])
        if self.back:
            yield _text(x + dx / 2 - 6, y - dy / 2, self.totals[0], "end")


def _side(total: float, longest: float) -> float:
    """Return pixels of a side: in proportion, unless it would be too short to see."""
    share = 0.6 if math.isnan(total) else total / longest
    return SHORTEST + (LONGEST - SHORTEST) * math.sqrt(share)


def _cuts(lengths: Sequence[float], side: float) -> list[float]:
    """Return where blocks end along a side; fewer places where they would be too close."""
    if any(math.isnan(length) for length in lengths):
        lengths = [1] * len(lengths)
    total = sum(lengths) or 1
    cuts: list[float] = []
    place, last = 0.0, 0.0
    for length in lengths[:-1]:
        place += length * side / total
        if place - last >= LEAST_GAP and side - place >= LEAST_GAP / 2:
            cuts.append(place)
            last = place
    return cuts


def _face(*corners: Point) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return (
        f'<polygon points="{points}" fill="#56b4e9" fill-opacity="0.3" stroke="currentColor" '
        'stroke-width="1.3" stroke-linejoin="round"/>'
    )


def _text(x: float, y: float, total: Any, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">'
        f"{_length(total)}</text>"
    )
