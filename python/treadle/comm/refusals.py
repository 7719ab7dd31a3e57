"""Those who were not let in: counted, and logged without letting them fill the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger("treadle.comm")

QUIET_SECONDS = 10.0


class Refusals:
    """Counts who was refused; writes a line at most every ten seconds for each listener.

    Examples
    --------
    >>> refusals = Refusals()
    >>> refusals.count
    0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.count = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._silent_until = float("-inf")
        self._unsaid = 0

    def add(self, peer: str, reason: str) -> None:
        """``peer`` was refused for ``reason`` (which quotes nothing that the peer has sent)."""
        with self._lock:
            self.count += 1
            now = self._clock()
            if now < self._silent_until:
                self._unsaid += 1
                return
            self._silent_until = now + QUIET_SECONDS
            unsaid, self._unsaid = self._unsaid, 0
        others = f" ({unsaid} others were refused meanwhile)" if unsaid else ""
        logger.warning("refused a connection from %s: %s%s", peer, reason, others)
