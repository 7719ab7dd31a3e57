"""The server that the browser tests start.

Not for use: it has no password, and tells pages about its insides.
"""

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821 (the config loader defines c)

c.ServerApp.allow_root = True  # noqa: F821 (tests run as root in containers)
