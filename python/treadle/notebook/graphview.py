"""What ``%graph`` draws: whatever holds a graph, turned into a picture.

>>> import treadle
>>> show_graph([treadle.delayed(sum)([1, 2]), "text"])
1 task in 1 layer
  sum  1 task
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.graph.draw import GraphPicture, graph_picture, visualize_table
from treadle.graph.graph import Graph
from treadle.graph.table import TaskTable, compile_graph

if TYPE_CHECKING:
    import os


def show_graph(value: Any, filename: str | os.PathLike[str] | None = None) -> GraphPicture:
    """Draw the graph of ``value``; the picture shows itself in a notebook.

    Parameters
    ----------
    value : object
        A collection, a list or dictionary that holds some, a run (what ``%%parallel -o`` stored), a
        ``Graph`` or a ``TaskTable``.
    filename : str, optional
        Also write the picture there: ``.svg``, ``.json`` or ``.txt``.

    Returns
    -------
    GraphPicture

    Raises
    ------
    TypeError
        If there is no graph in ``value``.
    """
    if isinstance(value, GraphPicture):
        if filename is not None:
            value.save(filename)
        return value
    table = _table_of(value)
    if table is not None:
        return visualize_table(table, filename)

    from treadle.base import visualize

    try:
        picture: GraphPicture = visualize(value)
    except ValueError:  # its one reason when no file is written: nothing in there to draw
        raise TypeError(
            f"there is no graph in a value of type {type(value).__name__}; give %graph a delayed "
            "object, a list or dictionary of some, or the run that `%%parallel -o NAME` stored"
        ) from None
    if filename is not None:
        picture.save(filename)
    return picture


def _table_of(value: Any) -> TaskTable | None:
    """The table that ``value`` is or carries."""
    if isinstance(value, TaskTable):
        return value
    if isinstance(value, Graph):
        return compile_graph(value, list(value))
    for name in ("graph", "table"):
        held = getattr(value, name, None)
        if isinstance(held, TaskTable | Graph):
            return _table_of(held)
    return None


__all__ = ["graph_picture", "show_graph", "visualize_table"]
