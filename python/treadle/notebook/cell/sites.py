"""The places in a cell where something is decided, and what was decided there."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any, Literal, NamedTuple, TypeAlias

from treadle.notebook.cell.reasons import Reason

Decision: TypeAlias = Literal["task", "inline", "barrier", "effect"]


class Row(NamedTuple):
    """One decision, told to people.

    Attributes
    ----------
    line : int
        Line of the cell, counting the ``%%parallel`` line as 1.
    what : str
        The source text.
    decision : {"task", "inline", "barrier", "effect"}
    code, because : str
        Reason code and sentence; empty for tasks.
    times : int
        How often it was decided so.
    """

    line: int
    what: str
    decision: Decision
    code: str
    because: str
    times: int


class Site:
    """One call, operator, condition or statement of the cell.

    Attributes
    ----------
    dropped : bool
        A call whose value nobody takes.
    cost : {"unknown", "cheap", "dear"}
        What its calls cost, as far as they were timed.
    """

    __slots__ = (
        "column",
        "cost",
        "decided",
        "dropped",
        "line",
        "raw",
        "recorded",
        "samples",
        "source",
        "text",
    )

    def __init__(self, line: int, column: int, text: str, *, dropped: bool = False):
        self.line = line
        self.column = column
        self.text = text
        self.dropped = dropped
        self.cost: Literal["unknown", "cheap", "dear"] = "unknown"
        self.samples: list[float] = []
        self.recorded = 0
        self.raw = False
        self.decided: Counter[tuple[Decision, Reason | None]] = Counter()
        self.source: Any = None

    def decide(self, decision: Decision, reason: Reason | None = None) -> None:
        """Remember a decision."""
        self.decided[decision, reason] += 1

    def redecide(self, decision: Decision, reason: Reason) -> None:
        """What was decided to be a task turned out to be something else."""
        self.decided["task", None] -= 1
        if self.decided["task", None] <= 0:
            del self.decided["task", None]
        self.decided[decision, reason] += 1

    def sample(self, seconds: float, min_task: float) -> None:
        """Learn from one timed call what calls here cost."""
        samples = self.samples
        samples.append(seconds)
        if len(samples) > 64:
            del samples[:32]
        self.cost = "cheap" if median(samples) < min_task else "dear"

    def rows(self) -> list[Row]:
        """What was decided here, in the order in which it first was."""
        return [
            Row(
                self.line,
                self.text,
                decision,
                reason.code if reason else "",
                reason.text if reason else "",
                times,
            )
            for (decision, reason), times in self.decided.items()
        ]


def shorten(text: str, width: int = 60) -> str:
    """Return ``text`` on one line of at most ``width`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
