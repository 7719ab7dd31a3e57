"""Tables of decisions: what ran, and what would run.

``--explain`` runs nothing.  It reads the cell from top to bottom with the namespace as it is, and
decides what can be decided so: names that the cell itself binds are known only if it defines them
as functions, or gives them the result of something that would be a task.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.knowledge import PURE_BUILTINS, PURE_METHODS
from treadle.notebook.cell.reach import Walk
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.rewrite import OPAQUE_CODES
from treadle.notebook.cell.screen import Screen
from treadle.notebook.cell.sites import Decision, Row, shorten
from treadle.notebook.cell.verdicts import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treadle.notebook.cell.parse import ParsedCell
    from treadle.notebook.cell.run import CellOptions

_REWRITTEN = (
    ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.If, ast.For, ast.While, ast.Assert,
    ast.Delete, ast.Pass, ast.Break, ast.Continue, ast.Global,
)  # fmt: skip

_STRUCTURAL = frozenset("append extend items keys values get copy".split())


def format_rows(rows: Iterable[Row]) -> str:
    """Return decisions as a table of text, one row a line.

    Examples
    --------
    >>> print(format_rows([Row(2, "load(i)", "task", "", "", 3)]))
    line  runs as       what                                              because
       2  task ×3       load(i)
    """
    lines = []
    for row in rows:
        times = f" ×{row.times}" if row.times > 1 else ""
        reason = f"{row.code} {row.because}" if row.code else ""
        lines.append(f"{row.line:>4}  {row.decision + times:<13} {row.what:<48}  {reason}".rstrip())
    return "\n".join([f"line  {'runs as':<13} {'what':<48}  because", *lines])


def explain_cell(
    cell: ParsedCell, namespace: dict[str, Any], options: CellOptions | None = None
) -> list[Row]:
    """Say what each line of a cell would run as.  Runs nothing of it."""
    explainer = _Explainer(cell, namespace)
    if options is not None:
        explainer.only, explainer.never = options.only, options.never
        explainer.elsewhere = not options.engine.capabilities.in_process
    explainer.block(cell.tree.body, top=True)
    return explainer.rows()


class _Explainer:
    def __init__(self, cell: ParsedCell, namespace: dict[str, Any]):
        self._cell = cell
        self._scope = dict(namespace)
        self._screen = Screen()
        self._lazy: set[str] = set()  # names that would hold results of tasks
        self._unknown: set[str] = set()  # names that the cell binds to something else
        self._found: Counter[tuple[int, str, Decision, Reason | None]] = Counter()
        self.only: frozenset[str] = frozenset()
        self.never: frozenset[str] = frozenset()
        self.elsewhere = False  # tasks run in other processes

    def rows(self) -> list[Row]:
        rows = [
            Row(line, what, decision, r.code if r else "", r.text if r else "", 1)
            for (line, what, decision, r) in self._found
        ]
        return sorted(rows, key=lambda row: row.line)

    def tell(self, node: Any, decision: Decision, reason: Reason | None = None) -> None:
        what = ast.get_source_segment(self._cell.text, node) or ast.unparse(node)
        if isinstance(node, ast.stmt) and not isinstance(node, ast.Expr):
            what = what.split("\n", 1)[0]
        self._found[node.lineno, shorten(what, 48), decision, reason] += 1

    # -- statements ----------------------------------------------------------------------------

    def block(self, statements: list[ast.stmt], *, top: bool = False) -> None:
        for position, node in enumerate(statements):
            if isinstance(node, ast.FunctionDef):
                self._define(node)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif not isinstance(node, _REWRITTEN):
                code = OPAQUE_CODES.get(type(node).__name__, "PAR115")
                self.tell(node, "inline", Reason(code))
                self._bind_all(node)
            else:
                is_last = top and position == len(statements) - 1
                self._statement(node, is_last=is_last)

    def _statement(self, node: ast.stmt, *, is_last: bool) -> None:
        if isinstance(node, ast.Expr):
            self.expression(node.value, dropped=not is_last)
        elif isinstance(node, ast.If | ast.While):
            if self.expression(node.test):
                self.tell(node.test, "barrier", Reason("PAR120"))
            self.block(node.body)
            self.block(node.orelse)
        elif isinstance(node, ast.For):
            if self.expression(node.iter) and not self._is_container(node.iter):
                self.tell(node.iter, "barrier", Reason("PAR122"))
            self._bind(node.target, self.expression(node.iter))
            self.block(node.body)
            self.block(node.orelse)
        elif isinstance(node, ast.Assign):
            lazy = self.expression(node.value)
            for target in node.targets:
                self._bind(target, lazy)
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and node.value is not None:
            lazy = self.expression(node.value)
            if isinstance(node, ast.AugAssign):
                lazy = lazy or self.expression(_loaded(node.target))
            self._bind(node.target, lazy)
        elif isinstance(node, ast.Assert) and self.expression(node.test):
            self.tell(node.test, "barrier", Reason("PAR120"))

    def _is_container(self, node: ast.expr) -> bool:
        """A list of results can be gone through without waiting."""
        if isinstance(node, ast.Name):
            return node.id in self._containers
        return (
            not isinstance(node, ast.Call)
            or (
                isinstance(node.func, ast.Name)
                and node.func.id in ("zip", "enumerate", "reversed", "map")
            )
            or (isinstance(node.func, ast.Attribute) and node.func.attr in _STRUCTURAL)
        )

    @property
    def _containers(self) -> set[str]:
        return self._held

    _held: set[str] = set()  # noqa: RUF012  (replaced in _bind)

    def _bind(self, target: ast.expr, lazy: bool) -> None:
        for name in [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]:
            if isinstance(target, ast.Subscript | ast.Attribute):
                if lazy:
                    self._held = {*self._held, name}
                continue
            self._scope.pop(name, None)
            self._unknown.add(name)
            (self._lazy.add if lazy else self._lazy.discard)(name)

    def _bind_all(self, node: ast.stmt) -> None:
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                self._bind(each, False)
        if isinstance(node, ast.ClassDef):
            self._scope.pop(node.name, None)
            self._unknown.add(node.name)

    def _define(self, node: ast.FunctionDef) -> None:
        """Define a function of the cell aside, where that runs nothing."""
        self._unknown.discard(node.name)
        plain = all(
            isinstance(d, ast.Constant) for d in [*node.args.defaults, *node.args.kw_defaults]
        )
        if node.decorator_list or not plain:
            self._scope.pop(node.name, None)
            self._unknown.add(node.name)
            return
        module = ast.Module([node], [])
        exec(compile(module, self._cell.filename, "exec", dont_inherit=True), self._scope)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.tell(node, "inline", Reason("PAR114"))
        for alias in node.names:
            home = alias.name if isinstance(node, ast.Import) else node.module
            name = alias.asname or alias.name.partition(".")[0]
            module = sys.modules.get(home or "")
            if isinstance(node, ast.Import):
                value = module if alias.asname else sys.modules.get(name)
            else:
                value = getattr(module, alias.name, None)
            self._unknown.discard(name)
            if value is not None:
                self._scope[name] = value

    # -- expressions ---------------------------------------------------------------------------

    def expression(self, node: ast.expr, *, dropped: bool = False) -> bool:
        """Explain the calls in an expression; tell whether its value would be waited for."""
        if isinstance(node, ast.Lambda | ast.Constant):
            return False
        if isinstance(node, ast.Name):
            return node.id in self._lazy
        if isinstance(node, ast.Call):
            return self._call(node, dropped=dropped)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return self._comprehension(node)
        if isinstance(node, ast.IfExp):
            if self.expression(node.test):
                self.tell(node.test, "barrier", Reason("PAR120"))
            return self._any_of([node.body, node.orelse])
        if isinstance(node, ast.BoolOp):
            for each in node.values[:-1]:
                if self.expression(each):
                    self.tell(each, "barrier", Reason("PAR120"))
            return self.expression(node.values[-1])
        if isinstance(node, ast.Compare):
            lazy = self._any_of([node.left, *node.comparators])
            kinds = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
            if lazy and (len(node.ops) > 1 or isinstance(node.ops[0], kinds)):
                self.tell(node, "barrier", Reason("PAR121"))
                return False
            return lazy
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return self._any_of(parts)

    def _any_of(self, nodes: list[ast.expr]) -> bool:
        """Explain all of several expressions."""
        found = False
        for node in nodes:
            found = self.expression(node) or found
        return found

    def _comprehension(self, node: Any) -> bool:
        bound: dict[str, bool] = {}
        for each in node.generators:
            lazy = self.expression(each.iter)
            for target in ast.walk(each.target):
                if isinstance(target, ast.Name):
                    bound[target.id] = target.id in self._lazy
                    (self._lazy.add if lazy else self._lazy.discard)(target.id)
                    self._unknown.add(target.id)
            for condition in each.ifs:
                if self.expression(condition):
                    self.tell(condition, "barrier", Reason("PAR120"))
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        lazy = self._any_of(parts)
        for name, was in bound.items():
            (self._lazy.add if was else self._lazy.discard)(name)
        return lazy

    def _static(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            if node.id in self._unknown and node.id not in self._scope:
                return ABSENT
            return self._scope.get(node.id, getattr(builtins, node.id, ABSENT))
        if isinstance(node, ast.Attribute):
            base = self._static(node.value)
            return getattr(base, node.attr, ABSENT) if kind_of(base) == "module" else ABSENT
        return ABSENT

    def _call(self, node: ast.Call, *, dropped: bool) -> bool:
        arguments = [*node.args, *(each.value for each in node.keywords)]
        called = self._static(node.func)
        if called is ABSENT and isinstance(node.func, ast.Attribute):
            return self._method(node, node.func, arguments, dropped=dropped)
        lazy = self._any_of(arguments)
        if called is ABSENT:
            name = ast.unparse(node.func)
            self.tell(node, "inline", Reason("PAR108", f"{name} is not defined yet"))
            return False
        name = getattr(called, "__name__", "")
        if called is print:
            self.tell(node, "effect", Reason("PAR105"))
            return False
        if getattr(builtins, name, None) is called and name in PURE_BUILTINS:
            self._mapped(node, name)
            return lazy or (name in ("list", "tuple", "sum", "map") and self._maps_task(node))
        if name == "get_ipython":
            self.tell(node, "inline", Reason("PAR116"))
            return False
        reason = self._screen.callable(called, ast.unparse(node.func)).reason
        reason = reason or self._denied(called) or (Reason("PAR106") if dropped else None)
        reason = reason or self._unsafe(arguments)
        if reason is None and self.elsewhere:
            reason = self._stays(called, ast.unparse(node.func), arguments)
        self.tell(node, "task" if reason is None else "inline", reason)
        return reason is None

    def _mapped(self, node: ast.Call, name: str) -> None:
        if name == "map" and node.args:
            called = self._static(node.args[0])
            if called is not ABSENT:
                reason = self._screen.callable(called, ast.unparse(node.args[0])).reason
                self.tell(node, "task" if reason is None else "inline", reason)

    def _maps_task(self, node: ast.Call) -> bool:
        inner = node if isinstance(node.func, ast.Name) and node.func.id == "map" else None
        for each in node.args:
            if (
                isinstance(each, ast.Call)
                and isinstance(each.func, ast.Name)
                and each.func.id == "map"
            ):
                inner = each
        if inner is None or not inner.args:
            return False
        called = self._static(inner.args[0])
        return called is not ABSENT and self._screen.callable(called, "").is_pure

    def _method(
        self, node: ast.Call, method: ast.Attribute, arguments: list[ast.expr], *, dropped: bool
    ) -> bool:
        receiver = self.expression(method.value)
        lazy = self._any_of(arguments)
        if receiver and not self._is_list(method.value):
            if method.attr in PURE_METHODS and not dropped:
                self.tell(node, "task")
                return True
            self.tell(node, "inline", Reason("PAR107", method.attr))
            return False
        if method.attr in _STRUCTURAL:
            if lazy and isinstance(method.value, ast.Name):
                self._lazy.add(method.value.id)
                self._held = {*self._held, method.value.id}
            return receiver
        if isinstance(method.value, ast.Constant) and method.attr in PURE_METHODS:
            return lazy
        self.tell(node, "inline", Reason("PAR107", method.attr))
        return False

    def _is_list(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self._held

    def _stays(self, called: Any, name: str, arguments: list[ast.expr]) -> Reason | None:
        """Say why a call would not be sent to another process."""
        from treadle.notebook.cell.parcels import why_not_sent

        values = [
            (each.id, self._scope[each.id])
            for each in arguments
            if isinstance(each, ast.Name) and each.id in self._scope and each.id not in self._lazy
        ]
        return why_not_sent(self._screen, called, name, values)

    def _denied(self, called: Any) -> Reason | None:
        name = getattr(called, "__qualname__", "")
        if name in self.never or (self.only and name not in self.only):
            return Reason("PAR118")
        return None

    def _unsafe(self, arguments: list[ast.expr]) -> Reason | None:
        """Look at arguments that are there already."""
        walk = Walk(self._screen, {})
        for each in arguments:
            if isinstance(each, ast.Name) and each.id in self._scope:
                walk.add(self._scope[each.id])
        return walk.problem


def _loaded(target: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(target), mode="eval").body
