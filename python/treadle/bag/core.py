"""``Bag``: a collection of Python objects, in partitions; and ``Item``, one result of it.

The classes hold what Python asks of an object and one-line methods; what these do has a function
in the module of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

import treadle.bag as db
from treadle import base
from treadle.collection import ExprCollection
from treadle.graph.blockwise import Axis, Blockwise, Operand
from treadle.graph.expr import CollectionExpr, Expr
from treadle.graph.gather import Blocks
from treadle.graph.source import outside_caller
from treadle.graph.spec import DataNode
from treadle.graph.tokenize import tokenize
from treadle.types import Key

#: ``str`` means the accessor inside of the class.
Text: TypeAlias = str


class Item(ExprCollection[Expr]):
    """One value: what a reduction of a bag makes.

    Examples
    --------
    >>> import treadle.bag as db
    >>> total = db.from_sequence([1, 2, 3]).sum()
    >>> total.apply(lambda n: n * 10).compute()
    60
    """

    __slots__ = ()

    @property
    def key(self) -> Key:
        """Key of the result."""
        return (self.name,)

    def __treadle_postcompute__(self, results: Any) -> Any:
        return results

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Item:
        return Item(Blocks(self.name, (), [nodes[self.key].value]))

    @staticmethod
    def from_delayed(value: Any) -> Item:
        """Return the item of a ``Delayed``."""
        return Item(as_expr(value))

    def to_delayed(self, optimize_graph: bool = True) -> Any:
        """Return the item as a ``Delayed``."""
        from treadle.delayed import delayed

        return delayed(self)

    def apply(self, func: Callable[[Any], Any]) -> Item:
        """Return what ``func`` makes of the value."""
        return new_item("apply", (self.name, func), lambda name: call(name, (), func, [self]))

    def __repr__(self) -> str:
        return f"treadle.bag.Item<{self.name}>"

    def __bool__(self) -> bool:
        raise TypeError("whether it is true is not known before it is computed; call compute()")


class Bag(ExprCollection[Expr]):
    """A collection of Python objects in partitions, whose order within partitions is kept.

    Made by functions such as :func:`treadle.bag.from_sequence` and :func:`treadle.bag.read_text`.

    Examples
    --------
    >>> import treadle.bag as db
    >>> b = db.from_sequence(range(6), npartitions=3)
    >>> b.filter(lambda n: n % 2).map(lambda n: n * 10).compute()
    [10, 30, 50]
    """

    __slots__ = ()

    @property
    def npartitions(self) -> int:
        """Number of partitions."""
        return self._expr.numblocks[0]

    def __treadle_postcompute__(self, results: list[Any]) -> list[Any]:
        return list(chain.from_iterable(results))

    def __treadle_postpersist__(self, nodes: Mapping[Key, DataNode]) -> Bag:
        values = [nodes[self.name, n].value for n in range(self.npartitions)]
        return Bag(Blocks(self.name, self._expr.numblocks, values))

    def __repr__(self) -> str:
        from treadle.graph.naming import key_prefix

        return f"treadle.bag<{key_prefix(self.name)}, npartitions={self.npartitions}>"

    def __iter__(self) -> Iterator[Any]:
        return iter(self.compute())

    @property
    def str(self) -> Any:
        """String methods on every element: ``b.str.upper()``; see :class:`StringAccessor`."""
        return db.StringAccessor(self)

    # -- one by one --------------------------------------------------------------------------------

    def map(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Bag:
        """Call a function on every element; see :func:`treadle.bag.map`."""
        return db.mapping.map(func, self, *args, **kwargs)

    def starmap(self, func: Callable[..., Any], **kwargs: Any) -> Bag:
        """Call a function with every element as its arguments."""
        return db.mapping.starmap(self, func, **kwargs)

    def filter(self, predicate: Callable[[Any], Any]) -> Bag:
        """Keep the elements for which the predicate is true."""
        return db.mapping.filter(self, predicate)

    def remove(self, predicate: Callable[[Any], Any]) -> Bag:
        """Keep the elements for which the predicate is false."""
        return db.mapping.remove(self, predicate)

    def pluck(self, key: Any, *default: Any) -> Bag:
        """Take one entry, or a list of entries, of every element."""
        return db.mapping.pluck(self, key, *default)

    def flatten(self) -> Bag:
        """Put the elements of all elements one after the other."""
        return db.mapping.flatten(self)

    def map_partitions(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Bag:
        """Call a function on every partition; see :func:`treadle.bag.map_partitions`."""
        return db.mapping.map_partitions(func, self, *args, **kwargs)

    def accumulate(self, binop: Callable[[Any, Any], Any], *initial: Any) -> Bag:
        """Return running results of a binary function, over all partitions."""
        return db.running.accumulate(self, binop, *initial)

    # -- all together ------------------------------------------------------------------------------

    def reduction(self, perpartition: Any, aggregate: Any, **options: Any) -> Any:
        """Reduce partitions, then their results; see :func:`treadle.bag.folding.reduction`."""
        return db.folding.reduction(self, perpartition, aggregate, **options)

    def fold(self, binop: Any, combine: Any = None, initial: Any = None, **options: Any) -> Any:
        """Reduce by a binary function; see :func:`treadle.bag.folding.fold`."""
        return db.folding.fold(self, binop, combine, initial, **options)

    def sum(self, split_every: int | None = None) -> Item:
        """Sum of the elements."""
        return db.folding.reduced_item(self, "sum", sum, sum, sum, split_every)

    def max(self, split_every: int | None = None) -> Item:
        """Largest element."""
        return db.folding.extreme(self, max, split_every)

    def min(self, split_every: int | None = None) -> Item:
        """Smallest element."""
        return db.folding.extreme(self, min, split_every)

    def any(self, split_every: int | None = None) -> Item:
        """Whether any element is true."""
        return db.folding.reduced_item(self, "any", any, any, any, split_every)

    def all(self, split_every: int | None = None) -> Item:
        """Whether all elements are true."""
        return db.folding.reduced_item(self, "all", all, all, all, split_every)

    def count(self, split_every: int | None = None) -> Item:
        """Number of elements."""
        return db.folding.reduced_item(self, "count", db.folding.length, sum, sum, split_every)

    def mean(self) -> Item:
        """Mean of the elements."""
        return db.folding.mean(self)

    def var(self, ddof: int = 0) -> Item:
        """Variance of the elements."""
        return db.folding.var(self, ddof)

    def std(self, ddof: int = 0) -> Item:
        """Standard deviation of the elements."""
        return db.folding.std(self, ddof)

    def frequencies(self, split_every: int | None = None, sort: bool = False) -> Bag:
        """Return pairs of an element and how often it is there."""
        return db.folding.frequencies(self, split_every, sort)

    def topk(self, k: int, key: Any = None, split_every: int | None = None) -> Bag:
        """Return the ``k`` largest elements, the largest first."""
        return db.folding.topk(self, k, key, split_every)

    def distinct(self, key: Any = None) -> Bag:
        """Return every element once; of those with an equal key, the first."""
        return db.folding.distinct(self, key)

    # -- groups ------------------------------------------------------------------------------------

    def foldby(self, key: Any, binop: Any, *args: Any, **options: Any) -> Bag:
        """Reduce the elements of each group; see :func:`treadle.bag.grouping.foldby`."""
        return db.grouping.foldby(self, key, binop, *args, **options)

    def groupby(self, grouper: Any, npartitions: int | None = None, **options: Any) -> Bag:
        """Return pairs of a key and its elements; see :func:`treadle.bag.grouping.groupby`."""
        return db.grouping.groupby(self, grouper, npartitions=npartitions, **options)

    def join(self, other: Any, on_self: Any, on_other: Any = None) -> Bag:
        """Return pairs of elements with equal keys; see :func:`treadle.bag.grouping.join`."""
        return db.grouping.join(self, other, on_self, on_other)

    def product(self, other: Bag) -> Bag:
        """Return all pairs of an element of this bag and one of another."""
        return db.grouping.product(self, other)

    # -- partitions --------------------------------------------------------------------------------

    def repartition(
        self, npartitions: int | None = None, partition_size: int | Text | None = None
    ) -> Bag:
        """Return the elements in other partitions; see :func:`treadle.bag.layout.repartition`."""
        return db.layout.repartition(self, npartitions, partition_size)

    def take(self, k: int, npartitions: int = 1, compute: bool = True, warn: bool = True) -> Any:
        """Return the first elements; see :func:`treadle.bag.layout.take`."""
        return db.layout.take(self, k, npartitions, compute, warn)

    def random_sample(self, prob: float, random_state: Any = None) -> Bag:
        """Keep each element with a probability; see :func:`treadle.bag.random.random_sample`."""
        return db.random.random_sample(self, prob, random_state)

    # -- becoming something else -------------------------------------------------------------------

    def to_delayed(self, optimize_graph: bool = True) -> list[Any]:
        """Return one ``Delayed`` a partition, of the list of its elements."""
        return db.creating.to_delayed(self)

    def to_dataframe(
        self, meta: Any = None, columns: Sequence[Any] | None = None, optimize_graph: bool = True
    ) -> Any:
        """Return a frame of the elements: dicts, tuples, or single values.

        Parameters
        ----------
        meta : DataFrame, dict or list of (label, dtype), optional
            Columns and their dtypes. Without it the first elements are computed now, and have to
            be like all others.
        columns : list, optional
            Labels of the columns, if elements don't say them.
        optimize_graph : bool
            For programs that know it; graphs are made better when they are computed.

        Returns
        -------
        treadle.dataframe.DataFrame

        Raises
        ------
        ValueError
            If there is no element to look at; when computed, if some don't have the dtypes.

        Examples
        --------
        >>> import treadle.bag as db
        >>> people = db.from_sequence([{"name": "Ann", "age": 31}, {"name": "Bo", "age": 25}])
        >>> people.to_dataframe().age.max().compute()
        np.int64(31)
        """
        from treadle.dataframe.converting import from_bag

        return from_bag(self, meta, columns)

    def to_textfiles(self, path: Any, **options: Any) -> Any:
        """Write each partition as a file of lines; see :func:`treadle.bag.to_textfiles`."""
        return db.text.to_textfiles(self, path, **options)

    def to_avro(self, filename: Any, schema: Any, **options: Any) -> Any:
        """Write each partition as an Avro file; see :func:`treadle.bag.to_avro`."""
        return db.avro.to_avro(self, filename, schema, **options)


# -- how bags are made -----------------------------------------------------------------------------


def as_expr(value: Any) -> Expr:
    """Return the expression of one block of a ``Delayed``, or of another collection's result."""
    if isinstance(value, Item):
        return value.expr
    return CollectionExpr(f"item-{tokenize(value)}", value)


def call(
    name: str,
    numblocks: tuple[int, ...],
    func: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
) -> Blockwise:
    """Return a call a partition; bags among the arguments stand for their partitions."""
    return Blockwise.call(
        name, numblocks, func, [_operand(arg) for arg in args],
        {key: _operand(value) for key, value in (kwargs or {}).items()},
        source=outside_caller(), annotations=base.current_annotations(),
    )  # fmt: skip


def _operand(value: Any) -> Any:
    if isinstance(value, Bag):
        return Operand(value.expr, (Axis(0),))
    if base.is_treadle_collection(value):
        return Operand(as_expr(value), ())
    return value


def new_bag(prefix: str, token: Any, body: Callable[[str], Expr]) -> Bag:
    """Return the bag of the expression ``body(name)``; the name stands for prefix and token."""
    return Bag(body(f"{prefix}-{tokenize(prefix, token)}"))


def new_item(prefix: str, token: Any, body: Callable[[str], Expr]) -> Item:
    """Return the item of the expression ``body(name)``."""
    return Item(body(f"{prefix}-{tokenize(prefix, token)}"))
