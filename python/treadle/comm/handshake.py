"""The handshake: both sides prove that they know the secret of a role before anything is decoded.

    client                                          server
      hello  (64 bytes)            ------------>
                                   <------------    hello (64 bytes), proof (32 bytes)
      proof  (32 bytes)            ------------>
                                   <------------    accepted (1 byte)
      frames                       <----------->    frames

    hello = magic 8 | protocol version u16 | python major u8, minor u8 | role u8 | side u8
            | zeros 18 | nonce 32
    proof = HMAC-SHA256(key of the role, label of the direction | both hellos | binding)

Pure: bytes in, bytes out.  The server proves itself first, so that a client never shows anything
to whoever has taken a port.  Nonces are fresh, so nothing can be replayed; labels and sides
differ, so nothing can be sent back to its sender.  Whatever is wrong, the answer is the same one
byte.  The magic and the version stay where they are in all versions to come.

>>> from treadle.comm.credentials import Credentials
>>> credentials = Credentials.new("abc")
>>> client, server = Client(credentials, "worker"), Server(credentials)
>>> data = client.feed(b"")
>>> while not client.done:
...     data = client.feed(server.feed(data))
>>> server.done, server.role
(True, 'worker')
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import sys

from treadle.comm.credentials import SECRET_OF, Credentials
from treadle.protocol.messages import PROTOCOL_VERSION

MAGIC = b"treadle\x01"
HELLO_BYTES = 64
PROOF_BYTES = 32
ACCEPTED = b"\x06"
REFUSED = b"\x15"

#: More than this from somebody who has proved nothing ends the connection.
MAX_UNPROVED = 4096

ROLE_CODES = {"client": 1, "worker": 2, "task": 3, "observer": 4, "manager": 5}
_ROLE_NAMES = {code: role for role, code in ROLE_CODES.items()}

#: Roles that send pickles or open them: their Python must be the server's.
PICKLING = frozenset({"client", "worker", "task"})

_HELLO = struct.Struct("<8sHBBBB18s32s")
_CLIENT, _SERVER = 1, 2
_ZEROS = bytes(18)
_LABELS = {_CLIENT: b"treadle client proves to server", _SERVER: b"treadle server proves to client"}
_PYTHON = (sys.version_info.major, sys.version_info.minor)


class _Side:
    """What both sides do.

    Attributes
    ----------
    done : bool
        Both have proved themselves; what comes now are frames.
    failed : str or None
        Why it has failed, for our own log; send what `feed` gave, then close.
    role : str
        That of the client.
    leftover : bytes
        What came after the handshake.
    wanted : int
        How many more bytes it takes to go on.
    """

    def __init__(self, credentials: Credentials, binding: bytes, python: tuple[int, int]):
        self.done = False
        self.failed: str | None = None
        self.role = ""
        self.leftover = b""
        self.wanted = HELLO_BYTES
        self._credentials = credentials
        self._binding = binding
        self._python = python
        self._received = b""

    def _hello(self, side: int, role: str) -> bytes:
        nonce = os.urandom(32)
        code = ROLE_CODES[role]
        return _HELLO.pack(MAGIC, PROTOCOL_VERSION, *self._python, code, side, _ZEROS, nonce)

    def _take(self, nbytes: int) -> bytes | None:
        """The next ``nbytes``, once they are there."""
        if len(self._received) < nbytes:
            self.wanted = nbytes - len(self._received)
            return None
        taken, self._received = self._received[:nbytes], self._received[nbytes:]
        return taken

    def _proof(self, side: int, hellos: bytes) -> bytes:
        key = self._credentials.key_for(self.role)
        return hmac.digest(key, _LABELS[side] + hellos + self._binding, hashlib.sha256)

    def _fail(self, reason: str) -> bytes:
        self.failed = reason
        self.wanted = 0
        self._received = b""
        return b""

    def _finish(self) -> None:
        self.done = True
        self.wanted = 0
        self.leftover, self._received = self._received, b""

    def _different(self, version: int, python: tuple[int, int]) -> str | None:
        """Why these two can't work together, if so."""
        if version != PROTOCOL_VERSION:
            return f"it speaks version {version} of the protocol, we speak {PROTOCOL_VERSION}"
        if python != self._python and self.role in PICKLING:
            theirs, ours = ("{}.{}".format(*pair) for pair in (python, self._python))
            return f"it runs Python {theirs}, we run {ours}"
        return None


class Server(_Side):
    """The side that was connected to.

    Parameters
    ----------
    credentials : Credentials
        With the secrets of all roles that may come in.
    binding : bytes
        What ties the handshake to its channel; both sides must give the same.
    python : (int, int)
        Our Python's version.

    Examples
    --------
    >>> server = Server(Credentials.new("abc"))
    >>> server.feed(b"GET / HTTP/1.1")
    b'\\x15'
    >>> server.failed
    'it does not speak our protocol'
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        binding: bytes = b"",
        python: tuple[int, int] = _PYTHON,
    ):
        super().__init__(credentials, binding, python)
        self._hellos: bytes | None = None

    def feed(self, data: bytes) -> bytes:
        """Take what came; return what to send."""
        if self.failed is not None:
            return b""
        self._received += data
        if len(self._received) > MAX_UNPROVED:
            return self._fail("it sent too much before it proved anything")
        if self._hellos is None:
            return self._answer_hello()
        return self._check_proof()

    def _answer_hello(self) -> bytes:
        if not MAGIC.startswith(self._received[: len(MAGIC)]):
            return self._fail("it does not speak our protocol")
        theirs = self._take(HELLO_BYTES)
        if theirs is None:
            return b""
        _, version, major, minor, code, side, zeros, _ = _HELLO.unpack(theirs)
        self.role = _ROLE_NAMES.get(code, "")
        difference = self._different(version, (major, minor))
        if difference is not None:
            # Our own hello goes along, so that the other side can name both versions as well.
            hello = self._hello(_SERVER, self.role or "client")
            self._fail(difference)
            return hello + REFUSED
        if side != _CLIENT or zeros != _ZEROS or not self.role:
            return self._fail("its hello is not one of this version")
        if not self._credentials.holds(self.role):
            return self._fail(f"no {self.role} is let in here")
        ours = self._hello(_SERVER, self.role)
        self._hellos = theirs + ours
        self.wanted = PROOF_BYTES
        return ours + self._proof(_SERVER, self._hellos) + self._check_proof()

    def _check_proof(self) -> bytes:
        theirs = self._take(PROOF_BYTES)
        if theirs is None:
            return b""
        assert self._hellos is not None
        if not hmac.compare_digest(theirs, self._proof(_CLIENT, self._hellos)):
            return self._fail(f"it does not know the {SECRET_OF[self.role]} secret")
        self._finish()
        return ACCEPTED

    def _fail(self, reason: str) -> bytes:
        super()._fail(reason)
        return REFUSED


class Client(_Side):
    """The side that connects.  Begin with ``feed(b"")``.

    Parameters
    ----------
    credentials : Credentials
        With the secret of the role.
    role : str
        What we want to be.
    binding, python
        As for `Server`.
    """

    def __init__(
        self,
        credentials: Credentials,
        role: str,
        *,
        binding: bytes = b"",
        python: tuple[int, int] = _PYTHON,
    ):
        super().__init__(credentials, binding, python)
        if not credentials.holds(role):
            raise ValueError(f"{credentials!r} hold no secret for a {role}")
        self.role = role
        self._ours = b""
        self._hellos: bytes | None = None
        self._proved = False

    def feed(self, data: bytes) -> bytes:
        """Take what came; return what to send."""
        if self.failed is not None or self.done:
            self.leftover += data if self.done else b""
            return b""
        self._received += data
        if not self._ours:
            self._ours = self._hello(_CLIENT, self.role)
            return self._ours
        return self._check_hello() if self._hellos is None else self._check_server()

    def _check_hello(self) -> bytes:
        if self._received[:1] == REFUSED:
            return self._fail(self._refusal())
        if not MAGIC.startswith(self._received[: len(MAGIC)]):
            return self._fail("whoever answers there is no treadle process")
        theirs = self._take(HELLO_BYTES)
        if theirs is None:
            return b""
        _, version, major, minor, code, side, _, _ = _HELLO.unpack(theirs)
        difference = self._different(version, (major, minor))
        if difference is not None:
            return self._fail(difference)
        if side != _SERVER or code != ROLE_CODES[self.role]:
            return self._fail("its hello is not an answer to ours")
        self._hellos = self._ours + theirs
        return self._check_server()

    def _check_server(self) -> bytes:
        assert self._hellos is not None
        if not self._proved:
            theirs = self._take(PROOF_BYTES)
            if theirs is None:
                return b""
            if not hmac.compare_digest(theirs, self._proof(_SERVER, self._hellos)):
                return self._fail(
                    "whoever answers there does not know the secrets of cluster "
                    f"{self._credentials.cluster!r}: another cluster, or another program "
                    "that has taken its place"
                )
            self._proved = True
            self.wanted = 1
            return self._proof(_CLIENT, self._hellos) + self._check_verdict()
        return self._check_verdict()

    def _check_verdict(self) -> bytes:
        verdict = self._take(1)
        if verdict is None:
            return b""
        if verdict != ACCEPTED:
            return self._fail(self._refusal())
        self._finish()
        return b""

    def _refusal(self) -> str:
        return f"the other side refuses a {self.role} with our secret; its log says why"
