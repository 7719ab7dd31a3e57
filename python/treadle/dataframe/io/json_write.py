r"""Writing partitions as JSON, a file each.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.jsonl"
>>> JsonWriter()(pd.DataFrame({"x": [1, 2]}), str(path)) == str(path)
True
>>> path.read_text()
'{"x":1}\n{"x":2}\n'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from treadle.dataframe.io.dataset_files import is_local


@dataclass(frozen=True)
class JsonWriter:
    """How partitions are written.

    Attributes
    ----------
    orient : str
        As for pandas.
    lines : bool, optional
        A record a line; without it that is so for the orient "records".
    encoding, errors : str
        As for :func:`open`.
    compression : str, optional
        "infer" goes by the name's ending.
    storage_options : dict
        For the file system.
    options : dict
        More, for :meth:`pandas.DataFrame.to_json`.
    """

    orient: str = "records"
    lines: bool | None = None
    encoding: str = "utf-8"
    errors: str = "strict"
    compression: str | None = "infer"
    storage_options: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse lines of what is no record."""
        if self.lines and self.orient != "records":
            raise ValueError(f"lines are records, not of orient {self.orient!r}; use lines=False")

    def __call__(self, frame: pd.DataFrame | pd.Series[Any], path: str) -> str:
        """Write a partition to a file of its own."""
        return write_json_part(frame, path, self)


def write_json_part(frame: pd.DataFrame | pd.Series[Any], path: str, writer: JsonWriter) -> str:
    """Write a partition to a file of its own, and return the file's path.

    The file is there with all of the partition or, if a value can't be written, not at all.
    """
    import fsspec

    by_line = writer.orient == "records" if writer.lines is None else writer.lines
    options: dict[str, Any] = {"orient": writer.orient, "lines": by_line, **writer.options}
    text = str(frame.to_json(None, **options))
    # Line ends are part of the records: a partition without rows is an empty file.
    data = ("" if by_line and not len(frame) else text).encode(writer.encoding, writer.errors)
    file = fsspec.open(path, "wb", compression=writer.compression, **writer.storage_options)
    if is_local(file.fs):
        file.fs.makedirs(file.fs._parent(file.path), exist_ok=True)
    with file as stream:
        stream.write(data)
    return str(file.path)
