"""Who imports whom: a module imports from its own folder and from the floors below it.

Read from the source with ``ast``, so imports inside functions and under TYPE_CHECKING count too.
The floors are drawn in docs/developer/architecture.md.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "python" / "treadle"

FLOORS = {
    **dict.fromkeys(["errors", "config", "types", "utils"], 0),
    "graph": 1,
    "scheduling": 2,
    **dict.fromkeys(["protocol", "storage", "telemetry"], 3),
    **dict.fromkeys(["comm", "feedserver"], 4),
    **dict.fromkeys(["cluster", "deploy"], 5),
    "engines": 6,
    **dict.fromkeys(["base", "collection", "planning"], 7),
    **dict.fromkeys(["delayed", "bag", "array", "dataframe"], 8),
    **dict.fromkeys(["notebook", "lab", "cli", "widgets"], 9),
    "__main__": 10,
}

# Beside each other, and yet allowed.
SIDEWAYS = {
    ("config", "errors"): "settings are refused with our own errors",
    ("types", "errors"): "ground",
    ("collection", "base"): "collections compute themselves",
    ("utils", "errors"): "ground",
    ("deploy", "cluster"): "a deployment starts the processes of a cluster",
    ("cluster", "deploy"): "a client that is given no address starts a cluster of its own",
    ("bag", "delayed"): "partitions become delayed values and back",
    ("array", "delayed"): "blocks are made of delayed values, and the other way round",
    ("dataframe", "array"): "columns become arrays and back",
    ("dataframe", "delayed"): "partitions become delayed values and back",
    ("dataframe", "bag"): "records become rows and back",
    ("bag", "dataframe"): "records become rows and back",
    ("widgets", "notebook"): "the public name of the notebook's widgets",
}

# Floors 0 to 3 decide and remember; they neither wait, nor talk, nor ask for the time.
BARRED = {"asyncio", "socket", "threading", "_thread", "tornado", "time", "random", "concurrent"}
ALLOWED = {
    ("treadle.config", "threading"): "settings are read once, whichever thread asks first",
    ("treadle.telemetry.hub", "threading"): "a lock: one writer a lane, many readers",
    ("treadle.telemetry.hub", "time"): "stamps when a run opened and closed",
}


def module_name(path: Path) -> str:
    """``python/treadle/graph/table.py`` is ``treadle.graph.table``."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imports(name: str) -> Iterator[str]:
    """Full names of what a module imports; a name in a package counts as that package's module."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: write the import out from treadle on"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def part(name: str) -> str:
    """The folder or file right under treadle/ that a module belongs to."""
    return name.split(".")[1] if "." in name else ""


@pytest.mark.parametrize("name", [name for name in MODULES if name != "treadle"])
def test_a_module_imports_only_from_its_folder_and_the_floors_below(name: str):
    here = part(name)
    assert here in FLOORS, f"{here} has no floor yet: give it one in FLOORS"

    wrong = [
        other
        for other in imports(name)
        if other in MODULES
        and (there := part(other)) not in ("", here)
        and FLOORS[there] >= FLOORS[here]
        and (here, there) not in SIDEWAYS
    ]

    assert wrong == []


@pytest.mark.parametrize("name", [n for n in MODULES if part(n) and FLOORS.get(part(n), 0) <= 3])
def test_the_lower_floors_hold_no_loop_socket_thread_clock_or_chance(name: str):
    wrong = {
        other
        for other in (full.split(".")[0] for full in imports(name))
        if other in BARRED and (name, other) not in ALLOWED
    }

    assert wrong == set()


def test_importing_treadle_loads_nothing_heavy():
    heavy = ["numpy", "pandas", "pyarrow", "msgspec", "tornado", "asyncio", "jupyter", "IPython"]
    program = f"import sys, treadle; print([name for name in {heavy} if name in sys.modules])"

    run = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)

    assert run.stdout.decode().strip() == "[]"
