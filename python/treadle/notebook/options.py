"""Options of ``%%parallel``: what is understood, what is not built yet, and what was meant.

>>> split_options("-n 2 -q load(3) + 1")
(['-n', '2', '-q'], 'load(3) + 1')
"""

from __future__ import annotations

import difflib
import re

from IPython.core.error import UsageError

#: Built options -> whether they take a value.
OPTIONS = {
    "-n": True,
    "--workers": True,
    "--on": True,
    "-o": True,
    "-q": False,
    "--quiet": False,
    "--progress": True,
    "--progress-after": True,
    "--explain": False,
    "--only": True,
    "--never": True,
    "--min-task": True,
    "--name": True,
    "--last": False,
}

#: Options of the specification that a later version brings.
PLANNED = {
    "-a": "run in the background",
    "--noblock": "run in the background",
    "--lazy": "bind names to delayed values",
    "--verify": "compare with a serial run",
    "--methods": "make tasks of methods",
    "--on-error": "collect errors",
    "--retries": "run failed tasks again",
    "--timeout": "stop long tasks",
    "--effects": "decide about effects",
    "--seed": "give every task its own random state",
    "--graph": "draw the graph of the cell",
    "--signal-on-interrupt": "choose how an interrupt stops tasks",
}

#: Values of ``--on`` that need no cluster to be there.
LOCAL = ("threads", "processes", "sync")

ENGINES = ("auto", *LOCAL)

PROGRESS = ("auto", "none")

_TOKEN = re.compile(r"\s*(\S+)")


def split_options(line: str) -> tuple[list[str], str]:
    """Split a line into its leading options and what follows them.

    Raises
    ------
    UsageError
        If an option is unknown, planned, or lacks its value.
    """
    tokens: list[str] = []
    position = 0
    while match := _TOKEN.match(line, position):
        token = match[1]
        if not token.startswith("-") or token == "-":
            break
        name, equals, _ = token.partition("=")
        if name not in OPTIONS:
            attached = name[:2] in ("-n", "-o") and not name.startswith("--")
            if not attached:
                if re.match(r"-[\d(]", token):
                    break  # an expression such as -3
                raise UsageError(_unknown(name))
            tokens += [name[:2], token[2:]]
            position = match.end()
            continue
        position = match.end()
        tokens.append(token)
        if OPTIONS[name] and not equals:
            value = _TOKEN.match(line, position)
            if value is None:
                raise UsageError(f"%parallel: {name} needs a value, such as {_example(name)}")
            tokens.append(value[1])
            position = value.end()
    return tokens, line[position:].strip()


def choose(option: str, value: str, known: tuple[str, ...]) -> str:
    """Return ``value`` if it is known; else name the nearest that is.

    >>> choose("--on", "threads", ENGINES)
    'threads'
    """
    if value in known:
        return value
    raise UsageError(
        f"%parallel: unknown value {value!r} for {option}; use one of {', '.join(known)}"
        f"{_nearest(value, known)}"
    )


def positive(option: str, value: str) -> int:
    """Return a whole number of at least 1."""
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise UsageError(f"%parallel: {option} takes a whole number of at least 1, not {value!r}")
    return number


def seconds(option: str, value: str) -> float:
    """Return a number of seconds, 0 or more."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UsageError(f"%parallel: {option} takes a number of seconds, not {value!r}")
    return number


def identifier(option: str, value: str) -> str:
    """Return the name of a variable."""
    if not value.isidentifier():
        raise UsageError(f"%parallel: {option} takes the name of a variable, not {value!r}")
    return value


def names(value: str | None) -> frozenset[str]:
    """Return a comma-separated list of dotted names."""
    return frozenset(part.strip() for part in (value or "").split(",") if part.strip())


def _unknown(name: str) -> str:
    if name in PLANNED:
        return f"%parallel: {name} ({PLANNED[name]}) is not built yet; %parallel? shows what is"
    return (
        f"%parallel: unknown option {name}{_nearest(name, tuple(OPTIONS))}; "
        "%parallel? shows all options"
    )


def _nearest(value: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(value, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _example(name: str) -> str:
    examples = {"-n": "-n 2", "--workers": "--workers 2", "--on": "--on threads", "-o": "-o run"}
    return examples.get(name, f"{name} ...")
