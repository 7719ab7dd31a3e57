"""One run of a cell: from parsed to done, with its report."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from time import perf_counter
from types import CodeType
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.blame import blamed_on, own_frames_removed
from treadle.notebook.cell.screen import Screen
from treadle.notebook.cell.settle import Runner
from treadle.notebook.cell.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.engines import Engine
    from treadle.graph.table import TaskTable
    from treadle.notebook.cell.parse import ParsedCell
    from treadle.notebook.cell.sites import Row
    from treadle.telemetry.recorder import RunRecorder
    from treadle.telemetry.views import RunReport, RunState


@dataclass(slots=True)
class CellOptions:
    """How a cell is to be run.

    Attributes
    ----------
    min_task : float
        Seconds a call must take to be worth a task.
    idle_limit, held_limit : int
        Hooks with nothing to do after which a loop runs as written; see `loops.py`.
    """

    engine: Engine
    min_task: float = 0.001
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    idle_limit: int = 2_000
    held_limit: int = 20_000


@dataclass
class Run:
    """What ``%%parallel -o NAME`` stores: what became of a cell.

    Attributes
    ----------
    state : {"finished", "failed", "cancelled"}
    engine : str
    rows : list of Row
        Decisions: line, text, task or inline or barrier or effect, code, reason, times.
    ntasks, nbarriers : int
    task_seconds : float
        Time spent in tasks, added up.
    elapsed : float
        Seconds the cell took.
    report : RunReport or None
        What telemetry recorded; None if no task ran.
    error : BaseException or None
    result : object
        Value of the last expression.
    table : TaskTable or None
        What depends on what, for ``%graph``; it holds no functions and no values.
    """

    state: RunState
    engine: str
    nworkers: int
    rows: list[Row] = field(repr=False)
    ntasks: int
    nbarriers: int
    task_seconds: float
    elapsed: float
    report: RunReport | None = field(default=None, repr=False)
    error: BaseException | None = field(default=None, repr=False)
    result: Any = field(default=None, repr=False)
    table: TaskTable | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def explain(self) -> str:
        """Return the table of decisions as text."""
        from treadle.notebook.cell.explain import format_rows

        return format_rows(self.rows)


#: Verdicts about functions outlive a cell.
_screen = Screen()


def run_cell(
    cell: ParsedCell,
    namespace: dict[str, Any],
    options: CellOptions,
    open_recorder: Callable[[], RunRecorder | None],
    interrupted: Callable[[Runner], str] | None = None,
) -> tuple[Run, RunRecorder | None]:
    """Run a cell in ``namespace``.  Never raises what the cell raises: see ``Run.error``."""
    runner = _runner(options.engine, open_recorder, cell.filename)
    tracer = Tracer(namespace, cell.sites, _screen, runner, cell.filename, options.min_task)
    tracer.only, tracer.never = options.only, options.never
    tracer.idle_limit, tracer.held_limit = options.idle_limit, options.held_limit
    started = perf_counter()
    result, error = None, None
    with tracer.in_builtins():
        try:
            exec(cell.code, namespace)
            result = tracer.finish()
        except BaseException as raised:
            error = _first_error(tracer, raised)
    elapsed = perf_counter() - started
    state: RunState = "finished" if error is None else "failed"
    notes: tuple[str, ...] = ()
    if isinstance(error, KeyboardInterrupt):
        state = "cancelled"
        done, left = runner.finished or runner.ntasks, runner.still_running
        notes = (
            f"■ interrupted: {done} done, {left} still finishing, {runner.cancelled} cancelled",
        )
    run = Run(
        state, options.engine.name, options.engine.num_workers, tracer.rows(), runner.ntasks,
        runner.nbarriers, runner.seconds, elapsed, error=error, result=result,
        table=runner.picture(), notes=notes,
    )  # fmt: skip
    return run, runner.recorder


def _runner(
    engine: Engine, open_recorder: Callable[[], RunRecorder | None], filename: str
) -> Runner:
    if engine.capabilities.in_process:
        return Runner(engine, open_recorder, filename)
    from treadle.notebook.cell.remote import RemoteRunner

    return RemoteRunner(engine, open_recorder, filename, _screen)


def _first_error(tracer: Tracer, error: BaseException) -> BaseException:
    """What the serial cell would raise: something that waits may fail before what failed."""
    if tracer.operations and isinstance(error, KeyboardInterrupt):
        tracer.abandon(error)
    elif tracer.operations:
        try:
            tracer.settle()
        except BaseException as earlier:
            if earlier is not error:
                earlier.__context__ = None
            error = earlier
    site = tracer.failed_site
    if site is not None:
        error.__traceback__ = blamed_on(tracer.failed_places, error.__traceback__)
        notes = getattr(error, "__notes__", None)
        if notes is not None:
            notes[:] = [note for note in notes if not note.startswith("treadle: ")]
        if not isinstance(error, KeyboardInterrupt):
            error.add_note(
                f"treadle: raised by a task of line {site.line}: {site.text}; "
                "%parallel --last shows the run"
            )
    else:
        error.__traceback__ = own_frames_removed(error.__traceback__)
    return error


def run_plain(code: CodeType, tree: ast.Module, namespace: dict[str, Any]) -> Any:
    """Run a cell as it was written, inside another one; return the last expression's value."""
    body = list(tree.body)
    if not body or not isinstance(body[-1], ast.Expr):
        exec(code, namespace)
        return None
    last = body.pop()
    assert isinstance(last, ast.Expr)
    filename = code.co_filename
    exec(compile(ast.Module(body, []), filename, "exec", dont_inherit=True), namespace)
    expression = compile(ast.Expression(last.value), filename, "eval", dont_inherit=True)
    return eval(expression, namespace)
