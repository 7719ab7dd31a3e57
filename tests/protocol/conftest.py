"""A notebook without a kernel."""

from __future__ import annotations

import sys
import textwrap
import types

import pytest


@pytest.fixture
def notebook():
    """A ``__main__`` in which cells run, as a kernel has one."""
    module = types.ModuleType("__main__")
    kept = sys.modules["__main__"]
    sys.modules["__main__"] = module

    def run(source: str):
        exec(textwrap.dedent(source), vars(module))
        return module

    yield run
    sys.modules["__main__"] = kept
