"""The colours of data: groups of tasks and states of tasks.

One table for everything that treadle draws. The lab extension holds the same values as
``--treadle-cat-N`` and ``--treadle-state-NAME``; here they serve the SVG of a graph and the HTML of
a run, which can't read a theme. The categories are Okabe and Ito's, with Tol's pear and pale
yellow in place of black and the hard yellow: told apart by readers of any colour vision, and mid
enough in lightness to stand on white and on black.

A group's colour is ``category_colour(index)``, its index the order of first appearance:

>>> category_colour(0), category_colour(9) == category_colour(0)
('#56b4e9', True)
"""

from __future__ import annotations

CATEGORIES = (
    "#56b4e9",  # sky blue
    "#e69f00",  # orange
    "#009e73",  # green
    "#cc79a7",  # purple
    "#d55e00",  # vermilion
    "#0072b2",  # blue
    "#bbcc33",  # pear
    "#eedd88",  # pale yellow
    "#999999",  # grey: last, since lines and literals are grey too
)

STATES = {
    "waiting": "#9aa0a6",
    "running": "#2a7fd4",
    "done": "#2e9e5b",
    "failed": "#d64541",
    "released": "#b7a99a",
}

DARK_TEXT = "#14171a"
LIGHT_TEXT = "#ffffff"


def category_colour(index: int) -> str:
    """Colour of the group that appeared as number ``index``, as ``#rrggbb``."""
    return CATEGORIES[index % len(CATEGORIES)]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG 2 defines it, 0 for black to 1 for white."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def text_on(colour: str) -> str:
    """The text colour that reads best on ``colour``.

    >>> text_on("#eedd88"), text_on("#0072b2")
    ('#14171a', '#ffffff')
    """
    return max((DARK_TEXT, LIGHT_TEXT), key=lambda text: contrast(text, colour))
