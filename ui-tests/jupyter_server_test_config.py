"""The server that the browser tests start.

Not for use: it has no password, and tells pages about its insides.
"""

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)  # noqa: F821 (the config loader defines c)

c.ServerApp.port = 8898  # noqa: F821 (not the one that a user's own JupyterLab has)
c.ServerApp.allow_root = True  # noqa: F821 (containers run tests as root)
