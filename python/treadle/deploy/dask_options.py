"""Options of dask.distributed that programs bring along, as ours.

Some have no meaning here (there is no dashboard to give a port), some are called otherwise, and
some must not be passed over in silence: whoever asks for TLS has to hear that there is none.

>>> cluster_options({"dashboard_address": ":0", "ip": "127.0.0.1"})
{'host': '127.0.0.1'}
>>> client_options({"heartbeat_interval": "5s", "n_workers": 2})
{'n_workers': 2}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LOOPBACK = "127.0.0.1"

#: What changes nothing that a program could see.
_CLUSTER = frozenset((
    "loop", "start", "silence_logs", "dashboard_address", "worker_dashboard_address",
    "diagnostics_port", "services", "worker_services", "service_kwargs", "blocked_handlers",
    "scheduler_sync_interval", "local_directory", "heartbeat_interval", "death_timeout", "nanny",
    "memory_target_fraction", "memory_spill_fraction", "memory_pause_fraction",
    "memory_terminate_fraction", "scheduler_kwargs", "worker_class", "interface",
))  # fmt: skip
_CLIENT = frozenset((
    "loop", "heartbeat_interval", "serializers", "deserializers", "extensions",
    "direct_to_workers", "connection_limit",
))  # fmt: skip

#: Of these only "nothing" can be taken.
_ONLY_NOTHING = frozenset(("worker_class", "scheduler_kwargs", "interface"))


def cluster_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of `LocalCluster` that those of Dask's mean.

    Raises
    ------
    TypeError
        If it has no such option.
    """
    meant: dict[str, Any] = {}
    for name, value in given.items():
        if name == "security":
            _refuse_security(value)
        elif name == "ip":
            meant["host"] = value
        elif name == "scheduler_port":
            meant["port"] = value
            if value:
                meant.setdefault("host", LOOPBACK)
        elif name == "protocol":
            if value is not None and value.partition(":")[0] == "tcp":
                meant.setdefault("host", LOOPBACK)
        elif name not in _CLUSTER or (name in _ONLY_NOTHING and value):
            raise TypeError(f"a local cluster has no option {name!r}")
    return meant


def client_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a cluster among those that a client was given.

    Raises
    ------
    TypeError
        If one asks for what there is not.
    """
    _refuse_security(given.get("security"))
    return {
        name: value for name, value in given.items() if name not in _CLIENT and name != "security"
    }


def _refuse_security(value: Any) -> None:
    if value is not None and value is not False:
        raise TypeError(
            "there is no 'security' to give: connections prove themselves with secrets, which are "
            "found by a cluster's name or given as 'credentials'; they are not encrypted yet"
        )
