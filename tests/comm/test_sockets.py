"""Where it is safe to listen and to connect, and what the sockets are like."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile

import pytest

from treadle.comm import sockets
from treadle.comm.address import Address, parse
from treadle.comm.blocking import connect
from treadle.comm.sockets import bind, is_loopback, socket_directory
from treadle.errors import AddressError, ConnectError

from .tools import DEADLINE, Echo, echo

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def runtime(monkeypatch, tmp_path):
    """The user's runtime directory, with a path short enough."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sockets, "Path", lambda *parts: tmp_path.joinpath(parts[-1]))
    return tmp_path


# ---- UNIX sockets ----


def test_the_directory_is_made_for_us_alone_and_used_again(runtime, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/x")

    directory = socket_directory()

    assert directory == runtime / "treadle"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert socket_directory() == directory


def test_without_a_runtime_directory_one_of_our_own_is_made(runtime, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)

    directory = socket_directory()

    assert directory == runtime / f"treadle-{os.geteuid()}"
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_umask_of_zero_opens_nothing(runtime, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    before = os.umask(0)
    try:
        path = socket_directory() / "s"
        sock, _ = bind(parse(f"unix://{path}"))
    finally:
        os.umask(before)
    sock.close()

    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_directory_that_others_may_enter_is_refused(tmp_path):
    tmp_path.chmod(0o755)

    with pytest.raises(AddressError, match=r"open to other users \(mode 0755\)"):
        bind(parse(f"unix://{tmp_path}/s"))


def test_a_link_to_a_directory_is_refused(tmp_path):
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(AddressError, match="it is not a directory"):
        bind(parse(f"unix://{tmp_path}/link/s"))


@as_root
def test_a_directory_that_somebody_else_has_made_first_is_refused(tmp_path):
    os.chown(tmp_path, NOBODY, NOBODY)

    with pytest.raises(AddressError, match="it belongs to another user"):
        bind(parse(f"unix://{tmp_path}/s"))


def test_a_missing_directory_is_told(tmp_path):
    with pytest.raises(AddressError, match="No such file"):
        bind(parse(f"unix://{tmp_path}/missing/s"))


def test_a_path_that_is_too_long_is_told_along_with_a_short_one(tmp_path):
    with pytest.raises(AddressError, match="socket_directory"):
        bind(parse(f"unix://{tmp_path}/{'x' * 100}"))


def test_the_socket_of_a_dead_process_is_replaced(tmp_path):
    address = parse(f"unix://{tmp_path}/s")
    dead, _ = bind(address)
    dead.close()

    sock, _ = bind(address)

    sock.close()


def test_the_socket_of_a_living_process_is_not(tmp_path):
    address = parse(f"unix://{tmp_path}/s")
    sock, _ = bind(address)

    with pytest.raises(AddressError, match="Address already in use"):
        bind(address)

    sock.close()


def test_no_other_file_is_removed_for_a_socket(tmp_path):
    (tmp_path / "s").write_text("dear")

    with pytest.raises(AddressError, match="a file of that name is there"):
        bind(parse(f"unix://{tmp_path}/s"))

    assert (tmp_path / "s").read_text() == "dear"


@pytest.mark.parametrize("kind", ["threads", "loop"])
def test_a_listener_that_closes_removes_its_socket(request, tmp_path, kind):
    address = f"unix://{tmp_path}/s"
    if kind == "threads":
        request.getfixturevalue("listen")([address], echo).close()
    else:
        listener = request.getfixturevalue("aio_listen")([address], lambda channel: Echo())
        request.getfixturevalue("loop").call(listener.close)

    assert os.listdir(tmp_path) == []


# Becomes another user and tries to get in; what it reads before the end is printed.
INTRUDER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(30)
try:
    sock.connect(sys.argv[1])
    sock.sendall(b"treadle\\x01" + bytes(56))
    print("read", sock.recv(100))
except OSError as error:
    print(type(error).__name__)
"""


@as_root
@pytest.mark.parametrize("kind", ["threads", "loop"])
@pytest.mark.parametrize("doors", ["closed", "open"])
def test_a_process_of_another_user_is_refused_before_anything_is_read(
    request, credentials, tmp_path, kind, doors
):
    address = f"unix://{tmp_path}/s"
    if kind == "threads":
        listener = request.getfixturevalue("listen")([address], echo)
    else:
        listener = request.getfixturevalue("aio_listen")([address], lambda channel: Echo())
    opened = [tmp_path, tmp_path.parent, tmp_path.parent.parent, tmp_path / "s"]
    modes = [path.stat().st_mode for path in opened]
    try:
        if doors == "open":  # as if no directory had kept it out
            for path in opened:
                path.chmod(0o777)
        run = subprocess.run(
            [sys.executable, "-c", INTRUDER, f"{tmp_path}/s"],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
    finally:
        for path, mode in zip(opened, modes, strict=True):
            path.chmod(mode)

    # Not even the refusal of a handshake: it was closed with our words unread.
    refusals = ["read b''", "ConnectionResetError", "BrokenPipeError"]
    assert run.stdout.strip() in (["PermissionError"] if doors == "closed" else refusals), run
    with connect(address, credentials, "client") as connection:
        connection.send(b"x")
        assert connection.recv(DEADLINE) == [b"x"]
    assert listener.refused == (doors == "open")


# Listens as another user, where everybody may connect.
SQUATTER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sock = socket.socket(socket.AF_UNIX)
sock.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
sock.listen()
print("listening", flush=True)
other, _ = sock.accept()
print("heard", other.recv(100), flush=True)
"""


@as_root
def test_nothing_is_said_to_a_listener_of_another_user(credentials):
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        os.chmod(directory, 0o777)
        program = subprocess.Popen(
            [sys.executable, "-c", SQUATTER, f"{directory}/s"], stdout=subprocess.PIPE, text=True
        )
        with program:
            assert program.stdout.readline() == "listening\n"

            with pytest.raises(ConnectError, match="a process of another user listens there"):
                connect(f"unix://{directory}/s", credentials, "client")

            assert program.stdout.readline() == "heard b''\n"


# ---- TCP ----


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.1.2.3", False),
        ("::ffff:10.0.0.1", False),
        ("1127.0.0.1", False),
    ],
)
def test_only_loopback_stays_on_this_machine(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize("address", ["tcp://0.0.0.0:0", "tcp://[::]:0"])
def test_listening_for_other_machines_must_be_asked_for(listen, address, caplog):
    with pytest.raises(AddressError, match="insecure=True"):
        listen([address], echo)

    listener = listen([address], echo, insecure=True)

    assert listener.addresses[0].startswith(address[:-1])
    assert caplog.messages == [f"listening without encryption at {listener.addresses[0]}"]


def test_connecting_to_other_machines_must_be_asked_for(credentials):
    with pytest.raises(AddressError, match="insecure=True"):
        connect("tcp://192.0.2.1:8786", credentials, "client")


def test_names_are_judged_by_what_they_stand_for(listen, credentials):
    listener = listen(["tcp://localhost:0"], echo)

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(b"x")

        assert connection.recv(DEADLINE) == [b"x"]
    assert listener.addresses[0].startswith("tcp://localhost:")


def test_tcp_sockets_send_at_once_and_notice_silence(listen, credentials):
    seen = []

    def serve(connection):
        seen.append(options(connection._sock))
        connection.send(b"x")

    def options(sock):
        tcp = ["TCP_NODELAY", "TCP_USER_TIMEOUT", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"]
        values = [sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in tcp]
        return [*values, sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)]

    listener = listen(["tcp://127.0.0.1:0"], serve)
    with connect(listener.addresses[0], credentials, "client") as connection:
        seen.append(options(connection._sock))
        connection.recv(DEADLINE)

    assert seen == [[1, 15_000, 5, 2, 5, 1]] * 2


@pytest.mark.parametrize("address", ["tcp", "unix", "inproc"], indirect=True)
def test_no_child_inherits_a_descriptor(listen, credentials, address):
    before = inheritable()
    listener = listen([address], echo)

    with connect(listener.addresses[0], credentials, "client") as connection:
        connection.send(b"x")
        connection.recv(DEADLINE)

        assert inheritable() == before


def inheritable():
    """Open descriptors that a child would have as well."""
    found = set()
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            if os.get_inheritable(number):
                found.add(number)
        except OSError:
            pass  # that of the listing itself
    return found


# A child that knows nothing of treadle, and must hold none of its sockets.
FORKS = """
import os, sys
from treadle.comm import aio, blocking
from treadle.comm.credentials import Credentials
from treadle.errors import ConnectionClosed
from tests.comm.tools import Echo, LoopThread, echo

def sockets():
    links = []
    for name in os.listdir("/proc/self/fd"):
        try:
            links.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass
    return {link for link in links if link.startswith("socket:")}

credentials = Credentials.new("abc")
loop = LoopThread()
before = sockets()  # those of the loop itself
listeners = [
    loop.run(aio.listen(["tcp://127.0.0.1:0"], credentials, lambda channel: Echo())),
    blocking.listen(["tcp://127.0.0.1:0", "inproc://x"], credentials, echo),
]
addresses = [address for listener in listeners for address in listener.addresses]
connections = [blocking.connect(address, credentials, "client") for address in addresses]
connections.append(listeners[0].connect("client"))  # no socket at all
for connection in connections:
    connection.send(b"before")
    assert connection.recv(30) == [b"before"]
connections[1]._send_lock.acquire()  # as by a thread in the middle of a send

pid = os.fork()
if pid == 0:
    assert sockets() <= before, sockets() - before
    for connection in connections:
        for use in (lambda: connection.send(b"child"), connection.recv):
            try:
                use()
            except ConnectionClosed:
                continue
            os._exit(1)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
connections[1]._send_lock.release()
for connection in connections:
    connection.send(b"after")
    assert connection.recv(30) == [b"after"]
print("fine")
sys.stdout.flush()
os._exit(0)
"""


def test_a_fork_holds_none_of_our_sockets_and_harms_none():
    run = subprocess.run(
        [sys.executable, "-c", FORKS], capture_output=True, text=True, timeout=DEADLINE
    )

    assert (run.stdout, run.returncode) == ("fine\n", 0), run.stderr


# ---- floors and budgets ----


def test_threads_need_neither_an_event_loop_nor_anything_large():
    heavy = ["asyncio", "numpy", "pandas", "tornado", "jupyter_core", "ssl"]
    program = (
        "import sys, treadle.comm.blocking, treadle.comm.inproc; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    run = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)

    assert run.stdout.decode().strip() == "[]"


def test_addresses_are_plain_values():
    assert parse("tcp://127.0.0.1:1") == Address("tcp", host="127.0.0.1", port=1)
