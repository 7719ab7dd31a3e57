"""Reads one function's body and finds what is not pure in it.

A small abstract interpretation: every expression has a `Freshness`, every local variable the
lowest freshness that was ever put into it.  The body is read again until nothing gets lower.
Storing into an object, or calling a method that changes it, is fine on what the function made
itself.  As soon as something shared was stored into something fresh, nothing counts as fresh
all the way down any more (``_mixed``): aliases make finer book-keeping wrong.

Statements are here, expressions in `expressions.py`.
"""

from __future__ import annotations

import ast
import importlib
import sys
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.expressions import ExpressionReader, Refused, element_of
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.verdicts import Freshness

if TYPE_CHECKING:
    from treadle.notebook.cell.source import FunctionNode

__all__ = ["BodyReader", "Refused"]

DEEP, TOP, SHARED = Freshness.DEEP, Freshness.TOP, Freshness.SHARED


class BodyReader(ExpressionReader):
    """Reads statements.  Raises `Refused` at the first thing that is not pure."""

    def read(self, node: FunctionNode) -> None:
        """Fill `verdict` from the definition."""
        arguments = node.args
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        for position, each in enumerate(names):
            fresh = self.makes_self and position == 0
            self.scope[each.arg] = DEEP if fresh else SHARED
            self.parameters.add(each.arg)
        for _ in range(12):
            before = self._state()
            if isinstance(node, ast.Lambda):
                self.verdict.returns = min(self.verdict.returns, self.value(node.body))
            else:
                self.block(node.body)
            if before == self._state():
                return
        raise Refused(Reason("PAR108", "too tangled to follow"))

    def _state(self) -> tuple[object, ...]:
        return dict(self.scope), self.mixed, set(self.disowned), set(self.others)

    def block(self, statements: list[ast.stmt]) -> None:
        """Read statements one after the other."""
        for statement in statements:
            method = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if method is None:
                raise Refused(Reason("PAR108", f"{type(statement).__name__} in a function"))
            method(statement)

    # -- statements ----------------------------------------------------------------------------

    def _pass(self, node: ast.Pass) -> None: ...

    def _break(self, node: ast.Break) -> None: ...

    def _continue(self, node: ast.Continue) -> None: ...

    def _expr(self, node: ast.Expr) -> None:
        self.value(node.value)

    def _return(self, node: ast.Return) -> None:
        level = DEEP if node.value is None else self.peek(node.value)
        if self.depth == 0:
            self.verdict.returns = min(self.verdict.returns, level)

    def _assert(self, node: ast.Assert) -> None:
        self.value(node.test)
        if node.msg is not None:
            self.value(node.msg)

    def _raise(self, node: ast.Raise) -> None:
        if node.exc is not None and "StopIteration" in ast.dump(node.exc):
            raise Refused(Reason("PAR111", "raises StopIteration"))  # would end whoever iterates
        for part in (node.exc, node.cause):
            if part is not None:
                self.value(part)

    def _if(self, node: ast.If) -> None:
        self.value(node.test)
        self.block(node.body)
        self.block(node.orelse)

    def _while(self, node: ast.While) -> None:
        self.value(node.test)
        self.block(node.body)
        self.block(node.orelse)

    def _for(self, node: ast.For) -> None:
        self.look_at_iteration(node.iter)
        self.assign(node.target, element_of(self.value(node.iter)), from_iteration=True)
        self.block(node.body)
        self.block(node.orelse)

    def _try(self, node: ast.Try) -> None:
        self.block(node.body)
        for handler in node.handlers:
            if handler.type is not None:
                self.value(handler.type)
            if handler.name:
                self.lower(handler.name, SHARED)
            self.block(handler.body)
        self.block(node.orelse)
        self.block(node.finalbody)

    def _with(self, node: ast.With) -> None:
        for item in node.items:
            if not self.opens_to_read(item.context_expr):
                raise Refused(Reason("PAR112", ast.unparse(item.context_expr)))
            level = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, level)
        self.block(node.body)

    def _assign(self, node: ast.Assign) -> None:
        level = self.value(node.value)
        is_function = isinstance(node.value, ast.Lambda)
        for target in node.targets:
            self.assign(target, level, is_function=is_function)
            if isinstance(target, ast.Name):
                self.note_owner(target.id, node.value)
                self.note_set(target.id, node.value)

    def _annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value))
            if isinstance(node.target, ast.Name):
                self.note_owner(node.target.id, node.value)
                self.note_set(node.target.id, node.value)

    def _augassign(self, node: ast.AugAssign) -> None:
        level = self.value(node.value)
        target = node.target
        if isinstance(target, ast.Name):
            if target.id not in self.scope:
                raise Refused(Reason("PAR102", target.id))
            current = self.level_of(target.id)
            if current is SHARED:
                raise Refused(Reason("PAR101", ast.unparse(node)))
            self.lower(target.id, DEEP if current is level is DEEP else TOP)
            self.owners.discard(target.id)
        else:
            self.value(_as_load(target))
            self.store(target, level)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self.store(target, DEEP)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            self.bind_module(name, alias.name if alias.asname else name)
            if alias.name not in sys.modules:
                raise Refused(Reason("PAR103", f"import {alias.name}"))

    def _importfrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if node.level or not node.module or alias.name == "*":
                raise Refused(Reason("PAR103", "import"))
            if node.module not in sys.modules:
                raise Refused(Reason("PAR103", f"import {node.module}"))
            module = importlib.import_module(node.module)
            try:
                self.statics[alias.asname or alias.name] = getattr(module, alias.name)
            except AttributeError:
                raise Refused(Reason("PAR103", f"import {alias.name}")) from None

    def bind_module(self, name: str, path: str) -> None:
        """A local name stands for a module that is imported already."""
        if path not in sys.modules:
            raise Refused(Reason("PAR103", f"import {path}"))
        self.statics[name] = sys.modules[path]

    def _functiondef(self, node: ast.FunctionDef) -> None:
        if node.decorator_list:
            raise Refused(Reason("PAR108", f"@{ast.unparse(node.decorator_list[0])}"))
        self.lower(node.name, SHARED)
        self.callables.add(node.name)
        self.nested(node.args, node.body)

    def _global(self, node: ast.Global) -> None:
        raise Refused(Reason("PAR102", ", ".join(node.names)))

    def _nonlocal(self, node: ast.Nonlocal) -> None:
        raise Refused(Reason("PAR102", ", ".join(node.names)))

    def _match(self, node: ast.Match) -> None:
        self.value(node.subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                for name in (getattr(part, "name", None), getattr(part, "rest", None)):
                    if isinstance(name, str):
                        self.lower(name, SHARED)
                if isinstance(part, ast.MatchValue):
                    self.value(part.value)
                elif isinstance(part, ast.MatchClass):
                    self.value(part.cls)
            if case.guard is not None:
                self.value(case.guard)
            self.block(case.body)


def _as_load(target: Any) -> ast.expr:
    """Return the same subscript or attribute as one that is read."""
    copied: ast.expr = ast.parse(ast.unparse(target), mode="eval").body
    return copied
