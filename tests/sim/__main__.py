"""Run worlds by their seeds for as long as one likes, or one of them with its trace.

python -m tests.sim --seconds 600
python -m tests.sim --seed 1234
python -m tests.sim --mutant NAME
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.sim.chaos import Failure, run
from tests.sim.machines import load


def main() -> int:
    """Return 1 if a seed failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--seed", type=int, default=None, help="run this one, and print its trace")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many")
    options = parser.parse_args()
    machines = load()
    if options.seed is not None:
        return _show(options.seed)
    failures = 0
    steps = 0
    seed = options.start
    begin = time.monotonic()
    while time.monotonic() < begin + options.seconds and failures < options.failures:
        try:
            steps += run(seed, machines).steps
        except Failure as failure:
            failures += 1
            print(failure, flush=True)
        seed += 1
    seconds = time.monotonic() - begin
    count = seed - options.start
    print(f"{count} seeds, {failures} failed; {steps / seconds:.0f} steps a second")
    return min(failures, 1)


def _show(seed: int) -> int:
    try:
        chaos = run(seed, load(), trace=True)
    except Failure as failure:
        chaos = failure.chaos  # type: ignore[attr-defined]
        print("\n".join(chaos.world.trace))
        traceback.print_exception(failure.error)
        print(failure)
        return 1
    print("\n".join(chaos.world.trace or []))
    print(f"seed {seed}: {chaos.steps} steps, all well")
    return 0


sys.exit(main())
