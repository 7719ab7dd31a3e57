"""Worlds chosen by seeds end well, and the same seed is the same world, whatever hashes are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.sim.chaos import Chaos, run
from tests.sim.machines import load

SEEDS = 500
CHUNK = 50


@pytest.mark.parametrize("start", range(0, SEEDS, CHUNK))
def test_every_wanted_result_is_right_or_failed_for_a_reason_and_nothing_is_left(start: int):
    machines = load()

    for seed in range(start, start + CHUNK):
        run(seed, machines)


@pytest.mark.parametrize("seed", range(3))
def test_large_graphs_end_well_too(seed: int):
    chaos = Chaos(seed, load(), size=250, length=2500, validate_every=50)

    chaos.run()


def test_a_seed_is_one_world():
    machines = load()

    first, second = run(7, machines), run(7, machines)

    assert first.world.digest == second.world.digest
    assert first.steps == second.steps


def test_worlds_do_not_depend_on_hashes():
    program = (
        "from tests.sim.chaos import run; from tests.sim.machines import load; machines = load()\n"
        "print([run(seed, machines).world.digest for seed in range(20)])"
    )

    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        for seed in ("0", "1")
    }

    assert len(digests) == 1
