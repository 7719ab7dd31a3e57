"""Avro files, where fastavro is installed."""

from __future__ import annotations

import os
from typing import Any

from treadle.bag.core import Bag, Item, call, new_bag, new_item
from treadle.bag.text import _all_names, _names
from treadle.graph.blockwise import Axis, Blockwise, Operand, Values
from treadle.graph.source import outside_caller
from treadle.graph.treereduce import tree_reduce


def _fastavro() -> Any:
    try:
        import fastavro
    except ImportError:
        raise ImportError("Avro files need fastavro: install the package 'fastavro'") from None
    return fastavro


def read_avro(urlpath: Any, storage_options: dict[str, Any] | None = None) -> Bag:
    """Return a bag of the records of Avro files, one partition a file.

    Parameters
    ----------
    urlpath : str, path, or list of these
    storage_options : dict, optional

    Raises
    ------
    ImportError
        Where fastavro is not installed.
    FileNotFoundError
        If there is no such file.
    """
    import fsspec

    _fastavro()
    paths = urlpath if isinstance(urlpath, (list, tuple)) else [urlpath]
    files = fsspec.open_files([os.fspath(path) for path in paths], "rb", **(storage_options or {}))
    if not files:
        raise FileNotFoundError(f"no file is called {urlpath}")
    parts = Operand(Values((len(files),), list(files)), (Axis(0),))
    return new_bag(
        "read_avro",
        [(file.fs.ukey(file.path), file.path) for file in files],
        lambda name: Blockwise.call(
            name, (len(files),), read_records, [parts], source=outside_caller()
        ),
    )


def read_records(file: Any) -> list[Any]:
    """Return the records of a file."""
    with file as stream:
        return list(_fastavro().reader(stream))


def to_avro(
    bag: Bag,
    filename: Any,
    schema: dict[str, Any],
    name_function: Any = None,
    storage_options: dict[str, Any] | None = None,
    codec: str = "null",
    sync_interval: int = 16000,
    metadata: dict[str, str] | None = None,
    compute: bool = True,
) -> Any:
    """Write each partition as an Avro file.

    Parameters
    ----------
    filename : str or list of str
        One name a partition, or a name with a ``*`` in the place of the partition's number.
    schema : dict
        Of the records.
    codec : str
        Compression within the file.
    compute : bool
        Write now; otherwise return an item that writes when it is computed.

    Raises
    ------
    ImportError
        Where fastavro is not installed.
    """
    import fsspec

    _fastavro()
    names = _names(filename, bag.npartitions, name_function)
    files = [fsspec.open(name, "wb", **(storage_options or {})) for name in names]
    count = (bag.npartitions,)
    targets = Operand(Values(count, files), (Axis(0),))
    options = {"codec": codec, "sync_interval": sync_interval, "metadata": metadata}

    def body(name: str) -> Any:
        parts = call(f"{name}-part", count, write_records, [bag, targets, schema, options])
        return tree_reduce(name, parts, _all_names, source=parts.source)

    item = new_item("to_avro", (bag.name, names, schema, os.urandom(8)), body)
    return Item.compute(item) if compute else item


def write_records(
    items: Any, file: Any, schema: dict[str, Any], options: dict[str, Any]
) -> list[str]:
    """Write the records of a partition; return the file's name."""
    with file as stream:
        _fastavro().writer(stream, schema, items, **options)
    return [file.path]
