"""Every cell of the corpus, serially and under ``%%parallel``: nothing differs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .harness import MODES, run_in_parallel, run_serially

HERE = Path(__file__).parent
SETUP = (HERE / "setup.py").read_text()


def read_corpus():
    cells = {}
    for path in sorted((HERE / "corpus").glob("*.py")):
        for piece in re.split(r"^#%% ", path.read_text(), flags=re.MULTILINE)[1:]:
            head, _, body = piece.partition("\n")
            name, _, wish = head.partition("|")
            tasks = re.search(r"tasks=(\d+)", wish)
            assert name.strip() not in cells, name
            cells[name.strip()] = (body, int(tasks[1]) if tasks else None)
    return cells


CORPUS = read_corpus()


def test_the_corpus_has_many_cells():
    assert len(CORPUS) >= 80


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CORPUS)
def test_a_cell_does_what_it_does_serially(name, mode):
    body, _ = CORPUS[name]

    serial = run_serially(SETUP, body)
    parallel = run_in_parallel(SETUP, body, mode)

    assert parallel.error == serial.error
    assert parallel.printed == serial.printed
    assert parallel.names == serial.names
    assert parallel.result == serial.result


@pytest.mark.parametrize("name", [name for name, (_, tasks) in CORPUS.items() if tasks])
def test_a_cell_that_should_is_run_as_tasks(name):
    body, tasks = CORPUS[name]

    run = run_in_parallel(SETUP, body, "threads").run

    assert run.ntasks >= tasks, run.explain()
