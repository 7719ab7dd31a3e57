"""The server that the browser tests start.

Not for use: it has no password, and tells pages about its insides.
"""

import os

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821 (the config loader defines c)

c.ServerApp.port = int(os.environ["UI_TESTS_PORT"])  # noqa: F821
c.ServerApp.allow_root = True  # noqa: F821 (containers run tests as root)
