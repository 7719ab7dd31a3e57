"""What gives another result in another process, although it is pure.

- ``is`` between objects: copies are other objects.  Classes, modules, functions of installed
  packages, members of enums and ``None`` stay themselves.
- ``id()`` and ``hash()``: addresses, and hashes of texts, which start from a random number.
- Going through a set: the order of texts in it depends on their hashes.  Asking what is in a set,
  or sorting it, does not.

Only what stands in the function's own text is found: a set that comes as an argument is not known
to be one.
"""

from __future__ import annotations

import ast
import builtins
import enum
import os
from typing import TYPE_CHECKING, Any

from treadle.notebook.cell.kinds import kind_of
from treadle.notebook.cell.verdicts import ABSENT, Verdict
from treadle.protocol.installed import is_importable

if TYPE_CHECKING:
    from collections.abc import Callable

#: Builtins to which the order of what they go through is all the same.
_ORDERLESS = frozenset("sorted len min max any all set frozenset sum bool isinstance".split())

#: Builtins, and a method, that hand the order on.
_ORDERED = frozenset("list tuple enumerate iter zip map filter dict reversed".split())

#: Functions that look at where things are.
LOOK_AT_MEMORY = frozenset("id hash shares_memory may_share_memory byte_bounds".split())

_SET_METHODS = frozenset("union intersection difference symmetric_difference".split())
_SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


class DifferingReader:
    """The part of reading a function that looks out for processes.

    It relies on ``verdict`` and ``static``, which `expressions.ExpressionReader` has.
    """

    verdict: Verdict
    static: Callable[[ast.expr], Any]
    _sets: set[str]  # variables that hold sets
    _others: set[str]  # variables that were given something else, too
    _any_order: set[int]  # generators whose order does not count

    def tell_differing(self, why: str) -> None:
        """Note why the result may be another one elsewhere."""
        self.verdict.differs = self.verdict.differs or why

    # -- identity ------------------------------------------------------------------------------

    def look_at_comparison(self, node: ast.Compare) -> None:
        """Look at ``is`` and ``is not``."""
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
            if isinstance(operator, ast.Is | ast.IsNot) and not (
                self._stays_itself(left) or self._stays_itself(right)
            ):
                self.tell_differing(f"compares with is: {ast.unparse(node)}")

    def _stays_itself(self, node: ast.expr) -> bool:
        """Tell whether an object is the same one in every process."""
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Call):
            return self._builtin(node.func) == "type"
        if isinstance(node, ast.Attribute) and isinstance(self.static(node.value), enum.EnumMeta):
            return True
        value = self.static(node)
        kind = kind_of(value)
        return value is not ABSENT and (
            kind in ("class", "module", "builtin") or (kind == "function" and is_importable(value))
        )

    # -- order ---------------------------------------------------------------------------------

    def note_set(self, name: str, value: ast.expr) -> None:
        """A variable is given a value: is it a set?"""
        if self._is_set(value) and name not in self._others:
            self._sets.add(name)
        else:
            self._others.add(name)
            self._sets.discard(name)

    def look_at_iteration(self, node: ast.expr) -> None:
        """Something is gone through, one after the other."""
        if id(node) not in self._any_order and self._is_set(node) and not has_fixed_hashes():
            self.tell_differing(f"goes through a set: {ast.unparse(node)}")

    def look_at_comprehension(self, node: Any) -> None:
        """A set comprehension gives a set whatever the order is."""
        if isinstance(node, ast.SetComp) or id(node) in self._any_order:
            self._any_order.update(id(each.iter) for each in node.generators)

    def look_at_call(self, node: ast.Call) -> None:
        """Look at ``id(...)``, ``list({...})``, ``", ".join({...})``."""
        name = self._builtin(node.func)
        self.look_at_function(self.static(node.func))
        if name in _ORDERLESS:
            self._any_order.update(map(id, node.args))
        elif name in _ORDERED or (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in ("join", "extend", "fromkeys")
        ):
            for argument in node.args:
                self.look_at_iteration(argument)

    def look_at_function(self, function: Any) -> None:
        """Look at a function that is called, or handed to one that may call it."""
        name = getattr(function, "__name__", "")
        if type(name) is str and name in LOOK_AT_MEMORY and kind_of(function) == "builtin":
            self.tell_differing(f"calls {name}()")

    def _builtin(self, node: ast.expr) -> str:
        """Return the name of the builtin that an expression names, or nothing."""
        value = self.static(node)
        name = getattr(value, "__name__", "")
        return name if type(name) is str and getattr(builtins, name, None) is value else ""

    def _is_set(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Set | ast.SetComp):
            return True
        if isinstance(node, ast.Name):
            return node.id in self._sets
        if isinstance(node, ast.BinOp) and isinstance(node.op, _SET_OPERATORS):
            return self._is_set(node.left) or self._is_set(node.right)
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and node.func.attr in _SET_METHODS:
                return self._is_set(node.func.value)
            return self._builtin(node.func) in ("set", "frozenset")
        return False


def has_fixed_hashes() -> bool:
    """Tell whether hashes of texts are the same in all processes: ``PYTHONHASHSEED=0``."""
    return os.environ.get("PYTHONHASHSEED", "random") not in ("", "random")
