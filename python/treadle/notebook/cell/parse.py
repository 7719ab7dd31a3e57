"""From the text under ``%%parallel`` to code: what is refused, and the names lines go by."""

from __future__ import annotations

import ast
import sys
import warnings
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.error import UsageError

from treadle.notebook.cell.rewrite import rewrite
from treadle.notebook.cell.source import FUTURE, register_body

if TYPE_CHECKING:
    from treadle.notebook.cell.sites import Site

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class ParsedCell(NamedTuple):
    """A cell, ready to run.

    Attributes
    ----------
    code : CodeType
        Rewritten.
    plain : CodeType
        As it was written, for a cell within a cell.
    filename : str
        The name under which tracebacks find its lines.
    """

    tree: ast.Module
    code: CodeType
    plain: CodeType
    sites: list[Site]
    filename: str
    text: str


def parse_cell(shell: Any, head: str, body: str, *, is_line: bool = False) -> ParsedCell:
    """Parse, check and rewrite a cell.

    Raises
    ------
    UsageError
        If the body starts with a cell magic, awaits, or is not Python; with the line of the cell.
    """
    first = body.lstrip("\n").split("\n", 1)[0].strip()
    if first.startswith("%%"):
        magic = first.split()[0]
        raise UsageError(
            f"%%parallel runs Python, and the body starts with the cell magic {magic}; "
            f"put {magic} in a cell of its own, or above %%parallel"
        )
    text = body if is_line else "\n" + shell.transform_cell(body)
    shown = f"{head} {text}" if is_line else f"{head}{text}"
    raw = shown if is_line else f"{head}\n{body}"
    filename = shell.compile.cache(shown, cell_number(shell), raw_code=raw)
    register_body(filename, text)
    try:
        tree = compile(text, filename, "exec", ast.PyCF_ONLY_AST | _flags(shell), dont_inherit=True)
        assert isinstance(tree, ast.Module)
        _refuse_await(tree)
        plain = compile(tree, filename, "exec", _flags(shell), dont_inherit=True)
    except SyntaxError as error:
        raise UsageError(_not_python(error)) from None
    shell.compile.flags |= plain.co_flags & FUTURE  # as IPython does for its cells
    rewritten, sites = rewrite(tree, text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shown by the compilation above
        code = compile(rewritten, filename, "exec", _flags(shell), dont_inherit=True)
    return ParsedCell(tree, code, plain, sites, filename, text)


def cell_number(shell: Any) -> int:
    """The number of the cell that runs now; the shell's own counter is ahead of it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        found = shell.compile.format_code_name(frame.f_code.co_filename)
        if found and str(found[1]).strip("In[]").isdigit():
            return int(str(found[1]).strip("In[]"))
        frame = frame.f_back
    return int(shell.execution_count)


def _not_python(error: SyntaxError) -> str:
    """Say what is wrong with a cell that does not compile; nothing of it has run."""
    text = f"line {error.lineno} of the cell is not Python: {error.msg}"
    if error.text and error.offset:
        line = error.text.rstrip()
        indent = len(line) - len(line.lstrip())
        text += f"\n    {line.lstrip()}\n    {' ' * (error.offset - 1 - indent)}^"
    return text


def _flags(shell: Any) -> int:
    """Future statements that earlier cells made."""
    return int(shell.compile.flags) & ~ast.PyCF_ONLY_AST & ~ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def _refuse_await(node: ast.AST) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS):
            continue
        where: ast.AST | None = None
        if isinstance(child, ast.Await | ast.AsyncFor | ast.AsyncWith):
            where = child
        elif isinstance(child, ast.comprehension) and child.is_async:
            where = child.target
        if where is not None:
            line = getattr(where, "lineno", 0)
            raise UsageError(
                f"line {line} of the cell awaits, and %%parallel runs a cell from start to end "
                "without an event loop; await in a cell of its own and use the result here"
            )
        _refuse_await(child)
