"""Making a collection computes nothing, unless it is the nature of what was called.

Everything public is called here once, under engines that raise. Functions of users are given with
their meta: without it they are tried on the first rows.
"""

from __future__ import annotations

import re
import sqlite3

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import treadle
import treadle.dataframe as dd
from treadle.dataframe.elementwise.accessors import ListAccessor, StructAccessor
from treadle.dataframe.elementwise.categories import CategoricalAccessor
from treadle.dataframe.elementwise.text import StringAccessor
from treadle.dataframe.elementwise.times import DatetimeAccessor
from treadle.dataframe.groupby.objects import DataFrameGroupBy, SeriesGroupBy
from treadle.dataframe.groupby.sliding import SlidingGroups
from treadle.dataframe.windows.expanding import Expanding
from treadle.dataframe.windows.resample import Resampler
from treadle.dataframe.windows.rolling import Rolling
from treadle.engines.sync import SyncEngine
from treadle.engines.threads import ThreadsEngine

FUNCTIONS = """
Aggregation("total", lambda x: x.sum(), lambda x: x.sum()); concat([df, df]); concat([x, y], axis=1)
datasets.timeseries(end="2000-01-05"); explain(df); from_array(np.arange(6), 3)
from_delayed([lazy], meta=x._meta); from_dict({"x": [1, 2]}, npartitions=2)
from_map(load, [1, 2], meta=x._meta); from_pandas(table, npartitions=2); get_dummies(kind)
isna(df)
map_overlap(count, df, 1, 1, meta=df._meta); map_partitions(count, df, meta=df._meta)
melt(df, id_vars="x"); merge(df, df, on="x")
merge_asof(df, other, left_index=True, right_index=True); notna(df)
pivot_table(wide, index="x", columns="kind", values="y", aggfunc="sum"); plan(df)
read_csv(f"{files}/*.csv"); read_table(f"{files}/*.csv", sep=","); read_json(f"{files}/*.json")
read_orc(f"{files}/orc"); read_parquet(f"{files}/parquet"); read_sql("t", sql, index_col="x")
read_sql_query(f"SELECT * FROM t", sql, index_col="x"); read_sql_table("t", sql, "x")
to_datetime(x); to_numeric(text, meta=("t", float)); to_timedelta(x)
to_csv(df, f"{files}/new", compute=False)
to_json(df, f"{files}/new", compute=False); to_orc(df, f"{files}/neworc", compute=False)
to_parquet(df, f"{files}/newp", compute=False); to_sql(df, "new", sql, compute=False)
to_bag(df); to_records(df); repartition(df, npartitions=1)
"""

#: What frames and series have in common, by the name of a variable.
BOTH = """
{}.abs(); {}.add(1); {}.add_prefix("p"); {}.add_suffix("s"); {}.agg("sum"); {}.aggregate("sum")
{}.all(); {}.any(); {}.astype(float); {}.axes; {}.bfill(); {}.clip(0, 1)
{}.clear_divisions(); {}.combine_first({}); {}.copy(); {}.count(); {}.cummax(); {}.cummin()
{}.cumprod(); {}.cumsum(); {}.describe(); {}.diff(); {}.div(2); {}.divide(2); {}.divisions
{}.drop_duplicates(); {}.dropna(); {}.dtypes; {}.enforce_runtime_divisions()
{}.eq(1); {}.expanding(); {}.explain(); {}.expr; {}.ffill(); {}.fillna(0); {}.floordiv(2); {}.ge(1)
{}.get("x"); {}.get_partition(0); {}.gt(1); {}.head(2, compute=False); {}.idxmax(); {}.idxmin()
{}.index; {}.isin([1]); {}.isna(); {}.isnull()
{}.items(); {}.keys(); {}.known_divisions; {}.kurt(); {}.kurtosis(); {}.le(1); {}.loc[2:3]
{}.lt(1); {}.map_overlap(count, 1, 1, meta={}._meta); {}.map_partitions(count, meta={}._meta)
{}.mask({} > 1); {}.max(); {}.mean(); {}.median_approximate(); {}.memory_usage()
{}.memory_usage_per_partition(); {}.min(); {}.mod(2); {}.mode(); {}.mul(2); {}.multiply(2); {}.name
{}.ndim; {}.ne(1); {}.notna(); {}.notnull(); {}.npartitions; {}.nunique(); {}.nunique_approx()
{}.partitions[0]; {}.pct_change(); {}.pipe(copied); {}.plan(); {}.pow(2); {}.prod(); {}.product()
{}.radd(1); {}.random_split([0.5, 0.5]); {}.rdiv(1); {}.reduction(count, meta=0.0)
{}.rename_axis("i"); {}.repartition(npartitions=1); {}.replace(1, 2); {}.reset_index()
{}.rfloordiv(1); {}.rmod(2); {}.rmul(2); {}.rolling(2); {}.round(1); {}.rpow(2); {}.rsub(1)
{}.rtruediv(2); {}.sample(frac=0.5); {}.sem(); {}.set_axis({}.index, axis=0); {}.shape; {}.shift()
{}.shuffle(on_index=True); {}.size; {}.skew(); {}.squeeze(); {}.std(); {}.sub(1); {}.subtract(1)
{}.sum(); {}.tail(2, compute=False); {}.to_array(); {}.to_bag(); {}.to_delayed()
{}.to_csv(f"{files}/late", compute=False); {}.to_json(f"{files}/late", compute=False)
{}.to_sql("late", sql, compute=False); {}.truediv(2); {}.truncate(1, 2); {}.value_counts()
{}.values; {}.var(); {}.visualize(); {}.where({} > 1); {}.sort_index()
{}.groupby(x); {}.drop([1], errors="ignore")
"""

#: What needs labels of a kind, by the names of the frame, for itself and for its column ``x``.
LABELS = """
nested{}.reorder_levels([1, 0]); nested{}.droplevel(0); nested{}.swaplevel()
by_time{}.at_time("0:00"); by_time{}.resample("D"); by_time{}.between_time("0:00", "1:00")
by_time{}.to_period("D"); by_period{}.to_timestamp(); by_zone{}.tz_convert("UTC")
by_time{}.tz_localize("UTC")
"""

FRAME = """
df.apply(count, axis=1, meta=("r", float)); df.assign(z=1); df.columns; df.combine(df, np.maximum)
df.corr(); df.cov(); df.eval("x + y"); df.iloc[:, 0]; df.info; df.insert; df.join(other)
df.drop(columns="x"); df.explode("x"); df.filter(["x"]); df.groupby("x")
df.map(count, meta=df._meta); df.melt(); df.merge(df, on="x"); df.nlargest(2, "x")
df.nsmallest(2, "x"); df.pop; df.quantile(0.5)
wide.pivot_table(index="x", columns="kind", values="y"); df.query("x > 1"); df.select("x")
df.rename(columns={})
df.select_dtypes("number"); df.set_index("x", sorted=True, divisions=(0, 2, 4, 5)); df.stack()
df.to_orc(f"{files}/o", compute=False); df.transpose
df.to_parquet(f"{files}/p", compute=False); df.to_records(); df.from_dict({"x": [1]}, npartitions=1)
df.iterrows(); df.itertuples(); df.dot([1, 2]); df.sort_values(["x", "y"])
df[["x"]]; df[df.x > 1]; repr(df); iter(df); df.x
df._repr_html_(); np.add(df, 1); treadle.tokenize(df); df + df; -df; dir(df); df.median()
"""

SERIES = """
x.apply(count, meta=("r", float)); x.autocorr(); x.between(1, 2); x.case_when([(x > 1, 0)])
kind.cat; x.corr(y); x.cov(y); when.dt; x.dtype; lists.explode()
x.divmod(2); x.rdivmod(2); x.map({1: 2}); x.nlargest(2); x.nsmallest(2); x.to_frame(); x.unique()
lists.list; structs.struct; text.str; x.is_monotonic_increasing; x.is_monotonic_decreasing
x.is_unique; x.hasnans; x.nbytes; x.rename("z"); repr(x); abs(x); x % 2; divmod(x, 2); x[x > 1]
x.T; x.dot(y); x.sort_values(); x.median(); x.quantile(0.5)
x.reset_index(drop=True); x.drop([1], errors="ignore"); x.to_frame()
"""

INDEX = """
i.all(); i.any(); i.astype(float); i.compute; i.copy(); i.count(); i.divisions; i.drop_duplicates()
i.dtype; i.explain(); i.expr; i.fillna(0); i.get_level_values(0); i.get_partition(0)
i.droplevel; i.head(2, compute=False); i.is_monotonic_decreasing; i.is_monotonic_increasing
i.isin([1]); i.isna(); i.isnull(); i.known_divisions; i.map(count, meta=i._meta); i.max(); i.min()
i.map_overlap(count, 1, 1, meta=i._meta); i.map_partitions(count, meta=i._meta); i.memory_usage()
i.name; i.names; i.ndim; i.nlevels; i.notna(); i.notnull(); i.npartitions; i.nunique()
i.nunique_approx(); i.partitions[0]; i.pipe(copied); i.plan(); i.rename("j"); i.set_names("j")
i.shape; i.shift; i.size; named.str; i.tail(2, compute=False); i.to_array(); i.to_bag()
i.to_delayed(); i.to_frame(); i.to_series(); i.unique(); i.value_counts(); i.values; i.visualize()
i.is_unique; i.has_duplicates; i.hasnans; i.nbytes; repr(i); i + 1; i[i > 1]
"""

SCALAR = """
v.divisions; v.explain(); v.expr; v.key; v.name; v.plan(); v.to_delayed(); v.visualize(); v + 1
v * v; -v; abs(v); v > 1; round(v, 1); repr(v); treadle.tokenize(v); x - v; hash(v.name)
"""

GROUPS = """
{}.agg("sum"); {}.aggregate(["min", "max"]); {}.all(); {}.any(); {}.bfill(); {}.count()
{}.apply(count, meta=("r", float)); {}.cumcount(); {}.cummax(); {}.cummin(); {}.cumprod()
{}.cumsum(); {}.describe(); {}.diff(); {}.expanding(); {}.ffill(); {}.first(); {}.get_group(1)
{}.head(1); {}.idxmax(); {}.idxmin(); {}.kurt(); {}.last(); {}.max(); {}.mean(); {}.median()
{}.min(); {}.ndim; {}.ngroup(); {}.nth(0); {}.nunique(); {}.pct_change(); {}.pipe(copied); {}.prod()
{}.quantile(0.5); {}.rank(); {}.rolling(2); {}.sem(); {}.shift(); {}.size(); {}.skew(); {}.std()
{}.sum(); {}.tail(1); {}.transform("mean"); {}.var(); {}.filter(count); repr({})
"""

OBJECTS = {
    DataFrameGroupBy: GROUPS.replace("{}", "gs") + "gs.corr(); gs.cov(); gs['x']; gs.x",
    SeriesGroupBy: GROUPS.replace("{}", "g") + "g.unique(); g.value_counts()",
    SlidingGroups: """
r.agg("sum"); r.aggregate("sum"); r.apply(count, meta=("r", float)); r.count(); r.kurt(); r.max()
r.mean(); r.median(); r.min(); r.quantile(0.5); r.rank(); r.sem(); r.skew(); r.std(); r.sum()
r.var(); rs.corr(); rs.cov()
""",
    Rolling: """
w.agg("sum"); w.aggregate(["min"]); w.apply(np.sum, raw=True); w.count(); w.first(); w.kurt()
w.last(); w.max(); w.mean(); w.median(); w.min(); w.nunique(); w.quantile(0.5); w.rank(); w.sem()
w.skew(); w.std(); w.sum(); w.var(); w.corr(); w.cov(); w.pipe(copied)
""",
    Expanding: "e.count(); e.max(); e.mean(); e.min(); e.std(); e.sum(); e.var()",
    Resampler: """
b.agg("sum"); b.aggregate("sum"); b.apply("sum"); b.count(); b.first(); b.last(); b.max(); b.mean()
b.median(); b.min(); b.nunique(); b.ohlc(); b.prod(); b.quantile(0.5); b.sem(); b.size(); b.std()
b.sum(); b.var(); b.pipe(copied)
""",
    StringAccessor: """
t.capitalize(); t.casefold(); t.cat(text); t.center(3); t.contains("a"); t.count("a")
t.encode("utf8"); code.decode("utf8"); t.endswith("a"); t.extract("(a)"); t.extractall("(a)")
t.find("a"); t.findall("a"); t.fullmatch("a"); t.get(0); t.get_dummies; t.index("a"); t.isalnum()
t.isalpha(); t.isascii(); t.isdecimal(); t.isdigit(); t.islower(); t.isnumeric(); t.isspace()
t.istitle(); t.isupper(); t.join("-"); t.len(); t.ljust(3); t.lower(); t.lstrip(); t.match("a")
t.normalize("NFC"); t.pad(3); t.partition("a"); t.removeprefix("a"); t.removesuffix("a")
t.repeat(2); t.replace("a", "b"); t.rfind("a"); t.rindex("a"); t.rjust(3); t.rpartition("a")
t.rsplit("a"); t.rstrip(); t.slice(0, 1); t.slice_replace(0, 1, "x"); t.split("a")
t.startswith("a"); t.strip(); t.swapcase(); t.title(); t.translate({97: "b"}); t.upper()
t.wrap(3); t.zfill(3)
""",
    DatetimeAccessor: """
d.as_unit("s"); period.asfreq("D"); d.ceil("h"); delta.components; d.date; d.day; d.day_name()
d.day_of_week; d.day_of_year; d.dayofweek; d.dayofyear; delta.days; d.days_in_month
d.daysinmonth; period.end_time; d.floor("h"); d.freq; d.hour; d.is_leap_year; d.is_month_end
d.is_month_start; d.is_quarter_end; d.is_quarter_start; d.is_year_end; d.is_year_start
d.isocalendar(); d.microsecond; delta.microseconds; d.minute; d.month; d.month_name()
d.nanosecond; delta.nanoseconds; d.normalize(); d.quarter; period.qyear; d.round("h"); d.second
delta.seconds; period.start_time; d.strftime("%Y"); d.time; d.timetz; d.to_period("D")
period.to_timestamp(); delta.total_seconds(); d.tz; d.tz_localize("UTC").dt.tz_convert("CET")
d.tz_localize("UTC"); d.unit; period.week; d.weekday; period.weekofyear; d.year
zoned.tz_convert("UTC")
""",
    CategoricalAccessor: """
c.add_categories(["z"]); c.as_known(); c.as_ordered(); c.as_unknown(); c.as_unordered()
c.categories; c.codes; c.known; c.ordered; c.remove_categories(["a"])
c.rename_categories({"a": "z"}); c.reorder_categories(["b", "a"])
c.set_categories(["a"])
""",
    ListAccessor: "lists.list.len(); lists.list.flatten(); lists.list[0]",
    StructAccessor: "structs.struct.dtypes; structs.struct.field('a'); structs.struct.explode()",
}

#: What is not called above, and why.
NOT_CALLED = {
    "compute": "computes", "persist": "computes", "empty": "is a truth, which has to be known",
    "iterrows": "goes through rows", "itertuples": "goes through rows",
    "items": "goes through rows",
    "categorize": "looks for the categories", "get_dummies": "of texts: looks for what they hold",
    "remove_unused_categories": "looks which are used", "as_known": "looks for the categories",
    "compute_current_divisions": "looks at the labels", "info": "prints a text",
    "combine": "of series: has no meta",
    "insert": "in place, below", "pop": "in place, below", "name": "below",
}  # fmt: skip

REFUSED = """
df.T; df.transpose(); df.duplicated(); x.duplicated(); i.duplicated(); df.ewm(1); x.ewm(1)
df.interpolate(); x.interpolate(); df.filter([1], axis=0); gs.value_counts()
"""


def count(*parts):
    raise AssertionError("a user's function was called")


def names(files: object) -> dict[str, object]:
    """What calls are made with."""
    table = pd.DataFrame(
        {"x": range(6), "y": np.linspace(0, 1, 6)}, index=pd.RangeIndex(6, name="n")
    )
    df = dd.from_pandas(table, npartitions=3)
    kinds = pd.Series(pd.Categorical(list("ababab")))
    levels = pd.MultiIndex.from_product([[1, 2, 3], ["a", "b"]])
    times = pd.date_range("2000-01-01", periods=6, freq="D")

    def series(values, **options):
        return dd.from_pandas(pd.Series(values, **options), npartitions=2)

    lists = pd.ArrowDtype(pa.list_(pa.int64()))
    struct = pd.ArrowDtype(pa.struct([("a", pa.int64())]))
    when, text, kind = series(times), series(list("abcabc"), name="t"), series(kinds)
    return {
        "np": np, "pd": pd, "treadle": treadle, "table": table, "df": df, "x": df.x, "y": df.y,
        "i": df.index, "v": df.x.sum(), "g": df.groupby("x").y, "gs": df.groupby("x"),
        "r": df.groupby("x").y.rolling(2), "rs": df.groupby("x").rolling(2), "w": df.rolling(2),
        "e": df.expanding(), "wide": df.assign(kind=df.y.map(str, meta=("kind", kinds.dtype))),
        "other": df.rename(columns={"x": "p", "y": "q"}), "text": text, "t": text.str,
        "named": series([1], index=["a"]).index,
        "kind": kind, "c": kind.cat, "when": when, "d": when.dt,
        "zoned": series(times.tz_localize("CET")).dt, "delta": series(times - times[0]).dt,
        "period": series(times.to_period("D")).dt, "code": text.str.encode("utf8").str,
        "lists": series([[1, 2], [3]], dtype=lists), "structs": series([{"a": 1}], dtype=struct),
        "by_time": dd.from_pandas(table.set_index(times), npartitions=2),
        "by_zone": dd.from_pandas(table.set_index(times.tz_localize("CET")), npartitions=2),
        "by_period": dd.from_pandas(table.set_index(times.to_period("D")), npartitions=2),
        "nested": dd.from_pandas(table.set_index(levels), npartitions=2),
        "b": dd.from_pandas(pd.Series(range(6), index=times), npartitions=2).resample("2D"),
        "lazy": treadle.delayed(pd.Series)([1, 2]), "files": files, "sql": f"sqlite:///{files}/db",
        "load": lambda number: count(number), "copied": lambda value: value, "count": count,
    }  # fmt: skip


def calls(text: str) -> list[str]:
    return [call.strip() for line in text.strip().splitlines() for call in line.split("; ")]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    table = pd.DataFrame({"x": range(6), "y": 0.5})
    df = dd.from_pandas(table, npartitions=2)
    table.to_csv(folder / "a.csv", index=False)
    table.to_json(folder / "a.json", orient="records", lines=True)
    with treadle.config.set(scheduler="sync"):
        dd.to_orc(df, f"{folder}/orc")
        dd.to_parquet(df, f"{folder}/parquet")
    with sqlite3.connect(folder / "db") as connection:
        table.to_sql("t", connection, index=False)
    connection.close()
    return folder


@pytest.fixture(scope="module")
def made(files):
    return names(files)


@pytest.fixture
def space(monkeypatch, made):
    """The names that calls use; from here on every engine raises when it is used."""

    def forbidden(self, table, *, segment=None):
        raise AssertionError(f"computed {table!r}")

    for engine in (SyncEngine, ThreadsEngine):
        monkeypatch.setattr(engine, "submit", forbidden)
    return made


@pytest.mark.parametrize("call", calls(FUNCTIONS))
def test_a_function_computes_nothing(call: str, space):
    eval(f"dd.{call}", {**space, "dd": dd})


METHODS = [
    *calls(FRAME), *calls(SERIES), *calls(INDEX), *calls(SCALAR),
    *(call.replace("{}", name) for call in calls(BOTH) for name in ("df", "x")),
    *(call.replace("{}", column) for call in calls(LABELS) for column in ("", ".x")),
]  # fmt: skip


@pytest.mark.parametrize("call", dict.fromkeys(METHODS))
def test_a_method_computes_nothing(call: str, space):
    eval(call, space)


@pytest.mark.parametrize("call", [call for text in OBJECTS.values() for call in calls(text)])
def test_a_method_of_groups_windows_and_accessors_computes_nothing(call: str, space):
    eval(call, space)


@pytest.mark.parametrize("call", calls(REFUSED))
def test_what_is_refused_is_refused_at_once(call: str, space):
    with pytest.raises(NotImplementedError):
        eval(call, space)


def test_changing_a_frame_in_place_computes_nothing(space):
    df, x = space["df"].copy(), space["x"].copy()

    df["z"] = df.x + 1
    df[["p", "q"]] = df[["x", "y"]]
    df.insert(0, "first", 1)
    df.pop("z")
    df.columns = ["a", "b", "c", "d", "e"]
    df.index = df.index + 1
    df.e = 2
    del df["e"]
    x.name = "new"
    x[x > 1] = 0

    assert df.columns.tolist() == ["a", "b", "c", "d"]


# -- that all is here ------------------------------------------------------------------------------

KINDS = {
    dd.DataFrame: FRAME + BOTH.replace("{}", "df") + LABELS.replace("{}", ""),
    dd.Series: SERIES + BOTH.replace("{}", "x") + LABELS.replace("{}", ""),
    dd.Index: INDEX,
    dd.Scalar: SCALAR,
    **OBJECTS,
}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_public_was_called(kind: type):
    text = KINDS[kind] + REFUSED + (OBJECTS[DatetimeAccessor] if kind is dd.Index else "")
    called = {name for call in calls(text) for name in re.findall(r"\.(\w+)", call)}
    public = {name for base in kind.__mro__[:-1] for name in vars(base) if name[0] != "_"}

    assert public - called - NOT_CALLED.keys() == set()


def test_every_function_was_called():
    called = {call.partition("(")[0].partition(".")[0] for call in calls(FUNCTIONS)}

    assert {name for name in dd.__all__ if not hasattr(getattr(dd, name), "compute")} == called
