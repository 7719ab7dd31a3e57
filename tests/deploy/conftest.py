"""Records of tests lie in folders of their own, and no nanny outlives the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from treadle.cluster.nanny import process as nanny_process


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where records of this test go."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "treadle"


@pytest.fixture(scope="session", autouse=True)
def _end_nanny() -> Iterator[None]:
    yield
    nanny_process.close_shared_nanny()
