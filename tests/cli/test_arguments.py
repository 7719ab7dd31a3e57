"""What the command line understands, what it refuses, and what it imports."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import treadle
from treadle.cli import main as cli
from treadle.cli import values
from treadle.errors import ConfigError, RecordError

ROOT = Path(__file__).parent.parent.parent


def test_the_script_is_the_one_of_the_package():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]

    assert scripts == {"treadle": "treadle.cli.main:main"}
    installed = [e.value for e in entry_points(group="console_scripts", name="treadle")]
    assert installed in ([], ["treadle.cli.main:main"])


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"treadle {treadle.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["cluster"],
        ["cluster", "scale", "here"],
        ["cluster", "scale", "here", "two"],
        ["cluster", "export", "here"],
        ["cluster", "export", "here", "--role", "observer"],
        ["cluster", "stop"],
        ["scheduler", "--port", "http"],
    ],
)
def test_wrong_arguments_are_told_with_the_usage(arguments: list[str], capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)

    assert ended.value.code == 2
    assert "usage: treadle" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["worker"], "say which cluster"),
        (["worker", "nobody"], "no cluster is called 'nobody'"),
        (["worker", "tcp://127.0.0.1:1"], "no cluster of yours on this machine is at"),
        (["worker", "--record", "missing.json"], "can't read missing.json"),
        (["cluster", "info", "nobody"], "no cluster is called"),
        (["cluster", "scale", "nobody", "2"], "no cluster is called"),
        (["cluster", "export", "nobody", "--role", "worker"], "no cluster is called"),
        (["cluster", "stop", "nobody"], "no cluster is called"),
        (["cluster", "start", "--name", "../x"], "can't be the name of a cluster"),
        (["cluster", "start", "--resources", "GPU"], "not resources: 'GPU'"),
        (["cluster", "start", "--memory-limit", "much"], "not a size in bytes: 'much'"),
        (["cluster", "start", "--n-workers", "-1"], "n_workers must be a whole number"),
        (["scheduler", "--name", "No Name"], "can't be the name of a cluster"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_stderr(arguments: list[str], error: str, capsys):
    assert cli.main(arguments) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("treadle: ")
    assert error in told.err
    assert told.err.count("\n") == 1


def test_no_clusters_are_no_error(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["cluster", "list"]) == 0
    assert cli.main(["cluster", "list", "--json"]) == 0

    assert capsys.readouterr().out.splitlines()[-1] == "[]"


def test_resources_are_names_with_amounts():
    assert values.resources(None) == {}
    assert values.resources(" GPU=1 ,disk = 2.5,") == {"GPU": 1.0, "disk": 2.5}
    with pytest.raises(ConfigError, match="write them like"):
        values.resources("GPU=many")


def test_an_error_of_treadle_is_a_line_and_any_other_a_traceback(monkeypatch, capsys):
    def fail(error: Exception):
        def run(options: object) -> None:
            raise error

        return run

    monkeypatch.setattr("treadle.cli.cluster.list_clusters", fail(RecordError("that is why")))
    assert cli.main(["cluster", "list"]) == 1
    assert capsys.readouterr().err == "treadle: that is why\n"

    monkeypatch.setattr("treadle.cli.cluster.list_clusters", fail(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main(["cluster", "list"])


def test_help_imports_nothing_heavy():
    heavy = ["numpy", "pandas", "msgspec", "asyncio", "tornado", "jupyter_core", "psutil"]
    program = f"""
import sys
from treadle.cli.main import main
try:
    main(["--help"])
except SystemExit:
    print([name for name in {heavy} if name in sys.modules])
"""

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )

    assert run.stdout.splitlines()[-1] == "[]"
