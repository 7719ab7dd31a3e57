"""How a picture of a graph looks: SVG as text.

JupyterLab shows SVG as an image, where the page's colours can't be read. So nothing here counts on
the ground it stands on: text stands only on coloured boxes, lines are a grey between white and
black, and there is no background.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape as _escape

from treadle.utils.format import count
from treadle.utils.palette import DARK_TEXT, category_colour, text_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from treadle.graph.boxes import Box, Line
    from treadle.graph.draw import GraphPicture
    from treadle.graph.layout import Point

MARGIN = 12.0
LINE_COLOUR = "#8a9099"
OUTPUT_COLOUR = "#7d838b"
DATA_COLOUR = "#c9cdd2"
BADGE_COLOUR = "#eef0f2"
LOOP_WIDTH = 24.0

_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NARROW = frozenset("iljtfrI.,:;|!'`()[]{} ")
_WIDE = frozenset("mwMW@%—…")


def text_width(text: str) -> float:
    """Guess the width of ``text`` at 12 pixels; a little too wide rather than too narrow."""
    return sum(
        4.3 if char in _NARROW
        else 10.6 if char in _WIDE
        else 13.0 if char > "\u2e7f"
        else 8.7 if char.isupper()
        else 7.0
        for char in text
    )  # fmt: skip


def box_width(box: Box, *, collapsed: bool) -> float:
    """Width of a box in pixels, its loop included, in even steps so that columns line up."""
    text = max(text_width(box.label), text_width(_tally(box)) if collapsed else 0.0)
    return max(30.0, 4 * round((text + 18) / 4)) + (LOOP_WIDTH if box.inner else 0)


def write_svg(picture: GraphPicture) -> str:
    """Return the picture as an SVG document."""
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    if not picture.boxes:
        width, height = 160.0, 50.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="{_n(-MARGIN)} {_n(-MARGIN)} {_n(width)} {_n(height)}" role="img" '
        f'font-family="{_FONT}" font-size="12">',
        f"<title>{escape(picture.text())}</title>",
        f'<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse"><path d="M0 0.8L8 4L0 7.2Z" '
        f'fill="{LINE_COLOUR}"/></marker></defs>',
        f'<g fill="none" stroke="{LINE_COLOUR}" stroke-width="1.2" marker-end="url(#arrow)">',
        *(_line(line) for line in picture.lines),
        *(_loop(box) for box in picture.boxes if box.inner),
        "</g>",
        *(_box(box, collapsed=picture.collapsed) for box in picture.boxes),
    ]
    if picture.collapsed:
        parts += _badges(picture)
    if not picture.boxes:
        parts.append(f'<text x="8" y="18" fill="{OUTPUT_COLOUR}">no tasks</text>')
    parts.append("</svg>")
    return "\n".join(parts)


def escape(text: str) -> str:
    """Return text that XML may hold: markup escaped, characters XML forbids replaced."""
    return _escape(_NOT_XML.sub("\ufffd", text), {'"': "&quot;"})


def _n(number: float) -> str:
    """A number without needless digits: a graph has thousands."""
    return f"{number:.1f}".removesuffix(".0")


def _tally(box: Box) -> str:
    return count(box.count, "task")


def _body_width(box: Box) -> float:
    return box.width - (LOOP_WIDTH if box.inner else 0)


def _box(box: Box, *, collapsed: bool) -> str:
    data = box.category < 0
    fill = DATA_COLOUR if data else category_colour(box.category)
    ink = text_on(fill)
    width, height = _body_width(box), box.height
    # Data are stadiums, tasks are rounded boxes; results wear a second outline.
    radius = height / 2 if data else 5
    shape = (
        f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(width)}" height="{_n(height)}" '
        f'rx="{_n(radius)}" fill="{fill}"/>'
    )
    if box.output:
        shape += (
            f'<rect x="{_n(box.x - 3)}" y="{_n(box.y - 3)}" width="{_n(width + 6)}" '
            f'height="{_n(height + 6)}" rx="{_n(radius + 3)}" fill="none" '
            f'stroke="{OUTPUT_COLOUR}" stroke-width="1.5"/>'
        )
    middle, centre = box.x + width / 2, box.y + height / 2
    if collapsed:
        text = (
            f'<text x="{_n(middle)}" y="{_n(centre - 3)}" font-weight="600">'
            f"{escape(box.label)}</text>"
            f'<text x="{_n(middle)}" y="{_n(centre + 12)}" font-size="11">{_tally(box)}</text>'
        )
    else:
        text = f'<text x="{_n(middle)}" y="{_n(centre + 4)}">{escape(box.label)}</text>'
    return (
        f"<g><title>{escape(box.detail)}</title>{shape}"
        f'<g fill="{ink}" text-anchor="middle">{text}</g></g>'
    )


def _line(line: Line) -> str:
    dashes = ' stroke-dasharray="4 3"' if line.backward else ""
    return f'<path d="{_curve(line.route)}"{dashes}/>'


def _curve(route: tuple[Point, ...]) -> str:
    """A curve that leaves and arrives upright, and runs straight past the layers between."""
    (x, y), *rest = route
    parts = [f"M{_n(x)} {_n(y)}"]
    for next_x, next_y in rest:
        if abs(next_x - x) < 0.5:
            parts.append(f"L{_n(next_x)} {_n(next_y)}")
        else:
            bend = (y + next_y) / 2
            parts.append(f"C{_n(x)} {_n(bend)} {_n(next_x)} {_n(bend)} {_n(next_x)} {_n(next_y)}")
        x, y = next_x, next_y
    return "".join(parts)


def _loop(box: Box) -> str:
    """An arc at the right side: tasks of a group that take from one another."""
    x, y = box.x + _body_width(box), box.y + box.height / 2
    out = x + LOOP_WIDTH
    bend = f"C{_n(out)} {_n(y - 13)} {_n(out)} {_n(y + 13)} {_n(x)} {_n(y + 9)}"
    return f'<path d="M{_n(x)} {_n(y - 9)}{bend}"/>'


def _badges(picture: GraphPicture) -> Iterator[str]:
    """How many inputs a line stands for, on a pill of its own, so that any ground will do."""
    taken: list[tuple[float, float, float]] = []  # x, y, width
    for line in picture.lines:
        if line.count == 1:
            continue
        text = f"×{count(line.count)}"
        width = text_width(text) * 0.85 + 8
        x, y = _free_place(line.route, width, taken)
        taken.append((x, y, width))
        yield (
            f'<g><rect x="{_n(x - width / 2)}" y="{_n(y - 7)}" width="{_n(width)}" height="14" '
            f'rx="7" fill="{BADGE_COLOUR}" stroke="{LINE_COLOUR}" stroke-width="0.6"/>'
            f'<text x="{_n(x)}" y="{_n(y + 3.6)}" font-size="10" fill="{DARK_TEXT}" '
            f'text-anchor="middle">{text}</text></g>'
        )


def _free_place(
    route: tuple[Point, ...], width: float, taken: list[tuple[float, float, float]]
) -> Point:
    """A point of the line where a pill covers no other; the middle if there is none."""
    places = [
        _along(start, end, share)
        for share in (0.5, 0.3, 0.7, 0.15, 0.85)
        for start, end in (route[:2], route[-2:])
    ]
    for x, y in places:
        if all(abs(x - u) >= (width + w) / 2 + 2 or abs(y - v) >= 14.5 for u, v, w in taken):
            return x, y
    return places[0]


def _along(start: Point, end: Point, share: float) -> Point:
    """The point at parameter ``share`` of the curve that `_curve` draws between two points."""
    x_share = share * share * (3 - 2 * share)
    y_share = 1.5 * share * (1 - share) + share**3
    return start[0] + (end[0] - start[0]) * x_share, start[1] + (end[1] - start[1]) * y_share
