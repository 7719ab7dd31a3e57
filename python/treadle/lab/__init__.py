"""The Jupyter server's part: lists clusters and relays their feeds to browsers.

extension.py   what Jupyter loads: routes, start and stop
handlers.py    who may ask: authenticated, authorised, from this server's own pages
clusters.py    which clusters there are, and whether they still live
relay.py       one upstream connection a cluster, whatever the number of browsers
history.py     the last rows of a cluster, for browsers that come late or come back
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter finds the extension."""
    from treadle.lab.extension import TreadleExtension

    return [{"module": "treadle.lab", "app": TreadleExtension}]
