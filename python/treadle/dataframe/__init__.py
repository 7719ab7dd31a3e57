"""Dataframes: the interface of pandas over partitions.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3, 4]}), npartitions=2)
>>> df[df.x > 2].compute()
   x
2  3
3  4
"""

from treadle.dataframe.core import DataFrame, Index, Scalar, Series
from treadle.dataframe.creating import from_pandas
from treadle.dataframe.io.csv_frames import read_csv, read_table
from treadle.dataframe.io.parquet_frames import read_parquet
from treadle.dataframe.join.concatenating import concat
from treadle.dataframe.join.merging import merge
from treadle.dataframe.showing.explain import explain

__all__ = [
    "DataFrame",
    "Index",
    "Scalar",
    "Series",
    "concat",
    "explain",
    "from_pandas",
    "merge",
    "read_csv",
    "read_parquet",
    "read_table",
]
