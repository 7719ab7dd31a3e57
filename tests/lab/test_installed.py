"""What installing treadle does to a Jupyter server."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import JupyterServerAuthWarning

from treadle.lab.handlers import ROUTES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def jp_server_config():
    """As it comes out of the wheel, on a server where a handler without a guard is an error."""
    config = json.loads((ROOT / "jupyter-config/server-config/treadle.json").read_text())
    config["ServerApp"]["allow_unauthenticated_access"] = False
    return config


async def test_installing_enables_the_extension(jp_fetch, jp_serverapp):
    answer = json.loads((await jp_fetch("treadle/api/clusters")).body)

    assert answer == {"clusters": []}
    assert jp_serverapp.extension_manager.extensions["treadle.lab"].enabled


async def test_every_handler_is_guarded_in_the_eyes_of_jupyter(jp_serverapp):
    class Open(JupyterHandler):
        def get(self):
            """A handler that somebody forgot to guard."""

    with pytest.warns(JupyterServerAuthWarning, match="Open"):
        jp_serverapp.web_app.add_handlers(".*$", [("/open", Open)])

    with warnings.catch_warnings(action="error", category=JupyterServerAuthWarning):
        jp_serverapp.web_app.add_handlers(".*$", ROUTES)
