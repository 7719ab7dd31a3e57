"""Programs drawn at random, serially and under ``%%parallel``: nothing differs."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from .harness import MODES, run_in_parallel, run_serially
from .programs import Programs

SETUP = (Path(__file__).parent / "setup.py").read_text()


def is_python(text):
    """Quotes within f-strings may clash before Python 3.12."""
    try:
        compile(text, "program", "exec")
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("mode", MODES)
@settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.randoms(use_true_random=False), st.sampled_from([3, 6, 10]))
def test_a_random_program_does_what_it_does_serially(mode, random, size):
    body = Programs(random).program(size)
    assume(is_python(body))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # drawn programs say foolish things
        serial = run_serially(SETUP, body)
        parallel = run_in_parallel(SETUP, body, mode)

    assert parallel.error == serial.error, body
    assert parallel.printed == serial.printed, body
    assert parallel.names == serial.names, body
    assert parallel.result == serial.result, body
