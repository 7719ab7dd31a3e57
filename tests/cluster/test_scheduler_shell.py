"""The scheduler's shell: what peers may say, and what becomes of it."""

from __future__ import annotations

import pytest
from tests.cluster.scheduler_peers import Peer, WorkerPeer, running

from treadle.protocol import messages as m


@pytest.fixture
def scheduler():
    with running() as scheduler:
        yield scheduler


@pytest.fixture
def worker(scheduler):
    return WorkerPeer(scheduler)


@pytest.fixture
def client(scheduler, worker):
    client = Peer(scheduler, "client")
    client.wait_for(m.Welcome)
    return client


def test_a_client_is_welcomed_with_the_workers_there_are(scheduler, worker):
    client = Peer(scheduler, "client")

    welcome = client.wait_for(m.Welcome)

    assert welcome.cluster == "test"
    assert [info.name for info in welcome.workers] == ["w0"]


def test_a_task_goes_to_a_worker_and_its_result_to_the_client(worker, client):
    client.submit(0, "a")

    functions = worker.wait_for(m.Functions)
    compute = worker.wait_for(m.Compute)
    assert functions.blobs == [b"pickle of inc"]
    assert compute.functions == functions.numbers
    worker.finish(*compute.ids, values={0: b"result"})

    done = client.wait_for(m.Done)
    assert (done.handles, done.values) == ([0], {0: b"result"})


def test_a_function_is_sent_to_a_worker_once(worker, client):
    client.submit(0, "a")
    worker.finish(*worker.wait_for(m.Compute).ids)
    worker.wait_for(m.Functions)
    client.wait_for(m.Done)

    client.submit(1, "b", functions=[m.FunctionSpec(b"f" * 16, "inc", None)])
    worker.finish(*worker.wait_for(m.Compute).ids)

    client.wait_for(m.Done)
    assert not [x for x in worker.inbox if isinstance(x, m.Functions)]


def test_a_function_that_was_never_sent_is_refused(client):
    client.submit(0, "a", functions=[m.FunctionSpec(b"g" * 16, "lost", None)])

    refused = client.wait_for(m.Refused)

    assert refused.handles == [0]
    assert "'lost' was not sent" in refused.reason


def test_inputs_on_other_workers_come_with_their_addresses(scheduler, worker, client):
    other = WorkerPeer(scheduler, "w1")
    client.submit(0, "a", "b")
    for peer in (worker, other):
        peer.finish(*peer.wait_for(m.Compute).ids)
    done = [client.wait_for(m.Done) for _ in range(2)]
    assert sorted(h for x in done for h in x.handles) == [0, 1]

    client.submit(2, "c", inputs=[(0, 1)])
    peer = other if client.ask("processing").value["w1"] else worker
    compute = peer.wait_for(m.Compute)
    peers = peer.wait_for(m.Peers)

    assert [info.name for info in peers.workers] == ["w1" if peer is worker else "w0"]
    assert list(compute.holders.values()) == [[peers.workers[0].number]]


def test_what_is_no_message_ends_the_connection_and_no_other(scheduler, worker, client):
    stranger = Peer(scheduler, "client")
    stranger.link.send(b"\x80\x04cos\nsystem\n")

    assert stranger.is_cut_off()
    client.submit(0, "a")
    assert worker.wait_for(m.Compute).ids == [0]


def test_a_worker_must_register_before_it_says_anything_else(scheduler):
    peer = Peer(scheduler, "worker")

    peer.say(m.TakenBack([], []))

    assert peer.is_cut_off()


def test_columns_of_different_lengths_are_refused(scheduler, worker, client):
    client.submit(0, "a")
    (id,) = worker.wait_for(m.Compute).ids

    worker.say(m.Finished([id], [1], [0], b"", b"", {}))

    assert worker.is_cut_off()


@pytest.mark.parametrize("message", [m.Manage(1, "stop"), m.RunOnWorkers(1, b"")])
def test_a_task_may_not_do_what_is_its_owners(scheduler, message):
    task = Peer(scheduler, "task")
    task.say(message)

    assert task.is_cut_off()


def test_a_manager_asks_and_manages_and_submits_nothing(scheduler, worker):
    manager = Peer(scheduler, "manager")
    assert manager.ask("info").value["workers"][0]["name"] == "w0"

    manager.submit(0, "a")

    assert manager.is_cut_off()


def test_an_observer_has_no_business_at_this_port(scheduler):
    observer = Peer(scheduler, "observer")

    assert observer.is_cut_off()


def test_what_a_task_prints_goes_to_its_client_before_its_result(worker, client):
    client.submit(5, "a")
    (id,) = worker.wait_for(m.Compute).ids

    worker.say(m.Output(id, "stdout", "hello\n"))
    worker.finish(id)

    client.wait_for(m.Done)
    (output,) = [x for x in client.inbox if isinstance(x, m.Output)]
    assert (output.id, output.text) == (5, "hello\n")


def test_a_watched_graph_tells_of_every_task_and_when(worker, client):
    client.say(
        m.SubmitGraph(
            0, ["a", "b"], [m.FunctionSpec(b"f" * 16, "inc", b"p")], [0, 0], [b"", b""],
            [(), (0,)], [1], watch=True, run="ab" * 8, label="cell 1", groups=["a", "b"],
            group=[0, 1],
        )
    )  # fmt: skip
    ids = worker.wait_for(m.Compute).ids

    worker.finish(*ids, start=100.0)

    watched = client.wait_for(m.Watched)
    assert (watched.handles, watched.threads) == ([0, 1], [0, 0])
    assert len(watched.starts) == len(watched.stops) == 16


def test_spans_reach_the_hub_as_those_of_the_run_that_submitted(scheduler, worker, client):
    client.submit(0, "a", run="ab" * 8, label="cell 1")
    worker.finish(*worker.wait_for(m.Compute).ids)
    client.wait_for(m.Done)

    (report,) = scheduler.hub.runs()
    assert (report.label, report.state, report.done, report.total) == ("cell 1", "finished", 1, 1)
    assert [group.name for group in report.groups] == ["inc"]
    assert scheduler.hub.lanes()[0].name == "w0 / thread 1"


def test_a_worker_with_another_clock_is_shown_on_ours(scheduler, client):
    late = WorkerPeer(scheduler, "late", now=1000.0)
    batch = scheduler.hub.since(0)
    before = batch.next
    client.submit(0, "a", options={0: m.TaskOptions(workers=["late"])})
    late.finish(*late.wait_for(m.Compute).ids, start=1000.0)
    client.wait_for(m.Done)

    rows = scheduler.hub.since(before)

    assert rows.columns["start"][0] > 1e9


def test_functions_run_on_workers_and_answer_one_by_one(scheduler, worker, client):
    other = WorkerPeer(scheduler, "w1")
    client.say(m.RunOnWorkers(7, b"call"))
    for peer, name in ((worker, "w0"), (other, "w1")):
        call = peer.wait_for(m.RunFunction)
        assert call.blob == b"call"
        peer.say(m.RunResult(call.number, name, name.encode()))

    results = [client.wait_for(m.RunResult) for _ in range(2)]
    answer = client.wait_for(m.Answer)

    assert {(x.worker, x.value) for x in results} == {("w0", b"w0"), ("w1", b"w1")}
    assert (answer.number, answer.value) == (7, ["w0", "w1"])


def test_a_function_on_a_worker_that_dies_is_answered_by_an_error(worker, client):
    client.say(m.RunOnWorkers(7, b"call"))
    worker.wait_for(m.RunFunction)
    worker.link.close()

    result = client.wait_for(m.RunResult)

    assert "w0 ended before it answered" in result.error.message
    assert client.wait_for(m.Answer).value == ["w0"]


def test_published_results_outlive_their_client(scheduler, worker, client):
    client.submit(0, "a")
    worker.finish(*worker.wait_for(m.Compute).ids)
    client.wait_for(m.Done)
    client.say(m.Publish(1, "data", b"blob", [0]))
    assert client.wait_for(m.Answer).error == ""
    client.say(m.Publish(2, "data", b"blob", [0]))
    assert "override=True" in client.wait_for(m.Answer).error
    client.link.close()

    second = Peer(scheduler, "client")
    assert second.ask("datasets").value == ["data"]
    assert second.ask("dataset", name="data").value == b"blob"
    second.say(m.WantKeys(0, ["a"]))
    assert second.wait_for(m.Done).handles == [0]
    assert second.ask("unpublish", name="data").error == ""
    assert "no dataset" in second.ask("dataset", name="data").error


def test_a_task_that_is_fired_and_forgotten_runs_though_its_client_goes(scheduler, worker, client):
    client.submit(0, "a", "b", inputs=[(), (0,)])
    ids = worker.wait_for(m.Compute).ids
    client.say(m.FireAndForget([1]))
    client.ask("why", key="b")
    client.link.close()
    second = Peer(scheduler, "client")

    worker.finish(*ids)
    released = worker.wait_for(m.Release).ids

    assert set(released) <= set(ids)
    assert "unknown" in second.ask("why", key="a").value


def test_who_goes_and_comes_is_told_to_all_clients(scheduler, worker, client):
    other = WorkerPeer(scheduler, "w1")
    assert [info.name for info in client.wait_for(m.WorkersChanged).joined] == ["w1"]

    other.link.close()

    assert client.wait_for(m.WorkersChanged).left == [other.number]


def test_questions_are_answered_and_nonsense_is_told(worker, client):
    client.submit(0, "a")
    (id,) = worker.wait_for(m.Compute).ids
    assert client.ask("processing").value == {"w0": ["a"]}
    worker.finish(id)
    client.wait_for(m.Done)

    assert client.ask("who_has").value == {"a": ["w0"]}
    assert client.ask("has_what").value == {"w0": ["a"]}
    assert client.ask("nbytes").value == {"a": 8}
    assert client.ask("where", handles=[0, 5]).value == {0: [id, [worker.number]]}
    assert client.ask("info").value["tasks"]["memory"] == 1
    assert client.ask("story", key="a").value[0][1].startswith("submitted")
    assert "unknown question" in client.ask("nonsense").error


def test_scaling_a_cluster_that_nobody_manages_says_so(client):
    client.say(m.Manage(1, "scale", 3))

    assert "nobody manages" in client.wait_for(m.Answer).error


def test_the_manager_is_told_what_is_asked_for():
    heard = []

    class Manager:
        def scale(self, n):
            heard.append(("scale", n))

        def restart(self):
            heard.append("restart")

        def stop(self):
            heard.append("stop")

    with running(manager=Manager()) as scheduler:
        client = Peer(scheduler, "manager")
        client.say(m.Manage(1, "scale", 3), m.Manage(2, "restart"), m.Manage(3, "stop"))
        answers = [client.wait_for(m.Answer) for _ in range(3)]
        client.say(m.Manage(4, "scale", -1))
        assert "-1 workers" in client.wait_for(m.Answer).error

    assert [answer.error for answer in answers] == ["", "", ""]
    assert heard == [("scale", 3), "restart", "stop"]


def test_a_closing_scheduler_says_goodbye(worker, client, scheduler):
    scheduler.close()

    assert client.wait_for(m.Goodbye).reason
    assert worker.wait_for(m.Goodbye).reason


def test_large_arguments_are_cut_into_several_messages(worker, client):
    size = 9 * 2**20
    for base in range(3):
        client.say(
            m.SubmitGraph(
                base, [f"k{base}"], [m.FunctionSpec(b"f" * 16, "inc", b"p")], [0],
                [bytes(size)], [()] if base == 0 else [(base - 1,)], [0],
            )
        )  # fmt: skip
    ids = []
    while len(ids) < 3:
        message = worker.wait_for(m.Compute)
        assert sum(map(len, message.args)) < 3 * size
        ids += message.ids
        worker.finish(*message.ids)

    handles = []
    while len(handles) < 3:
        handles += client.wait_for(m.Done).handles
    assert handles == [0, 1, 2]
