"""A stopwatch for cells: ``%%stopwatch NAME`` runs a cell as it is and keeps how long it took.

>>> seconds
{}
"""

from __future__ import annotations

from time import perf_counter

from IPython import get_ipython
from IPython.core.error import UsageError
from IPython.core.magic import register_cell_magic

#: Seconds that each named cell took, the last time it ran.
seconds: dict[str, float] = {}


def stopwatch(line: str, cell: str) -> None:
    """Run the cell below and keep the seconds it took under the name given."""
    name = line.strip()
    if not name:
        raise UsageError("%%stopwatch needs a name for the time it takes: %%stopwatch serial")
    began = perf_counter()
    result = get_ipython().run_cell(cell)
    took = perf_counter() - began
    result.raise_error()
    seconds[name] = took
    print(f"{name}: {took:.2f} s")


if get_ipython() is not None:
    register_cell_magic(stopwatch)
