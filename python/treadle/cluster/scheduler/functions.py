"""Functions that tasks of a cluster call: each kept once, by its digest, as the bytes it came in.

>>> table = FunctionTable()
>>> numbers = table.intern([m.FunctionSpec(b"0" * 16, "inc", b"pickle")], [0, 0])
>>> numbers, table.blob(0), table.name(0)
([0, 0], b'pickle', 'inc')
"""

from __future__ import annotations

from collections.abc import Iterable

from treadle.errors import GraphError
from treadle.protocol import messages as m


class FunctionTable:
    """Numbers for functions; a number is never given to another one."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._specs: list[m.FunctionSpec] = []
        self._users: list[int] = []

    def intern(self, specs: list[m.FunctionSpec], columns: list[int]) -> list[int]:
        """Return the number of each task's function; ``columns`` are positions in ``specs``.

        Raises
        ------
        GraphError
            If a function is neither here nor sent along, or a position is out of range.
        """
        numbers = []
        for spec in specs:
            number = self._numbers.get(spec.digest, -1)
            if number < 0:
                if spec.blob is None:
                    raise GraphError(f"the function {spec.name!r} was not sent")
                number = self._numbers[spec.digest] = len(self._specs)
                self._specs.append(spec)
                self._users.append(0)
            numbers.append(number)
        if len(numbers) == 1 and not any(columns):
            self._users[numbers[0]] += len(columns)
            return numbers * len(columns)
        try:
            found = [numbers[position] for position in columns]
        except IndexError:
            raise GraphError("a task calls a function that is not in the list") from None
        for number in found:
            self._users[number] += 1
        return found

    def forget(self, numbers: Iterable[int]) -> None:
        """Tasks that called these functions are gone."""
        for number in numbers:
            if number >= 0:
                self._users[number] -= 1

    def blob(self, number: int) -> bytes:
        """Return the bytes of a function."""
        blob = self._specs[number].blob
        assert blob is not None
        return blob

    def digest(self, number: int) -> bytes:
        """Return the digest of a function."""
        return self._specs[number].digest

    def name(self, number: int) -> str:
        """Return what people call a function."""
        return self._specs[number].name

    def users(self, number: int) -> int:
        """Return how many tasks that are not forgotten call a function."""
        return self._users[number]
