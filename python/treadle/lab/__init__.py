"""The Jupyter server's part: lists, starts and stops clusters, and relays their feeds to browsers.

extension.py     what Jupyter loads: routes, start and stop
handlers.py      who may ask: authenticated, authorised, from this server's own pages
bodies.py        what may be asked for
clusters.py      which clusters there are, and whether they still live
launch.py        those that are being started or stopped
environments.py  in which Python; logs.py: what they write meanwhile
counts.py        how many workers they have
fleet.py         all of that as one list; watch.py: pushed when it changes
relay.py         one upstream connection a cluster, whatever the number of browsers
history.py       the last rows of a cluster, for browsers that come late or come back
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter finds the extension."""
    from treadle.lab.extension import TreadleExtension

    return [{"module": "treadle.lab", "app": TreadleExtension}]
