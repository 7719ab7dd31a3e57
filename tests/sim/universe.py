"""All tasks that a world may ever run, and what their results must be.

A task's result is a number made of its label and of its inputs' results, so whatever a cluster
does, the right answer is known by evaluating directly.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field


@dataclass
class Spec:
    """One task, and how it behaves when it runs.

    ``raises`` and ``kills`` say how many of its runs raise, or kill their worker; -1 is all.
    """

    key: str
    label: bytes
    inputs: tuple[str, ...]
    function: int
    nbytes: int
    raises: int = 0
    kills: int = 0
    secedes: bool = False
    is_named: bool = False  # a user chose the key: others may mean something else by it
    is_data: bool = False  # put on workers by clients
    retries: int = 0
    priority: float = 0.0
    workers: list[str] | None = None
    allow_other: bool = False
    resources: dict[str, float] = field(default_factory=dict)

    @property
    def has_options(self) -> bool:
        return bool(self.retries or self.priority or self.workers is not None or self.resources)


def combine(label: bytes, values: list[int]) -> int:
    """Return the result of a task with this label on these inputs."""
    return zlib.crc32(label + repr(values).encode())


class Universe:
    """Tasks by key; inputs come before their users."""

    def __init__(self, chance: random.Random, size: int, troubles: bool):
        self.specs: dict[str, Spec] = {}
        self._values: dict[str, int] = {}
        shape = chance.choice(("any", "chains", "wide", "deep"))
        for number in range(size):
            spec = self._task(chance, number, shape)
            if not spec.inputs and chance.random() < 0.15:
                spec.is_data, spec.is_named = True, False
            elif troubles:
                _trouble(chance, spec)
            self.specs[spec.key] = spec
        self.keys = list(self.specs)

    def _task(self, chance: random.Random, number: int, shape: str) -> Spec:
        before = list(self.specs)
        if not before or (shape == "wide" and chance.random() < 0.6):
            inputs: list[str] = []
        elif shape == "chains":
            inputs = [chance.choice(before[-4:])] if chance.random() < 0.8 else []
        elif shape == "deep":
            inputs = [chance.choice(before[-3:]) for _ in range(chance.randint(1, 3))]
        else:
            inputs = [chance.choice(before) for _ in range(chance.choice((0, 1, 1, 2, 2, 3)))]
        if inputs and chance.random() > 0.15:  # some take an input twice
            inputs = list(dict.fromkeys(inputs))
        spec = Spec(
            key=f"t{number}",
            label=b"%d" % number,
            inputs=tuple(inputs),
            function=chance.randrange(3),
            nbytes=chance.choice((8, 100, 5000, 40 << 20)),
        )
        spec.is_named = not before or chance.random() < 0.1
        return spec

    def value(self, key: str, variant: bytes = b"") -> int:
        """Return the one right result of a task, or of what a client means by its key."""
        spec = self.specs[key]
        if variant:
            return combine(variant, [self.value(other) for other in spec.inputs])
        if key not in self._values:
            values = [self.value(other) for other in spec.inputs]
            self._values[key] = combine(spec.label, values)
        return self._values[key]

    def ancestors(self, key: str) -> dict[str, None]:
        """Return a task and all it stands on, users first."""
        found = {key: None}
        todo = [key]
        while todo:
            for other in self.specs[todo.pop()].inputs:
                if other not in found:
                    found[other] = None
                    todo.append(other)
        return found

    def may_fail(self, key: str) -> bool:
        """Tell whether a task itself can raise, or kill its workers."""
        spec = self.specs[key]
        return bool(spec.raises or spec.kills)


def _trouble(chance: random.Random, spec: Spec) -> None:
    """Make a task misbehave, or ask for something special, now and then."""
    if chance.random() < 0.08:
        spec.raises = chance.choice((-1, 1, 1, 2))
    elif chance.random() < 0.03:
        spec.kills = chance.choice((-1, 1))
    spec.secedes = chance.random() < 0.05
    if chance.random() < 0.2:
        spec.retries = chance.randint(1, 2)
    if chance.random() < 0.1:
        spec.priority = chance.choice((-1.0, 1.0, 5.0))
    if chance.random() < 0.1:
        spec.workers = [chance.choice(("w0", "w1", "h0", "h1"))]
        spec.allow_other = chance.random() < 0.3
    if chance.random() < 0.1:
        spec.resources = {"GPU": chance.choice((1.0, 2.0))}
