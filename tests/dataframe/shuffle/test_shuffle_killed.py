"""A worker is killed in the middle of a shuffle that does not fit in memory."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import treadle
import treadle.dataframe as dd
from treadle import Client, LocalCluster
from treadle.dataframe.build import partwise

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

COUNT, ROWS = 12, 20_000


def write(folder, line):
    """Add a line to the log, in one piece."""
    handle = os.open(f"{folder}/log", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(handle, f"{line} {os.getpid()}\n".encode())
    os.close(handle)


def make(part, folder, when):
    """Partition ``n``, made where the rows of it are cut: the same task does both."""
    (number,) = part.n
    write(folder, f"cut {number}")
    if when == "cut" and Path(f"{folder}/log").read_text().count(f" {os.getpid()}") == 4:
        die_once(folder)
    values = np.random.default_rng(number).integers(0, 10**6, ROWS)
    return pd.DataFrame({"k": values, "x": np.arange(ROWS) + number * ROWS})


def use(part, folder, when):
    """Take a partition that has been put together."""
    write(folder, "use")
    if when == "use":
        die_once(folder)
    return part


def die_once(folder):
    """The first one who comes here kills its worker."""
    try:
        os.rename(f"{folder}/alive", f"{folder}/dead-{os.getpid()}")
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def spilled_files(folder):
    """Files under a folder that this process has open, though they have no names."""
    found = []
    for handle in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{handle}")
        except OSError:
            continue
        if target.startswith(folder):
            found.append(target)
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="looks at open files")
@pytest.mark.parametrize("when", ["cut", "use"])
def test_what_it_held_is_done_again_and_nothing_is_left(when, tmp_path):
    log, spill = tmp_path / "log", tmp_path / "spill"
    log.mkdir()
    spill.mkdir()
    (log / "alive").touch()
    settings = {"dataframe.shuffle.memory": 100_000, "temporary-directory": str(spill)}
    numbers = dd.from_pandas(pd.DataFrame({"n": range(COUNT)}), npartitions=COUNT)
    meta = pd.DataFrame({"k": [0], "x": [0]}).iloc[:0]
    df = partwise("make", make, numbers, str(log), when, meta=meta, divisions=None)
    moved = partwise("use", use, df.shuffle("k"), str(log), when, meta=meta)

    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        client.wait_for_workers(2, 30)
        with treadle.config.set(settings):
            result = moved.compute(scheduler=client)
        client.wait_for_workers(2, 30)
        left = client.run(spilled_files, str(spill))

    result = result.sort_values("x")
    assert (result.x.to_numpy() == np.arange(COUNT * ROWS)).all()
    values = [np.random.default_rng(n).integers(0, 10**6, ROWS) for n in range(COUNT)]
    assert (result.k.to_numpy() == np.concatenate(values)).all()
    assert list(spill.iterdir()) == []
    assert not any(left.values())

    (dead,) = [path.name.removeprefix("dead-") for path in log.glob("dead-*")]
    cuts = [line.split()[1:] for line in (log / "log").read_text().splitlines() if "cut" in line]
    times = Counter(number for number, _ in cuts)
    assert set(times) == set(map(str, range(COUNT)))
    if when == "cut":  # later on, partitions that had been put together are lost as well
        held = {number for number, pid in cuts if pid == dead}
        assert len(held) == 4
        assert {number for number, count in times.items() if count > 1} == held
        assert max(times.values()) == 2
