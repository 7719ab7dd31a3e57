"""The scheduler's rules, one a test."""

from __future__ import annotations

import pytest
from tests.scheduling.scheduler_room import Room

from treadle.scheduling.scheduler import events as ev
from treadle.scheduling.scheduler import instructions as ins
from treadle.scheduling.scheduler.columns import FEW_STALE, GENERATION
from treadle.scheduling.scheduler.giving import MAX_DEPTH
from treadle.scheduling.scheduler.story import why


def test_a_chain_goes_to_one_worker_in_one_message():
    room = Room(1, 1)

    (compute,) = room.submit({"a": (), "b": ("a",), "c": ("b",)}, "c")

    assert compute.ids == [room.id("a"), room.id("b"), room.id("c")]
    assert compute.inputs == [(), (room.id("a"),), (room.id("b"),)]
    assert compute.wanted == [2]


def test_results_are_released_when_their_last_user_has_ended():
    room = Room(1)
    room.submit({"a": (), "b": ("a",), "c": ("a", "b")}, "c")
    a, b = room.id("a"), room.id("b")

    room.finish("a", "b")
    assert not room.heard(ins.Release)
    room.finish("c")

    assert sorted(x for i in room.heard(ins.Release) for x in i.ids) == sorted([a, b])
    assert room.done() == {"c"}


def test_tasks_nobody_wants_are_not_run():
    room = Room(1)
    room.submit({"a": (), "b": ("a",), "c": ()}, "b")

    assert room.is_("c") == "released"
    assert len(room.given[0]) == 2


def test_unknown_durations_are_given_one_more_than_there_are_threads():
    room = Room(2, 1)
    room.submit({f"x{i}": () for i in range(20)})

    assert [len(room.given[w]) for w in (0, 1)] == [3, 2]


def test_few_tasks_are_spread_over_all_threads():
    room = Room(1, 1, 2)
    room.submit({f"x{i}": () for i in range(4)})

    assert [len(room.given[w]) for w in range(3)] == [1, 1, 2]


def test_known_short_tasks_are_shared_out_too():
    room = Room(1, 1)
    room.submit({"first": ()})
    room.finish("first", seconds=1e-3)

    room.submit({f"x{i}": () for i in range(10)})

    given = [len(room.given[w]) for w in range(2)]
    assert min(given) >= 3
    assert max(given) <= 5


def test_short_tasks_travel_in_hundreds():
    room = Room(1)
    room.submit({f"x{i}": () for i in range(5000)})
    room.finish("x0", seconds=2e-6)

    assert len(room.given[0]) == MAX_DEPTH


def test_long_tasks_stay_with_the_scheduler_until_a_thread_is_free():
    room = Room(1)
    room.submit({f"x{i}": () for i in range(10)})
    room.finish("x0", "x1", seconds=1.0)

    assert len(room.given[0]) == 1


def test_large_results_are_not_made_ahead():
    room = Room(1)
    room.submit({f"x{i}": () for i in range(100)})
    room.finish("x0", seconds=1e-4, nbytes=50_000_000)

    assert len(room.given[0]) <= 3


def test_a_task_goes_where_most_of_its_inputs_are():
    room = Room(1, 1)
    room.submit({"small": (), "large": (), "both": ("small", "large")}, "both")
    assert room.where("small") != room.where("large")
    home = room.where("large")

    room.finish("small", nbytes=10)
    room.finish("large", nbytes=10**9)

    assert room.where("both") == home
    compute = room.heard(ins.Compute)[-1]
    assert compute.holders == {room.id("small"): [1 - home]}
    assert compute.nbytes == {room.id("small"): 10}


def test_an_idle_worker_gets_tasks_that_wait_elsewhere():
    room = Room(1)
    room.submit({f"x{i}": () for i in range(15)})
    room.finish("x0", seconds=1e-3)
    assert len(room.given[0]) == 14

    room.join()
    (order,) = room.heard(ins.TakeBack)
    assert order.worker == 0
    asked = set(order.ids)
    room.given[0] = [id for id in room.given[0] if id not in asked]
    room.tell(ev.TakenBack(0, order.ids, []))

    assert len(room.given[1]) >= 4


def test_a_silent_worker_is_relieved_though_its_work_seems_short():
    room = Room(1)
    room.submit({f"x{i}": () for i in range(100)})
    room.finish("x0", seconds=1e-6)
    room.join()
    assert not room.heard(ins.TakeBack)
    assert room.state.is_restless

    room.now += 1.0
    room.tell()

    assert len(room.heard(ins.TakeBack)) == 1


def test_tasks_that_were_given_back_have_a_new_attempt():
    room = Room(1)
    room.submit({"a": (), "b": ("a",)}, "b")
    before = room.id("b")

    room.tell(ev.TakenBack(0, [before], []))

    assert room.id("b") == before + GENERATION


def test_a_worker_that_dies_leaves_its_tasks_to_others_and_its_results_are_made_again():
    room = Room(1, 1)
    room.submit({"a": (), "b": (), "c": ("a", "b")}, "a", "c")
    room.finish("a")
    dead = room.where("a")
    assert room.done() == {"a"}

    said = room.leave(dead)

    assert [i.handles for i in said if isinstance(i, ins.Lost)] == [[room.names["a"]]]
    room.finish("b", "a")
    room.finish("c")
    assert room.done() == {"a", "c"}


def test_lost_inputs_of_lost_results_are_made_again_too():
    room = Room(1)
    room.submit({"a": (), "b": ("a",), "c": ("b",)}, "c")
    room.finish("a", "b")
    assert room.is_("a") == "released"

    room.leave(0)
    room.join()

    room.finish("a", "b", "c")
    assert room.done() == {"c"}


def test_a_late_answer_of_an_older_attempt_counts_for_nothing():
    room = Room(1, 1)
    room.submit({"a": ()})
    old, worker = room.id("a"), room.where("a")
    room.tell(ev.TakenBack(worker, [old], []))
    room.given[worker].remove(old)

    said = room.tell(ev.TasksFinished(worker, [old], [1], [0.1], {}, []))

    assert room.is_("a") == "processing"
    assert [i.ids for i in said if isinstance(i, ins.Release)] == [[old]]


def test_a_task_is_blamed_after_three_deaths_and_the_innocent_are_not():
    room = Room(1)
    room.submit({"bad": (), "good": ()})
    for _ in range(5):
        number = room.nworkers - 1
        if room.is_("bad") == "erred":
            break
        alone = room.is_("bad") != "processing"
        if alone and room.is_("good") == "processing" and room.where("good") == number:
            room.finish("good")
            continue
        room.leave(number)
        room.join()
    while room.is_("good") != "memory":
        room.finish("good")

    assert room.is_("bad") == "erred"
    (erred,) = room.heard(ins.Erred)
    assert erred.errors[0].kind == "WorkerDied"
    assert "killed by signal 9" in erred.errors[0].text
    assert room.done() == {"good"}


def test_a_worker_that_was_asked_to_go_counts_against_nobody():
    room = Room(1)
    room.submit({"a": ()})
    for _ in range(5):
        room.leave(room.nworkers - 1, expected=True)
        room.join()

    room.finish("a")
    assert room.done() == {"a"}


def test_failures_reach_all_that_stand_on_them_and_name_the_culprit():
    room = Room(1)
    room.submit({"a": (), "b": ("a",), "c": ("b",)}, "b", "c")

    room.fail("a")

    (erred,) = room.heard(ins.Erred)
    assert erred.handles == [room.names["b"], room.names["c"]]
    assert erred.blame == ["a", "a"]
    assert erred.blame_handles == [room.names["a"]] * 2


def test_what_is_submitted_on_top_of_a_failure_fails_at_once():
    room = Room(1)
    room.submit({"a": ()})
    room.fail("a")

    room.submit({"b": ("a",)})

    assert room.heard(ins.Erred)[-1].blame == ["a"]


def test_retries_run_a_task_again_before_it_fails():
    room = Room(1)
    room.submit({"a": ()}, options={"a": ev.Options(retries=1)})

    room.fail("a")
    assert room.is_("a") == "processing"
    room.fail("a")
    assert room.is_("a") == "erred"


def test_a_failed_task_can_be_tried_again_with_what_stands_on_it():
    room = Room(1)
    room.submit({"a": (), "b": ("a",)}, "b")
    room.fail("a")

    room.tell(ev.HandlesRetried(0, [room.names["b"]]))
    room.finish("a", "b")

    assert room.done() == {"b"}


def test_equal_keys_of_two_clients_are_one_task():
    room = Room(1)
    room.tell(ev.ClientJoined(1))
    room.submit({"a": ()})
    handle = room.names["a"]
    room.submit({"a": ()}, client=1)

    room.tell(ev.HandlesReleased(0, [handle]))
    assert room.is_("a") == "processing"
    room.finish("a")

    assert [i.client for i in room.heard(ins.Done)] == [1]


def test_a_chosen_key_with_another_definition_is_refused_whole():
    room = Room(1)
    room.submit({"a": ()}, definitions={"a": b"one"})

    room.submit({"x": (), "a": ()}, definitions={"a": b"two"})

    (refused,) = room.heard(ins.Refused)
    assert refused.kind == "KeyConflict"
    assert "'a'" in refused.reason
    assert room.is_("x") == "forgotten"


def test_a_cancelled_task_is_dropped_and_what_only_it_needed_with_it():
    room = Room(1)
    room.submit({"a": (), "b": ("a",), "c": ("b",)}, "c")
    ids = [room.id(key) for key in "abc"]

    room.tell(ev.HandlesCancelled(0, [room.names["c"]], False))

    (release,) = room.heard(ins.Release)
    assert sorted(release.ids) == sorted(ids)
    assert not room.state.columns.row_of


def test_a_forced_cancel_reaches_other_clients():
    room = Room(1)
    room.tell(ev.ClientJoined(1))
    room.submit({"a": ()})
    mine = room.names["a"]
    room.submit({"a": ()}, client=1)
    theirs = room.names["a"]

    room.tell(ev.HandlesCancelled(0, [mine], True))

    (cancelled,) = room.heard(ins.Cancelled)
    assert (cancelled.client, cancelled.handles) == (1, [theirs])
    assert not room.state.columns.row_of


def test_a_client_that_leaves_wants_nothing_any_more():
    room = Room(1)
    room.submit({"a": (), "b": ("a",)})
    room.finish("a")

    room.tell(ev.ClientLeft(0))

    assert not room.state.columns.row_of
    assert not room.state.columns.workers[0].holding


def test_resources_bound_how_many_run_at_once():
    room = Room()
    room.join(4, {"GPU": 1})
    options = {f"x{i}": ev.Options(resources={"GPU": 1}) for i in range(3)}

    room.submit(dict.fromkeys(options, ()), options=options)
    assert len(room.given[0]) == 1
    room.finish("x0")
    assert len(room.given[0]) == 1
    assert room.is_("x2") == "queued"


def test_a_task_that_no_worker_may_run_waits_for_one_that_may():
    room = Room(1)
    room.submit({"a": ()}, options={"a": ev.Options(workers=["special"])})

    assert room.is_("a") == "no-worker"
    assert why(room.state.columns, "a") == (
        "'a' waits for a worker that it may run on: one of special"
    )
    number = room.join(name="special")
    assert room.where("a") == number


def test_preferred_workers_are_only_a_preference():
    room = Room(1)
    options = {"a": ev.Options(workers=["special"], allow_other=True)}

    room.submit({"a": ()}, options=options)

    assert room.where("a") == 0


def test_priorities_go_first():
    room = Room(1)
    room.submit({f"x{i}": () for i in range(10)})
    room.submit({"urgent": ()}, priority=1.0)

    room.finish("x0", seconds=1.0)
    room.finish("x1", seconds=1.0)

    assert room.is_("urgent") == "processing"


def test_scattered_data_is_put_where_it_is_told_and_can_not_be_made_again():
    room = Room(1, 1)
    (answer,) = room.tell(ev.DataScattered(0, 100, ["d"], [8], None, True))
    assert answer.targets == [[0, 1]]
    (id,) = answer.ids
    for worker in (0, 1):
        room.tell(ev.TasksFinished(worker, [id], [8], [0.0], {}, []))
    room.names["d"] = 100
    room.submit({"a": ("d",)})

    room.leave(room.where("d"))
    assert room.is_("d") == "memory"
    room.leave(room.where("d"))

    assert room.is_("d") == "erred"
    assert room.heard(ins.Erred)[-1].errors[0].kind == "DataLost"


def test_scattering_without_workers_is_refused():
    room = Room()

    (refused,) = room.tell(ev.DataScattered(0, 0, ["d"], [8], None, False))

    assert refused.kind == "NoWorkers"


def test_copies_are_known_and_released_with_the_first():
    room = Room(1, 1)
    room.submit({"a": ()})
    room.finish("a")
    id, home = room.id("a"), room.where("a")
    room.tell(ev.TasksFinished(1 - home, [], [], [], {}, [id]))

    room.release("a")

    assert sorted(i.worker for i in room.heard(ins.Release)) == [0, 1]


def test_inputs_that_a_holder_lost_are_named_elsewhere_or_made_again():
    room = Room(1, 1)
    room.submit({"a": ()})
    room.finish("a")
    id, home = room.id("a"), room.where("a")
    room.tell(ev.TasksFinished(1 - home, [], [], [], {}, [id]))

    room.tell(ev.InputsMissing(1 - home, [id], home))
    (found,) = room.heard(ins.Holders)
    assert found.holders == {id: [1 - home]}
    room.tell(ev.InputsMissing(-1, [id], 1 - home))

    assert room.is_("a") == "processing"
    assert room.heard(ins.Lost)


def test_a_retiring_worker_goes_when_others_have_what_it_held():
    room = Room(1, 1)
    room.submit({"a": ()})
    room.finish("a")
    id, home = room.id("a"), room.where("a")

    room.tell(ev.WorkerRetiring(home))
    (order,) = room.heard(ins.Replicate)
    assert order.holders == {id: [home]}
    assert not room.heard(ins.Stop)
    room.tell(ev.TasksFinished(order.worker, [], [], [], {}, [id]))
    assert [i.worker for i in room.heard(ins.Stop)] == [home]
    room.leave(home, expected=True)

    assert room.is_("a") == "memory"


def test_of_two_that_retire_neither_counts_on_the_other():
    room = Room(1, 1, 1)
    room.submit({"a": ()})
    room.finish("a")
    id, home = room.id("a"), room.where("a")
    room.tell(ev.WorkerRetiring(home))
    (first,) = room.heard(ins.Replicate)
    stays = ({0, 1, 2} - {home, first.worker}).pop()

    room.tell(ev.WorkerRetiring(first.worker))
    again = room.heard(ins.Replicate)[-1]
    room.tell(ev.TasksFinished(first.worker, [], [], [], {}, [id]))
    went = [i.worker for i in room.heard(ins.Stop)]
    room.tell(ev.TasksFinished(stays, [], [], [], {}, [id]))

    assert (again.worker, again.holders) == (stays, {id: [home]})
    assert home not in went
    assert home in [i.worker for i in room.heard(ins.Stop)]


def test_a_seceded_task_leaves_its_slot_to_others():
    room = Room(1)
    room.submit({"a": ()})
    room.submit({f"x{i}": () for i in range(5)}, functions=[1] * 5)
    before = len(room.given[0])

    room.tell(ev.TaskSeceded(0, room.id("a"), False))

    assert len(room.given[0]) == before + 1


def test_watched_graphs_tell_of_every_task():
    room = Room(1)
    room.submit({"a": (), "b": ("a",)}, "b", watch=True)

    said = room.finish("a")

    (watched,) = [i for i in said if isinstance(i, ins.Watched)]
    assert watched.handles == [room.names["a"]]


def test_small_values_travel_with_the_news():
    room = Room(1)
    room.submit({"a": ()})

    room.finish("a", values={0: b"pickle"})

    (done,) = room.heard(ins.Done)
    assert done.values == {0: b"pickle"}


@pytest.mark.parametrize("order", [1, -1])
def test_wide_graphs_are_forgotten_whatever_the_order_of_release(order):
    room = Room(1)
    room.submit({"root": ()})
    room.finish("root")
    keys = [f"x{i}" for i in range(50)]
    for key in keys:
        room.submit({key: ("root",)})
        room.finish(key)

    for key in keys[::order]:
        room.release(key)

    assert list(room.state.columns.row_of) == ["root"]
    assert len(room.state.columns.ids) <= 51


def test_few_forgotten_rows_are_kept_by_one_that_lives():
    room = Room(1)
    room.submit({"root": (), "user": ("root",)})
    room.finish("root", "user")

    for round_ in range(50):
        room.submit({f"k{round_}": ("root",)})
        room.finish(f"k{round_}")
        room.release(f"k{round_}")

    assert len(room.state.columns.ids) <= 2 + FEW_STALE


def test_rows_are_used_again_under_new_ids():
    room = Room(1)
    seen = set()
    for round_ in range(10):
        room.submit({f"k{round_}": ()})
        id = room.id(f"k{round_}")
        assert id not in seen
        seen.add(id)
        room.finish(f"k{round_}")
        room.release(f"k{round_}")

    assert len(room.state.columns.ids) == 1


def test_the_story_of_a_key_tells_where_it_has_been():
    room = Room(1)
    room.submit({"a": ()})
    room.finish("a")

    words = [text for _, text in room.state.log.story(room.state.columns, "a")]

    assert words == [
        "submitted by client 0",
        "sent to worker 0",
        "ended on worker 0",
        "now: 'a' is in memory on w0",
    ]


def test_why_says_what_a_task_waits_for():
    room = Room()
    room.submit({"a": (), "b": ("a",)}, "b")
    columns = room.state.columns
    assert why(columns, "a") == (
        "'a' is ready, and there is no worker; start one or scale the cluster"
    )
    assert why(columns, "b") == "'b' waits for 'a' (queued)"
    room.join()
    assert why(columns, "b") == "'b' is on w0 and waits there for 'a' (processing)"
    assert why(columns, "z").startswith("'z' is unknown here")
