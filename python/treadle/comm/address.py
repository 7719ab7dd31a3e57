"""Addresses: where a process listens, as people and records write it.

    tcp://127.0.0.1:8786    tcp://[::1]:8786    unix:///run/user/1000/treadle/a.sock    inproc://a1b2

>>> parse("tcp://[::1]:8786")
Address(kind='tcp', host='::1', port=8786, path='')
>>> str(parse("unix:///tmp/x.sock"))
'unix:///tmp/x.sock'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from treadle.errors import AddressError

Kind = Literal["tcp", "unix", "inproc"]

_TCP = re.compile(r"(?:\[([0-9A-Fa-f:.%\w]+)\]|([A-Za-z0-9._-]{1,253})):([0-9]{1,5})")
_NAME = re.compile(r"[A-Za-z0-9_-]{0,64}")


@dataclass(frozen=True, slots=True)
class Address:
    """One address.  ``path`` is the file of a UNIX socket, or the name of a listener in-process."""

    kind: Kind
    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        if self.kind == "tcp":
            host = f"[{self.host}]" if ":" in self.host else self.host
            return f"tcp://{host}:{self.port}"
        return f"{self.kind}://{self.path}"


def parse(text: str) -> Address:
    """Read an address.

    Raises
    ------
    AddressError
        If it is none.

    Examples
    --------
    >>> parse("localhost:8786")
    Traceback (most recent call last):
    treadle.errors.AddressError: not an address: 'localhost:8786'; did you mean 'tcp://localhost:8786'?
    """
    kind, colon, rest = text.partition("://")
    if not colon:
        hint = f"; did you mean {f'tcp://{text}'!r}?" if _TCP.fullmatch(text) else ""
        raise AddressError(f"not an address: {text[:200]!r}{hint}")
    if kind == "tcp" and (match := _TCP.fullmatch(rest)) and int(match[3]) < 65536:
        return Address("tcp", host=match[1] or match[2], port=int(match[3]))
    if kind == "unix" and rest.startswith("/") and "\0" not in rest:
        return Address("unix", path=rest)
    if kind == "inproc" and _NAME.fullmatch(rest):
        return Address("inproc", path=rest)
    known = kind in ("tcp", "unix", "inproc")
    why = "" if known else f"; {kind[:40]!r} is none of tcp, unix and inproc"
    raise AddressError(f"not an address: {text[:200]!r}{why}")


def kind_of(text: str) -> Kind:
    """Which kind an address is, without looking at the rest of it.

    Examples
    --------
    >>> kind_of("unix:///tmp/x.sock")
    'unix'
    """
    return parse(text).kind
