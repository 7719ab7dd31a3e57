"""Lines of text files, local or anywhere that fsspec reaches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from treadle.bag.core import Bag, Item, call, new_bag, new_item
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.source import outside_caller
from treadle.graph.treereduce import tree_reduce
from treadle.utils.format import parse_bytes


def read_text(
    urlpath: Any,
    blocksize: int | str | None = None,
    compression: str | None = "infer",
    encoding: str = "utf-8",
    errors: str = "strict",
    linedelimiter: str | None = None,
    storage_options: dict[str, Any] | None = None,
    files_per_partition: int | None = None,
    include_path: bool = False,
) -> Bag:
    r"""Return a bag of the lines of text files.

    Parameters
    ----------
    urlpath : str, path, or list of these
        Names may hold ``*``; ``s3://``, ``http://`` and others as fsspec has them.
    blocksize : int or str, optional
        Bytes of a partition; without it a file is one.  Compressed files can't be cut.
    compression : str, optional
        ``"infer"`` goes by the name's ending.
    encoding, errors : str
        As for :func:`open`.
    linedelimiter : str, optional
        What ends a line; any end of line without it.
    storage_options : dict, optional
        For the file system.
    files_per_partition : int, optional
        Small files to put into one partition.
    include_path : bool
        Elements are pairs of a line and the path of its file.

    Returns
    -------
    Bag
        Of strings, each with its end of line.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        For options that exclude each other.

    Examples
    --------
    >>> import pathlib, tempfile, treadle.bag as db
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.txt").write_text("one\ntwo\n")
    >>> db.read_text(folder / "*.txt").str.strip().compute()
    ['one', 'two']
    """
    import fsspec

    if blocksize is not None and files_per_partition is not None:
        raise ValueError("give either blocksize or files_per_partition")
    paths = urlpath if isinstance(urlpath, (list, tuple)) else [urlpath]
    files = fsspec.open_files(
        [os.fspath(path) for path in paths], mode="rb", compression=compression,
        **(storage_options or {}),
    )  # fmt: skip
    if not files:
        raise FileNotFoundError(f"no file is called {urlpath}")
    plans = _whole_files(files, files_per_partition or 1)
    if blocksize is not None:
        plans = _blocks_of_files(files, parse_bytes(blocksize))
    marks = [(file.fs.ukey(file.path), file.path) for file in files]
    reading = _Lines(encoding, errors, linedelimiter, include_path)
    count = (len(plans),)
    parts = Operand(Values(count, plans), (Axis(0),))
    token = (marks, blocksize, files_per_partition, compression, vars(reading))
    return new_bag(
        "read_text",
        token,
        lambda name: Blockwise.call(name, count, reading, [parts], source=outside_caller()),
    )


def _whole_files(files: list[Any], together: int) -> list[Any]:
    return [
        [(file, None) for file in files[n : n + together]] for n in range(0, len(files), together)
    ]


def _blocks_of_files(files: list[Any], size: int) -> list[Any]:
    if size < 1:
        raise ValueError(f"blocksize must be 1 or more, not {size}")
    plans = []
    for file in files:
        if file.compression:
            raise ValueError(
                f"{file.path} is compressed ({file.compression}) and can't be cut into blocks; "
                "use blocksize=None"
            )
        total = file.fs.size(file.path)
        plans += [[(file, (begin, size))] for begin in range(0, max(total, 1), size)]
    return plans


class _Lines:
    """Reads the lines of a partition's files, or of a block of one."""

    __name__ = "read_text"

    def __init__(self, encoding: str, errors: str, delimiter: str | None, with_path: bool):
        self.encoding = encoding
        self.errors = errors
        self.delimiter = delimiter
        self.with_path = with_path

    def __call__(self, plan: list[Any]) -> list[Any]:
        found: list[Any] = []
        for file, span in plan:
            lines = self._lines(file, span)
            found += [(line, file.path) for line in lines] if self.with_path else lines
        return found

    def _lines(self, file: Any, span: tuple[int, int] | None) -> list[str]:
        with file as stream:
            if span is None:
                data = stream.read()
            else:
                from fsspec.utils import read_block

                data = read_block(stream, *span, (self.delimiter or "\n").encode(self.encoding))
        text = data.decode(self.encoding, self.errors)
        if self.delimiter is None:
            return _split_lines(text)
        parts = text.split(self.delimiter)
        lines = [part + self.delimiter for part in parts[:-1]]
        return lines + ([parts[-1]] if parts[-1] else [])


def _split_lines(text: str) -> list[str]:
    """Return the lines as text files have them: every end of line is a newline."""
    import io

    return list(io.StringIO(text, newline=None))


def to_textfiles(
    bag: Bag,
    path: Any,
    name_function: Callable[[int], str] | None = None,
    compression: str | None = "infer",
    encoding: str = "utf-8",
    compute: bool = True,
    storage_options: dict[str, Any] | None = None,
    last_endline: bool = False,
    scheduler: Any = None,
) -> Any:
    r"""Write each partition as a file of lines.

    Parameters
    ----------
    path : str or list of str
        One name a partition, or a name with a ``*`` in the place of the partition's number.
    name_function : callable, optional
        Number of a partition -> what stands in place of ``*``.
    compression : str, optional
        ``"infer"`` goes by the name's ending.
    encoding : str
    compute : bool
        Write now; otherwise return an item that writes when it is computed.
    storage_options : dict, optional
    last_endline : bool
        End the last line of each file, too.

    Returns
    -------
    list of str or Item
        Names of the files.

    Raises
    ------
    TypeError
        If an element is not a string; nothing is left of that file.

    Examples
    --------
    >>> import pathlib, tempfile, treadle.bag as db
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> paths = db.from_sequence(["a", "b"], npartitions=2).to_textfiles(folder / "*.txt")
    >>> sorted(path.name for path in folder.iterdir())
    ['0.txt', '1.txt']
    """
    import fsspec

    names = _names(path, bag.npartitions, name_function)
    files = [
        fsspec.open(name, "wb", compression=compression, **(storage_options or {}))
        for name in names
    ]
    count = (bag.npartitions,)
    targets = Operand(Values(count, files), (Axis(0),))
    writing = _Writing(encoding, last_endline)

    def body(name: str) -> Any:
        parts = call(f"{name}-part", count, writing, [bag, targets])
        return tree_reduce(name, parts, _all_names, source=parts.source)

    item = new_item("to_textfiles", (bag.name, names, encoding, last_endline, os.urandom(8)), body)
    return Item.compute(item, scheduler=scheduler) if compute else item


def _names(path: Any, count: int, name_function: Callable[[int], str] | None) -> list[str]:
    if isinstance(path, (list, tuple)):
        if len(path) != count:
            raise ValueError(f"{len(path)} names for {count} partitions")
        return [os.fspath(name) for name in path]
    pattern = os.fspath(path)
    if "*" not in pattern:
        pattern = os.path.join(pattern, "*.part")
    if pattern.count("*") > 1:
        raise ValueError(f"{pattern!r} has more than one '*'")
    digits = len(str(count - 1))
    naming = name_function or (lambda n: str(n).zfill(digits))
    return [pattern.replace("*", naming(n)) for n in range(count)]


class _Writing:
    """Writes the lines of a partition."""

    __name__ = "to_textfiles"

    def __init__(self, encoding: str, last_endline: bool):
        self.encoding = encoding
        self.last_endline = last_endline

    def __call__(self, items: Iterable[Any], file: Any) -> list[str]:
        lines = list(items)
        for line in lines:
            if not isinstance(line, (str, bytes)):
                raise TypeError(
                    f"lines must be strings, not {type(line).__name__}: {line!r}; map them first, "
                    "with json.dumps for example"
                )
        encoded = [
            line if isinstance(line, bytes) else line.encode(self.encoding) for line in lines
        ]
        end = "\n".encode(self.encoding)
        data = end.join(line.removesuffix(end) for line in encoded)
        if isinstance(file.fs, _local_kind()):
            file.fs.makedirs(file.fs._parent(file.path), exist_ok=True)
        with file as stream:
            stream.write(data + end if self.last_endline and lines else data)
        return [file.path]


def _local_kind() -> Any:
    from fsspec.implementations.local import LocalFileSystem

    return LocalFileSystem


def _all_names(parts: list[list[str]]) -> list[str]:
    return [name for part in parts for name in part]
