"""Gates that tasks wait at, so that tests know where they are without waiting for time to pass.

Functions that run on workers of this process import this module when they are called; what they
find is what the test sees.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TIMEOUT = 30.0
_gates: dict[str, Gate] = {}


class Gate:
    """``arrived`` is set when a task has come, ``open`` lets it go on."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.open = threading.Event()

    def wait_for_arrival(self) -> None:
        assert self.arrived.wait(TIMEOUT), "nobody came to the gate"

    def pass_through(self) -> None:
        self.arrived.set()
        assert self.open.wait(TIMEOUT), "nobody opened the gate"


@contextmanager
def gate(name: str) -> Iterator[Gate]:
    """A gate that is open for good when the test is over."""
    made = _gates[name] = Gate()
    try:
        yield made
    finally:
        made.open.set()


def at(name: str) -> Gate:
    return _gates[name]
