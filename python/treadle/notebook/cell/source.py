"""From a function to the syntax tree that it was compiled from.

The tree is trusted only if compiling the file or cell again gives the very same code: a file that
was edited after its import, or text that a magic changed, must not be mistaken for what runs.
"""

from __future__ import annotations
import __future__

import ast
import linecache
from itertools import chain
from types import CodeType
from typing import TypeAlias

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

#: Flags that future statements set.
FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)

#: (filename, future flags) -> (text, nodes by code): one parse a file.
_parsed: dict[tuple[str, int], tuple[str, dict[CodeType, FunctionNode | None]]] = {}

#: Filename -> text of cells whose first line isn't Python.
_bodies: dict[str, str] = {}


def register_body(filename: str, text: str) -> None:
    """Say what a cell's Python text is, where IPython shows it with a magic on top."""
    _bodies[filename] = text


def node_of(code: CodeType) -> FunctionNode | None:
    """Return the definition of ``code``, or None if its source can't be found or isn't the same.

    Examples
    --------
    >>> def double(x): return 2 * x
    >>> ast.unparse(node_of(double.__code__).body)
    'return 2 * x'
    """
    filename = code.co_filename
    text = _bodies.get(filename)
    if text is None:
        text = "".join(linecache.getlines(filename))
    if not text:
        return None
    future = code.co_flags & FUTURE  # an earlier cell may have made the future statement
    cached = _parsed.get((filename, future))
    if cached is None or cached[0] != text:
        if len(_parsed) > 200:
            _parsed.clear()
        cached = _parsed[filename, future] = text, _index(text, filename, future)
    return cached[1].get(code)


def _index(text: str, filename: str, future: int) -> dict[CodeType, FunctionNode | None]:
    import warnings

    try:
        tree = ast.parse(text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = compile(text, filename, "exec", dont_inherit=True, flags=_AWAIT | future)
            # IPython compiles the statements of a cell one by one, which gives other code for
            # functions that call into modules imported in the same cell
            pieces = [
                compile(
                    ast.Module([each], []),
                    filename,
                    "exec",
                    dont_inherit=True,
                    flags=_AWAIT | future,
                )
                for each in tree.body
            ]
    except (SyntaxError, ValueError):
        return {}
    nodes: dict[tuple[str, int], list[FunctionNode]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            nodes.setdefault((node.name, first), []).append(node)
        elif isinstance(node, ast.Lambda):
            nodes.setdefault(("<lambda>", node.lineno), []).append(node)
    found: dict[CodeType, FunctionNode | None] = {}
    for each in dict.fromkeys([*_codes_in(whole), *chain(*map(_codes_in, pieces))]):
        candidates = nodes.get((each.co_name, each.co_firstlineno), [])
        if len(candidates) > 1:
            candidates = [node for node in candidates if _holds(node, each)]
        if len(candidates) == 1:
            found[each] = candidates[0]
    return found


_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def _codes_in(code: CodeType) -> list[CodeType]:
    found = []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.append(constant)
            found.extend(_codes_in(constant))
    return found


def _holds(node: FunctionNode, code: CodeType) -> bool:
    """Tell whether the first position of ``code`` with columns lies within ``node``'s body."""
    body = node.body if isinstance(node, ast.Lambda) else node.body[0]
    for line, _, column, _ in code.co_positions():
        if line is not None and column is not None and column > 0:
            if not (body.lineno <= line <= (body.end_lineno or line)):
                return False
            return line != body.lineno or body.col_offset <= column <= (body.end_col_offset or 0)
    return False
