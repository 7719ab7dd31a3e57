"""Tables of databases as frames, and frames as tables: on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

import treadle.dataframe as dd
from treadle.dataframe.expr import Source
from treadle.dataframe.testing import assert_eq
from treadle.errors import LateDtypeWarning, SqlDtypeError
from treadle.graph.expr import simplify, walk


@pytest.fixture(params=["sqlite", "postgres"])
def uri(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/a.db"
        return
    address = request.getfixturevalue("postgres")
    yield address
    engine = sa.create_engine(address)
    with engine.begin() as there:
        for name in sa.inspect(there).get_table_names():
            there.execute(sa.text(f'DROP TABLE "{name}"'))
    engine.dispose()


@pytest.fixture
def frame():
    n = np.arange(100)
    return pd.DataFrame(
        {
            "number": n * 3,
            "value": n / 7,
            "name": pd.Series([f"n{i}" for i in n], dtype="str"),
            "at": pd.date_range("2024-01-01", periods=100, freq="D").astype("datetime64[us]"),
            "flag": n % 2 == 0,
        },
        index=pd.Index(n, name="id"),
    )


@pytest.fixture
def table(uri, frame):
    engine = sa.create_engine(uri)
    frame.to_sql("numbers", engine)
    engine.dispose()
    return uri


def source(collection):
    roots = [collection.expr]
    for run in roots[0].passes():
        roots = run(simplify(roots))
    (found,) = [e for e in walk(simplify(roots)) if isinstance(e, Source)]
    return found


@pytest.mark.parametrize("scheduler", ["sync", "threads", "processes"])
def test_a_table_is_read_in_ranges_of_labels(table, frame, scheduler):
    df = dd.read_sql_table("numbers", table, "id", npartitions=4)

    assert df.divisions == (0, 24, 49, 74, 99)
    assert_eq(df, frame, scheduler=scheduler)
    assert len(df) == 100


def test_only_columns_that_are_used_are_asked_for(table, frame):
    df = dd.read_sql_table("numbers", table, "id", npartitions=2)
    chosen = df[["number", "name"]].number + 1

    assert_eq(chosen, frame.number + 1)
    asked = str(source(chosen).reading.reader.statement(None))
    assert asked.startswith("SELECT numbers.id, numbers.number \nFROM")


def test_comparisons_of_numbers_are_left_to_the_database(table, frame):
    df = dd.read_sql_table("numbers", table, "id", npartitions=2)
    chosen = df[df.number > 150]

    assert_eq(chosen, frame[frame.number > 150])
    assert source(chosen).reading.reader.terms == (("number", ">", 150),)
    assert_eq(df[df.name == "n3"], frame[frame.name == "n3"])
    assert df.expr.reading.select([[("name", "==", "n3")]]) is None


def test_columns_limits_and_divisions_of_ones_own(table, frame):
    df = dd.read_sql_table("numbers", table, "id", columns=["value", "at"], divisions=[10, 20, 40])
    assert df.divisions == (10, 20, 40)
    assert_eq(df, frame.loc[10:40, ["value", "at"]])

    df = dd.read_sql_table("numbers", table, "id", limits=(50, 59), npartitions=2)
    assert_eq(df, frame.loc[50:59])


def test_labels_may_be_times(table, frame):
    df = dd.read_sql_table("numbers", table, "at", npartitions=3)

    assert df.npartitions == 3
    expected = frame.reset_index().set_index("at")
    assert_eq(df, expected)
    assert df.divisions[0] == pd.Timestamp("2024-01-01")


def test_labels_that_are_texts_need_divisions(table, frame):
    with pytest.raises(ValueError, match=r"give divisions=\[...\], or npartitions=1"):
        dd.read_sql_table("numbers", table, "name", npartitions=3)

    df = dd.read_sql_table("numbers", table, "name", divisions=["n0", "n5", "n99"])
    expected = frame.reset_index().set_index("name")
    assert_eq(df, expected, sort_results=True)


def test_memory_decides_how_many_partitions_there_are(table, frame):
    df = dd.read_sql_table("numbers", table, "id", bytes_per_chunk=1000)
    assert df.npartitions > 2
    assert_eq(df, frame)
    assert dd.read_sql_table("numbers", table, "id").npartitions == 1


def test_first_rows_come_from_the_first_partition(table, frame):
    reading = dd.read_sql_table("numbers", table, "id", npartitions=4).expr.reading
    pd.testing.assert_frame_equal(reading.first_rows(3), frame.head(3))
    assert reading.first_rows(60) is None
    assert reading.describe() == "read_sql_table numbers, 5 columns, 4 partitions"


@pytest.mark.parametrize("as_text", [True, False])
def test_a_query_is_read_like_a_table(table, frame, as_text):
    query = "SELECT id, number * 2 AS twice, name FROM numbers WHERE id < 50"
    if not as_text:
        t = sa.table("numbers", sa.column("id"), sa.column("number"), sa.column("name"))
        query = sa.select(t.c.id, (t.c.number * 2).label("twice"), t.c.name).where(t.c.id < 50)
    df = dd.read_sql_query(query, table, "id", npartitions=3)

    expected = frame.loc[:49].assign(twice=frame.number * 2)[["twice", "name"]]
    assert_eq(df, expected)
    assert_eq(df.twice, expected.twice, scheduler="processes")
    assert_eq(dd.read_sql(query, table, "id"), expected)


def test_integers_with_missing_ones_further_down_become_floats_in_a_second_run(uri):
    engine = sa.create_engine(uri)
    frame = pd.DataFrame({"x": [1.0] * 150 + [None] * 2}, index=pd.Index(np.arange(152), name="id"))
    frame.to_sql("late", engine, dtype={"x": sa.Integer})
    engine.dispose()
    df = dd.read_sql_table("late", uri, "id", npartitions=3)
    half = df.x + 1

    with pytest.warns(LateDtypeWarning, match="read_sql_table late, column 'x'"):
        found = half.compute()
    pd.testing.assert_series_equal(found, frame.x + 1, check_index_type=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_eq(df, frame)


def test_a_meta_says_which_dtypes_columns_have(table, frame):
    meta = frame.iloc[:0][["number", "name"]].astype({"number": "float32"})
    df = dd.read_sql_table("numbers", table, "id", meta=meta, npartitions=2)
    assert_eq(df, frame[["number", "name"]].astype({"number": "float32"}))

    wrong = dd.read_sql_table("numbers", table, "id", meta=meta.astype({"name": "int64"}))
    with pytest.raises(SqlDtypeError, match="column 'name'"):
        wrong.compute()


def test_a_column_of_missing_values_only_has_the_type_the_table_says(uri):
    engine = sa.create_engine(uri)
    frame = pd.DataFrame(
        {"t": [None] * 4, "f": [None] * 4}, index=pd.Index(np.arange(4), name="id")
    )
    frame.to_sql("blank", engine, dtype={"t": sa.Text, "f": sa.Float})
    engine.dispose()

    df = dd.read_sql_table("blank", uri, "id", npartitions=2)

    assert df._meta.dtypes.astype(str).to_dict() == {"t": "str", "f": "float64"}
    assert_eq(df.f, pd.Series([np.nan] * 4, index=pd.Index(np.arange(4), name="id"), name="f"))


def test_an_empty_table_is_an_empty_frame(uri, frame):
    engine = sa.create_engine(uri)
    frame.iloc[:0].to_sql("numbers", engine)
    engine.dispose()
    df = dd.read_sql_table("numbers", uri, "id")
    assert df.npartitions == 1
    assert list(df.compute().columns) == list(frame.columns)
    assert len(df) == 0


def test_what_can_not_be_read_is_refused_at_once(table):
    with pytest.raises(ValueError, match="no table 'nowhere'"):
        dd.read_sql_table("nowhere", table, "id")
    with pytest.raises(KeyError, match="no column 'z'"):
        dd.read_sql_table("numbers", table, "z")
    with pytest.raises(KeyError, match="no column 'z'"):
        dd.read_sql_table("numbers", table, "id", columns=["z"])
    with pytest.raises(ValueError, match="npartitions must be 1 or more"):
        dd.read_sql_table("numbers", table, "id", npartitions=0)
    with pytest.raises(ValueError, match="ascending"):
        dd.read_sql_table("numbers", table, "id", divisions=[5, 1])
    with pytest.raises(TypeError, match="address as a str"):
        dd.read_sql_table("numbers", sa.create_engine(table), "id")
    with pytest.raises(TypeError, match="a select of SQLAlchemy"):
        dd.read_sql_query(3, table, "id")


def test_rows_without_a_label_are_refused(uri):
    engine = sa.create_engine(uri)
    pd.DataFrame({"id": [1.0, None], "x": [1, 2]}).to_sql("holes", engine, index=False)
    engine.dispose()
    with pytest.raises(ValueError, match="IS NOT NULL"):
        dd.read_sql_table("holes", uri, "id")


@pytest.mark.parametrize("parallel", [False, True])
def test_a_frame_becomes_a_table(uri, frame, parallel):
    if parallel and uri.startswith("sqlite"):
        pytest.skip("SQLite takes one writer at a time")
    assert dd.from_pandas(frame, npartitions=3).to_sql("new", uri, parallel=parallel) == 100

    there = dd.read_sql_table("new", uri, "id", npartitions=2)
    assert_eq(there, frame, sort_results=parallel)
    df = dd.from_pandas(frame, npartitions=2)
    with pytest.raises(ValueError, match="a table 'new' already"):
        df.to_sql("new", uri)
    df.to_sql("new", uri, if_exists="append")
    assert len(dd.read_sql_table("new", uri, "id")) == 200
    later = df.to_sql("new", uri, if_exists="replace", compute=False)
    assert later.compute() == 100
    assert len(dd.read_sql_table("new", uri, "id")) == 100


def test_a_writing_that_fails_leaves_no_table(uri, frame):
    from treadle.dataframe.build import partwise

    bad = partwise("fail", fail_late, dd.from_pandas(frame, npartitions=4), meta=frame.iloc[:0])
    with pytest.raises(RuntimeError, match="no more"):
        bad.to_sql("new", uri)
    with pytest.raises(ValueError, match="no table 'new'"):
        dd.read_sql_table("new", uri, "id")


def fail_late(part):
    if part.index[0] > 50:
        raise RuntimeError("no more")
    return part


def test_zones_and_days_and_decimals_of_a_real_server(postgres):
    engine = sa.create_engine(postgres)
    with engine.begin() as there:
        there.execute(sa.text("DROP TABLE IF EXISTS odd"))
        there.execute(sa.text(
            "CREATE TABLE odd (id bigint primary key, at timestamptz, day date, cost numeric(10,2))"
        ))  # fmt: skip
        there.execute(sa.text(
            "INSERT INTO odd SELECT n, '2024-03-30 12:00+01'::timestamptz + n * interval '1 day', "
            "'2024-01-01'::date + n, n / 4.0 FROM generate_series(0, 19) n"
        ))  # fmt: skip
    engine.dispose()

    df = dd.read_sql_table("odd", postgres, "id", npartitions=3)

    at = pd.date_range("2024-03-30 11:00", periods=20, freq="D", tz="UTC").astype(
        "datetime64[us, UTC]"
    )
    assert_eq(df.at, pd.Series(at, index=pd.Index(np.arange(20), name="id"), name="at"))
    assert df.cost.compute().tolist() == [n / 4 for n in range(20)]
    assert df.day.compute()[1] == datetime.date(2024, 1, 2)
    assert dd.read_sql_table("odd", postgres, "at", npartitions=4).npartitions == 4
    days = dd.read_sql_table("odd", postgres, "day", npartitions=4)
    assert len(days.compute()) == 20


def test_no_password_is_shown(postgres):
    address = postgres.replace("tester@", "tester:hidden@")
    df = dd.read_sql_query("SELECT 1 AS id, 2 AS x", address, "id")
    assert "hidden" not in df.expr.describe() + df.name + repr(df.expr)
