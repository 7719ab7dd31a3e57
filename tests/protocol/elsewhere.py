"""Another process, which has treadle and nothing of what a test defines."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

PROGRAM = """
import pickle, sys
from treadle.protocol.serialize import *
parts = pickle.load(sys.stdin.buffer)
result = eval(parts.pop("expression"), {**globals(), **parts})
sys.stdout.buffer.write(pickle.dumps(result))
"""


def evaluate(expression: str, **values: Any) -> Any:
    """Evaluate an expression in a new process, with plain values and what serialize exports."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps({"expression": expression, **values}),
        stdout=subprocess.PIPE,
        check=True,
        timeout=30,
        cwd="/",
    )
    return pickle.loads(run.stdout)
