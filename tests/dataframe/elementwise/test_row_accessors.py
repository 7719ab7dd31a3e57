"""``str``, ``dt``, ``cat``, ``list`` and ``struct``."""

from __future__ import annotations

import inspect

import pandas as pd
import pyarrow as pa
import pytest

import treadle.dataframe as dd
from treadle.dataframe.elementwise.accessors import AccessorProperty
from treadle.dataframe.testing import assert_eq

TEXTS = pd.Series(["Ada L", "bob_1", " c ", "d-e_f", "12", "ß"], name="text")


def cut(series, npartitions=3):
    """The series in partitions."""
    return dd.from_pandas(series, npartitions=npartitions)


PLAIN = """capitalize casefold isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace
istitle isupper len lower lstrip rstrip strip swapcase title upper""".split()


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("dtype", ["str", "object", "string[pyarrow]"])
def test_a_method_of_texts_gives_what_pandas_gives(name, dtype):
    texts = TEXTS.astype(dtype)

    assert_eq(getattr(cut(texts).str, name)(), getattr(texts.str, name)())


WITH_ARGUMENTS = {
    "center": lambda s: s.str.center(8, "*"),
    "contains": lambda s: s.str.contains("[ab]", regex=True),
    "count": lambda s: s.str.count("_"),
    "endswith": lambda s: s.str.endswith(("1", "f")),
    "encode": lambda s: s.str.encode("utf-8"),
    "decode": lambda s: s.str.encode("utf-8").str.decode("utf-8"),
    "extract": lambda s: s.str.extract(r"(?P<first>\w)(?P<digit>\d)"),
    "extract one": lambda s: s.str.extract(r"(\d)", expand=False),
    "extractall": lambda s: s.str.extractall(r"(\w)"),
    "find": lambda s: s.str.find("_"),
    "findall": lambda s: s.str.findall("[a-f]"),
    "fullmatch": lambda s: s.str.fullmatch(r"\d+"),
    "get": lambda s: s.str.get(0),
    "item": lambda s: s.str[0],
    "slice": lambda s: s.str[1:3],
    "join": lambda s: s.str.split("_").str.join("+"),
    "ljust": lambda s: s.str.ljust(8),
    "match": lambda s: s.str.match("[a-z]"),
    "normalize": lambda s: s.str.normalize("NFKD"),
    "pad": lambda s: s.str.pad(8, side="both"),
    "partition": lambda s: s.str.partition("_"),
    "rpartition": lambda s: s.str.rpartition("_"),
    "partition tuples": lambda s: s.str.partition("_", expand=False),
    "removeprefix": lambda s: s.str.removeprefix("bob"),
    "removesuffix": lambda s: s.str.removesuffix("_1"),
    "repeat": lambda s: s.str.repeat(2),
    "replace": lambda s: s.str.replace("_", "."),
    "rfind": lambda s: s.str.rfind("_"),
    "slice_replace": lambda s: s.str.slice_replace(0, 1, "Z"),
    "split": lambda s: s.str.split("_"),
    "split columns": lambda s: s.str.split("_", n=1, expand=True),
    "rsplit columns": lambda s: s.str.rsplit("_", n=1, expand=True),
    "startswith": lambda s: s.str.startswith("b"),
    "translate": lambda s: s.str.translate(str.maketrans("ab", "xy")),
    "wrap": lambda s: s.str.wrap(2),
    "zfill": lambda s: s.str.zfill(5),
    "cat": lambda s: s.str.cat(s, sep="-"),
    "cat of several": lambda s: s.str.cat([s, s.str.upper()], sep="-", na_rep="?"),
}


@pytest.mark.parametrize("case", WITH_ARGUMENTS)
@pytest.mark.parametrize("npartitions", [1, 3])
def test_arguments_go_to_pandas(case, npartitions):
    method = WITH_ARGUMENTS[case]

    assert_eq(method(cut(TEXTS, npartitions)), method(TEXTS))


@pytest.mark.parametrize("case", ["split columns", "partition", "extract", "contains", "cat"])
def test_missing_texts_and_partitions_without_rows_are_no_trouble(case):
    method = WITH_ARGUMENTS[case]
    texts = pd.Series(["a_b", None, "c", "d_e", None, "f"])
    ours = cut(texts)

    assert_eq(method(ours), method(texts))
    assert_eq(method(ours[ours == "d_e"]), method(texts[texts == "d_e"]))


def test_texts_of_an_index_have_the_same_methods():
    frame = pd.DataFrame({"x": [1, 2]}, index=["a", "b"])

    assert_eq(cut(frame, 2).index.str.upper(), frame.index.str.upper())


def test_what_needs_all_texts_is_refused():
    texts = cut(TEXTS)

    with pytest.raises(NotImplementedError, match="n="):
        texts.str.split("_", expand=True)
    with pytest.raises(NotImplementedError, match="compute"):
        texts.str.cat()
    with pytest.raises(NotImplementedError, match="words"):
        texts.str.get_dummies()
    with pytest.raises(TypeError):
        texts.str.upper("nothing")
    with pytest.raises(AttributeError, match=r"\.str"):
        getattr(cut(pd.Series([1, 2])), "str")  # noqa: B009


def test_every_method_has_a_signature_and_a_docstring():
    for kind in (dd.Series.str, dd.Series.dt, dd.Series.cat):
        for name in dir(kind):
            if not name.startswith("_"):
                method = inspect.getattr_static(kind, name)
                assert method.__doc__, name
                assert not isinstance(method, AccessorProperty)
    assert str(inspect.signature(dd.Series.str.pad)) == "(self, width, side='left', fillchar=' ')"


# -- times -----------------------------------------------------------------------------------------

TIMES = pd.Series(
    pd.to_datetime(
        ["2026-02-28 23:30:15", "2026-03-01", "2024-12-31", "2026-03-29 12:00:00.5"],
        format="ISO8601",
    ),
    name="when",
)
ZONED = TIMES.dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin")
ATTRIBUTES = """date day day_of_week day_of_year days_in_month hour is_leap_year is_month_end
is_month_start is_quarter_end is_quarter_start is_year_end is_year_start microsecond minute month
nanosecond quarter second time timetz year""".split()


@pytest.mark.parametrize("times", [TIMES, ZONED], ids=["naive", "zoned"])
@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_of_times_gives_what_pandas_gives(times, name):
    assert_eq(getattr(cut(times, 2).dt, name), getattr(times.dt, name))


OF_TIMES = {
    "floor": lambda s: s.dt.floor("h"),
    "ceil": lambda s: s.dt.ceil("D"),
    "round": lambda s: s.dt.round("s"),
    "day_name": lambda s: s.dt.day_name(),
    "month_name": lambda s: s.dt.month_name(),
    "isocalendar": lambda s: s.dt.isocalendar(),
    "normalize": lambda s: s.dt.normalize(),
    "strftime": lambda s: s.dt.strftime("%d.%m.%Y"),
    "tz": lambda s: s.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
    "to_period": lambda s: s.dt.to_period("M"),
    "period": lambda s: s.dt.to_period("M").dt.start_time,
    "asfreq": lambda s: s.dt.to_period("M").dt.asfreq("D"),
    "to_timestamp": lambda s: s.dt.to_period("M").dt.to_timestamp(),
    "as_unit": lambda s: s.dt.as_unit("ms"),
    "total_seconds": lambda s: (s - s.dt.normalize()).dt.total_seconds(),
    "components": lambda s: (s - s.dt.normalize()).dt.components,
    "days": lambda s: (s - s.dt.normalize()).dt.days,
}


@pytest.mark.parametrize("case", OF_TIMES)
def test_a_method_of_times_gives_what_pandas_gives(case):
    assert_eq(OF_TIMES[case](cut(TIMES, 2)), OF_TIMES[case](TIMES))


def test_second_names_of_attributes_do_not_warn():
    assert_eq(cut(TIMES, 2).dt.weekday, TIMES.dt.day_of_week)
    assert_eq(cut(TIMES, 2).dt.dayofyear, TIMES.dt.day_of_year)


def test_zone_unit_and_frequency_are_known_at_once():
    assert str(cut(ZONED, 2).dt.tz) == "Europe/Berlin"
    assert cut(TIMES, 2).dt.unit == TIMES.dt.unit
    assert cut(TIMES, 2).dt.to_period("M").dt.freq == "ME"


def test_what_a_dtype_has_not_is_an_attribute_error():
    with pytest.raises(AttributeError):
        cut(TIMES, 2).dt.total_seconds()
    with pytest.raises(AttributeError):
        getattr(cut(TIMES, 2).dt, "components")  # noqa: B009
    with pytest.raises(NotImplementedError, match="neighbours"):
        cut(TIMES, 2).dt.tz_localize("Europe/Berlin", ambiguous="infer")


@pytest.mark.parametrize("name", ["hour", "year", "is_month_end", "day_of_week", "date"])
def test_an_index_of_times_has_their_attributes(name):
    frame = TIMES.to_frame().set_index(TIMES.rename("at")).sort_index()
    theirs = getattr(frame.index, name)
    theirs = theirs if isinstance(theirs, pd.Index) else pd.Series(theirs, index=frame.index)

    assert_eq(getattr(cut(frame, 2).index, name), theirs)


def test_an_index_of_times_has_their_methods():
    frame = TIMES.to_frame().set_index(TIMES.rename("at")).sort_index()
    ours = cut(frame, 2)

    assert_eq(ours.index.floor("D"), frame.index.floor("D"))
    assert_eq(ours.index.isocalendar(), frame.index.isocalendar())
    assert_eq(ours.index.tz_localize("UTC"), frame.index.tz_localize("UTC"))
    assert_eq(ours[ours.index.month == 3], frame[frame.index.month == 3])
    with pytest.raises(AttributeError):
        getattr(cut(pd.Series([1, 2])).index, "hour")  # noqa: B009


# -- categories ------------------------------------------------------------------------------------

KINDS = pd.Series(list("abcabc"), dtype=pd.CategoricalDtype(list("abcd")), name="kind")


OF_CATEGORIES = {
    "codes": lambda s: s.cat.codes,
    "add": lambda s: s.cat.add_categories(["z"]),
    "remove": lambda s: s.cat.remove_categories(["a"]),
    "rename": lambda s: s.cat.rename_categories({"a": "z"}),
    "reorder": lambda s: s.cat.reorder_categories(list("dcba")),
    "set": lambda s: s.cat.set_categories(list("ab")),
    "unused": lambda s: s.cat.remove_unused_categories(),
    "ordered": lambda s: s.cat.as_ordered() > "a",
    "unordered": lambda s: s.cat.as_ordered().cat.as_unordered(),
}


@pytest.mark.parametrize("case", OF_CATEGORIES)
def test_a_method_of_categories_gives_what_pandas_gives(case):
    assert_eq(OF_CATEGORIES[case](cut(KINDS)), OF_CATEGORIES[case](KINDS))


def test_categories_are_known_or_not():
    unknown = cut(KINDS.astype("str")).astype("category")

    assert cut(KINDS).cat.known
    assert cut(KINDS).cat.categories.tolist() == list("abcd")
    assert not cut(KINDS).cat.ordered
    assert not unknown.cat.known
    for use in (lambda s: s.cat.codes, lambda s: s.cat.categories,
                lambda s: s.cat.add_categories(["z"])):  # fmt: skip
        with pytest.raises(NotImplementedError, match="as_known"):
            use(unknown)
    assert not cut(KINDS).cat.as_unknown().cat.known


def test_unknown_categories_become_known():
    unknown = cut(KINDS.astype("str").iloc[::-1].reset_index(drop=True)).astype("category")

    assert_eq(unknown.cat.as_known(), unknown.compute().astype("str").astype("category"))
    assert unknown.cat.as_known().cat.categories.tolist() == list("abc")
    assert_eq(
        unknown.cat.set_categories(list("ab")).cat.codes,
        pd.Series([-1, 1, 0] * 2, dtype="i1"),
    )


def test_a_frame_is_categorized():
    theirs = pd.DataFrame({"x": list("bacab"), "y": range(5), "k": pd.Categorical(list("zzyzz"))})
    ours = cut(theirs)

    assert_eq(ours.categorize(), theirs.astype({"x": "category"}))
    assert_eq(ours.categorize("y"), theirs.astype({"y": "category"}))
    assert ours.categorize(["k"]).expr.name == ours.expr.name
    with pytest.raises(KeyError, match="nothing"):
        ours.categorize(["nothing"])
    with pytest.raises(NotImplementedError, match="reset_index"):
        ours.categorize(index=True)


# -- nested values of Arrow ------------------------------------------------------------------------


def test_lists_of_arrow_have_lengths_elements_and_rows():
    lists = pd.Series([[1, 2], None, [3], []], dtype=pd.ArrowDtype(pa.list_(pa.int64())))
    ours = cut(lists, 2)

    assert_eq(ours.list.len(), lists.list.len())
    assert_eq(ours[ours.list.len() > 0].list[0], lists[lists.list.len() > 0].list[0])
    assert_eq(ours.list[0:1], lists.list[0:1])
    assert_eq(ours.list.flatten(), lists.list.flatten())
    assert len(ours.list.flatten()) == 3
    with pytest.raises(TypeError, match="not iterable"):
        iter(ours.list)


def test_structs_of_arrow_have_fields():
    kind = pd.ArrowDtype(pa.struct([("a", pa.int64()), ("b", pa.string())]))
    structs = pd.Series([{"a": 1, "b": "x"}, {"a": 2, "b": None}], dtype=kind)
    ours = cut(structs, 2)

    assert_eq(ours.struct.field("b"), structs.struct.field("b"))
    assert_eq(ours.struct.explode(), structs.struct.explode())
    assert list(ours.struct.dtypes.index) == ["a", "b"]


def test_accessors_run_in_other_processes():
    assert_eq(cut(TEXTS).str.upper().str.len(), TEXTS.str.upper().str.len(), scheduler="processes")
