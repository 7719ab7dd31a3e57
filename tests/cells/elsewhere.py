"""An engine of one other process: what a cluster does to values, without a cluster.

Rows go through a pipe one after the other, with their functions, arguments and results pickled as
on the wire.  Run as a program, this file is the other process.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

from treadle.engines.base import Capabilities, Run
from treadle.graph.spec import call
from treadle.graph.table import TaskTable
from treadle.protocol.serialize import (
    dumps_args,
    dumps_error,
    dumps_function,
    dumps_value,
    loads_args,
    loads_error,
    loads_function,
    loads_value,
)


class ElsewhereEngine:
    """Runs rows in another process, in their order."""

    name = "elsewhere"
    num_workers = 1
    capabilities = Capabilities(in_process=False)

    def __init__(self):
        self._process = None
        self.known = set()

    def submit(self, table: TaskTable, *, segment: Any = None) -> Run:
        return ElsewhereRun(table, self)

    def ask(self, *message: Any) -> Any:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cells.elsewhere"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)

    def close(self) -> None:
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait(30)
            self._process = None


class ElsewhereRun(Run):
    def __init__(self, table: TaskTable, engine: ElsewhereEngine):
        super().__init__(table)
        self._engine = engine

    def wait(self, timeout: float | None = None) -> bool:
        if self.state != "running":
            return True
        table, engine = self.table, self._engine
        self.values = [None] * len(table)
        functions = [dumps_function(function) for function in table.functions]
        rows = []
        for number, (digest, blob) in enumerate(functions):
            if digest in engine.known:
                functions[number] = digest, None
            engine.known.add(digest)
        for number, template in enumerate(table.templates):
            rows.append((table.function_index[number], dumps_args(template), table.inputs[number]))
        failed, results = engine.ask(functions, rows, table.outputs)
        for number, blob in results.items():
            self.values[number] = loads_value(blob)
        if failed is None:
            self.state = "finished"
        else:
            self._failed(failed[0], loads_error(failed[1]))
        return True

    def cancel(self, force: bool = False) -> None:
        if self.state == "running":
            self.state = "cancelled"


def serve(read: Any, write: Any) -> None:
    """Answer until the pipe is closed."""
    known: dict[bytes, Any] = {}
    while True:
        try:
            functions, rows, outputs = pickle.load(read)
        except EOFError:
            return
        for digest, blob in functions:
            if blob is not None:
                known[digest] = loads_function(blob)
        values: list[Any] = []
        failed = None
        for number, (index, args, inputs) in enumerate(rows):
            try:
                template = loads_args(args)
                function = known[functions[index][0]]
                there = [values[other] for other in inputs]
                if template is None:
                    value = function(*there)
                elif type(template) is tuple:
                    value = function(*template)
                else:
                    value = call(function, template, there)
            except BaseException as error:
                failed = number, dumps_error(error)
                break
            values.append(value)
        results = {n: dumps_value(values[n]) for n in outputs if n < len(values)}
        pickle.dump((failed, results), write)
        write.flush()


if __name__ == "__main__":
    sys.modules["__main__"].__dict__.pop("ElsewhereEngine")
    stdout, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin.buffer, stdout.buffer)
