"""Rewrites expressions: every use of a value goes through a hook of the tracer.

Functions, classes and lambdas are never rewritten inside: a call is the unit of work.
"""

from __future__ import annotations

import ast
import copy
from typing import Any, TypeVar

from treadle.notebook.cell.sites import Site, shorten

#: The name under which the cell finds the tracer; set in ``builtins`` while a cell runs.
TRACER = "__treadle__"

#: Calls that take all of a generator at once.
_CONSUMERS = frozenset("list tuple sum min max sorted set frozenset".split())

_NEVER_IN_COMPREHENSIONS = (ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)


class Unsupported(Exception):
    """A shape of syntax that is run as it was written."""


class ExpressionRewriter:
    """Rewrites expressions and collects the sites that hooks are told about."""

    def __init__(self, text: str):
        self._lines = [line.encode() for line in text.split("\n")]
        self.sites: list[Site] = [Site(0, 0, "")]

    # -- building ------------------------------------------------------------------------------

    def site(self, node: Any, *, dropped: bool = False) -> ast.Constant:
        """Make a site for a node; return its number as syntax."""
        self.sites.append(Site(node.lineno, node.col_offset, self.text_of(node), dropped=dropped))
        return ast.Constant(len(self.sites) - 1)

    def text_of(self, node: Any) -> str:
        """The source text of a node, shortened."""
        lines = self._lines
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if first == last:
            text = lines[first][node.col_offset : node.end_col_offset]
        else:
            text = lines[first][node.col_offset :] + b" " + lines[first + 1]
        return shorten(text.decode(errors="replace"))

    def hook(self, node: ast.AST, name: str, *args: ast.expr) -> ast.Call:
        """Build a call of a hook, at the place of ``node``."""
        call = ast.Call(self.attribute(node, name), list(args), [])
        return at(call, node)

    def attribute(self, node: ast.AST, name: str) -> ast.expr:
        """Build ``__treadle__.name``."""
        tracer = at(ast.Name(TRACER, ast.Load()), node)
        return at(ast.Attribute(tracer, name, ast.Load()), node)

    def as_written(self, node: ast.expr, code: str) -> ast.expr:
        """Everything before has happened, then ``node`` as it is."""
        settled = self.hook(node, "stand_still", self.site(node), ast.Constant(code))
        pair = ast.Tuple([settled, node], ast.Load())
        found = ast.Subscript(pair, ast.Constant(1), ast.Load())
        return at(found, node)

    # -- expressions ---------------------------------------------------------------------------

    def expr(self, node: ast.expr, *, dropped: bool = False) -> ast.expr:
        """Rewrite an expression whose value may be a lazy."""
        if isinstance(node, ast.Call):
            return self._call(node, dropped=dropped)
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            return self.as_written(node, "PAR117")
        try:
            rewritten: ast.expr = method(node)
        except Unsupported:
            return self.as_written(node, "PAR117")
        return rewritten

    def needed(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression whose value must be there."""
        if isinstance(node, ast.Constant):
            return node
        return self.hook(node, "needed", self.site(node), self.expr(node))

    def there(self, node: ast.expr, code: str) -> ast.expr:
        """Rewrite an operand that is looked into."""
        if isinstance(node, ast.Constant):
            return node
        site = self.site(node)
        return self.hook(node, "there", site, self.expr(node), ast.Constant(code))

    def truth(self, node: ast.expr) -> ast.expr:
        """Rewrite a condition."""
        if isinstance(node, ast.Constant):
            return node
        return self.hook(node, "truth", self.site(node), self.expr(node))

    def _name(self, node: ast.Name) -> ast.expr:
        return node

    def _constant(self, node: ast.Constant) -> ast.expr:
        return node

    def _namedexpr(self, node: ast.NamedExpr) -> ast.expr:
        names = constant((node.target.id,))
        value = self.hook(node.value, "bind", self.site(node), names, self.expr(node.value))
        return at(ast.NamedExpr(node.target, value), node)

    def _lambda(self, node: ast.Lambda) -> ast.expr:
        arguments = copy.copy(node.args)
        arguments.defaults = [self.needed(each) for each in arguments.defaults]
        arguments.kw_defaults = [
            None if each is None else self.needed(each) for each in arguments.kw_defaults
        ]
        return at(ast.Lambda(arguments, node.body), node)

    def _binop(self, node: ast.BinOp) -> ast.expr:
        if isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant):
            return node
        return self._combine(node, type(node.op).__name__, node.left, node.right)

    def _combine(self, node: Any, name: str, left: ast.expr, right: ast.expr) -> ast.expr:
        test = self.hook(
            node, "operates_here", self.site(node), ast.Constant(name), self.expr(left),
            self.expr(right),
        )  # fmt: skip
        pair = self.attribute(node, "left"), self.attribute(node, "right")
        if isinstance(node, ast.BinOp):
            native: ast.expr = ast.BinOp(pair[0], node.op, pair[1])
        else:
            native = ast.Compare(pair[0], node.ops, [pair[1]])
        native = at(native, node)
        return at(ast.IfExp(test, native, self.attribute(node, "value")), node)

    def _unaryop(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.operand, ast.Constant):
            return node
        if isinstance(node.op, ast.Not):
            return at(ast.UnaryOp(node.op, self.truth(node.operand)), node)
        name = ast.Constant(type(node.op).__name__)
        return self.hook(node, "unary", self.site(node), name, self.expr(node.operand))

    def _boolop(self, node: ast.BoolOp) -> ast.expr:
        values = [self.truth(each) for each in node.values[:-1]]
        return at(ast.BoolOp(node.op, [*values, self.expr(node.values[-1])]), node)

    def _ifexp(self, node: ast.IfExp) -> ast.expr:
        rewritten = ast.IfExp(self.truth(node.test), self.expr(node.body), self.expr(node.orelse))
        return at(rewritten, node)

    def _compare(self, node: ast.Compare) -> ast.expr:
        operands = [node.left, *node.comparators]
        if len(operands) > 2:
            values = [self.there(each, "PAR120") for each in operands]
        elif isinstance(node.ops[0], ast.Is | ast.IsNot):
            values = [
                each
                if isinstance(each, ast.Constant)
                else self.hook(each, "same", self.site(each), self.expr(each))
                for each in operands
            ]
        elif isinstance(node.ops[0], ast.In | ast.NotIn):
            values = [self.there(each, "PAR121") for each in operands]
        else:
            return self._combine(node, type(node.ops[0]).__name__, *operands)
        return at(ast.Compare(values[0], node.ops, values[1:]), node)

    def _attribute(self, node: ast.Attribute) -> ast.expr:
        value = self.expr(node.value)
        return self.hook(node, "attribute", self.site(node), value, ast.Constant(node.attr))

    def _subscript(self, node: ast.Subscript) -> ast.expr:
        value = self.expr(node.value)
        return self.hook(node, "subscript", self.site(node), value, self.key(node.slice))

    def key(self, node: ast.expr) -> ast.expr:
        """Rewrite what stands in brackets."""
        if isinstance(node, ast.Slice):
            parts = [
                at(ast.Constant(None), node) if part is None else self.needed(part)
                for part in (node.lower, node.upper, node.step)
            ]
            return self.hook(node, "slice", *parts)
        if isinstance(node, ast.Tuple):
            if any(isinstance(each, ast.Starred) for each in node.elts):
                raise Unsupported
            parts = [
                self.key(each) if isinstance(each, ast.Slice) else self.needed(each)
                for each in node.elts
            ]
            return at(ast.Tuple(parts, ast.Load()), node)
        return self.expr(node)

    def _joinedstr(self, node: ast.JoinedStr) -> ast.expr:
        if all(isinstance(each, ast.Constant) for each in node.values):
            return node
        parts = [
            self._formattedvalue(each) if isinstance(each, ast.FormattedValue) else each
            for each in node.values
        ]
        return self.hook(node, "joined", self.site(node), *parts)

    def _formattedvalue(self, node: ast.FormattedValue) -> ast.expr:
        spec: ast.expr = ast.Constant("")
        if node.format_spec is not None:
            spec = self.expr(node.format_spec)
        value = self.expr(node.value)
        conversion = ast.Constant(node.conversion)
        site = self.site(node.value)
        return self.hook(node.value, "formatted", site, value, conversion, spec)

    # -- displays ------------------------------------------------------------------------------

    def _items(self, nodes: list[ast.expr]) -> list[ast.expr]:
        items: list[ast.expr] = []
        for each in nodes:
            if isinstance(each, ast.Starred):
                value = self.hook(each, "spread", self.site(each), self.expr(each.value))
                items.append(at(ast.Starred(value, ast.Load()), each))
            else:
                items.append(self.expr(each))
        return items

    def _list(self, node: ast.List) -> ast.expr:
        if all(isinstance(each, ast.Constant) for each in node.elts):
            return node
        made = at(ast.List(self._items(node.elts), ast.Load()), node)
        return self.hook(node, "display", made)

    def _tuple(self, node: ast.Tuple) -> ast.expr:
        if all(isinstance(each, ast.Constant) for each in node.elts):
            return node
        made = at(ast.Tuple(self._items(node.elts), ast.Load()), node)
        return self.hook(node, "tupled", made)

    def _set(self, node: ast.Set) -> ast.expr:
        if any(isinstance(each, ast.Starred) for each in node.elts):
            raise Unsupported
        items: list[ast.expr] = [
            self.hook(each, "hashed", self.site(each), self.expr(each)) for each in node.elts
        ]
        made = at(ast.List(items, ast.Load()), node)
        return self.hook(node, "comprehended_set", self.site(node), made)

    def _dict(self, node: ast.Dict) -> ast.expr:
        if not node.keys:
            return node
        if any(key is None for key in node.keys):
            raise Unsupported
        keys: list[ast.expr | None] = [self._dict_key(key) for key in node.keys if key is not None]
        made = ast.Dict(keys, [self.expr(value) for value in node.values])
        return self.hook(node, "display", at(made, node))

    def _dict_key(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant):
            return node
        return self.hook(node, "key", self.site(node), self.expr(node))

    # -- comprehensions ------------------------------------------------------------------------

    def _listcomp(self, node: ast.ListComp) -> ast.expr:
        number = self._comprehension_site(node)
        made = ast.ListComp(self.expr(node.elt), self._generators(node.generators, number))
        rest = ast.ListComp(node.elt, self._rest(node, number))
        return self._comprehended(node, "comprehended", number, made, rest)

    def _setcomp(self, node: ast.SetComp) -> ast.expr:
        number = self._comprehension_site(node)
        item = self.hook(node.elt, "hashed", self.site(node.elt), self.expr(node.elt))
        made = ast.ListComp(item, self._generators(node.generators, number))
        rest = self._later(ast.GeneratorExp(node.elt, self._rest(node, number)), node)
        return self._comprehended(node, "comprehended_set", number, made, rest)

    def _later(self, made: ast.GeneratorExp, node: ast.expr) -> ast.expr:
        """``lambda: (...)``: a generator that begins when the rewritten one has ended."""
        nothing = ast.arguments([], [], None, [], [], None, [])
        return at(ast.Lambda(nothing, at(made, node)), node)

    def _dictcomp(self, node: ast.DictComp) -> ast.expr:
        number = self._comprehension_site(node)
        made = ast.DictComp(
            self._dict_key(node.key), self.expr(node.value),
            self._generators(node.generators, number),
        )  # fmt: skip
        rest = ast.DictComp(node.key, node.value, self._rest(node, number))
        return self._comprehended(node, "comprehended", number, made, rest)

    def _generatorexp(self, node: ast.GeneratorExp) -> ast.expr:
        self._comprehension_site(node)
        first = node.generators[0]
        source = self.hook(node, "needed", self.site(node), self.expr(first.iter))
        generators = [ast.comprehension(first.target, source, first.ifs, 0), *node.generators[1:]]
        return at(ast.GeneratorExp(node.elt, generators), node)

    def _comprehension_site(self, node: Any) -> ast.Constant:
        for each in ast.walk(node):
            if isinstance(each, _NEVER_IN_COMPREHENSIONS) or getattr(each, "is_async", False):
                raise Unsupported
        return self.site(node)

    def _comprehended(
        self, node: ast.expr, name: str, number: ast.expr, made: ast.expr, rest: ast.expr
    ) -> ast.expr:
        made, rest = at(made, node), at(rest, node)
        return self.hook(node, name, number, made, rest)

    def _generators(
        self, generators: list[ast.comprehension], number: ast.expr
    ) -> list[ast.comprehension]:
        rewritten = []
        for position, each in enumerate(generators):
            target, shape = without_star(each.target)
            iterable = self._iterable(each.iter)
            if position == 0:
                iterable = self.hook(each.iter, "comprehend", number, iterable, shape)
            else:
                site = self.site(each.iter)
                iterable = self.hook(each.iter, "comprehend_inner", site, iterable, shape)
            ifs = [self.truth(condition) for condition in each.ifs]
            rewritten.append(ast.comprehension(target, iterable, ifs, 0))
        return rewritten

    def _rest(self, node: Any, number: ast.expr) -> list[ast.comprehension]:
        first = node.generators[0]
        left_over = self.hook(node, "rest", number)
        return [ast.comprehension(first.target, left_over, first.ifs, 0), *node.generators[1:]]

    def _iterable(self, node: ast.expr) -> ast.expr:
        """Rewrite what is iterated over; ``map(f, xs)`` there calls ``f`` through the tracer."""
        if _is_plain_map(node):
            assert isinstance(node, ast.Call)
            values = [self.expr(each) for each in node.args]
            return self.hook(node, "mapped", self.site(node), node.func, *values)
        return self.expr(node)

    iterable = _iterable

    # -- calls ---------------------------------------------------------------------------------

    def _call(self, node: ast.Call, *, dropped: bool) -> ast.expr:
        try:
            if isinstance(node.func, ast.Name) and node.func.id in _CONSUMERS:
                consumed = self._consume(node)
                if consumed is not None:
                    return consumed
        except Unsupported:
            return self.as_written(node, "PAR117")
        function = node.func
        if isinstance(function, ast.Attribute):
            value = self.expr(function.value)
            name = ast.Constant(function.attr)
            called: ast.expr = self.hook(function, "method", self.site(function), value, name)
        else:
            called = self.expr(function)
        number = self.site(node, dropped=dropped)
        has_stars = any(isinstance(each, ast.Starred) for each in node.args)
        if has_stars or any(each.arg is None for each in node.keywords):
            positional = [
                ast.Tuple(
                    [
                        ast.Constant(isinstance(each, ast.Starred)),
                        self.expr(each.value if isinstance(each, ast.Starred) else each),
                    ],
                    ast.Load(),
                )
                for each in node.args
            ]
            named = [
                ast.Tuple([ast.Constant(each.arg), self.expr(each.value)], ast.Load())
                for each in node.keywords
            ]
            test = self.hook(
                node, "calls_spread_here", number, called,
                ast.Tuple(list(positional), ast.Load()), ast.Tuple(list(named), ast.Load()),
            )  # fmt: skip
        else:
            args = [self.expr(each) for each in node.args]
            test = self.hook(node, "calls_here", number, called, *args)
            test.keywords = [ast.keyword(k.arg, self.expr(k.value)) for k in node.keywords]
        return self._made_here(node, test)

    def _made_here(self, node: ast.expr, test: ast.expr) -> ast.expr:
        args = ast.Starred(self.attribute(node, "args"), ast.Load())
        kwargs = ast.keyword(None, self.attribute(node, "kwargs"))
        native = ast.Call(self.attribute(node, "function"), [args], [kwargs])
        native = at(native, node)
        found = ast.IfExp(test, native, self.attribute(node, "value"))
        return at(found, node)

    def _consume(self, node: ast.Call) -> ast.expr | None:
        """``sum(f(x) for x in xs)``, ``list(map(f, xs))``."""
        if len(node.args) != 1 or any(each.arg is None for each in node.keywords):
            return None
        taken = node.args[0]
        if isinstance(taken, ast.GeneratorExp):
            number = self._comprehension_site(taken)
            items: ast.expr = ast.GeneratorExp(
                self.expr(taken.elt), self._generators(taken.generators, number)
            )
            plain = ast.GeneratorExp(taken.elt, self._rest(taken, number))
            rest: ast.expr = self._later(plain, taken)
        elif _is_plain_map(taken):
            number = self.site(node)
            items, rest = self._iterable(taken), ast.Constant(None)
        else:
            return None
        items, rest = at(items, taken), at(rest, taken)
        test = self.hook(node, "consumes_here", number, node.func, items, rest)
        test.keywords = [ast.keyword(k.arg, self.expr(k.value)) for k in node.keywords]
        return self._made_here(node, test)


N = TypeVar("N", bound=ast.AST)


def constant(value: Any) -> ast.Constant:
    """A constant of any type that compiled code may hold, such as a tuple."""
    return ast.Constant(value)


def at(made: N, node: Any) -> N:
    """Give a new node the place of an old one; ``ast.copy_location`` takes ten times as long."""
    made.lineno = node.lineno  # type: ignore[attr-defined]
    made.col_offset = node.col_offset  # type: ignore[attr-defined]
    made.end_lineno = node.end_lineno  # type: ignore[attr-defined]
    made.end_col_offset = node.end_col_offset  # type: ignore[attr-defined]
    return made


def shape_of(target: ast.expr) -> Any:
    """Return the shape of a target: None for a name, "*" for a starred one, tuples of these."""
    if isinstance(target, ast.Name):
        return None
    if isinstance(target, ast.Starred) and isinstance(target.value, ast.Name):
        return "*"
    if isinstance(target, ast.Tuple | ast.List):
        shapes = tuple(shape_of(each) for each in target.elts)
        if "*" in shapes and any(type(each) is tuple for each in shapes):
            raise Unsupported
        if any(type(each) is tuple and "*" in each for each in shapes):
            raise Unsupported
        return shapes
    raise Unsupported


def without_star(target: ast.expr) -> tuple[ast.expr, ast.Constant]:
    """Return a target to which parts are given one for one, and its shape as syntax."""
    shape = shape_of(target)
    target = copy.deepcopy(target)
    if shape is not None and isinstance(target, ast.Tuple | ast.List):
        target.elts = [
            each.value if isinstance(each, ast.Starred) else each for each in target.elts
        ]
    return target, constant(shape)


def names_in(target: ast.expr) -> tuple[str, ...]:
    """Names that a target binds."""
    return tuple(node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _is_plain_map(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "map"
        and len(node.args) >= 2
        and not node.keywords
        and not any(isinstance(each, ast.Starred) for each in node.args)
    )
