"""What computing would take, said before anything is computed.

The graph is optimised and written out as for a run, and then played through without values: tasks
in their order on as many lanes as there will be, each result as large as its kind of collection
says it will be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import psutil

from treadle.engines import NAMES, Engine, get_engine
from treadle.errors import PlanWarning
from treadle.graph.blockwise import Blockwise
from treadle.graph.expr import Expr, walk
from treadle.graph.graph import Graph
from treadle.graph.table import TaskTable, compile_graph
from treadle.planning.rehearsal import rehearse
from treadle.types import Key
from treadle.utils.format import count, nbytes, parse_bytes
from treadle.utils.warning import warn_user


class Sizes(Protocol):
    """Bytes of the blocks of expressions, by name.

    Attributes
    ----------
    fused : list of Expr
        The optimised expressions.
    known : mapping of str to array
        Bytes of each block in C order; ``nan`` where a length is not known.
    alike : set of str
        Names of what is as large as one of the blocks it takes: merges of partial results.
    read : mapping of str to float
        Bytes that are read from sources, by the name of what reads them.
    extra : mapping of str to float
        Bytes that a task of this name holds while it runs, beside its inputs and its result.
    irregular : set of str
        Names of which nothing is known but what they take.
    guessed : set of str
        Names of what has something of unknown length in it.
    """

    fused: list[Expr]
    known: dict[str, npt.NDArray[np.float64]]
    alike: set[str]
    read: dict[str, float]
    extra: dict[str, float]
    irregular: set[str]
    guessed: set[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What computing collections would take.

    Attributes
    ----------
    tasks : int
        Calls that would run.
    bytes_read : int
        Bytes that would be read from files and other sources.
    bytes_results : int
        Bytes of the results.
    peak_memory : int
        The most bytes that one worker is expected to hold at a time: blocks, and what fused calls
        leave in between; where workers are threads, of all of them together, and of the results
        as they are put together.  What functions take for themselves is a guess.
    workers, threads : int
        Workers, and tasks at once on each.
    memory_limit : int
        Bytes that a worker may hold.
    not_known : int
        Tasks whose result has a length that is not known; they count as large as their inputs.
    """

    tasks: int
    bytes_read: int
    bytes_results: int
    peak_memory: int
    workers: int
    threads: int
    memory_limit: int
    not_known: int = 0

    @property
    def fits(self) -> bool:
        """Whether the peak is within the memory there is."""
        return self.peak_memory <= self.memory_limit

    def _rows(self) -> list[tuple[str, str]]:
        where = count(self.threads, "thread")
        if self.workers > 1:
            where = f"{count(self.workers, 'worker')} of {where}"
        limit = f"of {nbytes(self.memory_limit)}"
        rows = [
            ("tasks", f"{count(self.tasks)} on {where}"),
            ("read", nbytes(self.bytes_read)),
            ("results", nbytes(self.bytes_results)),
            (
                "peak memory",
                f"{nbytes(self.peak_memory)} {limit}{' on each worker' * (self.workers > 1)}"
                f"{'' if self.fits else ': does not fit'}",
            ),
        ]
        if self.not_known:
            rows.append(("not known", f"lengths of {count(self.not_known, 'block')}"))
        return rows

    def __repr__(self) -> str:
        return "Plan\n" + "\n".join(f"  {name:<12}{text}" for name, text in self._rows())

    def _repr_html_(self) -> str:
        cell = "padding:2px 12px 2px 0;text-align:left;border:none;background:none"
        lines = "".join(
            f'<tr style="background:none"><th style="{cell}" scope="row">{name}</th>'
            f'<td style="{cell}">{escape(text)}</td></tr>'
            for name, text in self._rows()
        )
        return f'<table style="border-collapse:collapse;border:none;font-size:12px">{lines}</table>'


def rehearsed_plan(
    sizes: Sizes,
    exprs: Sequence[Expr],
    put_together: Callable[[TaskSizes], float],
    *,
    num_workers: int | None = None,
    memory_limit: int | str | None = None,
    scheduler: Any = None,
    advice: str = "",
) -> Plan:
    """Return the plan of expressions whose sizes are known.

    Parameters
    ----------
    sizes : Sizes
    exprs : sequence of Expr
        Of the results.
    put_together : callable
        Returns the bytes that results take once more as they are put together out of blocks.
    num_workers, memory_limit, scheduler
        As for :func:`treadle.array.plan`.
    advice : str
        What to do if it does not fit.

    Warns
    -----
    PlanWarning
        If the peak is above the limit.
    """
    place = Place.of(scheduler, num_workers, memory_limit)
    graph = Graph()
    for expr in walk(sizes.fused):
        if expr.name not in graph.layers:
            expr.add_to(graph)
    wanted = [(expr.name, *index) for expr in exprs for index in np.ndindex(*expr.numblocks)]
    table = compile_graph(graph, wanted)
    columns = TaskSizes(table, sizes)
    lanes = [worker for _ in range(place.threads) for worker in range(place.workers)]
    peak = rehearse(table, columns.nbytes, columns.extra, lanes, by_number=not place.stack)
    results = sum(columns.nbytes[number] for number in table.outputs)
    if place.here:
        # Blocks are copied into the result while all of them are there.
        peak = max(peak, results + put_together(columns))
    found = Plan(
        tasks=len(table),
        bytes_read=round(columns.read),
        bytes_results=round(results),
        peak_memory=round(peak),
        workers=place.workers,
        threads=place.threads,
        memory_limit=place.memory_limit,
        not_known=columns.not_known,
    )
    if not found.fits:
        text = (
            f"computing this would hold {nbytes(found.peak_memory)} at a time, and there are "
            f"{nbytes(found.memory_limit)}; {advice}"
        )
        warn_user(text, PlanWarning)
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where tasks would run: ``here`` in this process, ``stack`` the last that is ready first."""

    workers: int
    threads: int
    memory_limit: int
    here: bool
    stack: bool

    @classmethod
    def of(cls, scheduler: Any, num_workers: int | None, limit: int | str | None) -> Place:
        asked = None if limit is None else parse_bytes(limit)
        if isinstance(scheduler, str) and NAMES.get(scheduler.lower()) == "processes":
            lanes = get_engine("threads", num_workers).num_workers  # starts no process
            each = psutil.virtual_memory().available // lanes
            return cls(lanes, 1, each if asked is None else asked, False, False)
        engine = get_engine(scheduler, num_workers)
        members = _members(engine)
        if members is None:
            there = psutil.virtual_memory().available
            limit = there if asked is None else asked
            return cls(1, engine.num_workers, limit, True, engine.name == "threads")
        threads = max((member["nthreads"] for member in members), default=1)
        limits = [member["memory_limit"] for member in members if member["memory_limit"]]
        if asked is None:
            asked = min(limits, default=psutil.virtual_memory().available)
        return cls(max(len(members), 1), threads, asked, False, False)


def _members(engine: Engine) -> list[dict[str, Any]] | None:
    """Return what is known of a cluster's workers; None if the engine has no cluster."""
    client = getattr(engine, "client", None)
    return None if client is None else list(client.scheduler_info()["workers"].values())


class TaskSizes:
    """Bytes of each task of a table.

    Attributes
    ----------
    keys : sequence of key
    nbytes, extra : list of float
        Of its result, and of what it holds beside inputs and result while it runs.
    read : float
        Bytes that all tasks read from sources.
    not_known : int
        Tasks whose result has a length that is not known.
    largest : float
        Of all results.
    """

    def __init__(self, table: TaskTable, sizes: Sizes):
        self.keys = table.keys
        self.read = 0.0
        self.not_known = 0
        self.extra: list[float] = []
        self.nbytes: list[float] = []
        users = np.bincount(
            np.fromiter((n for row in table.inputs for n in row), np.int64), minlength=len(table)
        ).tolist()
        known = {name: found.tolist() for name, found in sizes.known.items()}
        shapes = {expr.name: expr.numblocks for expr in walk(sizes.fused)}
        one_each = {expr.name for expr in walk(sizes.fused) if isinstance(expr, Blockwise)}
        reads = {name: total / max(len(known[name]), 1) for name, total in sizes.read.items()}
        for key, row in zip(table.keys, table.inputs, strict=True):
            name, place = _place(key, shapes)
            own = known[name][place] if place is not None and name in known else None
            extra = sizes.extra.get(name, 0.0)
            self.read += reads.get(name, 0.0)
            inputs = [self.nbytes[n] for n in row]
            if place is None or name in sizes.irregular:
                extra = max(inputs, default=0.0)
            self.not_known += name in sizes.guessed and not math.isnan(own or 0.0)
            if own is None and name in sizes.alike:
                own = max(inputs, default=0.0)
            elif own is None:
                own = sum(self.nbytes[n] / users[n] for n in row)
            elif math.isnan(own):
                self.not_known += 1
                own = max([extra, *inputs]) if name in one_each else sum(inputs)
            self.nbytes.append(own)
            self.extra.append(extra)
        self.largest = max(self.nbytes, default=0.0)


def _place(key: Key, shapes: dict[str, tuple[int, ...]]) -> tuple[str, int | None]:
    """Return the name in a key, and the number of the block; None if it is not of a grid."""
    if not isinstance(key, tuple) or key[0] not in shapes:
        return str(key[0] if isinstance(key, tuple) else key), None
    shape: Sequence[int] = shapes[key[0]]
    index: Any = key[1:]
    if len(index) != len(shape):
        return str(key[0]), None
    place = 0
    for n, total in zip(index, shape, strict=True):
        place = place * total + n
    return str(key[0]), place
