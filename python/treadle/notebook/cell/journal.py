"""What to undo when a waiting operation turns out to fail.

The cell runs ahead of the operations that wait: it binds names and fills lists.  In the serial
cell, what stands after the failing call would not have happened.  So every such step is noted with
the number of operations that stood before it, and undone if the failing one is among them.

>>> names = {"a": 1}
>>> journal = Journal()
>>> journal.name(0, names, "a"); names["a"] = 2      # before operation 0
>>> journal.name(1, names, "b"); names["b"] = 3      # after it
>>> journal.undo_after(0); names
{'a': 2}
"""

from __future__ import annotations

from typing import Any

from treadle.notebook.cell.lazies import MISSING


class Journal:
    """Steps that can be undone, oldest first."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, str, Any, Any, Any]] = []

    def name(self, position: int, names: dict[str, Any], name: str) -> None:
        """A name is about to be bound or deleted."""
        self._steps.append((position, "item", names, name, names.get(name, MISSING)))

    def item(self, position: int, container: dict[Any, Any], key: Any) -> None:
        """A dict item is about to be set."""
        self._steps.append((position, "item", container, key, container.get(key, MISSING)))

    def element(self, position: int, container: list[Any], index: int) -> None:
        """A list element is about to be replaced."""
        self._steps.append((position, "element", container, index, container[index]))

    def length(self, position: int, container: list[Any]) -> None:
        """A list is about to grow at its end."""
        self._steps.append((position, "length", container, len(container), None))

    def insertion(self, position: int, container: list[Any], index: int) -> None:
        """An element is about to be inserted."""
        self._steps.append((position, "insertion", container, index, None))

    def clear(self) -> None:
        """All that was done stays done."""
        self._steps.clear()

    def undo_after(self, index: int) -> None:
        """Undo, newest first, all that happened after operation ``index`` was noted."""
        while self._steps and self._steps[-1][0] > index:
            _, kind, container, key, old = self._steps.pop()
            if kind == "item":
                if old is MISSING:
                    container.pop(key, None)
                else:
                    container[key] = old
            elif kind == "element":
                container[key] = old
            elif kind == "length":
                del container[key:]
            else:
                del container[key]
        self._steps.clear()
