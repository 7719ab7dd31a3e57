"""Secrets stay where they are; keys differ by role, secret and cluster."""

from __future__ import annotations

import copy
import pickle

import pytest

from treadle.comm.credentials import SECRET_OF, Credentials
from treadle.utils.secret import Secret, new_secret


def test_every_role_of_every_cluster_has_a_key_of_its_own():
    first = Credentials.new("a")
    clusters = [first, Credentials("b", first.secrets), Credentials.new("a")]

    keys = {credentials.key_for(role) for credentials in clusters for role in SECRET_OF}

    assert len(keys) == 3 * len(SECRET_OF)
    assert {len(key) for key in keys} == {32}


def test_keys_follow_from_secrets_alone():
    credentials = Credentials.new("a")
    again = Credentials.revealed("a", credentials.reveal())

    assert again.key_for("task") == credentials.key_for("task")


def test_the_derivation_of_keys_does_not_change_unnoticed():
    credentials = Credentials("cluster", {"client": Secret("00" * 32)})

    key = credentials.key_for("client").hex()
    assert key == "c0b517f57b9314f7f1c4e7d55d7c7549300730fb4152d2697c973bb678fbe5fa"


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (["client"], ("client", "manager")),
        (["worker"], ("task", "worker")),
        (["observer"], ("observer",)),
    ],
)
def test_whoever_is_given_one_secret_has_its_roles_only(names, roles):
    credentials = Credentials.new("a").only(*names)

    assert credentials.roles == roles
    for role in set(SECRET_OF) - set(roles):
        assert not credentials.holds(role)
        with pytest.raises(KeyError):
            credentials.key_for(role)


@pytest.mark.parametrize("text", ["", "secret", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n"])
def test_what_could_be_guessed_is_no_secret(text):
    with pytest.raises(ValueError, match="the client secret is not 64 digits in hex"):
        Credentials("a", {"client": Secret(text)})


def test_a_secret_of_no_role_is_refused():
    with pytest.raises(ValueError, match="no role has the secret 'root'"):
        Credentials("a", {"root": new_secret()})


def test_no_text_of_them_shows_a_secret():
    credentials = Credentials.new("a")
    texts = f"{credentials!r} {credentials} {credentials.secrets}"

    assert not any(secret in texts for secret in credentials.reveal().values())


def test_secrets_are_not_pickled_alone_or_within_credentials():
    for value in (new_secret(), Credentials.new("a")):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(value, protocol)


def test_a_copy_of_a_secret_is_the_secret():
    secret = new_secret()

    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
