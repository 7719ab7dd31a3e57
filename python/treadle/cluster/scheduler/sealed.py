"""Unpickling made impossible in a process that is a scheduler: it runs nothing that users send.

The nanny that forks a scheduler has pickle loaded, with all that workers need.  Its names are
taken, for good measure and so that tests notice any use.  What somebody has kept under another
name is left with plain data: the interpreter asks an audit hook before it looks up a class or
function for a pickle, and a hook can't be taken out again.

>>> import subprocess, sys
>>> seal = "from treadle.cluster.scheduler.sealed import seal_process; seal_process();"
>>> use = "import pickle; pickle.loads(pickle.dumps(1))"
>>> done = subprocess.run([sys.executable, "-c", seal + use], stderr=subprocess.PIPE, text=True)
>>> done.stderr.splitlines()[-1].partition(": ")[2]
'a scheduler never unpickles: what users send is kept and forwarded as bytes'
"""

from __future__ import annotations

import pickle  # noqa: F401  (so that whoever imports it later finds it as it is left here)
import sys
from typing import Any, NoReturn

_OPENERS = ("load", "loads", "_load", "_loads", "Unpickler", "_Unpickler")

#: Who has such names, and ours under which a copy is kept.  By name, and not by looking through all
#: modules: a child that was forked copies each page of memory that it looks at.
_HOLDERS = {
    "pickle": _OPENERS,
    "_pickle": _OPENERS,
    "cloudpickle": _OPENERS,
    "cloudpickle.cloudpickle": _OPENERS,
    "treadle.protocol.functions": ("loads",),
    "treadle.protocol.pickling": ("loads",),
    "treadle.protocol.values": ("_loads",),
}


class UnpicklingRefused(RuntimeError):
    """Somebody has tried to unpickle in the process of a scheduler."""

    def __str__(self) -> str:
        return "a scheduler never unpickles: what users send is kept and forwarded as bytes"


class RefusingUnpickler:
    """In the place of ``pickle.Unpickler``; a class, since modules loaded later derive from it."""

    def __init__(self, *_args: Any, **_options: Any) -> NoReturn:
        raise UnpicklingRefused


def seal_process() -> None:
    """Make unpickling an error in this process, until its end."""
    for holder, openers in _HOLDERS.items():
        module = sys.modules.get(holder)
        for name in openers if module is not None else ():
            opener = getattr(module, name, None)
            if opener is not None:
                setattr(module, name, RefusingUnpickler if isinstance(opener, type) else _refuse)
    sys.addaudithook(_refuse_names)


def _refuse(*_args: Any, **_options: Any) -> NoReturn:
    raise UnpicklingRefused


def _refuse_names(event: str, _args: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        raise UnpicklingRefused
