"""What the simulator has found in the scheduler's state machine, one mistake a test."""

from __future__ import annotations

import pytest
from tests.scheduling.scheduler_room import Room

from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins


def scatter(room: Room, key: str, client: int = 0, *, broadcast: bool = False) -> list[ev.Event]:
    handle = room.handles
    room.handles += 1
    room.names[key] = handle
    return room.tell(ev.DataScattered(client, handle, [key], [8], None, broadcast))


def put(room: Room, worker: int, id: int) -> list[ins.Instruction]:
    return room.tell(ev.TasksFinished(worker, [id], [8], [0.0], {}, []))


@pytest.mark.parametrize("priority", [1e-9, 1.0, 1e300, float("inf"), float("nan"), -1e300])
def test_tasks_of_any_priority_run(priority: float):
    room = Room(1)

    room.submit({"x": ()}, priority=priority)
    room.submit({"y": ()}, options={"y": ev.Options(priority=priority)})

    assert len(room.given[0]) == 2


def test_a_task_that_is_tried_again_takes_those_with_it_that_were_given_along():
    room = Room(1)
    room.submit({"a": (), "b": ("a",)}, "b", options={"a": ev.Options(retries=1)})
    given = room.id("b")

    room.fail("a")

    assert room.is_("a") == "processing"
    if given in room.given[0]:  # it waits there for an attempt that never ends
        assert [given] in [order.ids for order in room.heard(ins.TakeBack)]


def test_a_loss_is_told_after_the_end_that_it_undoes():
    room = Room(1)
    room.submit({"x": ()})
    end = ev.TasksFinished(0, [room.id("x")], [8], [0.001], {}, [])

    said = room.tell(end, ev.WorkerLeft(0, "killed", False))

    assert [type(i) for i in said if hasattr(i, "client")] == [ins.Done, ins.Lost]


def test_options_belong_to_the_client_that_first_sent_the_key():
    room = Room()
    room.submit({"x": ()}, options={"x": ev.Options(priority=-1.0)})
    room.tell(ev.ClientJoined(1))
    room.handles = 0  # handles are each client's own: the same number means another task

    room.submit({"x": ()}, client=1, options={"x": ev.Options(priority=-1.0)})
    room.join()

    assert room.given[0] == [room.id("x")]


@pytest.mark.parametrize("position", [-1, 1, 10**9])
def test_options_of_rows_that_are_not_there_are_refused(position: int):
    room = Room(1)

    said = room.tell(
        ev.GraphSubmitted(
            0, 0, ["x"], [0], [0], [b""], [()], [0], False, 0.0, {position: ev.Options()}, {}
        )
    )

    assert [i.kind for i in said if isinstance(i, ins.Refused)] == ["GraphError"]


def test_to_want_what_is_gone_is_refused():
    room = Room(1)

    (refused,) = room.tell(ev.HandlesWanted(0, [99]))

    assert (refused.handles, refused.kind) == ([99], "UnknownKey")


def test_data_on_its_way_is_never_asked_back():
    room = Room(1, 1)
    for n in range(6):
        scatter(room, f"d{n}")
    room.now += 10.0

    for _ in range(5):
        room.tell()

    assert room.heard(ins.TakeBack) == []


def test_who_scatters_what_is_on_its_way_puts_it_too():
    room = Room(1)
    room.tell(ev.ClientJoined(1))
    scatter(room, "d")

    (answer,) = scatter(room, "d", client=1)

    assert answer.targets == [[0]]
    room.tell(ev.ClientLeft(0))
    put(room, 0, room.id("d"))
    assert [i.client for i in room.heard(ins.Done)] == [1]


def test_data_whose_only_client_goes_before_it_is_put_is_lost():
    room = Room(1)
    room.tell(ev.ClientJoined(1))
    scatter(room, "d")
    room.tell(ev.KeysWanted(1, 0, ["d"]))

    said = room.tell(ev.ClientLeft(0))

    (erred,) = [i for i in said if isinstance(i, ins.Erred)]
    assert (erred.client, erred.errors[0].kind) == (1, "DataLost")


def test_broadcast_data_may_arrive_anywhere_first():
    room = Room(1, 1)
    (answer,) = scatter(room, "d", broadcast=True)
    ((first, second),) = answer.targets

    put(room, second, room.id("d"))
    put(room, first, room.id("d"))

    assert room.heard(ins.Release) == []
    columns = room.state.columns
    assert sorted(columns.holders(columns.row_of["d"])) == [0, 1]


def test_a_need_that_fails_on_its_way_leaves_nothing_in_play():
    room = Room()
    room.join()
    scatter(room, "d")
    room.submit({"a": (), "b": ("d", "a"), "c": ("a", "d")}, "b", "c")
    room.leave(0)
    assert room.is_("b") == "erred"

    room.tell(ev.HandlesRetried(0, [room.names["b"], room.names["c"]]))

    assert room.is_("b") == "erred"
    assert room.is_("a") == "released"


def test_a_holder_that_is_told_to_drop_a_result_gives_back_what_counts_on_it():
    room = Room(1, 1)
    room.submit({"a": ()})
    holder = room.where("a")
    other = 1 - holder
    a = room.id("a")
    room.finish("a")
    room.tell(ev.TasksFinished(other, [], [], [], {}, [a]))  # a copy
    room.submit({f"x{n}": ("a",) for n in range(6)})
    counting = set(room.given[holder])
    assert counting

    said = room.tell(ev.InputsMissing(other, [a], holder))

    assert [i.ids for i in said if isinstance(i, ins.Release)] == [[a]]
    assert {id for order in room.heard(ins.TakeBack) for id in order.ids} == counting


def test_equal_calls_cost_the_same_each_however_many_they_are():
    room = Room(1)
    count = 40_000  # looking through all of them for each would take minutes
    keys, zeros = ["x"] * count, [0] * count

    room.tell(
        ev.GraphSubmitted(
            0, 0, keys, zeros, zeros, [b""] * count, [()] * count, list(range(count)), False, 0.0,
            {}, {},
        )
    )  # fmt: skip
    told = [i for i in room.finish("x") if isinstance(i, ins.Done)]
    room.tell(ev.HandlesReleased(0, list(range(count))))

    assert [sorted(i.handles) for i in told] == [list(range(count))]
    assert room.is_("x") == "forgotten"
