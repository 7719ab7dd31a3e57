"""Proof that the state machines compile: mypyc makes C of them, and their tests pass on that.

    python -m tests.compiled [--seconds 10]

The sources are compiled in a temporary folder, which is put before the package on the path; the
package itself stays as it is.  Needs a C compiler and setuptools.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python" / "treadle"
MACHINES = ["scheduling/scheduler", "scheduling/worker"]
TESTS = ["tests/scheduling", "tests/sim/test_simulation.py", "tests/sim/test_stateful.py"]

#: Fails unless what the tests import is the compiled copy.
PROOF = """
import importlib, sys
for name in sys.argv[1:]:
    file = importlib.import_module(name).__file__
    assert not file.endswith(".py"), f"{name} is not compiled: {file}"
print(len(sys.argv) - 1, "modules are compiled")
"""


def main() -> int:
    """Return the exit status of the first step that fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.compiled", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the simulator")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="treadle-compiled-") as folder:
        target = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__", "labextension", "*.so")
        shutil.copytree(PACKAGE, target / "treadle", ignore=ignored)
        sources = [
            str(path.relative_to(target))
            for machine in MACHINES
            for path in sorted((target / "treadle" / machine).glob("*.py"))
            if path.name != "__init__.py"
        ]
        names = [source.removesuffix(".py").replace(os.sep, ".") for source in sources]
        environment = {**os.environ, "PYTHONPATH": folder, "MYPYPATH": folder}
        # Quick to compile; what is proved is that it is right, not how fast it is.
        environment.setdefault("MYPYC_OPT_LEVEL", "0")
        environment.setdefault("MYPYC_DEBUG_LEVEL", "0")
        python = sys.executable
        simulate = [python, "-m", "tests.sim", "--seconds", str(options.seconds)]
        for command, place in (
            ([python, "-m", "mypyc", "--config-file", "", *sources], target),
            ([python, "-c", PROOF, *names], ROOT),
            ([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS], ROOT),
            (simulate, ROOT),
        ):
            status = _run(command, place, environment)
            if status:
                return status
    return 0


def _run(command: list[str], place: Path, environment: dict[str, str]) -> int:
    """Run one step; what it says is shown when it fails, else its last line."""
    done = subprocess.run(
        command,
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    lines = done.stdout.splitlines()
    print("\n".join(lines if done.returncode else lines[-1:]), flush=True)
    return done.returncode


sys.exit(main())
