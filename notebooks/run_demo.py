"""Run the flights notebook without a browser, print its answers, keep it and a page of it.

    python notebooks/run_demo.py        # what `make demo` does

Printed are the cells tagged ``answer`` and the one-line summary of the parallel run. The executed
notebook and its HTML copy, which needs no network, go to ``build/``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from prepare_flights import prepare

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
NOTEBOOK = HERE / "01-flights-in-parallel.ipynb"
RUN = "application/vnd.treadle.run.v1+json"


def execute(path: Path, folder: Path = HERE) -> tuple[NotebookNode, CellExecutionError | None]:
    """Run a notebook from top to bottom, in ``folder``; stop at the first error."""
    notebook = nbformat.read(path, as_version=4)
    # A kernel warns of what is sent in the clear, even from one process to the next on one machine.
    encryption = "auto" if zmq.has("curve") else "disabled"
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        config=Config(KernelManager={"transport_encryption": encryption}),
    )
    try:
        client.execute()
    except CellExecutionError as error:
        return notebook, error
    return notebook, None


def texts(cell: NotebookNode) -> list[str]:
    """What a cell printed or displayed, as plain text."""
    found: list[str] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            found.append(output.text)
        elif "data" in output:
            found.append(output.data.get("text/plain", ""))
    return [text.rstrip() for text in found if text.strip()]


def summaries(notebook: NotebookNode) -> list[str]:
    """The one-line summaries of the runs in a notebook, in order."""
    bundles: list[dict[str, Any]] = [
        output.data[RUN]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if RUN in output.get("data", {})
    ]
    return [bundle["summary"] for bundle in bundles if bundle.get("summary")]


def save(notebook: NotebookNode, name: str, folder: Path = BUILD) -> list[Path]:
    """Write the notebook and its page into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    ipynb, html = folder / f"{name}.ipynb", folder / f"{name}.html"
    nbformat.write(notebook, ipynb)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    html.write_text(page, encoding="utf-8")
    return [ipynb, html]


def main() -> int:
    months = prepare()
    print(f"{len(months)} months of flights are in {months[0].parent}")
    notebook, error = execute(NOTEBOOK)
    written = save(notebook, NOTEBOOK.stem)
    if error is not None:
        print(error, file=sys.stderr)
        return 1
    for cell in notebook.cells:
        if "answer" in cell.metadata.get("tags", []):
            print()
            print("\n".join(texts(cell)))
    print()
    print("\n".join(f"The run: {summary}" for summary in summaries(notebook)))
    print()
    for path in written:
        print(f"wrote {path}")
    print("To open it live, with the panes that show its tasks: make lab")
    return 0


if __name__ == "__main__":
    sys.exit(main())
