"""One connection of the data plane: how values go over it, either way.

    connects                                listens
      HELLO  address and content of 16 bytes  ->
                                              <-  HELLO  the same; and whether ours could be read
      GET    n ids                            ->
                                              <-  parts (see treadle.protocol.payloads)
      READ                                    ->  after a part that was read out of memory
      PUT                                     ->
      parts                                   ->
                                              <-  one part: taken, or why not

Each side reads the other's 16 bytes with ``process_vm_readv``; when they are what was said, large
buffers are given by address from then on.  The sender holds them until it is told READ, and has to
say one more thing afterwards: so it was alive while it was read, and its number nobody else's.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from treadle.comm.base import Connection
from treadle.comm.transfer_memory import (
    address_of,
    can_read_memory,
    make_room,
    read_memory,
)
from treadle.errors import ConnectionClosed, DeserializeError, FrameError, UnpicklableError
from treadle.protocol import payloads
from treadle.protocol.payloads import (
    MISSING_PAYLOAD,
    TAKEN_PAYLOAD,
    Payload,
    check_header,
    decode_head,
    dump_payload,
    encode_part,
    load_payload,
    load_refusal,
    refused_payload,
)
from treadle.protocol.serialize import DeserializeFailure

VERSION = 1
GET, PUT, READ = 1, 2, 3
MOST_IDS = 1 << 20

_HELLO = struct.Struct(
    "<8sHBBIQ16s"
)  # magic, version, what works, nothing, nothing, address, proof
_REQUEST = struct.Struct("<BBHI")  # what, flags, nothing, how many
_MAGIC = b"TRDLdata"
_OFFERS, _READS = 1, 2  # what works: our memory can be looked at; we could read yours

_PIECE = 1 << 20  # bytes sent, and received, at a time
_SOCKET_BUFFER = 1 << 20
_PART_PICKLES = 1 << 20  # a part is sent once it has so many bytes of pickles,
_PART_LARGE = 1 << 28  # or so many of large buffers,
_PART_ITEMS = 1024  # or so many values
_BY_MEMORY = 1 << 21  # smaller buffers are through the socket before READ is back


class _Missing:
    """Stands for a value that isn't here."""

    def __repr__(self) -> str:
        return "MISSING"


#: What a source of values returns for an id that it doesn't have.
MISSING: Any = _Missing()


class Link:
    """The protocol on one connection.  Used by one thread at a time.

    Parameters
    ----------
    connection : Connection
    limit : int
        The most bytes that a part may take here.
    patience : float
        Seconds that the other side may send nothing in the middle of an exchange.
    by_memory : bool
        False never reads memory, nor lets ours be read.
    """

    def __init__(
        self, connection: Connection, *, limit: int, patience: float, by_memory: bool = True
    ):
        self.connection = connection
        self.limit = limit
        self.patience = patience
        self.answered = False  # whether the other side has said something in this exchange
        self._pid = self._readable_pid() if by_memory else None
        self._proof = bytearray(os.urandom(16))
        self._peer_reads = False  # the peer can read our memory
        self._we_read = False
        if connection.kind != "tcp" or connection.peer.startswith(("tcp://127.", "tcp://[::1]")):
            connection.set_buffers(_SOCKET_BUFFER)  # further away the kernel finds what is best

    def _readable_pid(self) -> int | None:
        """The process at the other end, if the kernel vouches for it and it is not this one."""
        pid = self.connection.peer_pid
        if self.connection.kind != "unix" or not pid or pid == os.getpid():
            return None
        return pid if can_read_memory() else None

    def close(self) -> None:
        """End it; whoever waits on it is woken."""
        self.connection.close()

    # -- saying hello ----------------------------------------------------------------------------

    def greet(self) -> None:
        """Introduce ourselves: the side that connected."""
        self.connection.set_patience(self.patience)
        self._send_hello()
        self._take_hello()

    def welcome(self) -> None:
        """Answer `greet`: the side that listens."""
        self.connection.set_patience(self.patience)
        self._take_hello()
        self._send_hello()

    def _send_hello(self) -> None:
        works, address = 0, 0
        if self._pid is not None:
            works |= _OFFERS
            address = address_of(memoryview(self._proof))
        if self._we_read:
            works |= _READS
        hello = _HELLO.pack(_MAGIC, VERSION, works, 0, 0, address, bytes(self._proof))
        self.connection.send_raw([hello])

    def _take_hello(self) -> None:
        hello = self.connection.recv_exact(_HELLO.size)
        magic, version, works, _, _, address, proof = _HELLO.unpack(hello)
        if magic != _MAGIC or version != VERSION:
            raise FrameError(f"{self.connection.peer} does not speak the data plane's protocol")
        self._peer_reads = bool(works & _READS)
        if self._pid is None or not works & _OFFERS:
            return
        seen = bytearray(len(proof))
        try:
            read_memory(self._pid, address, memoryview(seen))
        except ConnectionClosed:
            return  # not allowed here
        self._we_read = bytes(seen) == proof

    # -- the side that asks ----------------------------------------------------------------------

    def get(self, ids: Sequence[int]) -> dict[int, Any]:
        """Return the values of these ids, without those that the other side doesn't have."""
        if len(ids) > MOST_IDS:
            raise ValueError(f"{len(ids)} ids in one request; {MOST_IDS} is the most")
        self.answered = False
        count = len(ids)
        request = _REQUEST.pack(GET, _READS if self._we_read else 0, 0, count)
        self.connection.send_raw([request + struct.pack(f"<{count}Q", *ids)])
        values: dict[int, Any] = {}
        wanted = set(ids)

        def take(id: int, value: Any) -> None:
            if id not in wanted:
                raise FrameError(f"{self.connection.peer} sent what was not asked for")
            if value is not MISSING:
                values[id] = value

        self._receive(take)
        return values

    def put(self, values: Sequence[tuple[int, Payload]]) -> None:
        """Have the other side take values.

        Raises
        ------
        DeserializeError
            If it could not unpickle one of them.
        """
        self.answered = False
        self.connection.send_raw([_REQUEST.pack(PUT, 0, 0, 0)])
        self._send(iter(values))
        failures = []

        def take(id: int, value: Any) -> None:
            if type(value) is DeserializeFailure:
                failures.append(value.error)

        self._receive(take)
        if failures:
            raise failures[0]

    # -- the side that is asked ------------------------------------------------------------------

    def answer(
        self,
        get: Callable[[list[int]], Iterable[Any]],
        put: Callable[[dict[int, Any]], None],
    ) -> None:
        """Wait for one request, and answer it."""
        request = self.connection.recv_exact(_REQUEST.size)
        self.connection.set_patience(self.patience)
        what, flags, zero, count = _REQUEST.unpack(request)
        if what == GET and count <= MOST_IDS and not zero:
            self._peer_reads = bool(flags & _READS) and self._pid is not None
            ids = list(struct.unpack(f"<{count}Q", self.connection.recv_exact(8 * count)))
            values = iter(get(ids))
            self._send((id, _payload(value)) for id, value in zip(ids, values, strict=True))
        elif what == PUT and not (count or zero or flags):
            self._answer_put(put)
        else:
            raise FrameError(f"{self.connection.peer} asked for something unknown")

    def _answer_put(self, put: Callable[[dict[int, Any]], None]) -> None:
        values: dict[int, Any] = {}
        failed: list[tuple[int, Payload]] = []

        def take(id: int, value: Any) -> None:
            if type(value) is DeserializeFailure:
                failed.append((id, refused_payload(value.error)))
            elif value is not MISSING:
                values[id] = value

        self._receive(take)
        if values:
            put(values)
        self._send(iter([*((id, TAKEN_PAYLOAD) for id in values), *failed]))

    # -- values on their way out -----------------------------------------------------------------

    def _send(self, payloads: Iterable[tuple[int, Payload]]) -> None:
        """Send values in parts, each as soon as it is worth it."""
        batch: list[tuple[int, Payload]] = []
        pickled = large = 0
        for id, payload in payloads:
            if batch and (
                pickled >= _PART_PICKLES or large >= _PART_LARGE or len(batch) >= _PART_ITEMS
            ):
                self._send_part(batch, last=False)
                batch, pickled, large = [], 0, 0
            batch.append((id, payload))
            pickled += payload.pickle_nbytes
            large += payload.nbytes - payload.pickle_nbytes
        self._send_part(batch, last=True)

    def _send_part(self, batch: list[tuple[int, Payload]], last: bool) -> None:
        buffers, large = encode_part(batch, last, self._address if self._peer_reads else None)
        by_memory = buffers[0][1] & payloads.BY_MEMORY
        send = self.connection.send_raw
        if large and large[0].nbytes <= _PIECE:
            buffers.append(large.pop(0))  # small messages leave in one piece
        send(buffers)
        for buffer in large:
            for start in range(0, buffer.nbytes, _PIECE):
                send([buffer[start : start + _PIECE]])
        if by_memory:
            # The values are held by ``batch`` until the other side has read them.
            sign = self.connection.recv_exact(_REQUEST.size)
            if sign[0] != READ:
                raise FrameError(f"{self.connection.peer} did not say that it has read")
            send([sign])

    @staticmethod
    def _address(buffer: memoryview) -> int:
        return address_of(buffer) if buffer.nbytes >= _BY_MEMORY else 0

    # -- values on their way in ------------------------------------------------------------------

    def _receive(self, take: Callable[[int, Any], None]) -> None:
        """Receive parts until the last one; ``take(id, value)`` is called for each value."""
        connection = self.connection
        while True:
            header = connection.recv_exact(payloads.HEADER.size)
            self.answered = True
            flags, count, head_nbytes = check_header(header, self.limit)
            head = make_room(head_nbytes)
            connection.recv_into(memoryview(head))
            items = decode_head(head, count, self.limit)
            for item in items:
                for position, size, address in item.large:
                    item.buffers[position] = self._take_large(size, address)
            if flags & payloads.BY_MEMORY:
                sign = _REQUEST.pack(READ, 0, 0, 0)
                connection.send_raw([sign])
                if connection.recv_exact(len(sign)) != sign:
                    raise FrameError(f"{connection.peer} did not say that it still lives")
            for item in items:
                take(item.id, _value(item))
            if flags & payloads.LAST:
                return

    def _take_large(self, size: int, address: int) -> Any:
        room = make_room(size)
        view = memoryview(room)
        if address:
            if not self._we_read or self._pid is None:
                raise FrameError(f"{self.connection.peer} gives addresses that were not agreed on")
            read_memory(self._pid, address, view)
            return room
        for start in range(0, size, _PIECE):
            self.connection.recv_into(view[start : start + _PIECE])
        return room


def _payload(value: Any) -> Payload:
    """Return what is sent for a value that somebody asked for."""
    if value is MISSING:
        return MISSING_PAYLOAD
    if type(value) is DeserializeFailure:
        return refused_payload(value.error)
    try:
        return dump_payload(value)
    except UnpicklableError as error:
        return refused_payload(error)


def _value(item: payloads.Item) -> Any:
    """Return the value of an item; one that can't be had becomes a `DeserializeFailure`."""
    if item.status == payloads.MISSING_ITEM:
        return MISSING
    if item.status == payloads.TAKEN:
        return None
    if item.status == payloads.REFUSED:
        return DeserializeFailure(load_refusal(item.pickle))
    try:
        return load_payload(item.pickle, item.buffers)
    except DeserializeError as error:
        return DeserializeFailure(error)
