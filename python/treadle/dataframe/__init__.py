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
from treadle.dataframe.io.csv_write import to_csv
from treadle.dataframe.io.json_frames import read_json, to_json
from treadle.dataframe.io.orc_frames import read_orc, to_orc
from treadle.dataframe.io.parquet_frames import read_parquet
from treadle.dataframe.io.parquet_save import to_parquet
from treadle.dataframe.join.asof_merging import merge_asof
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
    "merge_asof",
    "read_csv",
    "read_json",
    "read_orc",
    "read_parquet",
    "read_table",
    "to_csv",
    "to_json",
    "to_orc",
    "to_parquet",
]
