"""Writing a frame: every partition to files of its own, which appear when all are written.

::

    partition 0 --> .writing-TOKEN-0.csv --.
    partition 1 --> .writing-TOKEN-1.csv ---> moved in place, or put together in one file
    partition 2 --> .writing-TOKEN-2.csv --'

A write that fails takes away what it wrote, and what was there before stays as it was.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from treadle.dataframe.build import as_expr, new_collection
from treadle.dataframe.core import Scalar
from treadle.dataframe.expr import FrameExpr
from treadle.dataframe.io.dataset_files import is_local
from treadle.dataframe.reducing.tree import TreeReduction
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values


class WriteFiles(TreeReduction):
    """All partitions written by ``chunk``, which also takes the number of the partition.

    ``aggregate`` takes what the calls returned, in order.
    """

    __slots__ = ()

    def chunks(self) -> Blockwise:
        """Return the grid of calls."""
        prefix, _, token = self.name.rpartition("-")
        (frame,) = self.inputs
        numbers = Operand(Values(frame.numblocks, list(range(frame.numblocks[0]))), (Axis(0),))
        return Blockwise.call(
            f"{prefix}-part-{token}", frame.numblocks, _Listed(self.chunk),
            [self.operand(0), numbers], source=self.source, annotations=self.annotations,
        )  # fmt: skip


class _Listed:
    """Calls a writer, and returns a list of what it returns."""

    __slots__ = ("write",)

    def __init__(self, write: Callable[[Any, int], Any]):
        self.write = write

    def __call__(self, frame: Any, number: int) -> list[Any]:
        return [self.write(frame, number)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _Listed, (self.write,)


class _Finish:
    """Joins lists of results, and hands them to what ends the writing."""

    __slots__ = ("finish",)

    def __init__(self, finish: Callable[[list[Any]], Any]):
        self.finish = finish

    def __call__(self, parts: list[list[Any]]) -> Any:
        return self.finish(joined(parts))

    def __reduce__(self) -> tuple[Any, ...]:
        return _Finish, (self.finish,)


def joined(lists: list[list[Any]]) -> list[Any]:
    """Return the items of lists in one.

    >>> joined([[1], [2, 3]])
    [1, 2, 3]
    """
    return [item for each in lists for item in each]


@dataclass(frozen=True)
class Writing:
    """What is written, and how it ends well or badly."""

    write: Callable[[Any, int], Any]
    finish: Callable[[list[Any]], Any]
    abandon: Callable[[], None]


def write_frame(
    label: str,
    frame: Any,
    plan: Callable[[Any], Writing],
    compute: bool,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """Write a frame now, or return the writing as a value to compute.

    Parameters
    ----------
    label : str
        What tasks are called.
    frame : collection
    plan : callable
        Takes the frame, whose meta may change when values show that it was wrong, and says how
        it is written.
    compute : bool
    options : mapping, optional
        Of ``compute``.
    """
    if not compute:
        return _collection(label, frame, plan(frame))
    while True:
        writing = plan(frame)
        try:
            return _collection(label, frame, writing).compute(**(options or {}))
        except BaseException as error:
            writing.abandon()
            mend = getattr(frame, "__treadle_mend__", None)
            if not getattr(error, "mendable", False) or mend is None or not mend(error):
                raise


def _collection(label: str, frame: Any, writing: Writing) -> Scalar:
    expr = as_expr(frame)
    assert isinstance(expr, FrameExpr)
    # Writing is no value: what is written twice is to be written twice.
    name = f"{label}-{uuid.uuid4().hex}"
    found: Scalar = new_collection(
        WriteFiles(
            name, [], None, (expr,), writing.write, joined, _Finish(writing.finish),
            split_every=64,
        )
    )  # fmt: skip
    return found


# -- files of partitions ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Targets:
    """Files that partitions go to, and where they wait.

    Attributes
    ----------
    fs : file system of fsspec
    paths : tuple of str
        One a partition.
    single : str or None
        The one file that all partitions make together.
    append : bool
        Add to files that are there.
    token : str
    """

    fs: Any
    paths: tuple[str, ...]
    single: str | None = None
    append: bool = False
    token: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def waiting(self, number: int) -> str:
        """Return where a partition waits, with the ending that its file has."""
        folder, _, name = self.paths[number].rpartition("/")
        return (
            f"{folder}/.writing-{self.token}-{name}" if folder else f".writing-{self.token}-{name}"
        )

    def url(self, number: int) -> str:
        """Return the same with the protocol."""
        return str(self.fs.unstrip_protocol(self.waiting(number)))

    def make_folder(self, number: int) -> None:
        """Make the folder a partition waits in."""
        folder = self.paths[number].rpartition("/")[0]
        if folder and is_local(self.fs):
            self.fs.makedirs(folder, exist_ok=True)

    def finish(self, _: list[Any]) -> list[str]:
        """Put files in place, and return their paths."""
        if self.single is not None:
            self._add([self.waiting(n) for n in range(len(self.paths))], self.single)
            self.abandon()
            return [self.single]
        for number, path in enumerate(self.paths):
            if self.append and self.fs.exists(path):
                self._add([self.waiting(number)], path)
            elif is_local(self.fs):
                os.replace(self.waiting(number), path)
            else:
                self.fs.mv(self.waiting(number), path)
        self.abandon()
        return list(self.paths)

    def _add(self, waiting: Sequence[str], path: str) -> None:
        """Put files one behind the other into a file, or behind what is in it."""
        there = self.append and self.fs.exists(path)
        if there and is_local(self.fs):
            with self.fs.open(path, "ab") as stream:
                self._copy(waiting, stream)
            return
        aside = f"{waiting[0]}-whole"
        with self.fs.open(aside, "wb") as stream:
            self._copy([path, *waiting] if there else waiting, stream)
        self.fs.mv(aside, path)

    def _copy(self, paths: Sequence[str], stream: Any) -> None:
        for path in paths:
            with self.fs.open(path, "rb") as part:
                shutil.copyfileobj(part, stream, 8 << 20)

    def abandon(self) -> None:
        """Take away what waits."""
        for number in range(len(self.paths)):
            for path in (self.waiting(number), f"{self.waiting(number)}-whole"):
                if self.fs.exists(path):
                    self.fs.rm(path)


def plan_targets(
    urlpath: Any,
    count: int,
    ending: str,
    name_function: Callable[[int], str] | None = None,
    storage_options: Mapping[str, Any] | None = None,
    single: bool = False,
    mode: str = "w",
) -> Targets:
    """Return the files that partitions go to.

    Parameters
    ----------
    urlpath : str, path, or list of these
        With a ``*`` for the number of the partition; otherwise a directory, or a file each.
    count : int
        Partitions.
    ending : str
        Of files in a directory.
    name_function : callable, optional
        Number -> what ``*`` stands for; numbers are padded with zeros without it.
    single : bool
        All partitions make one file.
    mode : {"w", "x", "a"}
        Replace files, refuse to, or add to them.

    Raises
    ------
    ValueError
        If names are not as many as partitions, or come twice.
    FileExistsError
        If mode is "x" and a file is there.

    Examples
    --------
    >>> plan_targets("/data/a-*.csv", 11, ".csv").paths[1]
    '/data/a-01.csv'
    """
    from fsspec.core import url_to_fs

    urls = [os.fspath(url) for url in urlpath] if isinstance(urlpath, list | tuple) else None
    fs, path = url_to_fs(urls[0] if urls else os.fspath(urlpath), **(storage_options or {}))
    path = str(path)
    if urls is not None:
        if single or len(urls) != count:
            raise ValueError(f"there are {count} partitions, and {len(urls)} names of files")
        names = [str(url_to_fs(url, **(storage_options or {}))[1]) for url in urls]
    elif single:
        names = [f"{path}.{n:05}" for n in range(count)]
    else:
        pattern = path if "*" in path.rpartition("/")[2] else f"{path.rstrip('/')}/*{ending}"
        digits = len(str(max(count - 1, 0)))
        naming = name_function or (lambda n: str(n).zfill(digits))
        texts = [naming(n) for n in range(count)]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("name_function has to return strings")
        names = [pattern.replace("*", text) for text in texts]
    if len(set(names)) < len(names):
        raise ValueError("two partitions would go to one file; names have to differ")
    if mode == "x":
        for name in [path] if single else names:
            if fs.exists(name):
                raise FileExistsError(f'{name} is there; use mode="w" to replace it')
    return Targets(fs, tuple(names), path if single else None, mode == "a")
