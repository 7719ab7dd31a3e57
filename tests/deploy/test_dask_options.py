"""Programs for dask.distributed bring their options along."""

from __future__ import annotations

import logging

import pytest

from treadle import Client, LocalCluster
from treadle.deploy.dask_options import client_options, cluster_options
from treadle.errors import RecordError


def test_options_without_a_meaning_here_are_taken():
    taken = {
        "dashboard_address": ":8787",
        "silence_logs": logging.ERROR,
        "local_directory": "scratch",
        "memory_spill_fraction": False,
        "protocol": None,
        "security": None,
        "worker_class": None,
        "loop": None,
    }

    assert cluster_options(taken) == {}


def test_options_that_are_called_otherwise_are_translated():
    assert cluster_options({"scheduler_port": 8786}) == {"port": 8786, "host": "127.0.0.1"}
    assert cluster_options({"scheduler_port": 0}) == {"port": 0}
    assert cluster_options({"protocol": "tcp://"}) == {"host": "127.0.0.1"}
    assert cluster_options({"ip": "::1", "protocol": "tcp"}) == {"host": "::1"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_worker": 2}, "no option 'n_worker'"),
        ({"env": {"A": "1"}}, "no option 'env'"),
        ({"worker_class": object}, "no option 'worker_class'"),
        ({"security": object()}, "not encrypted yet"),
    ],
)
def test_what_there_is_not_is_refused(options, said):
    with pytest.raises(TypeError, match=said):
        LocalCluster(n_workers=1, processes=False, **options)
    with pytest.raises(TypeError, match=said):
        Client(n_workers=1, processes=False, **options)


def test_a_client_and_its_cluster_share_their_options():
    with Client(
        timeout="20 s",
        heartbeat_interval="5s",
        direct_to_workers=True,
        n_workers=1,
        processes=False,
        dashboard_address=None,
        set_as_default=False,
    ) as client:
        assert client.submit(abs, -1).result("30s") == 1
    assert client_options({"serializers": ["pickle"], "n_workers": 3}) == {"n_workers": 3}


def test_a_scheduler_file_is_a_pass(tmp_path):
    with pytest.raises(RecordError, match=r"none\.json"):
        Client(scheduler_file=str(tmp_path / "none.json"))
