"""Dataframes: the interface of pandas over partitions.

>>> import pandas as pd
>>> import treadle.dataframe as dd
>>> df = dd.from_pandas(pd.DataFrame({"x": [1, 2, 3, 4]}), npartitions=2)
>>> df[df.x > 2].compute()
   x
2  3
3  4
"""

from treadle.dataframe import datasets
from treadle.dataframe.arranging.repartition import repartition
from treadle.dataframe.converting import from_array, to_bag, to_records
from treadle.dataframe.core import DataFrame, Index, Scalar, Series
from treadle.dataframe.creating import from_delayed, from_dict, from_map, from_pandas
from treadle.dataframe.elementwise.converting import (
    isna,
    notna,
    to_datetime,
    to_numeric,
    to_timedelta,
)
from treadle.dataframe.elementwise.partitions import map_partitions
from treadle.dataframe.elementwise.reshaping import get_dummies, melt
from treadle.dataframe.groupby.custom import Aggregation
from treadle.dataframe.groupby.pivot import pivot_table
from treadle.dataframe.io.csv_frames import read_csv, read_table
from treadle.dataframe.io.csv_write import to_csv
from treadle.dataframe.io.json_frames import read_json, to_json
from treadle.dataframe.io.orc_frames import read_orc, to_orc
from treadle.dataframe.io.parquet_frames import read_parquet
from treadle.dataframe.io.parquet_save import to_parquet
from treadle.dataframe.io.sql_frames import read_sql, read_sql_query, read_sql_table
from treadle.dataframe.io.sql_write import to_sql
from treadle.dataframe.join.asof_merging import merge_asof
from treadle.dataframe.join.concatenating import concat
from treadle.dataframe.join.merging import merge
from treadle.dataframe.showing.explain import explain
from treadle.dataframe.showing.plan import plan
from treadle.dataframe.windows.overlap import map_overlap

__all__ = [
    "Aggregation",
    "DataFrame",
    "Index",
    "Scalar",
    "Series",
    "concat",
    "datasets",
    "explain",
    "from_array",
    "from_delayed",
    "from_dict",
    "from_map",
    "from_pandas",
    "get_dummies",
    "isna",
    "map_overlap",
    "map_partitions",
    "melt",
    "merge",
    "merge_asof",
    "notna",
    "pivot_table",
    "plan",
    "read_csv",
    "read_json",
    "read_orc",
    "read_parquet",
    "read_sql",
    "read_sql_query",
    "read_sql_table",
    "read_table",
    "repartition",
    "to_bag",
    "to_csv",
    "to_datetime",
    "to_json",
    "to_numeric",
    "to_orc",
    "to_parquet",
    "to_records",
    "to_sql",
    "to_timedelta",
]
