"""``--explain``: line, decision, reason, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from treadle.notebook.cell.explain import explain_cell, format_rows
from treadle.notebook.cell.parse import parse_cell

SETUP = (Path(__file__).parent.parent / "cells" / "setup.py").read_text()

GOLDEN = {
    "tasks and effects": (
        """\
out = []
for i in range(4):
    x = load(i)
    out.append(inc(x))
    print(x)
    note(x)
total_of(out)
""",
        """\
line  runs as       what                                              because
   4  task          load(i)
   5  task          inc(x)
   6  effect        print(x)                                          PAR105 prints
   7  inline        note(x)                                           PAR101 changes an object it did not make: log.append
   8  task          total_of(out)""",  # noqa: E501
    ),
    "statements that stand still": (
        """\
import math
with open("x") as f:
    pass
try:
    y = load(1)
except ValueError:
    pass
class A: pass
match 1:
    case 1: pass
""",
        """\
line  runs as       what                                              because
   2  inline        import math                                       PAR114 a definition or an import runs where it stands
   3  inline        with open("x") as f:                              PAR112 a with block runs serially
   5  inline        try:                                              PAR113 a try block runs serially
   9  inline        class A: pass                                     PAR114 a definition or an import runs where it stands
  10  inline        match 1:                                          PAR115 this statement runs serially""",  # noqa: E501
    ),
    "barriers": (
        """\
x = load(1)
if x > 3:
    y = maybe(x)
while y is None:
    y = draw(3)
for v in listed(1):
    pass
""",
        """\
line  runs as       what                                              because
   2  task          load(1)
   3  barrier       x > 3                                             PAR120 its truth is needed
   4  task          maybe(x)
   5  barrier       y is None                                         PAR121 its identity or membership is needed
   6  inline        draw(3)                                           PAR108 calls something that is not known to be pure: method rng.randint
   7  task          listed(1)
   7  barrier       listed(1)                                         PAR122 it is iterated over or unpacked""",  # noqa: E501
    ),
    "dropped, unknown, functions of the cell": (
        """\
def square(x):
    return x * x
square(2)
z = square(3)
missing(4)
frame = pd.read_csv("x")
frame.to_csv("y")
w = summarise(frame)
shared.sort()
""",
        """\
line  runs as       what                                              because
   4  inline        square(2)                                         PAR106 its value is dropped, so it is presumed to have an effect
   5  task          square(3)
   6  inline        missing(4)                                        PAR108 calls something that is not known to be pure: missing is not defined yet
   7  task          pd.read_csv("x")
   8  inline        frame.to_csv("y")                                 PAR107 a method of an object that is there may change it: to_csv
   9  task          summarise(frame)
  10  inline        shared.sort()                                     PAR107 a method of an object that is there may change it: sort""",  # noqa: E501
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_explain_tells_line_decision_and_reason(name):
    body, golden = GOLDEN[name]
    shell = InteractiveShell.instance()
    shell.automagic = False
    shell.reset(new_session=False)
    shell.run_cell(SETUP).raise_error()
    before = dict(shell.user_ns)

    rows = explain_cell(parse_cell(shell, "%%parallel --explain", body), shell.user_ns)

    assert format_rows(rows) == golden
    assert dict(shell.user_ns) == before
