"""Addresses are read whole or refused."""

from __future__ import annotations

import pytest

from treadle.comm.address import Address, kind_of, parse
from treadle.errors import AddressError

GOOD = {
    "tcp://127.0.0.1:0": Address("tcp", host="127.0.0.1", port=0),
    "tcp://some-host.example:65535": Address("tcp", host="some-host.example", port=65535),
    "tcp://[::1]:8786": Address("tcp", host="::1", port=8786),
    "unix:///run/treadle/a b.sock": Address("unix", path="/run/treadle/a b.sock"),
    "inproc://12-1": Address("inproc", path="12-1"),
    "inproc://": Address("inproc"),
}


@pytest.mark.parametrize("text", GOOD)
def test_addresses_are_read_and_written_alike(text):
    assert parse(text) == GOOD[text]
    assert str(parse(text)) == text
    assert kind_of(text) == GOOD[text].kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp://",
        "tcp://host",
        "tcp://host:65536",
        "tcp://host:-1",
        "tcp://host:1/path",
        "tcp://user@host:1",
        "tcp://::1:1",
        "tcp://host name:1",
        "unix://relative.sock",
        "unix:///nul\0byte",
        "inproc://../x",
        "http://localhost:8786",
        "TCP://localhost:8786",
        "tls://localhost:8786",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(AddressError, match="not an address"):
        parse(text)


def test_a_forgotten_kind_is_suggested():
    with pytest.raises(AddressError, match="did you mean 'tcp://localhost:8786'"):
        parse("localhost:8786")
