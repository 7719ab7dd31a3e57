"""Mistakes made by hand, each of which the simulator must find within a stated number of seeds.

A mutant that survives means that a fault is missing from the simulator, or that two defences cover
one race.  When the source changes, a mutant whose text is gone fails loudly: write it anew.
"""

from __future__ import annotations

from tests.sim.machines import Mutant

_SCHEDULER = "treadle.scheduling.scheduler."
_WORKER = "treadle.scheduling.worker."


def _s(name: str, module: str, old: str, new: str, seeds: int, first: int = 0) -> Mutant:
    return Mutant(f"scheduler: {name}", _SCHEDULER + module, old, new, seeds, first)


def _w(name: str, module: str, old: str, new: str, seeds: int, first: int = 0) -> Mutant:
    return Mutant(f"worker: {name}", _WORKER + module, old, new, seeds, first)


MUTANTS = [
    # -- attempts, and answers that come late -----------------------------------------------------
    _s(
        "an id out of date names its row still",
        "columns",
        "self.ids[row] == id and self.state[row] != FORGOTTEN",
        "self.state[row] != FORGOTTEN",
        1000,
        first=650,
    ),
    _s(
        "a task taken back keeps its generation",
        "lifecycle",
        "    s.state[row] = WAITING\n    s.ids[row] += GENERATION\n",
        "    s.state[row] = WAITING\n",
        200,
    ),
    _s(
        "a late result is left on its worker",
        "reports",
        "        return\n    tell_release(s, worker, id)\n",
        "        return\n",
        1000,
        first=200,
    ),
    _s(
        "a copy that nobody needs is left on its worker",
        "reports",
        "        if row < 0 or s.state[row] != MEMORY:\n            tell_release(s, worker, id)\n",
        "        if row < 0 or s.state[row] != MEMORY:\n            pass\n",
        1000,
        first=150,
    ),
    # -- what is given along ----------------------------------------------------------------------
    _s(
        "what was given along with a task that is taken back stays where it is",
        "lifecycle",
        "            elif s.state[other] == PROCESSING:\n                recall(s, other)\n\n\n"
        "def wait_again",
        "\n\ndef wait_again",
        200,
    ),
    _s(
        "users of a lost result stay where they are",
        "lifecycle",
        "            elif before == PROCESSING:\n                recall(s, other)\n",
        "            elif before == PROCESSING:\n                pass\n",
        1000,
        first=100,
    ),
    _s(
        "users of a lost result stay ready",
        "lifecycle",
        "            if WAITING <= before <= NO_WORKER:\n                if before != WAITING:",
        "            if before == WAITING:\n                if before != WAITING:",
        200,
    ),
    _s(
        "a task is given along though an input is elsewhere",
        "giving",
        "        if s.state[other] != MEMORY:\n            return False\n",
        "",
        200,
    ),
    _s(
        "a task is taken back before it is given",
        "notices",
        "            instructions.append(compute)\n",
        "            instructions.append(TakeBack(worker.number, worker.take_back))\n"
        "            instructions.append(compute)\n"
        "            worker.take_back = []\n",
        200,
    ),
    # -- who needs what ---------------------------------------------------------------------------
    _s(
        "a task that is dropped needs its inputs still",
        "lifecycle",
        "            left = s.users[other] - 1\n",
        "            left = s.users[other]\n",
        200,
    ),
    _s(
        "a failed task needs its inputs still",
        "lifecycle",
        "    for row in failed:\n        release_inputs(s, row)\n",
        "",
        200,
    ),
    _s(
        "a need goes on after it has failed",
        "lifecycle",
        "if state[row] != RELEASED or users[row] == 0:",
        "if state[row] != RELEASED:",
        1000,
        first=300,
    ),
    _s(
        "a second client's wish is not counted",
        "requests",
        "        others[client.number, handle] = 1\n",
        "        others[client.number, handle] = 1\n        return True\n",
        200,
    ),
    _s(
        "a client that goes wants its results still",
        "requests",
        "    release(s, client, list(client.handles))\n    del",
        "    del",
        200,
    ),
    _s(
        "the same key may mean two things",
        "requests",
        "if row >= 0 and s.definitions.get(row, digest) != digest:",
        "if False:",
        200,
    ),
    _s(
        "options of another client's handle are taken for ours",
        "requests",
        "if s.client[row] == number and s.handle[row] == base + position:",
        "if s.handle[row] == base + position:",
        1000,
        first=300,
    ),
    # -- what clients are told --------------------------------------------------------------------
    _s(
        "nobody is told that a result is lost",
        "lifecycle",
        "    tell_lost(s, row)\n",
        "",
        200,
    ),
    _s(
        "a loss is told before the result that was lost",
        "notices",
        "        _tell(s, client, Lost(number, [handle]))\n",
        "        _tell(s, client, Lost(number, [handle]))\n"
        "        client.messages.insert(0, client.messages.pop())\n",
        1000,
        first=100,
    ),
    _s(
        "a second client is not told of an end",
        "notices",
        "            if wanted:\n                _done(s, number, handle, row, value)\n",
        "            pass\n",
        200,
    ),
    # -- workers that go --------------------------------------------------------------------------
    _s(
        "what only a dead worker held is held by it still",
        "membership",
        "    need_lost(s, lost)\n",
        "",
        200,
    ),
    _s(
        "a task may kill any number of workers",
        "membership",
        "if deaths > ALLOWED_DEATHS:",
        "if deaths > 10_000:",
        200,
    ),
    _s(
        "suspects run beside others",
        "membership",
        "                s.flags[row] |= SUSPECT  #",
        "                pass  #",
        1000,
        first=2100,
    ),
    _s(
        "a retiring worker goes before its results are copied",
        "retiring",
        "and not worker.processing and not worker.leaving",
        "and not worker.processing",
        1000,
        first=650,
    ),
    _s(
        "resources are not given back",
        "lifecycle",
        "            worker.free[name] += amount\n",
        "            pass\n",
        200,
    ),
    _s(
        "retries never end",
        "reports",
        "        s.retries[row] = left - 1\n",
        "        s.retries[row] = left\n",
        200,
    ),
    _s(
        "an input said to be missing is thought to be there",
        "reports",
        "            if not remains:\n                lost.append(row)\n                continue\n",
        "",
        200,
    ),
    # -- the worker -------------------------------------------------------------------------------
    _w(
        "what was released begins",
        "state",
        "            if status.get(id) == READY:\n",
        "            if id in status or True:\n",
        200,
    ),
    _w(
        "a released task is kept",
        "state",
        "            elif state in (WAITING, READY):\n                unstarted.append(id)\n"
        "            elif",
        "            elif",
        200,
    ),
    _w(
        "the result of an abandoned task is kept",
        "state",
        "            return False\n        self.nbytes[id] = nbytes",
        "            pass\n        self.nbytes[id] = nbytes",
        200,
    ),
    _w(
        "a running task is given back",
        "state",
        "            if state == EXECUTING or id in self.nbytes",
        "            if id in self.nbytes",
        200,
    ),
    _w(
        "an input that has ended here is not counted",
        "state",
        "        if id in self._waiters:\n            self._count_down(self._waiters.pop(id))\n"
        "        return True\n",
        "        return True\n",
        200,
    ),
    _w(
        "a task begins with one input missing",
        "state",
        "            left = missing[id] - 1\n            if left:\n",
        "            left = missing[id] - 1\n            if left > 1:\n",
        200,
    ),
    _w(
        "what is dropped is waited for still",
        "state",
        "                self._waiters[other] = left\n",
        "                pass\n",
        200,
    ),
    _w(
        "an unwanted input that has come is kept",
        "state",
        "        if unwanted:\n",
        "        if False:\n",
        1000,
        first=150,
    ),
    _w(
        "copies are not told",
        "state",
        "        if added:\n",
        "        if False:\n",
        200,
    ),
    _w(
        "an input that nobody gives is not told",
        "state",
        "        for holder, gone in missing.items():\n",
        "        for holder, gone in list(missing.items())[:0]:\n",
        1000,
        first=100,
    ),
    _w(
        "a peer that can't be reached is not left alone",
        "state",
        "        self._try_elsewhere(worker, ids)\n"
        "        self._try_elsewhere(worker, self.fetches.give_up(worker))\n",
        "        self.fetches.give_up(worker)\n",
        1000,
        first=100,
    ),
    _w(
        "a task that has seceded holds its slot",
        "state",
        "            self._seceded[id] = None\n            self.busy -= 1\n",
        "            self._seceded[id] = None\n",
        200,
    ),
    _w(
        "a holder that failed is asked again at once",
        "fetching",
        "            holders.remove(worker)\n",
        "",
        1000,
        first=600,
    ),
    _w(
        "a peer that has answered is never asked again",
        "fetching",
        "            if worker in self.queues:\n                self.turns.append(worker)\n\n",
        "\n",
        200,
    ),
    _w(
        "other holders are not asked after a failure",
        "fetching",
        "        for other in holders:\n            self._queue(other, id)\n",
        "",
        1000,
        first=150,
    ),
    _w(
        "a copy that nobody gives is waited for",
        "state",
        "if id not in self._waiters:  # a copy:",
        "if False:  # a copy:",
        1000,
        first=700,
    ),
]
