"""Work for those that idle, from those that have too much.

What is queued here for a crowded worker moves at once.  What a worker has been given is asked
back: the half of it that was given last, which leaves no task behind that stands on one of these
(inputs are given before their users).  The worker answers which it had not begun.
"""

from __future__ import annotations

from treadle.scheduling.scheduler.columns import (
    DATA,
    RARE,
    RECALLED,
    SECEDED,
    SUSPECT,
    Columns,
    Worker,
)
from treadle.scheduling.scheduler.lifecycle import recall
from treadle.scheduling.scheduler.placement import seconds_before, seconds_to_fetch
from treadle.scheduling.scheduler.queuing import take_from_own

#: Seconds of known work that are worth asking back for.
WORTH = 0.005

#: Seconds without a word after which a worker's work is not taken to be known.
SILENCE = 0.02

#: Seconds between two looks when nobody has become idle in between.
PAUSE = 0.002

#: Crowded workers that are compared before one is chosen.
MAX_COMPARED = 8

#: Thieves that are helped in one turn.
MAX_THIEVES = 64


def is_restless(s: Columns) -> bool:
    """Tell whether time alone may change a decision: somebody idles while another has much."""
    return bool(s.idle) and bool(s.crowded)


def balance(s: Columns) -> None:
    """Find work for idle workers among crowded ones; not over and over for the same ones."""
    if not s.is_newly_idle and s.now - s.balanced_at < PAUSE:
        return
    s.is_newly_idle = False
    s.balanced_at = s.now
    for number in _first(s.idle, MAX_THIEVES):
        thief = s.workers[number]
        free = thief.nthreads - len(thief.processing) + thief.nseceded
        while free > 0:
            victim = _choose_victim(s)
            if victim is None:
                return
            moved = take_from_own(s, victim, thief)
            if moved == 0:
                moved = _ask_back(s, victim, thief)
            if moved == 0:
                return
            free -= moved
        if len(thief.processing) - thief.nseceded >= thief.nthreads:
            del s.idle[number]
            thief.is_idle = False


def _first(numbers: dict[int, bool], count: int) -> list[int]:
    found: list[int] = []
    for number in numbers:
        found.append(number)
        if len(found) == count:
            break
    return found


def _choose_victim(s: Columns) -> Worker | None:
    """Return the one with most work of a few crowded workers; forget those that no longer are."""
    best: Worker | None = None
    most = 0.0
    for number in _first(s.crowded, MAX_COMPARED):
        worker = s.workers[number]
        if len(worker.processing) <= worker.nthreads and not worker.own:
            del s.crowded[number]
            continue
        if worker.is_recalling and not worker.own:
            del s.crowded[number]  # it is listed again when it has answered
            continue
        # Work of unknown length counts by its number.
        work = seconds_before(s, worker) + 1e-6 * (len(worker.processing) + len(worker.own))
        if best is None or work > most:
            best = worker
            most = work
    return best


def _ask_back(s: Columns, victim: Worker, thief: Worker) -> int:
    """Ask a worker for half of what it has beyond its threads; return for how many tasks."""
    surplus = len(victim.processing) - victim.nseceded - victim.nthreads
    if surplus <= 0 or victim.is_recalling or victim.is_solo:
        return 0
    work = seconds_before(s, victim)
    silence = s.now - victim.last_report
    if work < WORTH and silence < SILENCE:
        return 0
    wanted = (surplus + 1) // 2
    asked = 0
    for row in reversed(victim.processing):
        if asked == wanted:
            break
        if s.flags[row] & (RARE | SUSPECT | SECEDED | RECALLED | DATA):
            continue
        if 2 * seconds_to_fetch(s, row, thief) > max(work, silence):
            continue
        recall(s, row)
        asked += 1
    victim.is_recalling = asked > 0
    return asked
