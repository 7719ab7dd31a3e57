"""``to_sql``: a frame as a table of a database.

The table is made first, without rows; then each partition adds its own, one after the other unless
the database is said to take several at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.dataframe.io.packages import require
from treadle.dataframe.io.sql_read import connection
from treadle.delayed import delayed


class _Insert:
    """Adds the rows of a partition; what it takes besides only says that it is its turn."""

    __name__ = "to_sql"

    def __init__(self, name: str, uri: str, engine_kwargs: dict[str, Any], options: dict[str, Any]):
        self.name = name
        self.uri = uri
        self.engine_kwargs = engine_kwargs
        self.options = options

    def __call__(self, frame: Any, before: int) -> int:
        if len(frame):
            with connection(self.uri, self.engine_kwargs) as there:
                frame.to_sql(self.name, there, if_exists="append", **self.options)
                there.commit()
        return before + len(frame)


def to_sql(
    df: Any,
    name: str,
    uri: str,
    schema: str | None = None,
    if_exists: str = "fail",
    index: bool = True,
    index_label: Any = None,
    chunksize: int | None = None,
    dtype: Any = None,
    method: Any = None,
    compute: bool = True,
    parallel: bool = False,
    engine_kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Write rows to a table of a database; see :meth:`DataFrame.to_sql`.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> import treadle.dataframe as dd
    >>> df = dd.from_pandas(pd.DataFrame({"x": [5, 6, 7]}), npartitions=2)
    >>> dd.to_sql(df, "numbers", f"sqlite:///{tempfile.mkdtemp()}/a.db")
    3
    """
    require("sqlalchemy", "databases")
    if not isinstance(uri, str):
        raise TypeError(
            f"uri is the database's address as a str, which can go to other processes, not "
            f"{type(uri).__name__}"
        )
    if if_exists not in ("fail", "replace", "append"):
        raise ValueError(f'if_exists is "fail", "replace" or "append", not {if_exists!r}')
    kwargs = dict(engine_kwargs or {})
    options = {
        "schema": schema, "index": index, "index_label": index_label, "chunksize": chunksize,
        "dtype": dtype, "method": method,
    }  # fmt: skip
    start = delayed(_start, pure=False)(df._meta, name, uri, if_exists, kwargs, options)
    insert = delayed(_Insert(name, uri, kwargs, options), pure=False)
    if parallel:
        ends = [insert(df.get_partition(n), start) for n in range(df.npartitions)]
        total = delayed(sum, pure=False)(ends)
    else:
        total = start
        for n in range(df.npartitions):
            total = insert(df.get_partition(n), total)
    if not compute:
        return total
    if if_exists == "fail" and _is_there(uri, name, schema, kwargs):
        raise ValueError(
            f'there is a table {name!r} already; use if_exists="replace" or if_exists="append"'
        )
    try:
        return total.compute()
    except BaseException:
        if if_exists == "fail":
            _drop(uri, name, schema, kwargs)
        raise


def _start(
    meta: Any, name: str, uri: str, if_exists: str, kwargs: dict[str, Any], options: dict[str, Any]
) -> int:
    """Make the table, and return how many rows were written."""
    with connection(uri, kwargs) as there:
        meta.to_sql(name, there, if_exists=if_exists, **options)
        there.commit()
    return 0


def _drop(uri: str, name: str, schema: str | None, kwargs: dict[str, Any]) -> None:
    """Take away the table of a writing that failed."""
    import sqlalchemy as sa

    with connection(uri, kwargs) as there:
        sa.Table(name, sa.MetaData(), schema=schema).drop(there, checkfirst=True)
        there.commit()


def _is_there(uri: str, name: str, schema: str | None, kwargs: dict[str, Any]) -> bool:
    import sqlalchemy as sa

    with connection(uri, kwargs) as there:
        return bool(sa.inspect(there).has_table(name, schema=schema))
