"""The notebooks run from top to bottom, and what they say is true."""

from __future__ import annotations

import io
import json
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode

import prepare_flights
import run_demo

FLIGHTS_NOTEBOOK = run_demo.NOTEBOOK
OTHERS = sorted({*FLIGHTS_NOTEBOOK.parent.glob("*.ipynb")} - {FLIGHTS_NOTEBOOK})


def executed(path: Path, tmp_path: Path, extra: str = "") -> NotebookNode:
    """Run a notebook, with one more cell at its end, in its own folder."""
    notebook = nbformat.read(path, as_version=4)
    if extra:
        notebook.cells.append(nbformat.v4.new_code_cell(extra))
    copy = tmp_path / path.name
    nbformat.write(notebook, copy)
    done, error = run_demo.execute(copy, folder=path.parent)
    assert error is None, str(error)
    return done


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The flights notebook after a run; its last cell prints its answers as JSON."""
    answers = (
        "{name: globals()[name].to_json() for name in ['by_hour', 'by_weekday', 'by_carrier']}"
    )
    folder = tmp_path_factory.mktemp("flights")
    return executed(FLIGHTS_NOTEBOOK, folder, f"import json; print(json.dumps({answers}))")


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    (found,) = [cell for cell in notebook.cells if cell.id == name]
    return found


@pytest.mark.timeout(240)
def test_the_answers_of_the_flights_notebook_are_those_of_pandas_on_the_whole_year(
    flights: NotebookNode,
):
    (printed,) = run_demo.texts(flights.cells[-1])
    answers = {
        name: pd.read_json(io.StringIO(text), typ="series")
        for name, text in json.loads(printed).items()
    }
    year = pd.concat(pd.read_csv(path) for path in prepare_flights.prepare())
    weekday = pd.to_datetime(year[["year", "month", "day"]]).dt.day_name()
    expected = {
        "by_hour": year.groupby("hour")["dep_delay"].mean().dropna(),
        "by_weekday": year.groupby(weekday)["dep_delay"].mean(),
        "by_carrier": year.groupby("carrier")["dep_delay"].mean(),
    }

    for name, series in expected.items():
        assert answers[name].to_dict() == pytest.approx(series.to_dict())
    assert len(year) == 336_776


@pytest.mark.timeout(240)
def test_the_flights_notebook_finds_its_parallel_answers_equal_to_the_serial_ones(
    flights: NotebookNode,
):
    assert run_demo.texts(cell(flights, "check")) == ["All four answers are equal."]


def test_the_parallel_cell_is_the_serial_cell_with_one_line_above():
    notebook = nbformat.read(FLIGHTS_NOTEBOOK, as_version=4)

    serial = cell(notebook, "serial").source.splitlines()
    parallel = cell(notebook, "parallel").source.splitlines()

    assert serial[0] == "%%stopwatch serial"
    assert parallel[:2] == ["%%stopwatch parallel", "%%parallel"]
    assert parallel[2:] == serial[1:]


@pytest.mark.timeout(240)
def test_the_parallel_cell_leaves_a_frozen_summary_in_the_notebook(flights: NotebookNode):
    (summary,) = run_demo.summaries(flights)

    assert "64 tasks" in summary
    assert "threads" in summary


@pytest.mark.timeout(240)
def test_the_flights_notebook_draws_its_graph_and_its_charts(flights: NotebookNode):
    kinds = {
        name: {kind for output in cell(flights, name).outputs for kind in output.get("data", {})}
        for name in ("graph", "plots")
    }

    assert "image/svg+xml" in kinds["graph"]
    assert "application/vnd.bokehjs_exec.v0+json" in kinds["plots"]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("path", OTHERS, ids=lambda p: p.stem)
def test_every_other_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path):
    executed(path, tmp_path)


@pytest.mark.timeout(240)
def test_the_demo_keeps_the_notebook_and_a_page_of_it(flights: NotebookNode, tmp_path: Path):
    ipynb, html = run_demo.save(flights, "flights", tmp_path)

    assert nbformat.read(ipynb, as_version=4).cells[-1].outputs
    assert "All four answers are equal." in html.read_text(encoding="utf-8")


def test_the_flights_are_split_into_twelve_months_once(tmp_path: Path):
    folder = tmp_path / "flights"

    first = prepare_flights.prepare(folder)
    stamps = [path.stat().st_mtime_ns for path in first]
    second = prepare_flights.prepare(folder)

    assert [path.name for path in first] == [f"2013-{month:02}.csv" for month in range(1, 13)]
    assert [path.stat().st_mtime_ns for path in second] == stamps
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flights"]
    assert sum(path.read_bytes().count(b"\n") - 1 for path in first) == 336_776
