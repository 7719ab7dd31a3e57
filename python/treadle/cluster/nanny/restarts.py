"""When a dead worker is started again.  Pure: the time comes with the question.

A worker that never got as far as its scheduler fails for a reason that will still be there:
after three such starts in a row its nanny gives up.  One that had started well is always started
again, at once the first time and later each time it dies within a minute.

>>> restarts = Restarts()
>>> [restarts.delay(now, was_ready=True) for now in (10.0, 11.0, 12.0, 13.0, 99.0)]
[0.0, 0.2, 0.4, 0.8, 0.0]
>>> [restarts.delay(now, was_ready=False) for now in (200.0, 200.5, 201.0)]
[0.0, 0.2, None]
"""

from __future__ import annotations

FAILED_STARTS = 3
WINDOW_SECONDS = 60.0
LONGEST_DELAY = 5.0


class Restarts:
    """The deaths of one worker and of its successors."""

    def __init__(self) -> None:
        self._deaths: list[float] = []
        self._failed_starts = 0

    def delay(self, now: float, *, was_ready: bool) -> float | None:
        """Seconds to wait before the next start; None to give up.

        Parameters
        ----------
        now : float
            Seconds on a clock that only grows.
        was_ready : bool
            Had the one that died reached its scheduler?
        """
        self._failed_starts = 0 if was_ready else self._failed_starts + 1
        if self._failed_starts >= FAILED_STARTS:
            return None
        self._deaths = [at for at in self._deaths if now - at < WINDOW_SECONDS]
        self._deaths.append(now)
        others = len(self._deaths) - 1
        return 0.0 if not others else min(LONGEST_DELAY, 0.1 * 2.0**others)
