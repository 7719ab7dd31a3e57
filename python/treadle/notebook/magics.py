# mypy: disable-error-code="untyped-decorator"
"""``%%parallel``, ``%parallel`` and ``%graph``: what people type.

    %load_ext treadle

    %%parallel
    parts = [summarise(load(path)) for path in paths]

The magic parses its options, runs the cell (`notebook/cell/`), shows progress, and raises what the
serial cell would raise.
"""

from __future__ import annotations

import warnings
from time import perf_counter
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
    output_can_be_silenced,
)
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from traitlets import Enum, Float, Integer, Unicode

from treadle.notebook import options as opt

if TYPE_CHECKING:
    from treadle.notebook.cell.run import CellOptions, Run
    from treadle.notebook.clusters import ClusterMagics
    from treadle.notebook.progress import RunDisplay
    from treadle.telemetry.recorder import RunRecorder


@magics_class
class ParallelMagics(Magics):  # type: ignore[misc]
    """Run cells in parallel.  The defaults of options are traits: ``%config ParallelMagics``."""

    on = Unicode("auto", help="Default of --on; the name of a cluster, too.").tag(config=True)
    workers = Integer(0, min=0, help="Default of -n; 0 is one per core.").tag(config=True)
    min_task = Float(0.001, min=0, help="Default of --min-task, in seconds.").tag(config=True)
    progress = Enum(opt.PROGRESS, "auto", help="Default of --progress.").tag(config=True)
    progress_after = Float(
        -1.0, help="Default of --progress-after; negative is treadle's own setting."
    ).tag(config=True)

    def __init__(self, shell: Any, **kwargs: Any):
        super().__init__(shell, **kwargs)
        self._depth = 0
        self._warned = False
        self.last: Run | None = None
        self.clusters: ClusterMagics | None = None

    @magic_arguments()
    @argument("--on", metavar="NAME", help="threads, processes, sync, or a cluster's name.")
    @argument("-n", "--workers", metavar="N", help="At most N tasks at once.")
    @argument("-o", metavar="VAR", help="Store the run (report, decisions, timings) as VAR.")
    @argument("-q", "--quiet", action="store_true", help="No output but the cell's own and errors.")
    @argument("--progress", metavar="auto|none", help="Whether to show progress.")
    @argument("--progress-after", metavar="SEC", help="Seconds before progress is shown.")
    @argument("--explain", action="store_true", help="Run nothing; say what would be a task.")
    @argument("--only", metavar="F[,F]", help="Make tasks only of calls of these functions.")
    @argument("--never", metavar="F[,F]", help="Make no tasks of calls of these functions.")
    @argument("--min-task", metavar="SEC", help="Seconds a call must take to be worth a task.")
    @argument("--name", metavar="LABEL", help="What the run is called in panes and reports.")
    @argument("--last", action="store_true", help="%%parallel --last: show the last run again.")
    @argument("expression", nargs="*", help="%%parallel EXPR: an expression to run.")
    @no_var_expand
    @needs_local_scope
    @output_can_be_silenced
    @line_cell_magic
    def parallel(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        """Run a cell in parallel; afterwards all is as it would be after the serial cell.

        Calls that are known to be safe become tasks and run at the same time.  Everything else
        runs where it stands.  ``%%parallel --explain`` tells which is which.
        """
        __tracebackhide__ = True
        tokens, rest = opt.split_options(line)
        args = parse_argstring(self.parallel, " ".join(tokens))
        if cell is None:
            if args.last:
                return self._show_last()
            if not rest:
                raise UsageError(
                    "%parallel needs an expression (%parallel f(x)) or --last; "
                    "%%parallel runs a cell"
                )
            head, body = "%parallel", rest
        else:
            if rest:
                raise UsageError(
                    f"%%parallel: unexpected {rest!r}; options begin with a dash, and code goes "
                    "below the first line"
                )
            if args.last:
                raise UsageError("%%parallel: --last belongs to the line form, %parallel --last")
            head, body = f"%%parallel {line}".rstrip(), cell
        return self._run(args, head, body, is_line=cell is None, local_ns=local_ns)

    @line_magic
    @no_var_expand
    def graph(self, line: str) -> Any:
        """Draw the graph of a value: ``%graph NAME`` or ``%graph EXPRESSION``."""
        from treadle.notebook.graphview import show_graph

        if not line.strip():
            raise UsageError("%graph needs a name or an expression, such as %graph total")
        return show_graph(eval(line, self.shell.user_ns))

    # -- running a cell ------------------------------------------------------------------------

    def _run(self, args: Any, head: str, body: str, *, is_line: bool, local_ns: Any) -> Any:
        __tracebackhide__ = True
        from treadle.notebook.cell.parse import parse_cell
        from treadle.notebook.cell.run import run_plain

        options = self._cell_options(args)
        if args.o is not None:
            opt.identifier("-o", args.o)
        cell = parse_cell(self.shell, head, body, is_line=is_line)
        namespace = self.shell.user_ns
        if args.explain:
            from treadle.notebook.cell.explain import explain_cell, format_rows

            print(format_rows(explain_cell(cell, namespace, options)))
            return None
        if self._depth:
            if not self._warned:
                self._warned = True
                warnings.warn(
                    "%%parallel inside %%parallel runs as it is, one after the other", stacklevel=2
                )
            return run_plain(cell.plain, cell.tree, namespace)
        with _Overlay(namespace, local_ns):
            run = self._run_cell(args, cell, namespace, options)
        self.last = run
        if args.o is not None:
            namespace[args.o] = run
        if run.error is not None:
            error = run.error
            try:
                raise error.with_traceback(error.__traceback__)
            finally:
                del error, run
        return run.result

    def _run_cell(self, args: Any, cell: Any, namespace: Any, options: CellOptions) -> Run:
        from treadle.notebook.cell.parse import cell_number
        from treadle.notebook.cell.run import run_cell
        from treadle.telemetry.hub import default_hub

        shown: list[RunDisplay] = []
        label = args.name or f"cell {cell_number(self.shell)}"
        mode = self._mode(args)
        after = self._seconds_before_progress(args)

        def open_recorder() -> RunRecorder:
            recorder = default_hub().open_run(label, options.engine.name, {"cell": label})
            from treadle.notebook.progress import RunDisplay

            display = RunDisplay(recorder, mode=mode, after=after, shell=self.shell)
            shown.append(display.start())
            return recorder

        self._depth += 1
        began = perf_counter()
        try:
            run, recorder = run_cell(cell, namespace, options, open_recorder)
        finally:
            self._depth -= 1
            self._warned = False
        run.elapsed = perf_counter() - began
        if recorder is not None:
            text = None if run.error is None else f"{type(run.error).__name__}: {run.error}"
            recorder.close(run.state, text)
            run.report = recorder.report()
        for display in shown:
            for note in run.notes:
                display.note(note)
            display.finish("interrupted" if run.state == "cancelled" else run.state, run.error)
        return run

    def _cell_options(self, args: Any) -> CellOptions:
        from treadle.notebook.cell.run import CellOptions
        from treadle.notebook.where import engine_for, stand_in

        on = args.on if args.on is not None else self.on
        workers = opt.positive("-n", args.workers) if args.workers is not None else None
        connection = self.clusters.connection if self.clusters is not None else None
        if args.explain:  # starts nothing
            engine = stand_in(on, connection)
        else:
            engine = engine_for(on, workers, connection, self.workers or None)
        min_task = self.min_task
        if args.min_task is not None:
            min_task = opt.seconds("--min-task", args.min_task)
        return CellOptions(
            engine,
            min_task=min_task,
            only=opt.names(args.only),
            never=opt.names(args.never),
        )

    def _mode(self, args: Any) -> str:
        if args.progress is not None:
            opt.choose("--progress", args.progress, opt.PROGRESS)
        mode = args.progress or self.progress
        return "none" if args.quiet else str(mode)

    def _seconds_before_progress(self, args: Any) -> float | None:
        if args.progress_after is not None:
            return opt.seconds("--progress-after", args.progress_after)
        return None if self.progress_after < 0 else float(self.progress_after)

    def _show_last(self) -> None:
        if self.last is None:
            raise UsageError("%parallel --last: no cell has run under %%parallel in this session")
        run = self.last
        if run.report is not None:
            from treadle.notebook.progress import show_report

            show_report(run.report, run.notes, self.shell)
        print(run.explain())


class _Overlay:
    """Lets a cell read the names of the function it was run from; they are gone afterwards."""

    def __init__(self, namespace: dict[str, Any], local_ns: Any):
        self._namespace = namespace
        self._local = {} if local_ns is None or local_ns is namespace else dict(local_ns)
        self._hidden: dict[str, Any] = {}

    def __enter__(self) -> None:
        for name, value in self._local.items():
            if name in self._namespace:
                self._hidden[name] = self._namespace[name]
            self._namespace[name] = value

    def __exit__(self, *_: object) -> None:
        for name, value in self._local.items():
            if self._namespace.get(name) is not value:
                continue  # the cell bound it
            if name in self._hidden:
                self._namespace[name] = self._hidden[name]
            else:
                del self._namespace[name]
