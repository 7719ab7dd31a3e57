"""Which clusters are listed, and for how long."""

from __future__ import annotations

import os

import pytest

from treadle.feedserver import records
from treadle.lab.clusters import LOST_SECONDS, Clusters
from treadle.utils.secret import Secret


def write(directory, name, instance="1"):
    record = records.Record(
        name=name,
        kind="kernel",
        label="x",
        pid=os.getpid(),
        started=1.0,
        port=4000,
        observer_token=Secret("ab" * 32),
        instance=instance,
        kernel_id=None,
        treadle="0.1.0",
    )
    return records.write_record(record, directory)


class World:
    """Clusters whose life and clock the test decides."""

    def __init__(self, directory):
        self.now = 0.0
        self.dead = set()
        self.clusters = Clusters(
            directory,
            is_alive=lambda record: record.instance not in self.dead,
            clock=lambda: self.now,
        )

    def states(self):
        return {cluster.name: cluster.state for cluster in self.clusters.list()}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "treadle")


def test_nothing_is_listed_where_nothing_was_written(world):
    assert world.states() == {}


def test_a_cluster_without_its_process_is_lost_for_a_while_and_then_forgotten(world):
    path = write(world.clusters.directory, "a", instance="1")
    write(world.clusters.directory, "b", instance="2")

    seen = [world.states()]
    world.dead.add("1")
    for now in (10.0, 10.0 + LOST_SECONDS, 10.1 + LOST_SECONDS):
        world.now = now
        seen.append(world.states())

    assert seen == [
        {"a": "running", "b": "running"},
        {"a": "lost", "b": "running"},
        {"a": "lost", "b": "running"},
        {"b": "running"},
    ]
    assert not path.exists()


def test_a_cluster_that_comes_back_under_its_name_is_running(world):
    write(world.clusters.directory, "a", instance="1")
    world.dead.add("1")
    lost = world.states()

    world.now = 59.0
    write(world.clusters.directory, "a", instance="2")
    back = world.states()
    world.dead.add("2")
    world.now = 61.0

    assert (lost, back, world.states()) == ({"a": "lost"}, {"a": "running"}, {"a": "lost"})


@pytest.mark.parametrize("name", ["..", "../treadle/a", "a.json", "A", "", "watch", "a\x00"])
def test_a_name_that_is_none_is_not_looked_for(world, name):
    write(world.clusters.directory, "a")

    assert world.clusters.find(name) is None
    assert world.clusters.find("a") is not None


def test_a_lost_cluster_is_found_but_not_as_a_running_one(world):
    write(world.clusters.directory, "a", instance="1")
    world.dead.add("1")

    assert world.clusters.find("a") is not None
    assert world.clusters.find_running("a") is None
