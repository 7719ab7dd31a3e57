"""What must be true of a world that has come to rest."""

from __future__ import annotations

from tests.sim.clients import Handle, PretendClient
from tests.sim.world import World

from treadle.scheduling.scheduler.columns import STATES


def check_answers(world: World) -> None:
    """Every wanted result is there and right, or has failed for a reason."""
    for client in world.clients.values():
        assert not client.to_put, "a client has something to put yet"
        for handle, held in client.handles.items():
            if held.is_wanted:
                _check_handle(world, client, handle, held)
    _check_surplus(world)


def _check_handle(world: World, client: PretendClient, handle: int, held: Handle) -> None:
    what = f"{held.key} (handle {handle} of client {client.number})"
    if held.status in ("pending", "retried"):
        raise AssertionError(f"{what} is {held.status} for ever: {_explain(world, held.key)}")
    if held.status != "done":
        return
    worker = world.workers.get(held.worker)
    columns = world.scheduler.columns
    row = columns.live_row(held.id)
    assert row >= 0, f"{what} is done under an id that counts no more"
    holders = columns.holders(row)
    assert holders, f"{what} is done, and nobody is said to hold it"
    for number in holders:
        worker = world.workers[number]
        value = worker.data.get(held.id)
        assert value is not None, f"{what} is said to be on worker {number}, and is not"
        assert value == client.expected(held), f"{what} is wrong on worker {number}"


def _explain(world: World, key: str) -> str:
    """Say what is known of a task, and of those below it that have not ended."""
    columns = world.scheduler.columns
    lines = []
    for other in world.universe.ancestors(key):
        row = columns.row_of.get(other, -1)
        if row < 0:
            lines.append(f"{other} is unknown")
            continue
        state = STATES[columns.state[row]]
        if state == "memory" and other != key:
            continue
        id = columns.ids[row]
        inputs = [columns.keys[number] for number in columns.inputs[row]]
        text = f"{other}: {state}, id {id}, worker {columns.worker[row]}, inputs {inputs}"
        worker = world.workers.get(columns.worker[row])
        if worker is not None:
            text += f", there {worker.state.describe(id)} ({worker.state.waits_for(id)})"
        lines.append(text)
    return "\n    ".join(lines)


def _check_surplus(world: World) -> None:
    """No worker holds, runs or waits for what nobody has asked of it."""
    columns = world.scheduler.columns
    for worker in world.workers.values():
        for id in worker.data:
            row = columns.live_row(id)
            known = row >= 0 and worker.number in columns.holders(row)
            assert known, f"worker {worker.number} holds {id}, and the scheduler does not know"
        assert not worker.running, f"worker {worker.number} runs {list(worker.running)} for ever"
        left = [id for id in worker.state.tasks if columns.live_row(id) < 0]
        assert not left, f"worker {worker.number} has the tasks {left}, which nobody wants"


def check_nothing_left(world: World) -> None:
    """All clients have gone: nothing is kept, on workers or in the scheduler."""
    columns = world.scheduler.columns
    assert not columns.row_of, f"{list(columns.row_of)} are kept for nobody"
    assert len(columns.free_rows) == len(columns.ids), "rows are lost"
    for worker in world.workers.values():
        state = worker.state
        assert not worker.data, f"worker {worker.number} keeps {list(worker.data)}"
        assert not state.tasks, f"worker {worker.number} keeps the tasks {list(state.tasks)}"
        assert not state.fetches.holders, f"worker {worker.number} wants what nobody needs"
        assert state.busy == 0, f"worker {worker.number} counts threads that do nothing"
        known = columns.workers[worker.number]
        assert known.nbytes == 0, f"{known.nbytes} bytes are counted for worker {worker.number}"
        assert known.free == known.resources, f"resources of worker {worker.number} are lost"
