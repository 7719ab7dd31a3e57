"""Settings: defaults, then files, then the environment, then what the program sets.

Files are TOML, read in this order, later ones winning: ``/etc/treadle/*.toml``,
``<sys.prefix>/etc/treadle/*.toml``, ``~/.config/treadle/*.toml``, and the file or folder that
``TREADLE_CONFIG`` names.  In the environment a setting is ``TREADLE_`` and its name in capitals,
with two underscores for a dot: ``TREADLE_SCHEDULER=sync``, ``TREADLE_PROGRESS__AFTER=2``.

Nothing is read before the first look-up.

>>> get("scheduler")
'threads'
>>> with set(scheduler="sync"):
...     get("scheduler")
'sync'
"""

from __future__ import annotations

import difflib
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from treadle.errors import ConfigError

#: Every setting there is, its default, and by that its type.
DEFAULTS: dict[str, Any] = {
    # Which engine runs collections: "threads", "sync", "processes", "cluster" (the last client), or
    # the name of a cluster.
    "scheduler": "threads",
    # Tasks at once; None is the number of cores this process may use.
    "num_workers": None,
    # Merge chains of tasks into one before they run.
    "optimization.fuse": False,
    # Bytes of a block where chunks are "auto".
    "array.chunk-size": "128MiB",
    # How many times more pieces than blocks rechunking may cut before it goes by chunks in between.
    "array.rechunk.threshold": 4,
    # Bytes, or the part of a process's memory, that rows on their way to other partitions may take;
    # more of them go to disk.
    "dataframe.shuffle.memory": 0.25,
    # Where files of data go that don't fit in memory; None is the system's folder for such files.
    "temporary-directory": None,
    # Record when each task ran; costs well under 1 us a task.
    "telemetry": True,
    # Seconds before progress is shown inline.
    "progress.after": 0.5,
}

_TYPES: dict[str, tuple[type, ...]] = {
    "scheduler": (str,),
    "num_workers": (int, type(None)),
    "optimization.fuse": (bool,),
    "array.chunk-size": (str, int),
    "array.rechunk.threshold": (int, float),
    "dataframe.shuffle.memory": (int, float, str),
    "temporary-directory": (str, type(None)),
    "telemetry": (bool,),
    "progress.after": (int, float),
}

_lock = threading.RLock()
_values: dict[str, Any] | None = None


def get(name: str) -> Any:
    """Return the value of a setting.

    Raises
    ------
    ConfigError
        If there is no such setting, or a file or the environment holds a wrong value for it.
    """
    values = _current()
    try:
        return values[name]
    except KeyError:
        raise _unknown(name) from None


class set:  # noqa: N801  (Dask's name for it)
    """Change settings, for good or, as a context manager, for a while.

    Parameters
    ----------
    settings : mapping, optional
        Name -> value, for names with dots: ``set({"progress.after": 2})``.
    **named
        Settings by keyword; two underscores stand for a dot: ``set(progress__after=2)``.

    Raises
    ------
    ConfigError
        If a name or a value is not known; nothing is changed then.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None, **named: Any):
        wanted = dict(settings or {})
        wanted.update((name.replace("__", "."), value) for name, value in named.items())
        for name, value in wanted.items():
            _check(name, value, "config.set")
        with _lock:
            values = _current()
            self._before = {name: values[name] for name in wanted}
            values.update(wanted)

    def __enter__(self) -> set:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _lock:
            _current().update(self._before)


def refresh(environ: Mapping[str, str] | None = None, paths: list[Path] | None = None) -> None:
    """Forget all that was set, and read files and environment anew.

    Parameters
    ----------
    environ : mapping, optional
        Taken for ``os.environ``.
    paths : list of Path, optional
        Files and folders to read instead of the usual ones.
    """
    global _values
    values = dict(DEFAULTS)
    environment = os.environ if environ is None else environ
    for file in _files(_paths(environment) if paths is None else paths):
        for name, value in _flatten(_read(file)):
            _check(name, value, str(file))
            values[name] = value
    for variable, text in environment.items():
        if variable.startswith("TREADLE_") and variable != "TREADLE_CONFIG":
            name = variable.removeprefix("TREADLE_").lower().replace("__", ".")
            if name not in DEFAULTS:
                # Set for all programs, of this version and others: no reason to stop this one.
                problem = _unknown(name, f"the environment variable {variable}")
                warnings.warn(str(problem), stacklevel=2)
                continue
            value = _parse(text)
            _check(name, value, f"the environment variable {variable}")
            values[name] = value
    with _lock:
        _values = values


def _current() -> dict[str, Any]:
    if _values is None:
        with _lock:
            if _values is None:
                refresh()
    assert _values is not None
    return _values


def _unknown(name: str, where: str = "") -> ConfigError:
    close = difflib.get_close_matches(name, DEFAULTS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(DEFAULTS)}"
    place = f" in {where}" if where else ""
    return ConfigError(f"unknown setting {name!r}{place}; {hint}")


def _check(name: str, value: Any, where: str) -> None:
    if name not in DEFAULTS:
        raise _unknown(name, where)
    allowed = _TYPES[name]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        names = " or ".join("None" if t is type(None) else t.__name__ for t in allowed)
        raise ConfigError(f"the setting {name!r} in {where} must be {names}, not {value!r}")
    if name == "num_workers" and isinstance(value, int) and value < 1:
        raise ConfigError(f"the setting 'num_workers' in {where} must be at least 1, not {value}")


def _paths(environ: Mapping[str, str]) -> list[Path]:
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    paths = [Path("/etc/treadle"), Path(sys.prefix, "etc", "treadle"), Path(home, "treadle")]
    if environ.get("TREADLE_CONFIG"):
        paths.append(Path(environ["TREADLE_CONFIG"]))
    return paths


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.toml"))
        elif path.is_file():
            yield path


def _read(file: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't read the settings in {file}: {error}") from error


def _flatten(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{before}{name}.")
        else:
            yield before + name.replace("-", "_"), value


def _parse(text: str) -> Any:
    """Read a value from the environment: a number, true, false or none, else the text itself."""
    word = text.strip().lower()
    if word in ("true", "false"):
        return word == "true"
    if word in ("none", ""):
        return None
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return text
