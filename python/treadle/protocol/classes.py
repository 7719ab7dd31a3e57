"""Classes that travel by value: made once where they come to, and still themselves on their return.

A value of a class from a notebook brings that class along.  Methods and all, it takes longer to
pickle than the value, so it is pickled apart, once, and its bytes have a digest.  Whoever knows the
digest has the class already.  As with functions (`treadle.protocol.functions`), the bytes of last
time are used only while the class is what it was.

>>> import cloudpickle
>>> class Point: ...
>>> digest, blob = class_bytes(Point, False, cloudpickle.dumps)
>>> load_class(digest, blob) is Point
True
"""

from __future__ import annotations

import pickle
import weakref
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from cloudpickle import cloudpickle as _cloudpickle

from treadle.protocol.leaves import Leaves, same

# Classes of this process that were sent by value.  They come back with results.
_born_here: weakref.WeakSet[type] = weakref.WeakSet()
# Classes that came by value from elsewhere -> digest of what they are now, empty if not known.
_came_over: weakref.WeakKeyDictionary[type, bytes] = weakref.WeakKeyDictionary()
# Digest -> class, for both.
_by_digest: weakref.WeakValueDictionary[bytes, type] = weakref.WeakValueDictionary()


class _Sent:
    """The bytes of a class, and what it was made of."""

    __slots__ = ("blob", "digest", "leaves")

    def __init__(self, digest: bytes, blob: bytes, leaves: Leaves):
        self.digest = digest
        self.blob = blob
        self.leaves = leaves


# Class -> whether its module's classes travel by value too -> bytes.
_sent: weakref.WeakKeyDictionary[type, dict[bool, _Sent]] = weakref.WeakKeyDictionary()


def class_bytes(
    cls: type, local_by_value: bool, dump: Callable[[type], bytes]
) -> tuple[bytes, bytes] | None:
    """Return the digest and the pickle of a class; None if it can't be told whether it changed.

    Parameters
    ----------
    cls : type
    local_by_value : bool
        How ``dump`` treats what the class refers to.
    dump : callable
        Pickles the class by value.
    """
    leaves = Leaves()
    if not leaves.klass(cls):
        return None
    sent = _sent.get(cls, {}).get(local_by_value)
    if sent is None or not same(sent.leaves, leaves):
        blob = dump(cls)
        digest = blake2b(blob, digest_size=16).digest()
        sent = _Sent(digest, blob, leaves)
        _sent.setdefault(cls, {})[local_by_value] = sent
        note_sent(cls)
        if cls in _born_here:
            _by_digest[digest] = cls
    return sent.digest, sent.blob


def note_sent(cls: type) -> None:
    """Remember that a class went out by value: if it was made here, it is to come back as it is."""
    if cls not in _came_over:
        _born_here.add(cls)


def reduce_class(cls: type) -> Any:
    """Return how a class is pickled by value, as a part of something larger."""
    note_sent(cls)
    return (*_cloudpickle._dynamic_class_reduce(cls)[:5], set_class_state)


# -- what pickles call when they are loaded -------------------------------------------------------


def set_class_state(cls: type, state: Any) -> type:
    """Fill a class that came by value, unless it is ours and has only come back.

    A result of a class from this notebook brings a copy of its methods along.  Setting those would
    tie them to copies of the notebook's globals, as they were when the class was sent.
    """
    if cls in _born_here:
        return cls
    _came_over[cls] = b""
    filled: type = _cloudpickle._class_setstate(cls, state)
    return filled


def load_class(digest: bytes, blob: bytes) -> type:
    """Return the class that `class_bytes` made bytes of; it is unpickled if it isn't here yet."""
    known = _by_digest.get(digest)
    if known is not None and (known in _born_here or _came_over.get(known) == digest):
        return known
    cls: type = pickle.loads(blob)
    _by_digest[digest] = cls
    if cls not in _born_here:
        _came_over[cls] = digest
    return cls
