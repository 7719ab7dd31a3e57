"""Writing a frame as CSV: a file for each partition, or one for all.

>>> import pathlib, tempfile
>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2]}), npartitions=2)
>>> _ = to_csv(df, path, single_file=True, index=False)
>>> path.read_text().split()
['x', '1', '2']
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from treadle.dataframe.io.writing import Targets, Writing, plan_targets, write_frame

#: What files may be written with; the members of one file can stand one behind the other.
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}


@dataclass(frozen=True)
class CsvWriter:
    """How partitions are written.

    Attributes
    ----------
    targets : Targets
    compression : str or None
    encoding, errors : str
    header : object
        As for pandas.
    first_only : bool
        Only the first partition has a header.
    options : dict
        More, for :meth:`pandas.DataFrame.to_csv`.
    """

    targets: Targets
    compression: str | None
    encoding: str
    errors: str
    header: Any
    first_only: bool
    options: dict[str, Any]

    def __call__(self, frame: Any, number: int) -> str:
        """Write a partition to where it waits."""
        header = self.header if number == 0 or not self.first_only else False
        text = io.StringIO(newline="")
        frame.to_csv(text, header=header, **self.options)
        data = text.getvalue().encode(self.encoding, self.errors)
        if number and self.first_only:  # one mark of the byte order is enough for a file
            data = data.removeprefix("".encode(self.encoding))
        self.targets.make_folder(number)
        with self.targets.fs.open(self.targets.waiting(number), "wb") as stream:
            stream.write(compressed(data, self.compression))
        return self.targets.paths[number]


def compressed(data: bytes, kind: str | None) -> bytes:
    """Return bytes as they are stored; several such, one behind the other, are read as one."""
    match kind:
        case "gzip":
            import gzip

            return gzip.compress(data, mtime=0)
        case "bz2":
            import bz2

            return bz2.compress(data)
        case "xz":
            import lzma

            return lzma.compress(data)
        case "zstd" | "zst":
            import pyarrow as pa

            sink = pa.BufferOutputStream()
            with pa.CompressedOutputStream(sink, "zstd") as stream:
                stream.write(data)
            return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]
    return data


def to_csv(
    df: Any,
    filename: Any,
    single_file: bool = False,
    encoding: str = "utf-8",
    mode: str = "w",
    name_function: Callable[[int], str] | None = None,
    compression: str | None = "infer",
    compute: bool = True,
    scheduler: Any = None,
    storage_options: Mapping[str, Any] | None = None,
    header_first_partition_only: bool | None = None,
    compute_kwargs: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Write a frame or series as CSV files, one for each partition; see :meth:`DataFrame.to_csv`.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
    >>> [path[-5:] for path in dd.to_csv(df, tempfile.mkdtemp() + "/*.csv")]
    ['0.csv', '1.csv', '2.csv']
    """
    letter = mode.replace("t", "").replace("b", "")
    if letter not in ("w", "x", "a"):
        raise ValueError(f'mode is one of "w", "x" and "a", not {mode!r}')
    if kwargs.get("chunksize") is not None and kwargs["chunksize"] < 1:
        raise ValueError(f"chunksize must be 1 or more, not {kwargs['chunksize']}")
    header = kwargs.pop("header", True)
    errors = kwargs.pop("errors", None) or "strict"
    first_only = single_file if header_first_partition_only is None else header_first_partition_only
    if single_file and not first_only:
        raise ValueError(
            "one file has one header: header_first_partition_only can't be False with single_file"
        )
    df._meta.to_csv(io.StringIO(), header=header, **kwargs)  # refuses options nobody knows
    kind = compression_of(filename, compression)

    def plan(frame: Any) -> Writing:
        targets = plan_targets(
            filename, frame.npartitions, ".csv", name_function, storage_options, single_file, letter
        )
        writer = CsvWriter(targets, kind, encoding, errors, header, first_only, dict(kwargs))
        return Writing(writer, targets.finish, targets.abandon)

    options = {**(compute_kwargs or {}), **({} if scheduler is None else {"scheduler": scheduler})}
    return write_frame("to-csv", df, plan, compute, options)


def compression_of(filename: Any, compression: str | None) -> str | None:
    """Return how files are compressed.

    >>> compression_of("a-*.csv.gz", "infer")
    'gzip'
    """
    if compression == "infer":
        first = filename[0] if isinstance(filename, list | tuple) else filename
        return next((kind for end, kind in COMPRESSIONS.items() if str(first).endswith(end)), None)
    known = {*COMPRESSIONS.values(), "zst", None}
    if compression not in known:
        names = ", ".join(sorted(COMPRESSIONS.values()))
        raise ValueError(f"files are not written with compression {compression!r}; use {names}")
    return compression
