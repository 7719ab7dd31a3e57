"""Every Python block of the documents for users runs, one block a cell, from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

import run_demo

ROOT = Path(__file__).parent.parent.parent
PAGES = ("tour", "delayed", "arrays", "bags", "dataframes", "futures", "command-line", "config")
DOCUMENTS = [
    "README.md",
    *(f"docs/user/{page}.md" for page in PAGES),
]
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_blocks_of_a_document_run(document: str, tmp_path: Path):
    blocks = BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(block.rstrip()) for block in blocks]
    )
    nbformat.write(notebook, tmp_path / "document.ipynb")

    _, error = run_demo.execute(tmp_path / "document.ipynb", tmp_path)

    assert blocks
    assert error is None, str(error)
