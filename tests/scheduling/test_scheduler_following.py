"""Which tasks follow from those that a worker was given, where the parts of two workers meet."""

from __future__ import annotations

import pytest
from tests.scheduling.scheduler_room import Room

from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins
from treadle.scheduling.scheduler.giving import MAX_FETCH_AHEAD
from treadle.scheduling.scheduler.reports import FEW_MISSING

SHORT = 1e-6


def two_halves(seconds: float = SHORT) -> Room:
    """Two workers, of which each has an input of ``both``; ``seconds`` is what tasks take."""
    room = Room(1, 1)
    room.submit({"known": ()})
    room.finish("known", seconds=seconds)
    room.submit({"a": (), "b": (), "both": ("a", "b"), "after": ("both",)}, "after")
    assert room.where("a") != room.where("b")
    return room


def test_a_short_task_follows_when_what_lies_elsewhere_is_there():
    room = two_halves()
    home = room.where("b")

    room.finish("a", seconds=SHORT)

    assert room.is_("b") == "processing"
    assert room.where("both") == room.where("after") == home
    compute = room.heard(ins.Compute)[-1]
    assert compute.ids == [room.id("both"), room.id("after")]
    assert compute.holders == {room.id("a"): [1 - home]}


def test_a_task_follows_at_once_when_what_lies_elsewhere_is_there_before():
    room = Room(1, 1)
    room.submit({"a": ()})
    room.finish("a", seconds=SHORT)

    room.submit({"b": (), "c": (), "ab": ("a", "b"), "ac": ("a", "c")}, "ab", "ac")

    assert room.where("ab") == room.where("b") != room.where("c") == room.where("ac")


@pytest.mark.parametrize(
    ("seconds", "nbytes"), [(0.001, 10), (SHORT, MAX_FETCH_AHEAD + 1)], ids=["long", "large"]
)
def test_long_tasks_and_those_with_large_inputs_wait_until_all_is_known(
    seconds: float, nbytes: int
):
    room = two_halves(seconds)

    room.finish("a", seconds=seconds, nbytes=nbytes)

    assert room.is_("both") == "waiting"


def test_nothing_follows_to_a_worker_that_retires():
    room = two_halves()
    room.tell(ev.WorkerRetiring(room.where("b")))

    room.finish("a", seconds=SHORT)

    assert room.where("both") != room.where("b")


def test_a_task_that_waits_for_many_is_looked_at_when_they_are_few():
    room = Room(1, 1)
    room.submit({"known": ()})
    room.finish("known", seconds=SHORT)
    parts = {f"x{i}": () for i in range(40)}
    room.submit({**parts, "total": tuple(parts)}, "total")
    while made := [name for name in parts if room.where(name) == 1 and room.is_(name) != "memory"]:
        room.finish(*made, seconds=SHORT)
    left = [name for name in parts if room.is_(name) != "memory"]
    room.finish(*left[: -FEW_MISSING - 1], seconds=SHORT)
    assert room.is_("total") == "waiting"

    room.finish(left[-1], seconds=SHORT)

    assert room.where("total") == 0


def test_what_follows_is_taken_back_with_what_it_follows_from():
    room = two_halves()
    home = room.where("b")
    room.finish("a", seconds=SHORT)

    room.given[home] = []
    room.tell(ev.TakenBack(home, [room.id("b")], []))

    assert [i.worker for i in room.heard(ins.TakeBack)] == [home]


def test_nothing_follows_what_a_worker_died_of_before():
    """Bound to workers, it can't be run alone; a follower that kills must be blamed itself."""
    room = Room(1)
    gpu = {"a": ev.Options(resources={"GPU": 1.0})}
    room.submit({"a": (), "killer": ("a",)}, "killer", options=gpu)
    room.join(resources={"GPU": 1.0})
    assert room.where("killer") == room.where("a") == 1

    room.leave(1)
    room.join(resources={"GPU": 1.0})

    assert room.where("a") == 2
    assert room.is_("killer") == "waiting"
    room.finish("a")
    assert room.is_("killer") == "processing"
