"""Servers for the tests of reading and writing: PostgreSQL, S3 and HTTP, all on this machine."""

from __future__ import annotations

import contextlib
import functools
import glob
import http.server
import os
import pwd
import re
import shutil
import subprocess
import threading

import pytest


def _postgres_programs():
    """Where Debian's packages put the programs of the server."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))
    beside = shutil.which("initdb")
    folders = [*reversed(found), *([os.path.dirname(os.path.realpath(beside))] if beside else [])]
    return next((f for f in folders if os.access(f"{f}/initdb", os.X_OK)), None)


def _as_other_user(folder):
    """The server refuses to be root's; return the words before a command that make it another's."""
    if os.getuid() != 0:
        return []
    users = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    # Folders of pytest are root's alone: those above must let others through.
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """Address of a PostgreSQL server that lives as long as the tests."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql, or make what the tests need")
    import tempfile

    # Not below pytest's folder, into which other users can't go; a socket's path is short, too.
    folder = tempfile.mkdtemp(prefix="pg")
    prefix = _as_other_user(folder)
    environment = {**os.environ, "LC_ALL": "C", "HOME": folder}

    def run(*command):
        subprocess.run(
            [*prefix, *command], check=True, cwd=folder, env=environment, timeout=120,
            stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
        )  # fmt: skip

    data = f"{folder}/data"
    try:
        run(
            f"{programs}/initdb",
            "-D",
            data,
            "-U",
            "tester",
            "-A",
            "trust",
            "--no-sync",
            "-E",
            "UTF8",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        run(f"{programs}/pg_ctl", "-D", data, "-l", f"{folder}/log", "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://tester@/postgres?host={folder}"
        finally:
            run(f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def s3():
    """Options of a file system on a stand-in of S3, with an empty bucket called ``frames``."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "me", "aws_secret_access_key": "secret"}
    boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys).create_bucket(
        Bucket="frames"
    )
    yield {"key": "me", "secret": "secret", "client_kwargs": {"endpoint_url": url}}
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


class _Files(http.server.SimpleHTTPRequestHandler):
    """Serves files whole, whatever range is asked for."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


class _Ranges(_Files):
    """Serves ranges of files, as most servers do."""

    def send_head(self):
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        path = self.translate_path(self.path)
        if wanted is None or not os.path.isfile(path):
            if os.path.isfile(path):
                self.ranged = True
            return super().send_head()
        size = os.path.getsize(path)
        begin, end = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
        stream = open(path, "rb")  # noqa: SIM115
        stream.seek(begin)
        self.left = end - begin + 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{end}/{size}")
        self.send_header("Content-Length", str(self.left))
        self.end_headers()
        return stream

    def end_headers(self):
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()

    def copyfile(self, source, outputfile):
        left = self.__dict__.pop("left", None)
        outputfile.write(source.read() if left is None else source.read(left))


@contextlib.contextmanager
def serving(folder, handler):
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["ranges", "whole files"])
def web(request, tmp_path):
    """Address of a web server for the files of ``tmp_path``, that knows ranges or does not."""
    with serving(tmp_path, _Ranges if request.param == "ranges" else _Files) as address:
        yield address
    import fsspec

    fsspec.get_filesystem_class("http").clear_instance_cache()
