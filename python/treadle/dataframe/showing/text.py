"""What a frame, series or index looks like as text and in a notebook.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> dd.from_pandas(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), npartitions=2)
DataFrame of 2 partitions, divisions 0 to 1
  x  int64
  y  str
First rows:
   x  y
0  1  a
1  2  b
"""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.first_rows import rows_at_hand
from treadle.utils.format import count

#: Columns that are named one by one.
MOST_COLUMNS = 30

_CELL = "padding:2px 10px 2px 0;text-align:right;white-space:nowrap;border:none;background:none"

_FAINT = "font-weight:normal;opacity:.65;"


def frame_text(expr: FrameExpr) -> str:
    """Return the text: structure, and the first rows if they are at hand."""
    lines = [summary(expr), *_columns(expr.meta)]
    rows = rows_at_hand(expr)
    if rows is not None and len(rows):
        # How many rows and columns there are here says nothing about the whole.
        with pd.option_context("display.show_dimensions", False):
            lines += ["First rows:", *str(rows).splitlines()]
    return "\n".join(lines)


def summary(expr: FrameExpr) -> str:
    """Return kind, partitions and divisions in a line."""
    kind = "Index" if isinstance(expr.meta, pd.Index) else type(expr.meta).__name__
    parts = [f"{kind} of {count(expr.npartitions, 'partition')}"]
    if expr.known_divisions and expr.divisions:
        parts.append(f"divisions {expr.divisions[0]} to {expr.divisions[-1]}")
    return ", ".join(parts)


def _columns(meta: Any) -> list[str]:
    if not isinstance(meta, pd.DataFrame):
        return [f"  {meta.name}  {meta.dtype}"]
    labels = [str(label) for label in meta.columns]
    if len(labels) > MOST_COLUMNS:
        hidden = len(labels) - MOST_COLUMNS
        shown = [*labels[: MOST_COLUMNS - 2], *labels[-2:]]
        types = [*meta.dtypes.iloc[: MOST_COLUMNS - 2], *meta.dtypes.iloc[-2:]]
        width = max(map(len, shown))
        lines = [f"  {a:<{width}}  {b}" for a, b in zip(shown, types, strict=True)]
        return [*lines[:-2], f"  ... {count(hidden, 'more column')}", *lines[-2:]]
    width = max(map(len, labels), default=0)
    return [f"  {a:<{width}}  {b}" for a, b in zip(labels, meta.dtypes, strict=True)]


def frame_html(expr: FrameExpr) -> str:
    """Return a table: labels, dtypes, and the first rows if they are at hand.

    No colour of the page is counted on: lines and text have that of the text around them.
    """
    meta = expr.meta
    if isinstance(meta, pd.Series | pd.Index):
        meta = pd.DataFrame({str(meta.name): pd.Series(meta[:0])})
    rows = rows_at_hand(expr)
    if isinstance(rows, pd.Series):
        rows = rows.to_frame(name=str(rows.name))
    elif isinstance(rows, pd.Index):
        rows = pd.DataFrame({str(rows.name): rows})
    shown = list(range(min(meta.shape[1], MOST_COLUMNS)))
    dots = f'<td style="{_CELL}">...</td>' if meta.shape[1] > MOST_COLUMNS else ""
    index, kind = _index_of(expr.meta)
    heads = _row("th", index, [str(meta.columns[n]) for n in shown], dots)
    types = _row("td", kind, [str(meta.dtypes.iloc[n]) for n in shown], dots, _FAINT)
    body = ""
    if rows is not None:
        texts = [rows.iloc[:, n].map(str, na_action=None).tolist() for n in shown]
        for place, label in enumerate(rows.index):
            body += _row("td", str(label), [column[place] for column in texts], dots)
    return (
        f'<div style="font-size:12px"><div>{escape(summary(expr))}</div>'
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;border:none;margin:0">'
        f'<thead style="border-bottom:1px solid currentColor">{heads}{types}</thead>'
        f"<tbody>{body}</tbody></table></div></div>"
    )


def _index_of(meta: Any) -> tuple[str, str]:
    """Return the name of the index and its dtype; of several levels those of each."""
    if isinstance(meta, pd.Index) or not any(meta.index.names):
        return "", ""
    levels = [meta.index.get_level_values(n) for n in range(meta.index.nlevels)]
    names = (str(level.name or "") for level in levels)
    return ", ".join(names), ", ".join(str(level.dtype) for level in levels)


def _row(kind: str, first: str, cells: list[str], dots: str, style: str = "") -> str:
    scope = ' scope="col"' if kind == "th" else ""
    texts = "".join(
        f'<{kind}{scope} style="{_CELL};{style}">{escape(_cut(cell))}</{kind}>' for cell in cells
    )
    head = f'<th scope="row" style="{_CELL};{style}">{escape(_cut(first))}</th>'
    return f'<tr style="background:none">{head}{texts}{dots}</tr>'


def _cut(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:47]}..."
