"""``%%parallel`` as people type it, in a shell of this process."""

from __future__ import annotations

import os
import threading
import traceback
import warnings

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from treadle.notebook import load_ipython_extension, unload_ipython_extension

FUNCTIONS = """
import threading
import time
def inc(x):
    return x + 1
def boom(x):
    if x == 3:
        raise ValueError(f"boom at {x}")
    return x
def note(x):
    log.append(x)
def read(path):
    with open(path) as file:
        return file.read()
log = []
"""


@pytest.fixture
def shell():
    made = InteractiveShell.instance()
    made.reset(new_session=False)
    made.automagic = False
    load_ipython_extension(made)
    made.run_cell(FUNCTIONS).raise_error()
    yield made
    unload_ipython_extension(made)


def run(shell, text):
    result = shell.run_cell(text)
    result.raise_error()
    return result.result


def refuse(shell, text):
    magic, _, rest = text.partition("\n")
    line = magic.lstrip("%").removeprefix("parallel").strip()
    form = ("parallel", line, rest) if rest else ("parallel", line)
    with pytest.raises(UsageError) as caught:
        (shell.run_cell_magic if rest else shell.run_line_magic)(*form)
    return str(caught.value)


def test_names_are_concrete_afterwards_and_the_last_value_is_returned(shell):
    value = run(shell, "%%parallel --min-task 0\nxs = [inc(i) for i in range(4)]\nsum(xs)")

    assert value == 10
    assert shell.user_ns["xs"] == [1, 2, 3, 4]


def test_tasks_really_run_at_the_same_time(shell, tmp_path):
    # opening a pipe waits for its other end, and the second pipe's is opened first: one after the
    # other, the first task would wait forever
    pipes = [tmp_path / "first", tmp_path / "second"]
    for pipe in pipes:
        os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: [pipe.write_text(pipe.name) for pipe in pipes[::-1]])
    writer.start()
    shell.user_ns["pipes"] = pipes

    value = run(shell, "%%parallel -n 2 --on threads\n[read(pipe) for pipe in pipes]")

    writer.join()
    assert value == ["first", "second"]


def test_one_worker_is_one_at_a_time(shell):
    run(shell, "%%parallel -n 1 -o r --min-task 0\nxs = [inc(i) for i in range(4)]")

    assert shell.user_ns["r"].nworkers == 1
    assert shell.user_ns["r"].ntasks == 4


def test_a_semicolon_silences(shell):
    assert shell.run_cell("%%parallel\ninc(1);").result is None


def test_the_line_form_runs_an_expression(shell):
    assert run(shell, "%parallel inc(1) + inc(2)") == 5
    assert run(shell, "%parallel -n 2 -q [inc(i) for i in range(3)]") == [1, 2, 3]
    assert run(shell, "%parallel -3 + inc(1)") == -1


def test_empty_and_text_cells(shell):
    assert run(shell, "%%parallel\n\n") is None
    assert run(shell, "%%parallel\n# only a comment") is None
    assert run(shell, "%%parallel\n'text'") == "text"


def test_the_run_is_stored_even_if_the_cell_fails(shell):
    with pytest.raises(ValueError, match="boom at 3"):
        run(shell, "%%parallel -o r --min-task 0\nxs = [boom(i) for i in range(5)]")

    r = shell.user_ns["r"]
    assert (r.state, type(r.error)) == ("failed", ValueError)
    assert r.report.state == "failed"
    assert [row.decision for row in r.rows] == ["task"]


def test_the_report_counts_tasks_by_function(shell):
    run(shell, "%%parallel -o r --min-task 0\nxs = [inc(i) for i in range(3)]\na, b = boom((1, 2))")

    groups = {group.name: group.done for group in shell.user_ns["r"].report.groups}
    assert groups == {"inc": 3, "boom": 1}


def test_an_error_has_its_line_its_type_and_one_note(shell):
    with pytest.raises(ValueError, match="boom at 3") as caught:
        run(shell, "%%parallel\nx = inc(1)\ny = boom(3)\nz = inc(2)")

    (note,) = caught.value.__notes__
    assert "line 3" in note
    frames = traceback.extract_tb(caught.tb)
    lines = [(f.name, f.lineno) for f in frames if f.filename.startswith("<ipython")]
    assert lines == [("<module>", 1), ("<module>", 3), ("boom", 7)]
    assert "z" not in shell.user_ns
    assert shell.user_ns["x"] == 2


def test_a_traceback_shows_the_cell_and_hides_our_frames(shell, capsys):
    shell.colors = "nocolor"
    shell.run_cell("%%parallel\nx = inc(1)\ny = boom(3)\n")

    shown = capsys.readouterr().out
    assert "y = boom(3)" in shown
    assert "notebook/cell" not in shown
    assert "magics.py" not in shown


def test_a_syntax_error_is_told_in_a_paragraph_with_the_cells_line(shell):
    with pytest.raises(UsageError) as caught:
        run(shell, "%%parallel\nx = 1\nif x:\n    y = = 2\n")

    assert str(caught.value) == (
        "line 4 of the cell is not Python: invalid syntax\n    y = = 2\n        ^"
    )
    assert "x" not in shell.user_ns


def test_a_nested_cell_runs_as_it_is_with_one_warning(shell):
    shell.user_ns["shell"] = shell
    body = "for i in range(2):\n    shell.run_cell_magic('parallel', '', f'y{i} = inc({i})')\n"

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(shell, "%%parallel\n" + body)

    assert [str(each.message)[:34] for each in caught] == ["%%parallel inside %%parallel runs "]
    assert (shell.user_ns["y0"], shell.user_ns["y1"]) == (1, 2)


def test_line_magics_and_shell_commands_are_effects(shell, capsys, monkeypatch):
    monkeypatch.setenv("MAGIC_TEST", "0")  # so that it is as before afterwards

    run(shell, "%%parallel\nx = inc(1)\n!echo {x}\n%env MAGIC_TEST=5\ny = inc(x)")

    assert shell.user_ns["y"] == 3
    assert "2" in capsys.readouterr().out
    assert os.environ["MAGIC_TEST"] == "5"


def test_our_own_collections_pass_through(shell):
    run(shell, "import treadle\nlater = treadle.delayed(inc)(1)")

    run(shell, "%%parallel\nsame = later\nxs = [later, inc(1)]\nv = later.compute()")

    assert shell.user_ns["same"] is shell.user_ns["later"]
    assert shell.user_ns["xs"][0] is shell.user_ns["later"]
    assert shell.user_ns["v"] == 2


def decisions(shell):
    rows = shell.user_ns["r"].rows
    return [(row.what, row.decision, row.code) for row in rows if row.decision != "barrier"]


def test_never_and_only_keep_calls_inline(shell):
    run(shell, "%%parallel -o r --min-task 0 --never inc\nx = inc(1); y = boom(1)")
    first = decisions(shell)
    run(shell, "%%parallel -o r --min-task 0 --only inc\nx = inc(1); y = boom(1)")
    second = decisions(shell)

    assert first == [("inc(1)", "inline", "PAR118"), ("boom(1)", "task", "")]
    assert second == [("inc(1)", "task", ""), ("boom(1)", "inline", "PAR118")]


def test_last_shows_the_last_run(shell, capsys):
    assert "no cell has run" in refuse(shell, "%parallel --last")
    run(shell, "%%parallel --min-task 0\nx = inc(1)")
    capsys.readouterr()

    run(shell, "%parallel --last")

    assert "inc(1)" in capsys.readouterr().out


def test_cheap_calls_run_inline_after_a_few(shell):
    run(shell, "%%parallel -o r\nt = 0\nfor i in range(5000):\n    t += inc(i)")

    assert shell.user_ns["t"] == sum(range(5000)) + 5000
    assert shell.user_ns["r"].ntasks < 300
    assert ("inline", "PAR401") in [(row.decision, row.code) for row in shell.user_ns["r"].rows]


def test_config_sets_defaults(shell):
    magics = shell.magics_manager.registry["ParallelMagics"]
    shell.run_line_magic("config", "ParallelMagics.on = 'sync'")

    run(shell, "%%parallel -o r\nx = inc(1)")

    assert (magics.on, shell.user_ns["r"].engine) == ("sync", "sync")
    shell.run_line_magic("config", "ParallelMagics.on = 'auto'")  # the shell outlives this test


def test_local_names_can_be_read_but_are_not_written(shell):
    magics = shell.magics_manager.registry["ParallelMagics"]
    shell.user_ns["inside"] = "outer"

    magics.parallel("", "seen = inside\nnew = hidden", local_ns={"inside": "inner", "hidden": 1})

    assert shell.user_ns["seen"] == "inner"
    assert shell.user_ns["inside"] == "outer"
    assert "hidden" not in shell.user_ns


def test_unloading_takes_the_magic_away(shell):
    unload_ipython_extension(shell)

    assert "parallel" not in shell.magics_manager.magics["cell"]


BAD = {
    "%%parallel --onn x\n1": "unknown option --onn; did you mean --on?",
    "%%parallel --on thread\n1": "unknown value 'thread' for --on; use one of auto, threads, "
    "processes, sync",
    "%%parallel --lazy\n1": "--lazy (bind names to delayed values) is not built yet",
    "%%parallel -a\n1": "-a (run in the background) is not built yet",
    "%%parallel -n 0\n1": "-n takes a whole number of at least 1, not '0'",
    "%%parallel -n two\n1": "not 'two'",
    "%%parallel -n\n1": "-n needs a value",
    "%%parallel -o 3x\n1": "takes the name of a variable, not '3x'",
    "%%parallel --progress bar\n1": "unknown value 'bar' for --progress; use one of auto, none",
    "%%parallel --min-task soon\n1": "takes a number of seconds, not 'soon'",
    "%%parallel words\n1": "unexpected 'words'",
    "%%parallel --last\n1": "%parallel --last",
    "%parallel": "needs an expression",
    "%%parallel\n%%bash\nls": "starts with the cell magic %%bash",
    "%%parallel\nx = 1\nawait x": "line 3 of the cell awaits",
    "%%parallel\n[x async for x in y]": "line 2 of the cell awaits",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_is_one_clear_sentence(shell, text):
    told = refuse(shell, text)

    assert BAD[text] in told
    assert "\n" not in told
