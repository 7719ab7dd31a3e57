"""The handshake lets in whoever knows the secret of a role, and nobody else, whatever they send."""

from __future__ import annotations

import pytest

from treadle.comm.credentials import Credentials
from treadle.comm.handshake import (
    ACCEPTED,
    HELLO_BYTES,
    MAX_UNPROVED,
    PROOF_BYTES,
    REFUSED,
    ROLE_CODES,
    Client,
    Server,
)

CREDENTIALS = Credentials.new("abc")
MY_PYTHON = (3, 99)


def talk(client, server):
    """Let both talk until neither has anything to say; return what each has sent."""
    from_client, from_server = [client.feed(b"")], []
    while from_client[-1]:
        from_server.append(server.feed(from_client[-1]))
        from_client.append(client.feed(from_server[-1]) if from_server[-1] else b"")
    return b"".join(from_client), b"".join(from_server)


@pytest.mark.parametrize("role", ROLE_CODES)
def test_whoever_knows_the_secret_of_a_role_gets_it(role):
    client, server = Client(CREDENTIALS, role), Server(CREDENTIALS)

    talk(client, server)

    assert (client.done, server.done) == (True, True)
    assert (client.role, server.role) == (role, role)
    assert (client.failed, server.failed) == (None, None)


@pytest.mark.parametrize("size", range(1, HELLO_BYTES + PROOF_BYTES + 1))
def test_any_cuts_of_both_streams_come_to_the_same_end(size):
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    to_server, to_client = client.feed(b""), b""

    while to_server or to_client:
        piece, to_server = to_server[:size], to_server[size:]
        to_client += server.feed(piece) if piece else b""
        piece, to_client = to_client[:size], to_client[size:]
        to_server += client.feed(piece) if piece else b""

    assert (client.done, server.done) == (True, True)


@pytest.mark.parametrize("size", [1, 3, 97])
def test_wanted_is_never_more_than_the_handshake_itself_will_send(size):
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    sent = {client: client.feed(b""), server: b""}

    while not (client.done and server.done):
        for reader, writer in ((server, client), (client, server)):
            piece = sent[writer][: min(size, reader.wanted)]
            sent[writer] = sent[writer][len(piece) :]
            if piece:
                sent[reader] += reader.feed(piece)
            assert reader.wanted >= 0

    assert sent == {client: b"", server: b""}
    assert (client.wanted, server.wanted) == (0, 0)


def test_what_comes_behind_the_handshake_is_left_over():
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    answer = server.feed(client.feed(b""))

    accepted = server.feed(client.feed(answer) + b"frames")
    client.feed(accepted + b"more")
    client.feed(b" of them")

    assert server.leftover == b"frames"
    assert client.leftover == b"more of them"


HOSTILE = {
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "a pickle": b"cos\nsystem\n(S'true'\ntR.",
    "a frame": b"\x04\x00\x00\x00spam",
    "an enormous length": b"\xff" * 8,
    "an empty frame": bytes(4),
    "nearly our magic": b"treadle\x02" + bytes(56),
    "4 kB and one byte": b"treadle\x01" + bytes(MAX_UNPROVED - 7),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_strangers_get_one_byte_and_no_more(name):
    server = Server(CREDENTIALS)

    assert server.feed(HOSTILE[name]) == REFUSED
    assert server.failed
    assert server.feed(b"treadle\x01" + bytes(200)) == b""
    assert not server.done


def replaced(hello, start, new):
    return hello[:start] + new + hello[start + len(new) :]


@pytest.mark.parametrize("version", [0, 2, 65535])
def test_another_version_of_the_protocol_is_refused_and_both_are_told_both(version):
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    hello = client.feed(b"")

    answer = server.feed(replaced(hello, 8, version.to_bytes(2, "little")))
    client.feed(replaced(answer, 8, version.to_bytes(2, "little")))

    text = f"it speaks version {version} of the protocol, we speak 1"
    assert answer[HELLO_BYTES:] == REFUSED  # no proof for those who can't use it
    assert (server.failed, client.failed) == (text, text)


@pytest.mark.parametrize("role", ["client", "worker", "task"])
def test_another_python_is_refused_where_pickles_are_exchanged(role):
    client, server = Client(CREDENTIALS, role, python=MY_PYTHON), Server(CREDENTIALS)

    talk(client, server)

    assert "it runs Python 3.99, we run 3." in server.failed
    assert "it runs Python 3." in client.failed
    assert "we run 3.99" in client.failed


@pytest.mark.parametrize("role", ["observer", "manager"])
def test_another_python_may_look_and_manage(role):
    client, server = Client(CREDENTIALS, role, python=MY_PYTHON), Server(CREDENTIALS)

    talk(client, server)

    assert (client.done, server.done) == (True, True)


def test_a_client_of_another_cluster_learns_that_it_is_another_and_proves_nothing():
    client, server = Client(Credentials.new("other"), "client"), Server(CREDENTIALS)

    sent, _ = talk(client, server)

    assert len(sent) == HELLO_BYTES
    assert "does not know the secrets of cluster 'other'" in client.failed
    assert not server.done


def test_secrets_of_another_cluster_of_the_same_name_or_the_same_secrets_of_another_are_no_good():
    for name, secrets in (("abc", Credentials.new("x").secrets), ("xyz", CREDENTIALS.secrets)):
        client, server = Client(Credentials(name, secrets), "client"), Server(CREDENTIALS)

        talk(client, server)

        assert client.failed
        assert not server.done


def test_a_wrong_proof_is_refused():
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    server.feed(client.feed(b""))

    assert server.feed(bytes(PROOF_BYTES)) == REFUSED
    assert server.failed == "it does not know the client secret"
    assert not server.done


def test_a_proof_sent_along_with_the_hello_is_no_proof():
    hello = Client(CREDENTIALS, "client").feed(b"")

    assert Server(CREDENTIALS).feed(hello + bytes(PROOF_BYTES))[-1:] == REFUSED


def test_what_was_once_accepted_is_not_accepted_again():
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    recorded, _ = talk(client, server)
    again = Server(CREDENTIALS)

    again.feed(recorded[:HELLO_BYTES])

    assert again.feed(recorded[HELLO_BYTES:]) == REFUSED


def test_a_recorded_server_is_no_server():
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    _, recorded = talk(client, server)
    victim = Client(CREDENTIALS, "client")
    victim.feed(b"")

    assert victim.feed(recorded) == b""
    assert victim.failed


def test_the_servers_own_proof_sent_back_is_no_proof():
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    answer = server.feed(client.feed(b""))

    assert server.feed(answer[HELLO_BYTES:]) == REFUSED


def test_a_client_that_hears_itself_refuses():
    client = Client(CREDENTIALS, "client")

    client.feed(client.feed(b"") + bytes(PROOF_BYTES))

    assert client.failed == "its hello is not an answer to ours"


def test_a_server_is_not_let_in_as_a_client():
    server, other = Server(CREDENTIALS), Server(CREDENTIALS)
    answer = other.feed(Client(CREDENTIALS, "client").feed(b""))

    assert server.feed(answer[:HELLO_BYTES]) == REFUSED


@pytest.mark.parametrize("weaker", ["observer", "worker", "manager", "task"])
def test_a_hello_changed_to_another_role_on_its_way_ends_it(weaker):
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)

    changed = replaced(client.feed(b""), 12, bytes([ROLE_CODES[weaker]]))
    client.feed(server.feed(changed))

    assert client.failed
    assert not server.done


@pytest.mark.parametrize("position", range(2 * HELLO_BYTES + 2 * PROOF_BYTES + 1))
def test_one_bit_changed_anywhere_lets_nobody_in(position):
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)

    def carry(data, offset):
        index = position - offset
        if 0 <= index < len(data):
            return data[:index] + bytes([data[index] ^ 0x10]) + data[index + 1 :]
        return data

    hello = carry(client.feed(b""), 0)
    answer = carry(server.feed(hello), HELLO_BYTES)
    proof = carry(client.feed(answer), 2 * HELLO_BYTES + PROOF_BYTES)
    accepted = carry(server.feed(proof), 2 * HELLO_BYTES + 2 * PROOF_BYTES)
    client.feed(accepted)

    assert client.failed or server.failed
    assert not client.done


def test_what_ties_it_to_a_channel_must_be_the_same_on_both_sides():
    client, server = Client(CREDENTIALS, "client", binding=b"one"), Server(CREDENTIALS)

    talk(client, server)

    assert client.failed
    assert not server.done


def test_roles_without_a_secret_here_are_not_let_in():
    client, server = Client(CREDENTIALS, "worker"), Server(CREDENTIALS.only("client"))

    talk(client, server)

    assert server.failed == "no worker is let in here"
    assert client.failed == "the other side refuses a worker with our secret; its log says why"


@pytest.mark.parametrize(("start", "new"), [(12, b"\0"), (12, b"\x63"), (14, b"\1"), (31, b"\1")])
def test_an_unknown_role_or_anything_in_the_spare_bytes_is_refused(start, new):
    hello = Client(CREDENTIALS, "client").feed(b"")

    assert Server(CREDENTIALS).feed(replaced(hello, start, new)) == REFUSED


@pytest.mark.parametrize("verdict", [b"\0", b"\xff", REFUSED])
def test_a_client_takes_nothing_but_the_one_byte_for_yes(verdict):
    client, server = Client(CREDENTIALS, "client"), Server(CREDENTIALS)
    client.feed(server.feed(client.feed(b"")))

    client.feed(verdict)

    assert client.failed
    assert not client.done
    assert verdict != ACCEPTED
