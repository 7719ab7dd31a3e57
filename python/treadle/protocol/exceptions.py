"""What a task raised, as a message, and back as an error that can be raised.

Text comes first: the traceback is formatted before anything is pickled, with limits, so that a
task which recursed without end or raised a message of 50 MB fails like any other.  An error may
lie, refuse, or raise when it is asked for its own text; nothing here lets that through.

>>> try:
...     {}["x"]
... except KeyError as error:
...     message = dumps_error(error)
>>> message.kind, loads_error(message)
('KeyError', KeyError('x'))
"""

from __future__ import annotations

import pickle
import traceback
from types import TracebackType
from typing import Any, NamedTuple

from treadle import errors
from treadle.errors import RemoteError, TaskExited
from treadle.protocol.messages import TaskError
from treadle.protocol.pickling import PROTOCOL, Pickler
from treadle.protocol.tracebacks import FrameData, build_traceback, format_frames, take_frames

_MOST_LINKS = 8  # errors that led to one another
_MOST_MEMBERS = 20  # errors of a group
_PICKLED = 1 << 20  # bytes that an error's own pickle may take
_MESSAGE = 8192  # characters

# These steer whoever receives them: raised where a result is asked for, they would end a loop, a
# program, or seem to say that this one was cancelled.
_STEERING = (KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration, SystemExit)
_STEERING_NAMES = frozenset((
    "asyncio.exceptions.CancelledError", "concurrent.futures._base.CancelledError",
))  # fmt: skip

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"

_traceback_of: Any = vars(BaseException)["__traceback__"].__get__
_cause_of: Any = vars(BaseException)["__cause__"].__get__
_context_of: Any = vars(BaseException)["__context__"].__get__
_suppressed: Any = vars(BaseException)["__suppress_context__"].__get__


class _Link(NamedTuple):
    """One error of a chain; ``relation`` says how it belongs to the one before it."""

    relation: str  # "", "cause" or "context"
    kind: str
    message: str
    notes: list[str]
    pickled: bytes
    frames: list[FrameData]


def dumps_error(error: BaseException, *, limit: int = 65536) -> TaskError:
    """Return the message that tells how a task failed.  Raises nothing, whatever the error is.

    Parameters
    ----------
    error : BaseException
    limit : int, optional
        Characters of text; more is cut out of the middle.

    Examples
    --------
    >>> dumps_error(ValueError("no")).text
    'ValueError: no\\n'
    """
    try:
        if issubclass(type(error), SystemExit):
            error = _exited(error)
        chain = _chain(error)
        links = [_take(relation, link) for relation, link in chain]
        text = _clean(cut(_format(chain, links), limit))
        first = links[0]
        frames = pickle.dumps(_plain([first._replace(pickled=b""), *links[1:]]), PROTOCOL)
        return TaskError(first.kind, first.message, text, first.pickled, frames)
    except BaseException as trouble:  # a hostile error: what is left is its name
        kind = kind_name(error)
        text = f"{kind}: (no traceback: {kind_name(trouble)} while it was formatted)\n"
        return TaskError(kind, "", text, _pickled(error))


def loads_error(message: TaskError) -> BaseException:
    """Return the error of a message, to be raised.  Raises nothing itself.

    Parameters
    ----------
    message : TaskError

    Returns
    -------
    BaseException
        With its traceback, notes and the errors that led to it.  `RemoteError` when it can't be
        rebuilt here, or must not be raised here (``KeyboardInterrupt``, ``StopIteration``, …).

    Examples
    --------
    >>> loads_error(dumps_error(StopIteration(1)))
    RemoteError('StopIteration', '1', 'StopIteration: 1\\n')
    """
    try:
        links = [
            _Link(relation, kind, text, notes, pickled, [FrameData(*frame) for frame in frames])
            for relation, kind, text, notes, pickled, frames in pickle.loads(message.traceback)
        ]
    except BaseException:
        links = []
    error = _rebuild(message.exception, message.kind, message.message, message.text)
    if not links:
        return error
    _attach(error, links[0])
    current = error
    for link in links[1:]:
        earlier = _rebuild(link.pickled, link.kind, link.message, "")
        _attach(earlier, link)
        try:
            if link.relation == "cause":
                current.__cause__ = earlier
            else:
                current.__context__ = earlier
        except BaseException:
            break
        current = earlier
    return error


# -- taking apart ---------------------------------------------------------------------------------


def _exited(error: BaseException) -> TaskExited:
    """``sys.exit`` ends a task, not the worker, and not the program that asks for the result."""
    code: Any = vars(SystemExit)["code"].__get__(error)
    if type(code) not in (int, str, type(None)):
        code = _clean(cut(repr(code), _MESSAGE))
    exited = TaskExited(code)
    exited.__traceback__ = _traceback_of(error)
    return exited


def _chain(error: BaseException) -> list[tuple[str, BaseException]]:
    """Return the error and those that led to it, latest first."""
    chain = [("", error)]
    seen = {id(error)}
    while len(chain) < _MOST_LINKS:
        cause, context = _cause_of(error), _context_of(error)
        if cause is not None:
            relation, error = "cause", cause
        elif context is not None and not _suppressed(error):
            relation, error = "context", context
        else:
            break
        if id(error) in seen:
            break
        seen.add(id(error))
        chain.append((relation, error))
    return chain


def _take(relation: str, error: BaseException) -> _Link:
    frames = take_frames(_traceback_of(error))
    return _Link(
        relation, kind_name(error), _message(error), _notes(error), _pickled(error), frames
    )


def _plain(links: list[_Link]) -> list[tuple[Any, ...]]:
    """Bare tuples: no class of ours is named in the pickle."""
    return [(*link[:-1], [tuple(frame) for frame in link.frames]) for link in links]


def kind_name(error: BaseException) -> str:
    """Return the name of an error's class, qualified unless builtin."""
    kind = type(error)
    try:
        name, module = kind.__qualname__, kind.__module__
        text = name if module == "builtins" else f"{module}.{name}"
        return _clean(str.__str__(text)[:500])
    except BaseException:
        return "<an error without a name>"


def _message(error: BaseException) -> str:
    try:
        return _clean(cut(str.__str__(str(error)), _MESSAGE))
    except BaseException:
        return "<its __str__ raised>"


def _notes(error: BaseException) -> list[str]:
    try:
        notes = error.__notes__
        return [_clean(cut(str.__str__(note), _MESSAGE)) for note in notes[:20]]
    except BaseException:
        return []


def _clean(text: str) -> str:
    """Return a text that any encoder takes: lone surrogates become escapes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text


def _pickled(error: BaseException) -> bytes:
    """Return the pickle of an error, or nothing if it refuses or takes too much."""
    file = _Bounded()
    try:
        if _steers(error):
            return b""
        Pickler(file).dump(error)
    except BaseException:
        return b""
    return b"".join(file.parts)


def _steers(error: BaseException) -> bool:
    """Tell whether raising it would do more than tell of a failure."""
    # Not isinstance(): it asks the error for its __class__.
    if issubclass(type(error), _STEERING):
        return True
    kinds = vars(type)["__mro__"].__get__(type(error))
    return any(f"{kind.__module__}.{kind.__qualname__}" in _STEERING_NAMES for kind in kinds)


class _Bounded:
    """A file that refuses to grow beyond what an error may take."""

    __slots__ = ("_size", "parts")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        self._size += len(data)
        if self._size > _PICKLED:
            raise ValueError("too large")
        self.parts.append(bytes(data))
        return len(data)


# -- text -----------------------------------------------------------------------------------------


def cut(text: str, limit: int) -> str:
    """Return a text of at most about ``limit`` characters, saying what was left out of its middle.

    >>> cut("abcdefgh" * 10, 20)
    'abcdefghab\\n... 60 characters left out ...\\nghabcdefgh'
    """
    if len(text) <= limit:
        return text
    half = max(limit // 2, 1)
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _format(chain: list[tuple[str, BaseException]], links: list[_Link]) -> str:
    """Return the chain as Python prints it: the earliest error first."""
    parts = []
    for (_, error), link in reversed(list(zip(chain, links, strict=True))):
        parts.append(_format_one(error, link))
        if link.relation:
            parts.append(_CAUSE if link.relation == "cause" else _CONTEXT)
    return "".join(parts)


def _format_one(error: BaseException, link: _Link) -> str:
    lines = []
    if link.frames:
        lines.append("Traceback (most recent call last):\n" + format_frames(link.frames))
    if issubclass(type(error), SyntaxError):
        lines.extend(traceback.format_exception_only(type(error), error))
        return "".join(lines)
    kind = link.kind.removeprefix("__main__.")
    lines.append(f"{kind}: {link.message}\n" if link.message else f"{kind}\n")
    lines.extend(f"{note}\n" for note in link.notes)
    if issubclass(type(error), BaseExceptionGroup):
        lines.append(_format_members(error))  # type: ignore[arg-type]
    return "".join(lines)


def _format_members(group: BaseExceptionGroup[Any], depth: int = 1) -> str:
    lines = []
    members = vars(BaseExceptionGroup)["exceptions"].__get__(group)
    for number, member in enumerate(members[:_MOST_MEMBERS], start=1):
        text = format_frames(take_frames(_traceback_of(member)))
        text += f"{kind_name(member)}: {_message(member)}\n"
        if issubclass(type(member), BaseExceptionGroup) and depth < 4:
            text += _format_members(member, depth + 1)
        margin = "  | "
        lines.append(f"  +-+---------------- {number} ----------------\n")
        lines.extend(f"{margin}{line}\n" for line in text.splitlines())
    return "".join(lines)


# -- putting together -----------------------------------------------------------------------------


def _rebuild(pickled: bytes, kind: str, message: str, text: str) -> BaseException:
    if pickled:
        try:
            error = pickle.loads(pickled)
            if isinstance(error, BaseException) and not _steers(error):
                return error
        except BaseException:
            pass
    elif kind.startswith("treadle.errors."):
        # The scheduler's own, who pickles nothing: that a worker died, that data is lost.
        own = getattr(errors, kind.rpartition(".")[2], None)
        if isinstance(own, type) and issubclass(own, errors.TreadleError):
            try:
                return own(message)
            except TypeError:
                pass  # it wants more than a text
    return RemoteError(kind, message, text)


def _attach(error: BaseException, link: _Link) -> None:
    try:
        built: TracebackType | None = build_traceback(link.frames)
        BaseException.with_traceback(error, built)
        known = getattr(error, "__notes__", ())
        for note in link.notes:
            if note not in known:
                BaseException.add_note(error, note)
    except BaseException:
        return  # an error that refuses to be completed is still the error
