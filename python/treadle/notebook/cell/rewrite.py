"""Rewrites the statements of a cell.

What is not rewritten runs as it was written, after everything before it has happened: ``with``,
``try``, ``match``, definitions, imports.  Loops are there twice: see `loops.py`.
"""

from __future__ import annotations

import ast
from typing import Any

from treadle.notebook.cell.rewrite_expressions import (
    ExpressionRewriter,
    Unsupported,
    at,
    constant,
    names_in,
    shape_of,
    without_star,
)
from treadle.notebook.cell.sites import Site

OPAQUE_CODES = {
    "With": "PAR112",
    "Try": "PAR113",
    "TryStar": "PAR113",
    "FunctionDef": "PAR114",
    "AsyncFunctionDef": "PAR114",
    "ClassDef": "PAR114",
    "Import": "PAR114",
    "ImportFrom": "PAR114",
}


class Rewriter(ExpressionRewriter):
    """Rewrites a module.

    Examples
    --------
    >>> tree, sites = rewrite(ast.parse("x = f(1)"), "x = f(1)")
    >>> [site.text for site in sites[1:]]
    ['f(1)', 'x = f(1)']
    """

    def module(self, tree: ast.Module) -> ast.Module:
        """Rewrite a cell; the value of a last expression is kept by the tracer."""
        body = list(tree.body)
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        rewritten = self.block(body)
        if last is not None:
            assert isinstance(last, ast.Expr)
            result = self.hook(last, "result", self.expr(last.value))
            rewritten.append(at(ast.Expr(result), last))
        return ast.fix_missing_locations(ast.Module(rewritten, []))

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Rewrite statements one after the other."""
        return [new for statement in statements for new in self.statement(statement)]

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """Rewrite one statement."""
        method = getattr(self, f"_{type(node).__name__.lower()}_statement", None)
        if method is None:
            return self._as_it_is(node)
        before = len(self.sites)
        try:
            rewritten: list[ast.stmt] = method(node)
        except Unsupported:
            del self.sites[before:]
            return self._as_it_is(node)
        return rewritten

    def _as_it_is(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            return [node]  # nothing may stand before it
        code = OPAQUE_CODES.get(type(node).__name__, "PAR115")
        settled = self.hook(node, "stand_still", self.site(_head(node)), ast.Constant(code))
        return [at(ast.Expr(settled), node), node]

    def _pass_statement(self, node: ast.stmt) -> list[ast.stmt]:
        return [node]

    _break_statement = _continue_statement = _global_statement = _pass_statement

    def _expr_statement(self, node: ast.Expr) -> list[ast.stmt]:
        if isinstance(node.value, ast.Constant):
            return [node]
        value = self.expr(node.value, dropped=True)
        return [at(ast.Expr(value), node)]

    def _assign_statement(self, node: ast.Assign) -> list[ast.stmt]:
        targets = node.targets
        if all(isinstance(target, ast.Name) for target in targets):
            value = self.expr(node.value)
            names = constant(tuple(name for each in targets for name in names_in(each)))
            bound = self.hook(node.value, "bind", self.site(node), names, value)
            return [at(ast.Assign(targets, bound), node)]
        if len(targets) > 1:
            raise Unsupported
        target = targets[0]
        if isinstance(target, ast.Subscript):
            value = self.expr(node.value)
            container, key = self.expr(target.value), self.key(target.slice)
            stored = self.hook(node, "setitem", self.site(node), value, container, key)
            return [at(ast.Expr(stored), node)]
        target, shape = without_star(target)
        value = self.expr(node.value)
        names = constant(names_in(target))
        parts = self.hook(node.value, "unpack", self.site(node), value, shape, names)
        return [at(ast.Assign([target], parts), node)]

    def _annassign_statement(self, node: ast.AnnAssign) -> list[ast.stmt]:
        if node.value is None or not isinstance(node.target, ast.Name):
            raise Unsupported
        names = constant((node.target.id,))
        value = self.hook(node.value, "bind", self.site(node), names, self.expr(node.value))
        made = ast.AnnAssign(node.target, node.annotation, value, node.simple)
        return [at(made, node)]

    def _augassign_statement(self, node: ast.AugAssign) -> list[ast.stmt]:
        target, name = node.target, ast.Constant(type(node.op).__name__)
        if isinstance(target, ast.Name):
            left = at(ast.Name(target.id, ast.Load()), target)
            number = self.site(node)
            value = self.hook(node, "inplace", number, name, left, self.expr(node.value))
            bound = self.hook(node, "bind", number, constant((target.id,)), value)
            return [at(ast.Assign([target], bound), node)]
        if not isinstance(target, ast.Subscript):
            raise Unsupported
        number = self.site(node)
        container, key = self.expr(target.value), self.key(target.slice)
        loaded = self.hook(target, "load_for_update", number, container, key)
        stored = self.hook(node, "store_updated", number, name, loaded, self.expr(node.value))
        return [at(ast.Expr(stored), node)]

    def _delete_statement(self, node: ast.Delete) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for target in node.targets:
            if not isinstance(target, ast.Name):
                raise Unsupported
            noted = self.hook(node, "unbind", self.site(node), ast.Constant(target.id))
            made.append(at(ast.Expr(noted), node))
            made.append(at(ast.Delete([target]), node))
        return made

    def _assert_statement(self, node: ast.Assert) -> list[ast.stmt]:
        message = None if node.msg is None else self.needed(node.msg)
        return [at(ast.Assert(self.truth(node.test), message), node)]

    def _if_statement(self, node: ast.If) -> list[ast.stmt]:
        made = ast.If(self.truth(node.test), self.block(node.body), self.block(node.orelse))
        return [at(made, node)]

    def _for_statement(self, node: ast.For) -> list[ast.stmt]:
        shape_of(node.target)
        number = self.site(_head(node))
        target, shape = without_star(node.target)
        names = constant(names_in(target))
        items = self.hook(node.iter, "loop", number, self.iterable(node.iter), shape, names)
        left_over = ast.For(
            node.target,
            self.hook(node.iter, "rest", number),
            node.body,
            self.block(node.orelse),
        )
        left_over = at(left_over, node)
        made = ast.For(target, items, self.block(node.body), [left_over])
        return [at(made, node)]

    def _while_statement(self, node: ast.While) -> list[ast.stmt]:
        number = self.site(_head(node))
        go_on = self.hook(node.test, "go_on", number)
        test = ast.BoolOp(ast.And(), [go_on, self.truth(node.test)])
        left_over = ast.While(node.test, node.body, self.block(node.orelse))
        branch = ast.If(
            self.hook(node.test, "stopped", number),
            [at(left_over, node)],
            self.block(node.orelse),
        )
        made = ast.While(
            at(test, node.test),
            self.block(node.body),
            [at(branch, node)],
        )
        return [at(made, node)]


def _head(node: Any) -> Any:
    """Return a node that stands for the first line of a statement."""
    head = ast.Pass()
    head.lineno, head.col_offset = node.lineno, node.col_offset
    head.end_lineno, head.end_col_offset = node.lineno, None  # to the end of the line
    return head


def rewrite(tree: ast.Module, text: str) -> tuple[ast.Module, list[Site]]:
    """Rewrite a parsed cell; return it, and the sites that its hooks are told about."""
    rewriter = Rewriter(text)
    return rewriter.module(tree), rewriter.sites
