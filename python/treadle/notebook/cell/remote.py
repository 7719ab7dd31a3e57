"""Barriers on engines that do not share this process's memory.

Every call that can be sent becomes a row (`parcels.py`, `afar.py`).  The others are made here, on
the main thread: those whose function or arguments can't be sent, and those whose result turns out
not to be able to come back as the serial cell would have it.  Since calls may need each other's
results both ways, a barrier goes in rounds:

    1  send all calls that need nothing which is to be made here first, and wait for them
    2  take what came home; make the calls here whose inputs are there
    3  once more, if anything is left

Failures keep program order: a failing call ends the barrier when all calls before it are done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.errors import DeserializeError, RemoteError, UnpicklableError
from treadle.graph.source import Source
from treadle.graph.table import TableBuilder, TaskTable, literal
from treadle.graph.template import Template
from treadle.notebook.cell.afar import Linked, Recall, Stays, hide_context
from treadle.notebook.cell.lazies import MISSING, Input, Lazy, Operation
from treadle.notebook.cell.links import Way, follow, replace
from treadle.notebook.cell.parcels import Large, Packer, Parcel, is_step
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.settle import LOOK, Failure, Runner, first_undone

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.engines import Engine, Run
    from treadle.notebook.cell.screen import Screen
    from treadle.notebook.cell.settle import Effects
    from treadle.telemetry.recorder import RunRecorder, Segment

#: Bytes of one payload from which on it is sent as a value of its own.
_BULK = 1 << 20


class NotHere(Exception):
    """A value that is needed is not in this process: the result of ``args[0]``, if it is one."""


class RemoteRunner(Runner):
    """Runs operations on an engine of other processes, one barrier after the other.

    Parameters
    ----------
    screen : Screen
        Verdicts about functions: some depend on the process that they run in.
    """

    def __init__(
        self,
        engine: Engine,
        open_recorder: Callable[[], RunRecorder | None],
        filename: str,
        screen: Screen,
    ):
        super().__init__(engine, open_recorder, filename)
        self._screen = screen

    def _run_tasks(self, tasks: list[Operation], effects: Effects) -> Failure | None:
        barrier = _Barrier(self, tasks, self._screen)
        try:
            while True:
                left = barrier.left()
                if not left:
                    return barrier.failure
                failed = barrier.round(left, effects)
                if failed is not None:
                    return failed
                if barrier.is_interrupted:
                    return barrier.failure
        except KeyboardInterrupt as interrupt:
            self._count_interrupted(tasks)
            return Failure(first_undone(tasks), interrupt)
        except Exception as error:  # the cluster's: nobody else's gets here
            return Failure(first_undone(tasks), error)

    def _count(self, tasks: list[Operation]) -> None:
        """Only what was sent are tasks."""
        sent = [each for each in tasks if each.running and each.done and not each.hidden]
        self.ntasks += len(sent)
        self.seconds += sum([each.seconds for each in sent])

    def submit(self, rows: list[_Row]) -> tuple[Run, Segment | None]:
        """Send rows, and return their run, and what its spans are recorded in."""
        table = self._table_of(rows)
        if self.recorder is None:
            self.recorder = self._open_recorder()
        segment = None
        if self.recorder is not None:
            segment = self.recorder.add_table(table, self._engine.num_workers)
        return self._engine.submit(table, segment=segment), segment

    def _table_of(self, rows: list[_Row]) -> TaskTable:
        builder = TableBuilder()
        numbers: dict[int, int] = {}

        def number_of(item: Any, source: Source) -> int:
            key = id(item.value) if type(item) is Large else id(item)
            if key not in numbers:
                value = item.value if type(item) is Large else item
                numbers[key] = builder.add(("", len(builder.keys)), literal, (value,), ())
                builder.mark_source(source)
            return numbers[key]

        for row in rows:
            operation, parcel = row.operation, row.parcel
            site = operation.site
            if site.source is None:
                site.source = Source(self._filename, site.line)
            inputs = [number_of(each, site.source) for each in parcel.inputs]
            payload: Any = parcel.payload
            if len(payload) > _BULK:
                row.bulk = bytearray(payload)
                inputs.insert(0, number_of(row.bulk, site.source))
                template: Any = None
            elif inputs:
                holes = tuple(range(1, len(inputs) + 1))
                template = Template((payload, *[None] * len(inputs)), holes, (), {}, ())
            else:
                template = (payload,)
            prefix = "" if operation.hidden else operation.label
            key = (prefix, len(builder.keys) + self.ntasks)
            row.number = builder.add(key, parcel.errand, template, tuple(inputs))
            numbers[id(operation)] = row.number
            builder.mark_source(site.source)
        # What nobody takes has to be asked for, or it would not be run; it gives back nothing.
        taken = {number for inputs in builder.inputs for number in inputs}
        outputs = [row.number for row in rows if row.is_fetched or row.number not in taken]
        table = builder.finish(outputs)
        self._shapes.append((table.keys, table.inputs))
        return table


class _Row:
    """One call that is sent."""

    __slots__ = ("bulk", "is_fetched", "number", "operation", "parcel")

    def __init__(self, operation: Operation, parcel: Parcel, is_fetched: bool):
        self.operation = operation
        self.parcel = parcel
        self.is_fetched = is_fetched
        self.number = -1
        self.bulk: Any = None


class _Barrier:
    """The operations of one barrier, and how far they are."""

    def __init__(self, runner: RemoteRunner, tasks: list[Operation], screen: Screen):
        self._runner = runner
        self._tasks = tasks
        self._end = tasks[-1].index + 1
        self._takers: dict[int, list[Operation]] = {}
        for task in tasks:
            for each in task.inputs:
                self._takers.setdefault(each.index, []).append(task)
        self._packer = Packer(screen, self._is_row, self._is_private)
        self._here: dict[int, Reason] = {}  # to be made in this process
        self.failure: Failure | None = None

    @property
    def is_interrupted(self) -> bool:
        """The main thread was interrupted while it made a call."""
        return self.failure is not None and isinstance(self.failure.exception, KeyboardInterrupt)

    def _is_row(self, operation: Operation) -> bool:
        """Small steps go along with the calls that take them; unless nobody takes them."""
        if not is_step(operation):
            return True
        takers = self._takers.get(operation.index, ())
        return not operation.wanted and not any(
            each.done or each.index < self._end for each in takers
        )

    def _is_private(self, operation: Operation) -> bool:
        return (
            not operation.wanted
            and operation.value is MISSING
            and len(self._takers.get(operation.index, ())) == 1
        )

    def left(self) -> list[Operation]:
        """What is not done, up to the failure, in program order."""
        if self.failure is not None and self.failure.index < self._end:
            self._end = self.failure.index
            self._tasks = [each for each in self._tasks if each.index < self._end]
        tasks = self._tasks
        needed: set[int] = set()
        for each in reversed(tasks):
            if each.done or not (self._must_be_made(each) or each.index in needed):
                continue
            needed.add(each.index)
            for other in each.inputs:
                if other.value is MISSING:  # fetched neither now nor before: made once more
                    other.done = False
                    needed.add(other.index)
        for each in tasks:
            if not each.done and each.index not in needed:
                each.done = True  # a step that went along with all calls that take it
        return [each for each in tasks if not each.done]

    def _must_be_made(self, operation: Operation) -> bool:
        return operation.wanted or operation.index in self._here or self._is_row(operation)

    # -- a round -------------------------------------------------------------------------------

    def round(self, left: list[Operation], effects: Effects) -> Failure | None:
        """Send what can be sent, take what comes home, make calls here; in program order.

        Returns the failure of an effect, if one failed.
        """
        sent = {row.operation.index: row for row in self._pack(left)}
        position = 0
        if sent:
            run, segment = self._runner.submit(list(sent.values()))
            try:
                # what is printed between calls appears as soon as its turn comes
                while not run.wait(LOOK if effects else None):
                    position = self._advance(left, position, sent, run.peek)
                    failed = effects.flush_done()
                    if failed is not None or self.failure is not None:
                        run.cancel()
                        return failed
            except BaseException:
                run.cancel(force=True)
                raise
            end, values = self._take_end(run, sent, segment), run.values
            self._advance(left, position, sent, lambda number: (True, values[number]), end)
        else:
            self._advance(left, position, sent, _nowhere, self._end)
        return effects.flush_done()

    def _advance(
        self,
        left: list[Operation],
        position: int,
        sent: dict[int, _Row],
        peek: Callable[[int], tuple[bool, Any]],
        end: int | None = None,
    ) -> int:
        """Bring operations home from ``position`` on, as far as they are; return how far that is.

        Parameters
        ----------
        end : int, optional
            The run is over, and it went well up to this operation: what isn't there now is for the
            next round.
        """
        last = end is not None
        end = self._end if end is None else end
        while position < len(left):
            operation = left[position]
            if operation.index >= end:
                break
            row = sent.get(operation.index)
            if row is not None and not operation.done:
                is_there, value = peek(row.number)
                if not is_there:
                    break
                self._take(operation, value, row.is_fetched)
            if not operation.done and self._is_made_here(operation):
                try:
                    self._make_here(operation)
                except NotHere:
                    if not last:
                        break
                if self.failure is not None and self.failure.index <= operation.index:
                    break
            if not operation.done and not last and self._must_be_made(operation):
                break
            if operation.done:
                self._fill_slots(operation)
            position += 1
        return position

    def _is_made_here(self, operation: Operation) -> bool:
        return operation.index in self._here or (operation.wanted and not self._is_row(operation))

    def _fill_slots(self, operation: Operation) -> None:
        """Put results into the containers that held their stand-ins, as a call here would."""
        for container, key, other in operation.slots:
            if other.value is not MISSING:
                container[key] = other.value

    def _pack(self, left: list[Operation]) -> list[_Row]:
        fetched: set[int] = set()
        for operation in left:
            if operation.wanted or operation.index in self._here:
                self._fetch(operation, fetched)
        rows: list[_Row] = []
        waiting: set[int] = set()
        for operation in left:
            if not self._is_row(operation):
                if self._waits(operation, waiting):
                    waiting.add(operation.index)
                continue
            if operation.index in self._here or self._waits(operation, waiting):
                waiting.add(operation.index)
                continue
            is_fetched = operation.index in fetched
            parcel = self._packer.pack(operation, wanted=is_fetched)
            if isinstance(parcel, Reason):
                self._keep_here(operation, parcel)
                self._fetch(operation, fetched)
                waiting.add(operation.index)
                continue
            rows.append(_Row(operation, parcel, is_fetched))
        for row in rows:  # calls that stay were found after what they need was packed
            if not row.is_fetched and row.operation.index in fetched:
                row.is_fetched = True
                parcel = self._packer.pack(row.operation, wanted=True)
                if isinstance(parcel, Parcel):
                    row.parcel = parcel
        return rows

    def _waits(self, operation: Operation, waiting: set[int]) -> bool:
        return any(each.index in waiting for each in operation.inputs if not each.done)

    def _fetch(self, operation: Operation, fetched: set[int]) -> None:
        """Note which rows have to come home for an operation to have its value here."""
        if operation.done:
            return
        if self._is_row(operation) and operation.index not in self._here:
            fetched.add(operation.index)
            return
        for each in operation.inputs:
            self._fetch(each, fetched)

    def _keep_here(self, operation: Operation, reason: Reason) -> None:
        self._here[operation.index] = reason
        if not operation.hidden:
            operation.site.redecide("inline", reason)

    def _take_end(self, run: Any, sent: dict[int, _Row], segment: Segment | None) -> int:
        """Find out how a run ended; return the operation up to which all is as it should be."""
        rows = list(sent.values())
        if segment is not None:
            _take_seconds(rows, segment)
        for row in rows:
            row.operation.running = True
        if run.failure is not None:
            failed = next(row for row in rows if row.number >= run.failure.number)
            self._take_failure(failed.operation, run.failure.exception)
            return failed.operation.index
        if run.state != "finished":
            run.result()  # raises why
        return self._end

    def _take_failure(self, operation: Operation, error: BaseException) -> None:
        recalled = (Recall, RemoteError, DeserializeError, UnpicklableError)
        if isinstance(error, recalled):
            self._keep_here(operation, Reason("PAR304", str(error)))
        else:
            hide_context(error)
            self.failure = Failure(operation.index, error)

    def _take(self, operation: Operation, value: Any, is_fetched: bool) -> None:
        if type(value) is Stays:
            self._keep_here(operation, Reason("PAR302", value.why))
            return
        if type(value) is Linked:
            try:
                value = self._relinked(operation, value)
            except NotHere:
                self._keep_here(operation, Reason("PAR302", "it holds what it was given"))
                return
        operation.done = True
        if is_fetched:
            operation.value = value

    # -- in this process -----------------------------------------------------------------------

    def _make_here(self, operation: Operation) -> None:
        """Make a call here, and first the steps to its arguments."""
        if operation.value is not MISSING:
            return
        for each in operation.inputs:
            if each.value is MISSING:
                if self._is_row(each):
                    raise NotHere(None)
                self._make_here(each)
                if each.value is MISSING:
                    return  # it failed
        operation.wanted = True
        try:
            operation(*[each.value for each in operation.inputs])
        except BaseException as error:
            if self.failure is None or operation.index < self.failure.index:
                self.failure = Failure(operation.index, error)

    def _relinked(self, operation: Operation, linked: Linked) -> Any:
        """Put our own objects in the places of their copies."""
        roots = operation.args, operation.kwargs, operation.function
        replacements = []
        for place, origin in linked.links:
            try:
                found = follow(roots, origin, self._resolve)
            except NotHere as missing:
                found = self._adopt(missing.args[0], origin, follow(linked.value, place))
            replacements.append((place, found))
        return replace(linked.value, replacements)

    def _resolve(self, value: Any) -> Any:
        """Return what stands in the place of a result."""
        kind = type(value)
        if kind is not Input and (kind is not Lazy or value.done):
            return value.value if kind is Lazy else value
        operation = value.operation
        if operation.value is MISSING and not self._is_row(operation):
            self._make_here(operation)
        if operation.value is MISSING:
            raise NotHere(operation)
        return operation.value

    def _adopt(self, operation: Operation | None, origin: Way, copy: Any) -> Any:
        """A result that nobody here holds: the copy that comes home first is the object.

        That works as long as whole results are asked for; parts of them may overlap.
        """
        if operation is None or len(origin) != 2:
            raise NotHere(operation)
        operation.value = copy
        return copy


def _nowhere(number: int) -> tuple[bool, Any]:
    """Nothing was sent, so nothing comes home."""
    return False, None


def _take_seconds(rows: list[_Row], segment: Segment) -> None:
    """Read from telemetry how long calls took."""
    by_number = {row.number: row.operation for row in rows}
    for lane in segment.lanes:
        for number, start, stop in zip(lane.numbers, lane.starts, lane.stops, strict=False):
            operation = by_number.get(number)
            if operation is not None:
                operation.seconds = stop - start
