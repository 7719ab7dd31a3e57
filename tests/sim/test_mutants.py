"""The simulator finds every one of a list of mistakes: else it would prove nothing."""

from __future__ import annotations

import pytest
from tests.sim.chaos import Failure, run
from tests.sim.machines import Mutant, load
from tests.sim.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mistake_is_found_in_time(mutant: Mutant):
    machines = load(mutant)

    seeds = range(mutant.first, mutant.first + mutant.seeds)
    found = any(_fails(seed, machines) for seed in seeds)

    assert found, f"{mutant.name}: not found in {mutant.seeds} seeds"


def _fails(seed: int, machines: object) -> bool:
    try:
        run(seed, machines)  # type: ignore[arg-type]
    except Failure:
        return True
    return False


def test_the_package_itself_is_as_it_was():
    before = load()

    load(MUTANTS[0])

    assert load().scheduler is before.scheduler
    assert load().worker is before.worker
