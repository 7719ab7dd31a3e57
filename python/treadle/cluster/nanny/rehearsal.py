"""What a process in reserve does while nobody waits: all that a start does, once, for nothing.

A forked process copies each page of memory that it writes to, and nearly every use of an object
writes to its reference count.  What has been used here is copied when the start comes.

>>> rehearse()
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading

from treadle.cluster.nanny.lines import LineBuffer, encode
from treadle.comm.credentials import Credentials
from treadle.comm.handshake import Client, Server
from treadle.comm.stream import SocketConnection
from treadle.protocol import messages as m


def rehearse() -> None:
    """Use what schedulers and workers use until they are ready; nothing of it stays."""
    gc.unfreeze()
    gc.get_objects()  # reference counts lie within the objects: looking at each copies its page
    gc.freeze()
    LineBuffer().feed(encode({"environ": dict(os.environ)}))
    _prove()
    _talk()
    thread = threading.Thread(target=asyncio.run, args=(asyncio.sleep(0),))
    thread.start()
    thread.join()


def _prove() -> None:
    """A handshake with ourselves."""
    credentials = Credentials.new("rehearsal")
    client, server = Client(credentials, "worker"), Server(credentials)
    said = client.feed(b"")
    while said:
        said = client.feed(server.feed(said))


def _talk() -> None:
    """A message over a connection to ourselves."""
    ends = [
        SocketConnection(end, role="worker", kind="unix", peer="a rehearsal")
        for end in socket.socketpair()
    ]
    ends[0].send(m.encode(m.Goodbye("")))
    m.decode_to_worker(ends[1].recv()[0])
    for end in ends:
        end.close()
