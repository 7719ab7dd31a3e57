"""Row groups of a Parquet dataset: grouped into partitions, and left out where filters allow.

Decides which row groups make a partition.  Knows footers, not data.

>>> cut([40, 40, 40, 200], 100)
[range(0, 2), range(2, 3), range(3, 4)]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from treadle.dataframe.io.dataset_files import DataFile, FileSet
from treadle.dataframe.io.parquet_footer import Footer, read_footer
from treadle.dataframe.io.parquet_read import ParquetPart, ParquetPiece, ParquetReader
from treadle.dataframe.io.row_filters import Extremes, Filters

Keys = tuple[tuple[str, Any], ...]


class Groups:
    """What is known of row groups without reading them."""

    def __init__(self, reader: ParquetReader, footers: dict[str, Footer]):
        self._footers = footers
        self._fields = reader.fields
        self._keys = {
            name: (number, values.to_pylist()) for number, (name, values) in enumerate(reader.keys)
        }

    def numbers(self, piece: ParquetPiece) -> Sequence[int] | None:
        """Row groups of a piece, None if its footer was not read."""
        if piece.groups is not None:
            return piece.groups
        footer = self._footers.get(piece.file.path)
        return None if footer is None else range(len(footer.rows))

    def rows(self, piece: ParquetPiece) -> int | None:
        """Rows of a piece."""
        numbers = self.numbers(piece)
        footer = self._footers.get(piece.file.path)
        if numbers is None or footer is None:
            return None
        return sum(footer.rows[number] for number in numbers)

    def nbytes(self, piece: ParquetPiece) -> int | None:
        """Bytes of the chosen columns of a piece."""
        numbers = self.numbers(piece)
        footer = self._footers.get(piece.file.path)
        if numbers is None or footer is None:
            return None
        return sum(footer.nbytes(number, self._fields) for number in numbers)

    def first_row(self, part: ParquetPart) -> int | None:
        """Where the first row of a part stands among all rows of the dataset."""
        if not part.pieces or part.pieces[0].first is None:
            return None
        piece = part.pieces[0]
        footer = self._footers.get(piece.file.path)
        numbers = self.numbers(piece)
        if footer is None or not numbers or piece.first is None:
            return None
        return piece.first + sum(footer.rows[: numbers[0]])

    def of_group(self, piece: ParquetPiece, number: int | None, name: str) -> Extremes | None:
        """Extremes of a field in a row group, or in the whole file."""
        if name in self._keys:
            place, values = self._keys[name]
            code = piece.codes[place]
            if code < 0:
                return Extremes(nulls=1, rows=1)
            return Extremes(values[code], values[code], nulls=0, rows=1)
        footer = self._footers.get(piece.file.path)
        if footer is None or number is None:
            return None
        if name not in footer.leaves:  # a column that only other files have
            return Extremes(nulls=footer.rows[number], rows=footer.rows[number])
        return footer.extremes(number, name)

    def of_part(self, part: ParquetPart, name: str) -> Extremes | None:
        """Extremes of a field in a part."""
        together: Extremes | None = None
        for piece in part.pieces:
            numbers = self.numbers(piece)
            if numbers is None:
                return None
            for number in numbers:
                found = self.of_group(piece, number, name)
                if found is None:
                    return None
                together = found if together is None else _join(together, found)
        return together


def _join(one: Extremes, two: Extremes) -> Extremes:
    nulls = None if one.nulls is None or two.nulls is None else one.nulls + two.nulls
    rows = None if one.rows is None or two.rows is None else one.rows + two.rows
    least, greatest = one.least, one.greatest
    if one.all_null:
        least, greatest = two.least, two.greatest
    elif not two.all_null:
        if one.least is None or two.least is None:
            least = greatest = None
        else:
            least, greatest = min(one.least, two.least), max(one.greatest, two.greatest)
    return Extremes(least, greatest, nulls, rows, one.exact and two.exact)


def read_summary(found: FileSet) -> dict[str, Footer] | None:
    """Return the footers that ``_metadata`` holds, None if there is none or it is not true.

    Files may have come and gone since it was written; then it is not used.
    """
    if found.root is None or len(found.files) < 2:
        return None
    path = f"{found.root}/_metadata"
    if not found.fs.exists(path):
        return None
    info = found.fs.info(path)
    note = DataFile(path, info.get("size"), f"{info.get('size')}:{info.get('mtime')}")
    whole = read_footer(found.fs, note)
    members: dict[str, list[int]] = {}
    for number in range(whole.metadata.num_row_groups):
        row_group = whole.metadata.row_group(number)
        if not row_group.num_columns:
            return None
        members.setdefault(row_group.column(0).file_path, []).append(number)
    below = {file.path: file.path.removeprefix(found.root).lstrip("/") for file in found.files}
    if set(below.values()) != set(members):
        return None
    return {
        path: Footer(whole.metadata, whole.schema, tuple(members[name]))
        for path, name in below.items()
    }


def key_values(files: Sequence[DataFile]) -> Keys:
    """Return the fields that folders give, with the values that occur, as pyarrow finds them.

    Values are integers of 32 bits if all of a field can be, else strings, in the order they occur.

    Raises
    ------
    ValueError
        If some files stand in folders of other names.
    """
    import pyarrow as pa

    names = [name for name, _ in files[0].keys]
    for file in files:
        if [name for name, _ in file.keys] != names:
            raise ValueError(
                f"{file.path} stands in folders with keys {[name for name, _ in file.keys]}, "
                f"and {files[0].path} in ones with {names}; read them apart"
            )
    found = []
    for place, name in enumerate(names):
        texts = dict.fromkeys(file.keys[place][1] for file in files)
        values = _numbers([text for text in texts if text is not None])
        kind = pa.int32() if all(isinstance(value, int) for value in values) else pa.string()
        found.append((name, pa.array(dict.fromkeys(values), kind)))
    return tuple(found)


def _numbers(texts: list[str]) -> list[Any]:
    try:
        numbers = [int(text) for text in texts]
    except ValueError:
        return list(texts)
    plain = all(text.lstrip("-").isdigit() for text in texts)
    fit = plain and all(-(2**31) <= number < 2**31 for number in numbers)
    return list(numbers) if fit and texts else list(texts)


def with_keys(schema: Any, keys: Keys) -> Any:
    """Return a schema with the fields of folders behind the others."""
    import pyarrow as pa

    for name, values in keys:
        number = schema.get_field_index(name)
        if number >= 0:
            schema = schema.remove(number)
        schema = schema.append(pa.field(name, pa.dictionary(pa.int32(), values.type)))
    return schema


def whole_files(
    files: Sequence[DataFile], keys: Keys, footers: dict[str, Footer]
) -> tuple[ParquetPiece, ...]:
    """Return a piece for each file, with its first row's place if all before are known."""
    tables = [{value: code for code, value in enumerate(values.to_pylist())} for _, values in keys]
    pieces = []
    first: int | None = 0
    for file in files:
        codes = tuple(
            -1 if text is None else table[int(text) if text not in table else text]
            for (_, text), table in zip(file.keys, tables, strict=True)
        )
        pieces.append(ParquetPiece(file, None, codes, first))
        footer = footers.get(file.path)
        first = None if first is None or footer is None else first + sum(footer.rows)
    return tuple(pieces)


def split(
    pieces: Sequence[ParquetPiece],
    groups: Groups,
    how: bool | int | str,
    blocksize: int,
    aggregate: bool,
) -> tuple[ParquetPart, ...]:
    """Return the parts that files are read in; files without rows are left out."""
    if how != "infer" and not isinstance(how, (bool, int)):
        raise ValueError(f"split_row_groups is True, False, a number or 'infer', not {how!r}")
    if isinstance(how, int) and how is not False and how < 1:
        raise ValueError(f"split_row_groups must be 1 or more, not {how}")
    small = [part for piece in pieces for part in _split_file(piece, groups, how, blocksize)]
    if not aggregate:
        return tuple(small)
    if any(part.encoded_bytes is None for part in small):
        return tuple(small)
    sizes = [part.encoded_bytes or 0 for part in small]
    return tuple(_merged([small[n] for n in span]) for span in cut(sizes, blocksize))


def _split_file(
    piece: ParquetPiece, groups: Groups, how: bool | int | str, blocksize: int
) -> Iterator[ParquetPart]:
    numbers = groups.numbers(piece)
    if numbers is None:
        yield ParquetPart((piece,))
        return
    if groups.rows(piece) == 0:
        return
    each = [replace(piece, groups=(number,)) for number in numbers]
    if how is False:
        spans = [range(len(numbers))]
    elif how == "infer":
        spans = cut([groups.nbytes(one) or 0 for one in each], blocksize)
    else:
        step = int(how)
        spans = [
            range(begin, min(begin + step, len(numbers))) for begin in range(0, len(numbers), step)
        ]
    for span in spans:
        chosen = tuple(numbers[n] for n in span)
        part = replace(piece, groups=None if len(spans) == 1 else chosen)
        yield ParquetPart((part,), groups.rows(part), groups.nbytes(part))


def cut(sizes: Sequence[int], most: int) -> list[range]:
    """Return runs of neighbours whose sizes sum to ``most`` or less, and are about alike."""
    total = sum(sizes)
    aim = total / -(-total // most) if total else 1.0
    spans, begin, held = [], 0, 0
    for number, size in enumerate(sizes):
        # Half of what comes may lie past the border; more than `most` may not.
        if number > begin and (held + size > most or held + size / 2 > aim):
            spans.append(range(begin, number))
            begin, held = number, 0
        held += size
    return [*spans, range(begin, len(sizes))] if sizes else []


def _merged(parts: Sequence[ParquetPart]) -> ParquetPart:
    pieces = tuple(piece for part in parts for piece in part.pieces)
    rows = [part.nrows for part in parts]
    nrows = None if None in rows else sum(count or 0 for count in rows)
    return ParquetPart(pieces, nrows, sum(part.encoded_bytes or 0 for part in parts))


def prune_part(part: ParquetPart, filters: Filters, groups: Groups) -> ParquetPart:
    """Return a part without row groups that have no wanted row for certain."""
    pieces = []
    for piece in part.pieces:
        numbers = groups.numbers(piece)
        if numbers is None:
            if not filters.matches_nowhere(partial(groups.of_group, piece, None)):
                pieces.append(piece)
            continue
        kept = tuple(
            number
            for number in numbers
            if not filters.matches_nowhere(partial(groups.of_group, piece, number))
        )
        if kept:
            pieces.append(piece if len(kept) == len(numbers) else replace(piece, groups=kept))
    if tuple(pieces) == part.pieces:
        return part
    rows = [groups.rows(piece) for piece in pieces]
    sizes = [groups.nbytes(piece) for piece in pieces]
    return ParquetPart(
        tuple(pieces),
        None if None in rows else sum(count or 0 for count in rows),
        None if None in sizes else sum(size or 0 for size in sizes),
    )
