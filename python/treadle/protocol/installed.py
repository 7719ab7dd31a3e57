"""Which modules every process of a cluster has, and which are the user's own.

An installed module (the standard library, site-packages, an editable install, treadle itself) is
named by reference: whoever unpickles imports it.  Anything else may be missing elsewhere or, worse,
be there in an older version: a notebook, a script, a module beside it that was edited since the
cluster started.  What those define travels by value.

>>> is_installed("json"), is_installed("__main__")
(True, False)
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

_PARTS = frozenset(("site-packages", "dist-packages"))
_MAIN = frozenset(("__main__", "__mp_main__"))

# Name -> answer.  A module does not move while a process lives.
_known: dict[str, bool] = {}
_roots: list[str] = []


def is_installed(name: str | None) -> bool:
    """Tell whether another process can be expected to import this module as we have it.

    Parameters
    ----------
    name : str or None
        Full name, as in ``__module__``.

    Examples
    --------
    >>> is_installed("collections.abc"), is_installed("no.such.module")
    (True, False)
    """
    if name is None:
        return False
    answer = _known.get(name)
    if answer is None:
        module = sys.modules.get(name)
        if module is None or name in _MAIN:
            return False  # not remembered: it may be imported later
        answer = _known[name] = _decide(name, module)
    return answer


def is_importable(obj: Any) -> bool:
    """Tell whether ``obj`` is what its module and qualified name say, as pickle looks it up."""
    module = sys.modules.get(getattr(obj, "__module__", None) or "")
    if module is None or module.__name__ == "__main__":
        return False
    found: Any = module
    for name in (getattr(obj, "__qualname__", None) or "?").split("."):
        found = getattr(found, name, None)
        if found is None:
            return False
    return found is obj


def home_of_method(method: Any) -> ModuleType | None:
    """Return the installed module that has a bound method as one of its functions, if one has.

    ``random.random`` and ``numpy.random.rand`` are methods of generators that their modules keep
    to themselves.  Whoever unpickles such a method wants the one of its own process, not a copy of
    ours with its state.

    >>> import random
    >>> home_of_method(random.random).__name__, home_of_method(random.Random().random)
    ('random', None)
    """
    owner = method.__self__
    if owner is None or isinstance(owner, (type, ModuleType)):
        return None
    for name in (type(owner).__module__, getattr(method, "__module__", None)):
        while isinstance(name, str) and name and name != "builtins":
            module = sys.modules.get(name)
            found = vars(module).get(method.__name__) if module is not None else None
            if getattr(found, "__self__", None) is owner and is_installed(name):
                return module
            name = name.rpartition(".")[0]
    return None


def is_local(obj: Any) -> bool:
    """Tell whether a module of the user's, which others may lack, defines ``obj``."""
    module = obj.__module__
    return module in sys.modules and not is_installed(module)


def _decide(name: str, module: ModuleType) -> bool:
    top = name.partition(".")[0]
    if top == "treadle" or top in sys.stdlib_module_names:
        return True
    path = getattr(module, "__file__", None) or _first(getattr(module, "__path__", ()))
    if not isinstance(path, str):
        spec = getattr(module, "__spec__", None)
        return getattr(spec, "origin", None) in ("built-in", "frozen")
    if not _PARTS.isdisjoint(Path(path).parts):
        return True
    if top in _editable_names():
        return True
    return path.startswith(tuple(_installed_roots()))


def _first(paths: object) -> object:
    return next(iter(paths), None)  # type: ignore[call-overload]


def _installed_roots() -> list[str]:
    """Folders with installed modules: the standard library's, and what ``.pth`` files name."""
    if not _roots:
        paths = sysconfig.get_paths()
        _roots.extend(paths[name].rstrip("/") + "/" for name in ("stdlib", "platstdlib"))
        for folder in {paths["purelib"], paths["platlib"]}:
            for file in sorted(Path(folder).glob("*.pth")):
                lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
                _roots.extend(
                    line.strip().rstrip("/") + "/"
                    for line in lines
                    if line.strip() and not line.startswith(("import ", "import\t", "#"))
                )
    return _roots


def _editable_names() -> frozenset[str]:
    """Packages that setuptools installed in place: their finders keep a table of names."""
    tables = [
        getattr(module, "MAPPING", None)
        for name, module in list(sys.modules.items())
        if name.startswith("__editable__")
    ]
    return frozenset(name for table in tables if isinstance(table, dict) for name in table)
