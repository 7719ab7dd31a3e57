"""Draws small programs: what notebooks are made of, put together without sense."""

from __future__ import annotations

from typing import Any

NUMBERS = ("a", "b", "c", "d")
LISTS = ("xs", "ys", "zs")
DICTS = ("m", "k")

START = """\
a, b, c, d = 1, 2, 3, 4
xs = [1, 2]
ys = [4, 5, 6]
zs = xs
m = {"a": 1, "b": 2}
k = {1: 1}
p = Point(1, 2)
t = (1, xs)
tally = Tally()
arr = np.arange(3)
groups = defaultdict(list)
f = lambda v: v + 1
"""


class Programs:
    """Makes a program from a source of random choices (``random.Random`` or alike)."""

    def __init__(self, random: Any):
        self.random = random
        self.loops = 0
        self.fresh = 0

    def program(self, size: int = 8) -> str:
        """Return the text of one program."""
        lines = [line for _ in range(size) for line in self.statement(0)]
        return (
            START
            + "\n".join(lines)
            + "\n"
            + self.pick([self.number(2), self.list_(2), "a", "f"])
            + "\n"
        )

    def pick(self, options: Any) -> Any:
        return options[self.random.randrange(len(options))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    # -- expressions ---------------------------------------------------------------------------

    def number(self, depth: int) -> str:
        if depth <= 0 or self.chance(15):
            return self.pick([*NUMBERS, "0", "1", "2", "3", "7"])
        n, l, m = (
            (lambda: self.number(depth - 1)),
            (lambda: self.list_(depth - 1)),
            self.pick(DICTS),
        )
        makers = [
            lambda: f"inc({n()})", lambda: f"load({n()})", lambda: f"add({n()}, {n()})",
            lambda: f"inc({n()})", lambda: f"load({n()})", lambda: f"add({n()}, y={n()})",
            lambda: f"same({n()})", lambda: f"boom({n()})", lambda: f"nested_boom({n()})",
            lambda: f"note({n()})", lambda: f"bump({n()})", lambda: f"say({n()})",
            lambda: f"divide({n()}, {n()})", lambda: f"len({l()})", lambda: f"sum({l()})",
            lambda: f"first({l()})", lambda: f"{self.pick(LISTS)}[{self.pick(['0', '-1', 'a', n()])}]",
            lambda: f"{m}.get({self.pick(['1', repr('a'), n()])}, {n()})",
            lambda: f"({n()} + {n()})", lambda: f"({n()} - {n()})", lambda: f"({n()} * {n()} % 97)",
            lambda: f"-{n()}", lambda: f"({n()} if {self.condition(depth - 1)} else {n()})",
            lambda: f"total_of({l()})", lambda: f"length({l()})", lambda: f"max({n()}, {n()})",
            lambda: "draw(9)", lambda: f'int(f"""{{{n()}:.0f}}""")', lambda: f"pair({n()})[{self.pick('011')}]",
            lambda: f"reads_scale({n()})", lambda: f"point({n()}).{self.pick(['x', 'norm', 'nope'])}",
            lambda: f"apply({self.pick(['inc', 'boom', 'note', 'f', 'lambda v: v * 2'])}, {n()})",
            lambda: f"({n()} // {n()})", lambda: f"abs({n()})", lambda: f"tally.add({n()})",
            lambda: f"len(str({n()}))", lambda: f"f({n()})", lambda: f"default_read({n()})",
            lambda: f"{self.pick(['sum', 'max', 'min'])}({self.pick(['inc', 'boom', 'note', 'same'])}(v) for v in {l()})",
            lambda: f"({n()} or {n()})", lambda: f"({n()} and {n()})", lambda: "p.x", lambda: "p.norm",
            lambda: f"m[{self.pick([repr('a'), repr('zz')])}]",             lambda: f"add(*{l()}[:2])", lambda: "total_of(arr)", lambda: "int(arr.sum())",
            lambda: f"t[0]", lambda: f"len(groups)", lambda: f"len(reads_shared())",
            lambda: f"(lambda v: v + a)({n()})", lambda: "counter", lambda: "len(log)",
            lambda: f"round({n()} / 3, 2)", lambda: f"len(frame_of({self.pick('36')}))",
        ]  # fmt: skip
        return self.pick(makers)()

    def list_(self, depth: int) -> str:
        if depth <= 0 or self.chance(25):
            return self.pick(LISTS)
        n, l = (lambda: self.number(depth - 1)), (lambda: self.list_(depth - 1))
        fn = self.pick(["inc", "load", "boom", "same", "note", "maybe", "f", "say", "point"])
        makers = [
            lambda: f"[{n()}, {n()}]", lambda: f"listed({n()})", lambda: f"[{fn}(v) for v in {l()}]",
            lambda: f"[{fn}(v) for v in {l()}]", lambda: f"[{fn}(v) for v in range({self.pick('0135')})]",
            lambda: f"list(map({fn}, {l()}))", lambda: f"({l()}[:5] + {l()}[:3])", lambda: f"{l()}[:2]",
            lambda: f"{l()}[::-1]", lambda: f"sorted({l()})", lambda: f"list({self.pick(DICTS)}.values())",
            lambda: f"same({l()})", lambda: f"[*{l()}, {n()}]", lambda: f"push({l()}, {n()})",
            lambda: "reads_shared()", lambda: f"list(pair({n()}))",
            lambda: f"[v for v in {l()} if {self.pick(['is_even(v)', 'v > a', 'v'])}]",
            lambda: f"default_list({n()})", lambda: f"{l()}.copy()", lambda: f"list(reversed({l()}))",
            lambda: f"[v + w for v, w in zip({l()}, {l()})]",
            lambda: f"[{fn}(v) + w for v in {l()}[:3] for w in {l()}[:2]]",
            lambda: f"list({{{fn}(v) for v in {l()}}})", lambda: f"[g(1) for g in [make_adder({n()})]]",
            lambda: f"sorted({l()}, key=lambda v: -v)", lambda: f"[(v, {fn}(v))[1] for v in {l()}]",
            lambda: f"list(countdown({n()} % 4))", lambda: f"list(filter(is_even, {l()}))",
            lambda: f"[q for q, r in [({n()}, {n()}), pair({n()})]]", lambda: "groups[1]",
            lambda: f"array_of({self.pick('123')}).tolist()", lambda: f"list(lazily({l()}))",
        ]  # fmt: skip
        return self.pick(makers)()

    def dict_(self, depth: int) -> str:
        n, l = (lambda: self.number(depth - 1)), (lambda: self.list_(depth - 1))
        makers = [
            lambda: f'{{"a": {n()}, "b": {n()}}}', lambda: self.pick(DICTS),
            lambda: f"{{v: inc(v) for v in {l()}}}", lambda: f'dict(zip("ab", {l()}))',
            lambda: f"dict({self.pick(DICTS)})", lambda: f"same({self.pick(DICTS)})",
            lambda: f"{{{n()}: {n()}}}", lambda: f"make_counter({self.pick('0359')})",
            lambda: f'{{**{self.pick(DICTS)}, "c": {n()}}}',
            lambda: f"{{v: w for v, w in zip({l()}, map(load, {l()}))}}",
        ]  # fmt: skip
        return self.pick(makers)()

    def condition(self, depth: int) -> str:
        n, l = (lambda: self.number(depth - 1)), (lambda: self.list_(depth - 1))
        c = lambda: self.condition(depth - 1)
        if depth <= 0:
            return self.pick(["a > 2", "b == c", "xs", "True", "d % 2"])
        makers = [
            lambda: f"{n()} > {n()}", lambda: f"{n()} == {n()}", lambda: f"is_even({n()})",
            lambda: f"maybe({n()}) is None", lambda: f"{n()} in {l()}", lambda: f"not {c()}",
            lambda: f"{c()} and {c()}", lambda: f"{c()} or {c()}", lambda: f"{l()} is {l()}",
            lambda: f"{l()} == {l()}", lambda: f'"a" in {self.pick(DICTS)}', lambda: f"{n()}",
            lambda: f"{n()} < {n()} <= {n()}", lambda: f"any(is_even(v) for v in {l()})",
            lambda: f"all({l()})", lambda: f"isinstance({n()}, int)", lambda: f"{l()} < {l()}",
        ]  # fmt: skip
        return self.pick(makers)()

    # -- statements ----------------------------------------------------------------------------

    def block(self, depth: int) -> list[str]:
        lines = [line for _ in range(self.random.randrange(1, 4)) for line in self.statement(depth)]
        return ["    " + line for line in lines]

    def statement(self, depth: int) -> list[str]:
        n, l, c = (lambda: self.number(2)), (lambda: self.list_(2)), (lambda: self.condition(2))
        name, list_, dict_ = self.pick(NUMBERS), self.pick(LISTS), self.pick(DICTS)
        simple = [
            lambda: f"{name} = {n()}", lambda: f"{name} = {n()}", lambda: f"{name} = {n()}",
            lambda: f"{list_} = {l()}", lambda: f"{list_} = {l()}", lambda: f"{dict_} = {self.dict_(2)}",
            lambda: f"{name} {self.pick(['+', '-', '*'])}= {n()}", lambda: f"{list_} += {l()}[:3]",
            lambda: f"{list_}.append({n()})", lambda: f"{list_}.append({n()})",
            lambda: f'{dict_}["a"] = {n()}', lambda: f"{dict_}[{n()}] = {n()}",
            lambda: f"{list_}[0] = {n()}", lambda: f"del {list_}[0]", lambda: f"{list_}.pop()",
            lambda: f"{list_}.sort()", lambda: f"print({n()}, {list_})", lambda: f"print({name})",
            lambda: f"print(f'{{{self.pick(NUMBERS)}}} {{{list_}}}')", lambda: f"print({n()})",
            lambda: f"a, b = pair({n()})", lambda: "a, b = b, a", lambda: f"{name}, {self.pick('pq')}1 = {l()}",
            lambda: f"SCALE = {n()}", lambda: f"shared.append({n()})", lambda: f"log.append({n()})",
            lambda: f"note({n()})", lambda: f"inc({n()})", lambda: f"assert {c()}, {n()}",
            lambda: f"p.x = {n()}", lambda: f"arr[0] = {n()}", lambda: f"arr = arr + {n()}",
            lambda: "arr += 1", lambda: f"arr += array_of(3)", lambda: f"t = ({n()}, {l()})",
            lambda: f"{name}, {list_} = t", lambda: f"{list_}.extend({l()}[:3])",
            lambda: f'{dict_}["a"] += {n()}', lambda: f"groups[{n()}].append({n()})",
            lambda: f'{dict_}.setdefault("z", {n()})', lambda: f"f = lambda v: v + {self.pick(NUMBERS)}",
            lambda: f"f = make_adder({n()})", lambda: f"{list_}.insert(0, {n()})",
            lambda: f"p = point({n()})", lambda: f"{name}, *{list_} = {l()}",
            lambda: f"{self.pick(LISTS)} = {list_} = {l()}", lambda: f"del {name}",
            lambda: f"{list_}[1:] = {l()}[:3]", lambda: f"{dict_} = {dict_}", lambda: f"raise KeyError({n()})",
            lambda: f"x{self.random.randrange(3)} = (c := {n()})", lambda: f"{list_} = {list_}[:2] * 2",
            lambda: f"arr = array_of({self.pick('34')})", lambda: f"{name} = arr[{self.pick('012')}]",
        ]  # fmt: skip
        if depth >= 2 or self.chance(65):
            text = self.pick(simple)()
            if text.startswith("raise") and self.chance(70):
                text = f"{name} = {n()}"
            return [text]
        return self.compound(depth)

    def compound(self, depth: int) -> list[str]:
        n, l, c = (lambda: self.number(2)), (lambda: self.list_(2)), (lambda: self.condition(2))
        body = lambda: self.block(depth + 1)
        self.loops += 1
        index = f"i{self.loops}"
        leave = [f"    if {c()}:", f"        {self.pick(['break', 'continue'])}"]
        orelse = ["else:", *body()] if self.chance(25) else []
        kind = self.random.randrange(9)
        if kind < 2:
            head = f"for {index} in range({self.pick('0236')}):"
            return [head, f"    {self.pick(NUMBERS)} = inc({index})", *body(),
                    *(leave if self.chance(30) else []), *orelse]  # fmt: skip
        if kind == 2:
            return [f"for {self.pick([*NUMBERS, index])} in list({l()})[:4]:", *body(),
                    *(leave if self.chance(30) else []), *orelse]  # fmt: skip
        if kind == 3:
            head = f"for {index}, {self.pick(NUMBERS)} in {self.pick(['enumerate', 'zip'])}"
            args = f"({l()}[:3])" if "enumerate" in head else f"({l()}[:3], {l()})"
            return [f"{head}{args}:", *body(), *orelse]
        if kind == 4:
            return [f"{index} = 0", f"while {index} < {self.pick('0234')} and ({self.pick(['True', c()])}):",
                    f"    {index} = {index} + 1", *body(), *(leave if self.chance(20) else []),
                    *orelse]  # fmt: skip
        if kind == 5:
            other = [f"elif {c()}:", *body()] if self.chance(30) else []
            return [f"if {c()}:", *body(), *other, *orelse]
        if kind == 6:
            final = ["finally:", *body()] if self.chance(30) else []
            return ["try:", *body(), f"except {self.pick(['ValueError', 'Exception', 'KeyError'])}:",
                    *body(), *final]  # fmt: skip
        if kind == 7:
            result = self.pick(
                [f"v + {self.pick(NUMBERS)}", "v + len(shared)", "[v]", "boom(v)", "inc(v) + 1"]
            )
            return [f"def {self.pick(['inc', 'f', 'load', 'helper'])}(v):", f"    return {result}"]
        return [f"with threading.Lock():", *body()]
