"""Why a part of a cell does not run as a task: codes, and a sentence for each.

``PAR1xx`` runs inline or waits, ``PAR2xx`` hazard, ``PAR3xx`` made in the kernel although tasks run
in other processes, ``PAR4xx`` is about speed.

>>> Reason("PAR103", "open").text
'has an effect: open'
"""

from __future__ import annotations

from typing import NamedTuple

TEXTS = {
    "PAR101": "changes an object it did not make",
    "PAR102": "writes a global or enclosing name",
    "PAR103": "has an effect",
    "PAR104": "asks for input",
    "PAR105": "prints",
    "PAR106": "its value is dropped, so it is presumed to have an effect",
    "PAR107": "a method of an object that is there may change it",
    "PAR108": "calls something that is not known to be pure",
    "PAR109": "its source can't be read",
    "PAR110": "an argument is of a type that is not known to be safe",
    "PAR111": "makes or takes an iterator",
    "PAR112": "a with block runs serially",
    "PAR113": "a try block runs serially",
    "PAR114": "a definition or an import runs where it stands",
    "PAR115": "this statement runs serially",
    "PAR116": "a magic or shell command runs where it stands",
    "PAR117": "this expression runs serially",
    "PAR118": "denied by --never or not named in --only",
    "PAR120": "its truth is needed",
    "PAR121": "its identity or membership is needed",
    "PAR122": "it is iterated over or unpacked",
    "PAR123": "it is stored into or taken from an object",
    "PAR124": "a global that a waiting task reads gets a new value",
    "PAR125": "an object that a waiting task reads is about to change",
    "PAR126": "it is hashed",
    "PAR127": "the value is needed here",
    "PAR203": "uses random state, whose order counts",
    "PAR204": "reads the clock",
    "PAR301": "can't be sent to another process",
    "PAR302": "its result can't leave the process that made it",
    "PAR303": "its result depends on the process that it runs in",
    "PAR304": "its error can't leave the process that raised it",
    "PAR401": "calls are cheaper than a task",
}


class Reason(NamedTuple):
    """A code and what it is about.

    Examples
    --------
    >>> str(Reason("PAR203", "random.random"))
    'PAR203 uses random state, whose order counts: random.random'
    """

    code: str
    detail: str = ""

    @property
    def text(self) -> str:
        """The sentence, with the detail."""
        sentence = TEXTS[self.code]
        return f"{sentence}: {self.detail}" if self.detail else sentence

    def __str__(self) -> str:
        return f"{self.code} {self.text}"
