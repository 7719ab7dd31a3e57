"""What all tests stand on."""

from __future__ import annotations

import signal

# A shell starts its background jobs with interrupts switched off, and Python then leaves them off;
# the tests that press Ctrl-C need them wherever the suite runs.
signal.signal(signal.SIGINT, signal.default_int_handler)
