"""Reads the expressions of a function's body: how fresh is the value, is anything not pure?"""

from __future__ import annotations

import ast
import builtins
import types
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.differing import DifferingReader
from treadle.notebook.cell.kinds import TRUSTED, kind_of
from treadle.notebook.cell.knowledge import (
    FRESH_BUILTINS,
    FRESH_FUNCTIONS,
    FRESH_METHODS,
    ITERATOR_BUILTINS,
    MUTATORS,
    PURE_METHODS,
    RANDOM_METHODS,
    READERS,
    SCALAR_BUILTINS,
    impure_method_names,
    is_open,
    makes_generator,
    writes_out,
)
from treadle.notebook.cell.reasons import Reason
from treadle.notebook.cell.verdicts import ABSENT, Freshness, Verdict

if TYPE_CHECKING:
    from treadle.notebook.cell.screen import Screen

DEEP, TOP, SHARED = Freshness.DEEP, Freshness.TOP, Freshness.SHARED

#: Accessors through which a frame is stored into.
_ACCESSORS = frozenset({"loc", "iloc", "at", "iat", "flat", "T"})

_EMPTY_MAKERS = frozenset({"list", "dict", "set"})


class Refused(Exception):
    """Something that is not pure, or not known to be."""

    def __init__(self, reason: Reason):
        super().__init__(reason)
        self.reason = reason


def element_of(level: Freshness) -> Freshness:
    """How fresh what a container holds is."""
    return DEEP if level is DEEP else SHARED


class ExpressionReader(DifferingReader):
    """Evaluates expressions to their freshness; keeps the variables of one function."""

    def __init__(self, screen: Screen, function: types.FunctionType, makes_self: bool):
        self.screen = screen
        self.function = function
        self.makes_self = makes_self
        self.verdict = Verdict()
        self.scope: dict[str, Freshness] = {}
        self.parameters: set[str] = set()
        self.callables: set[str] = set()  # variables that hold functions made here
        self.others: set[str] = set()  # variables that were given something else
        self.statics: dict[str, Any] = {}  # variables that stand for modules and what is in them
        self.owners: set[str] = set()  # containers whose items are all made where they are stored
        self.disowned: set[str] = set()
        self.mixed = False
        self.depth = 0
        self._sets, self._others, self._any_order = set(), set(), set()
        self.locals = {*function.__code__.co_varnames, *function.__code__.co_cellvars}

    # -- variables -----------------------------------------------------------------------------

    def lower(self, name: str, level: Freshness) -> None:
        """A variable may hold something of this freshness."""
        self.scope[name] = min(self.scope.get(name, DEEP), level)

    def level_of(self, name: str) -> Freshness:
        """How fresh what a variable holds is."""
        level = self.scope[name]
        return min(level, TOP) if self.mixed else level

    def note_owner(self, name: str, value: ast.expr) -> None:
        """``name = {}`` and ``name = defaultdict(list)`` own what is later stored into them."""
        is_empty = isinstance(value, ast.List | ast.Dict) and not ast.dump(value).count("Name")
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            args = value.args
            is_empty = (
                value.func.id == "defaultdict"
                and len(args) == 1
                and isinstance(args[0], ast.Name)
                and args[0].id in _EMPTY_MAKERS
                and getattr(builtins, args[0].id) is self.static(args[0])
            ) or (value.func.id in _EMPTY_MAKERS and not args and not value.keywords)
        if not is_empty:
            self.disown(name)
        elif name not in self.disowned:
            self.owners.add(name)

    def disown(self, name: str) -> None:
        """Something that was made elsewhere may be among what a container holds."""
        self.disowned.add(name)
        self.owners.discard(name)

    def peek(self, node: ast.expr) -> Freshness:
        """Return the freshness of a value that is looked at but not handed on."""
        if isinstance(node, ast.Name) and node.id in self.owners:
            return self.level_of(node.id)
        return self.value(node)

    def assign(
        self,
        target: ast.expr,
        level: Freshness,
        *,
        is_function: bool = False,
        from_iteration: bool = False,
    ) -> None:
        """Put a value of this freshness into a target."""
        if isinstance(target, ast.Name):
            self.lower(target.id, level)
            (self.callables if is_function else self.others).add(target.id)
            if from_iteration:
                self.disown(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self.assign(each, element_of(level), from_iteration=True)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, level if level is DEEP else TOP)
        else:
            self.store(target, level)

    def store(self, target: ast.expr, level: Freshness) -> None:
        """Store into an item or attribute."""
        if not isinstance(target, ast.Subscript | ast.Attribute):
            raise Refused(Reason("PAR101", ast.unparse(target)))
        inner = target.value
        base = (
            self.value(inner, owned=True) if isinstance(inner, ast.Subscript) else self.peek(inner)
        )
        if isinstance(target, ast.Subscript):
            self.value(target.slice)
        if base is SHARED:
            raise Refused(Reason("PAR101", ast.unparse(target)))
        if level is SHARED and isinstance(inner, ast.Name):
            self.disown(inner.id)
        if level is not DEEP:
            self.mixed = True

    def nested(self, arguments: ast.arguments, body: list[ast.stmt] | ast.expr) -> None:
        """Read a function made inside: its arguments are shared, the rest it sees as we do."""
        for default in [*arguments.defaults, *(each for each in arguments.kw_defaults if each)]:
            self.value(default)
        outer = dict(self.scope), set(self.parameters), set(self.owners)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        for each in every:
            self.scope[each.arg] = SHARED
            self.parameters.add(each.arg)
        hidden = {each.arg for each in every}
        self.depth += 1
        if isinstance(body, ast.expr):
            self.value(body)
        else:
            inside = {
                node.id
                for statement in body
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            if inside & outer[0].keys() - hidden:
                hidden |= inside  # its own variable of the same name
            self.block(body)
        self.depth -= 1
        for name in outer[0].keys() - hidden:
            outer[0][name] = min(outer[0][name], self.scope[name])
        self.scope, self.parameters, self.owners = outer

    def block(self, statements: list[ast.stmt]) -> None:
        """Read statements; `body.BodyReader` does."""
        raise NotImplementedError

    # -- what names mean -----------------------------------------------------------------------

    def static(self, node: ast.expr) -> Any:
        """Return the function, class or module that an expression names for sure, or ABSENT."""
        if isinstance(node, ast.Attribute):
            base = self.static(node.value)
            if not isinstance(base, types.ModuleType):
                return ABSENT
            value = getattr(base, node.attr, ABSENT)
            if not _has_meaning(value) and base.__name__.partition(".")[0] not in TRUSTED:
                self.verdict.reads[id(vars(base)), node.attr] = vars(base), node.attr
            return value
        if not isinstance(node, ast.Name):
            return ABSENT
        name = node.id
        if name in self.statics:
            return self.statics[name]
        if name in self.scope or name in self.locals:
            return ABSENT
        code = self.function.__code__
        if name in code.co_freevars:
            try:
                cell = (self.function.__closure__ or ())[code.co_freevars.index(name)]
                value = cell.cell_contents
            except ValueError:
                return ABSENT
            return value if _has_meaning(value) else ABSENT
        names = self.function.__globals__
        value = names.get(name, ABSENT)
        self.verdict.reads[id(names), name] = names, name
        if value is ABSENT:
            self.verdict.bindings.append((names, name, ABSENT))
            return getattr(builtins, name, ABSENT)
        if not _has_meaning(value):
            return ABSENT
        self.verdict.bindings.append((names, name, value))
        return value

    # -- expressions ---------------------------------------------------------------------------

    def value(self, node: ast.expr, *, owned: bool = False) -> Freshness:
        """Return how fresh the value of ``node`` is; refuse what is not pure."""
        method = getattr(self, f"_{type(node).__name__.lower()}_value", None)
        if method is None:
            raise Refused(Reason("PAR108", type(node).__name__))
        if owned and isinstance(node, ast.Subscript):
            return self._subscript_value(node, owned=True)
        level: Freshness = method(node)
        return level

    def values(self, nodes: list[ast.expr]) -> Freshness:
        """Return the lowest freshness of several."""
        return min([self.value(node) for node in nodes], default=DEEP)

    def _constant_value(self, node: ast.Constant) -> Freshness:
        return DEEP

    def _name_value(self, node: ast.Name) -> Freshness:
        if node.id in self.scope:
            self.disown(node.id)  # it may get another name
            return self.level_of(node.id)
        value = self.static(node)
        if value is not ABSENT:
            self.check_callable(value, node.id)
        elif node.id in self.locals:
            return DEEP  # not bound yet on this reading
        return SHARED

    def check_callable(self, value: Any, name: str) -> None:
        """A function that is mentioned may be called by whoever gets it."""
        if isinstance(value, types.ModuleType) or is_open(value):
            return
        self.look_at_function(value)
        verdict = self.screen.callable(value, name)
        if not verdict.is_pure:
            assert verdict.reason is not None
            raise Refused(_through(name, verdict.reason))
        self.verdict.include(verdict)

    def _attribute_value(self, node: ast.Attribute) -> Freshness:
        value = self.static(node)
        if value is not ABSENT:
            if _has_meaning(value):
                self.check_callable(value, ast.unparse(node))
            return SHARED
        level = self.value(node.value)
        if node.attr in MUTATORS or node.attr in impure_method_names():
            raise Refused(Reason("PAR108", ast.unparse(node)))
        if level is TOP and node.attr in _ACCESSORS:
            return TOP
        return element_of(level)

    def _subscript_value(self, node: ast.Subscript, *, owned: bool = False) -> Freshness:
        level = self.peek(node.value)
        self.value(node.slice)
        if isinstance(node.value, ast.Name) and node.value.id in self.owners and level is TOP:
            return TOP if owned else SHARED
        if isinstance(node.slice, ast.List) and level is not DEEP:
            return TOP  # several columns or rows: a new frame or array
        return element_of(level)

    def _slice_value(self, node: ast.Slice) -> Freshness:
        return self.values([part for part in (node.lower, node.upper, node.step) if part])

    def _starred_value(self, node: ast.Starred) -> Freshness:
        self.look_at_iteration(node.value)
        return element_of(self.value(node.value))

    def _binop_value(self, node: ast.BinOp) -> Freshness:
        return max(TOP, min(self.value(node.left), self.value(node.right)))

    def _unaryop_value(self, node: ast.UnaryOp) -> Freshness:
        level = self.value(node.operand)
        return DEEP if isinstance(node.op, ast.Not) else level

    def _boolop_value(self, node: ast.BoolOp) -> Freshness:
        return self.values(node.values)

    def _compare_value(self, node: ast.Compare) -> Freshness:
        self.values([node.left, *node.comparators])
        self.look_at_comparison(node)
        return DEEP

    def _ifexp_value(self, node: ast.IfExp) -> Freshness:
        self.value(node.test)
        return self.values([node.body, node.orelse])

    def _joinedstr_value(self, node: ast.JoinedStr) -> Freshness:
        self.values(node.values)
        return DEEP

    def _formattedvalue_value(self, node: ast.FormattedValue) -> Freshness:
        self.value(node.value)
        if node.format_spec is not None:
            self.value(node.format_spec)
        return DEEP

    def _display(self, nodes: list[ast.expr]) -> Freshness:
        return DEEP if self.values(nodes) is DEEP else TOP

    def _list_value(self, node: ast.List) -> Freshness:
        return self._display(node.elts)

    def _tuple_value(self, node: ast.Tuple) -> Freshness:
        return self._display(node.elts)

    def _set_value(self, node: ast.Set) -> Freshness:
        return self._display(node.elts)

    def _dict_value(self, node: ast.Dict) -> Freshness:
        return self._display([*[key for key in node.keys if key is not None], *node.values])

    def _namedexpr_value(self, node: ast.NamedExpr) -> Freshness:
        level = self.value(node.value)
        self.assign(node.target, level, is_function=isinstance(node.value, ast.Lambda))
        return level

    def _lambda_value(self, node: ast.Lambda) -> Freshness:
        self.nested(node.args, node.body)
        return DEEP

    def _yield_value(self, node: ast.Yield) -> Freshness:
        if node.value is not None:
            self.value(node.value)
        return SHARED  # of a function made inside; the screen refuses generators themselves

    def _yieldfrom_value(self, node: ast.YieldFrom) -> Freshness:
        self.value(node.value)
        return SHARED

    def _comprehension(
        self, generators: list[ast.comprehension], parts: list[ast.expr]
    ) -> Freshness:
        outer = dict(self.scope)
        named: set[str] = set()
        for each in generators:
            self.look_at_iteration(each.iter)
            level = element_of(self.value(each.iter))
            for node in ast.walk(each.target):
                if isinstance(node, ast.Name):
                    self.scope[node.id] = level
                    named.add(node.id)
            for condition in each.ifs:
                self.value(condition)
        result = self._display(parts)
        for name in self.scope.keys() - named:
            outer[name] = min(outer.get(name, DEEP), self.scope[name])
        self.scope = outer
        return result

    def _listcomp_value(self, node: ast.ListComp) -> Freshness:
        self.look_at_comprehension(node)
        return self._comprehension(node.generators, [node.elt])

    def _setcomp_value(self, node: ast.SetComp) -> Freshness:
        self.look_at_comprehension(node)
        return self._comprehension(node.generators, [node.elt])

    def _generatorexp_value(self, node: ast.GeneratorExp) -> Freshness:
        self.look_at_comprehension(node)
        return self._comprehension(node.generators, [node.elt])

    def _dictcomp_value(self, node: ast.DictComp) -> Freshness:
        return self._comprehension(node.generators, [node.key, node.value])

    # -- calls ---------------------------------------------------------------------------------

    def opens_to_read(self, node: ast.expr) -> bool:
        """``open(path)`` with a mode that is written out and only reads."""
        if not isinstance(node, ast.Call) or not is_open(self.static(node.func)):
            return False
        modes = [*node.args[1:2], *(each.value for each in node.keywords if each.arg == "mode")]
        if any(each.arg in (None, "opener") for each in node.keywords) or len(node.args) > 2:
            return False
        return all(isinstance(m, ast.Constant) and m.value in ("r", "rt", "rb") for m in modes)

    def _call_value(self, node: ast.Call) -> Freshness:
        keywords = {each.arg for each in node.keywords}
        self.look_at_call(node)
        called = self.static(node.func)
        if called is not ABSENT:
            if self.opens_to_read(node):
                self.values(node.args)
                return DEEP
            if node.args and makes_generator(called):
                self.values(node.args)
                return DEEP
            own = getattr(called, "__name__", "")
            looks = (
                getattr(builtins, own, None) is called and own in FRESH_BUILTINS | SCALAR_BUILTINS
            )
            arguments = self._arguments(node, looks=looks)
            return self._call_static(called, node, arguments, keywords)
        if isinstance(node.func, ast.Attribute):
            return self._call_method(node, node.func, keywords)
        self._check_called_variable(node.func)
        self._arguments(node)
        return SHARED

    def _arguments(self, node: ast.Call, *, looks: bool = False) -> Freshness:
        every = [*node.args, *(each.value for each in node.keywords)]
        return min([self.peek(each) if looks else self.value(each) for each in every], default=DEEP)

    def _call_static(
        self, called: Any, node: ast.Call, arguments: Freshness, keywords: set[str | None]
    ) -> Freshness:
        name = ast.unparse(node.func)
        verdict = self.screen.callable(called, name)
        if not verdict.is_pure:
            assert verdict.reason is not None
            raise Refused(_through(name, verdict.reason))
        self.verdict.include(verdict)
        if kind_of(called) == "function" and verdict.functions:
            return verdict.returns
        if writes_out(called, len(node.args), keywords):
            raise Refused(Reason("PAR101", f"{name}(..., out=...)"))
        own = getattr(called, "__name__", "")
        if getattr(builtins, own, None) is called:
            if own in SCALAR_BUILTINS:
                return DEEP
            if own in FRESH_BUILTINS:
                return DEEP if arguments is DEEP else TOP
            if own in ITERATOR_BUILTINS:
                return element_of(arguments)
            return TOP if own == "sum" else element_of(arguments)
        if own in READERS:
            return DEEP
        if arguments is DEEP:
            return DEEP
        if "copy" in keywords:
            return SHARED  # copy=False may give back what it was given
        if isinstance(called, type) and own in ("DataFrame", "Series", "Index", "Categorical"):
            return SHARED  # may be a view of what it was given
        return TOP if own in FRESH_FUNCTIONS or isinstance(called, type) else SHARED

    def _call_method(
        self, node: ast.Call, method: ast.Attribute, keywords: set[str | None]
    ) -> Freshness:
        name = method.attr
        inner = method.value
        if isinstance(inner, ast.Subscript):
            receiver = self.value(inner, owned=name in MUTATORS)
        else:
            receiver = self.peek(inner)
        arguments = self._arguments(node)
        if "out" in keywords or (None in keywords and name not in MUTATORS):
            raise Refused(Reason("PAR108", ast.unparse(method)))
        if name in MUTATORS or _asks_inplace(node):
            if receiver is SHARED:
                raise Refused(Reason("PAR101", ast.unparse(method)))
            if arguments is not DEEP:
                self.mixed = True
            if name == "setdefault" and isinstance(inner, ast.Name):
                return self._call_setdefault(node, inner.id, receiver)
            adds_fresh = name in ("append", "add", "appendleft") and arguments is TOP
            if isinstance(inner, ast.Name) and arguments is not DEEP and not adds_fresh:
                self.disown(inner.id)
            return element_of(receiver)
        if name in RANDOM_METHODS and receiver is not SHARED:
            return DEEP if receiver is arguments is DEEP else TOP
        if name in PURE_METHODS or (receiver is DEEP and name in ("read", "readline", "readlines")):
            if receiver is not DEEP:
                self.verdict.methods.add(name)
            if receiver is DEEP and arguments is DEEP:
                return DEEP
            return TOP if name in FRESH_METHODS and "copy" not in keywords else SHARED
        raise Refused(Reason("PAR108", f"method {ast.unparse(method)}"))

    def _call_setdefault(self, node: ast.Call, name: str, receiver: Freshness) -> Freshness:
        """``groups.setdefault(key, []).append(x)``: the list was made here."""
        makes = len(node.args) == 2 and isinstance(node.args[1], ast.List | ast.Dict)
        if receiver is not SHARED and name in self.owners and makes:
            return TOP
        self.disown(name)
        return element_of(receiver)

    def _check_called_variable(self, node: ast.expr) -> None:
        """What is called must be an argument, a global, or a function made here."""
        while isinstance(node, ast.Subscript):
            self.value(node.slice)
            node = node.value
        if isinstance(node, ast.Name):
            if node.id in self.callables | self.parameters and node.id not in self.others:
                return
            if node.id not in self.scope and node.id not in self.locals:
                return  # a global table of functions, or a name that does not exist
        raise Refused(Reason("PAR108", ast.unparse(node)))


def _has_meaning(value: Any) -> bool:
    return kind_of(value) in ("function", "builtin", "class", "module", "method", "partial") or (
        callable(value)
    )


def _asks_inplace(node: ast.Call) -> bool:
    return any(
        each.arg == "inplace"
        and not (isinstance(each.value, ast.Constant) and each.value.value is False)
        for each in node.keywords
    )


def _through(name: str, reason: Reason) -> Reason:
    """Say on which way a reason was reached."""
    if reason.detail.startswith(name):
        return reason
    return Reason(reason.code, f"{name} → {reason.detail}" if reason.detail else name)
