"""``einsum``: sums of products, written with a letter a dimension.

The text becomes labels of dimensions, and these say which blocks meet.  More than two arrays are
multiplied two at a time, in an order chosen by their shapes, since all at once would take every
block of each with every block of the others.

>>> parse("ij,jk", [2, 2])
([('i', 'j'), ('j', 'k')], ('i', 'k'))
"""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import numpy as np

from treadle.array.contraction import Labels, contract
from treadle.array.core import Array, asanyarray
from treadle.array.factors import into
from treadle.array.meta import meta_of


def einsum(
    *operands: Any,
    dtype: Any = None,
    out: Any = None,
    casting: Any = "safe",
    order: Any = "K",
    optimize: Any = True,
    split_every: Any = None,
) -> Array:
    """Sum products of arrays over the dimensions that a text says.

    Parameters
    ----------
    *operands : str and array_like
        ``"ij,jk->ik"`` and the arrays; or arrays, each with a list of ints that stand for its
        dimensions, and perhaps one for those of the result.
    dtype : dtype, optional
        What is computed in.
    out : Array, optional
        Becomes the result.
    casting : str
        Which casts to ``dtype`` are allowed.
    order : str
        Layout of blocks in memory.
    optimize : bool or str
        How to find the order of the products; as for :func:`numpy.einsum_path`.  False multiplies
        all arrays at once.
    split_every : int, optional
        Accepted for Dask's sake: sums are made in place, whatever their length.

    Returns
    -------
    Array

    Raises
    ------
    ValueError
        If the text doesn't fit the arrays, or their lengths don't fit each other.

    Examples
    --------
    >>> import treadle.array as da
    >>> x = da.ones((2, 3), chunks=2)
    >>> da.einsum("ij,kj->ik", x, x).compute()
    array([[3., 3.],
           [3., 3.]])
    """
    text, values = _as_text(operands)
    arrays = [asanyarray(value) for value in values]
    labels, result = parse(text, [array.ndim for array in arrays])
    lengths = _lengths(labels, arrays)
    options: dict[str, Any] = {"casting": casting, "order": order}
    if dtype is not None:
        options["dtype"] = np.dtype(dtype)
    while len(arrays) > 2 and optimize is not False and not any(map(math.isnan, lengths.values())):
        pair = _next_pair(labels, result, arrays, optimize)
        if len(pair) == len(arrays):
            break
        rest = [item for n, item in enumerate(labels) if n not in pair]
        needed = {label for item in rest for label in item} | set(result)
        kept = tuple(dict.fromkeys(x for n in pair for x in labels[n] if x in needed))
        made = _contracted([arrays[n] for n in pair], [labels[n] for n in pair], kept, options)
        arrays = [array for n, array in enumerate(arrays) if n not in pair] + [made]
        labels = [*rest, kept]
    return into(out, _contracted(arrays, labels, result, options))


def _contracted(
    arrays: list[Array], labels: list[Labels], out: Labels, options: dict[str, Any]
) -> Array:
    letters = dict(zip(dict.fromkeys(x for item in labels for x in item), _LETTERS, strict=False))
    spell = ["".join(letters[x] for x in item) for item in labels]
    text = ",".join(spell) + "->" + "".join(letters[x] for x in out)
    dtype = options.get("dtype") or np.result_type(*[array.dtype for array in arrays])
    kernel = partial(einsum_blocks, text, **options)
    return contract("einsum", arrays, labels, out, kernel, _meta(arrays, len(out), dtype))


def _meta(arrays: list[Array], ndim: int, dtype: Any) -> Any:
    kinds = [array.meta for array in arrays if type(array.meta) is not np.ndarray]
    return meta_of(kinds[0] if kinds else np.empty(()), ndim, dtype)


_LETTERS = string.ascii_lowercase + string.ascii_uppercase


def einsum_blocks(text: str, *blocks: Any, **options: Any) -> Any:
    """Return the sums of products of blocks, as a new array."""
    plain = len(blocks) == 2 and "dtype" not in options
    # NumPy's quick way sums over a dimension that only one block has in that block's own dtype.
    plain = plain and len({block.dtype for block in blocks}) == 1
    found = np.einsum(text, *blocks, optimize=plain, **options)
    if any(np.may_share_memory(found, block) for block in blocks if type(block) is np.ndarray):
        return found.copy()  # a diagonal comes as a view, and sums are made in place
    return found


def _next_pair(labels: list[Labels], out: Labels, arrays: list[Array], optimize: Any) -> list[int]:
    """Return the positions of the arrays to multiply first."""
    letters = dict(zip(dict.fromkeys(x for item in labels for x in item), _LETTERS, strict=False))
    text = ",".join("".join(letters[x] for x in item) for item in labels)
    shapes = [np.broadcast_to(np.float64(0), array.shape) for array in arrays]
    how = "greedy" if optimize is True else optimize
    path, _ = np.einsum_path(f"{text}->{''.join(letters[x] for x in out)}", *shapes, optimize=how)
    return list(path[1])


def _as_text(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the text and the arrays, whichever way they were given."""
    if not operands:
        raise ValueError("einsum takes a text such as 'ij,jk->ik', and arrays")
    if isinstance(operands[0], str):
        return operands[0], list(operands[1:])
    several = list(operands)
    result = several.pop() if len(several) % 2 else None
    numbers = sorted(
        {n for item in [*several[1::2], result or ()] for n in item if n is not Ellipsis}
    )
    letters = dict(zip(numbers, _LETTERS, strict=False))

    def spell(item: Sequence[Any]) -> str:
        return "".join("..." if n is Ellipsis else letters[n] for n in item)

    text = ",".join(map(spell, several[1::2]))
    return text if result is None else f"{text}->{spell(result)}", several[::2]


def parse(text: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """Return the labels of each array and of the result.

    Raises
    ------
    ValueError
        If the text is not one of ``einsum``, or doesn't fit the numbers of dimensions.
    """
    text = text.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum of {text!r} takes {len(terms)} arrays, and got {len(ndims)}")
    labels = [_term(term, ndim, text) for term, ndim in zip(terms, ndims, strict=True)]
    broadcast = max(
        (tuple(x for x in item if isinstance(x, int)) for item in labels), key=len, default=()
    )
    seen = Counter(label for item in labels for label in item if isinstance(label, str))
    if not arrow:
        once = sorted(label for label, count in seen.items() if count == 1)
        return labels, (*broadcast, *once)
    before, dots, after = right.partition("...")
    _letters_only(before + after, text)
    result: list[Hashable] = [*before, *(broadcast if dots else ()), *after]
    unknown = [x for x in result if isinstance(x, str) and x not in seen]
    if unknown:
        raise ValueError(f"einsum of {text!r}: no array has the dimension {unknown[0]!r}")
    if len(set(result)) != len(result):
        raise ValueError(f"einsum of {text!r}: the result has a dimension twice")
    if broadcast and not dots:
        raise ValueError(f"einsum of {text!r}: write '...' in the result for the other dimensions")
    return labels, tuple(result)


def _term(term: str, ndim: int, text: str) -> Labels:
    before, dots, after = term.partition("...")
    _letters_only(before + after, text)
    rest = ndim - len(before) - len(after)
    if rest < 0 or (rest and not dots):
        raise ValueError(f"einsum of {text!r}: {term!r} doesn't fit an array of {ndim} dimensions")
    return (*before, *range(-rest, 0), *after)


def _letters_only(letters: str, text: str) -> None:
    if letters and not (letters.isascii() and letters.isalpha()):
        raise ValueError(f"einsum of {text!r}: dimensions are letters")


def _lengths(labels: list[Labels], arrays: list[Array]) -> dict[Hashable, float]:
    found: dict[Hashable, float] = {}
    for item, array in zip(labels, arrays, strict=True):
        for label, length in zip(item, array.shape, strict=True):
            before = found.setdefault(label, length)
            if before == 1:
                found[label] = length
            elif length not in (1, before) and not (math.isnan(length) or math.isnan(before)):
                raise ValueError(
                    f"einsum: dimension {label!r} has length {before} in one array and {length} in "
                    f"another; shapes {[array.shape for array in arrays]}"
                )
    return found
