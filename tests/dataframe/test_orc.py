"""ORC files are read stripe by stripe as pandas reads the whole."""

from __future__ import annotations

import pickle

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.orc as orc
import pytest

from treadle.dataframe.io.orc_plan import plan_orc
from treadle.dataframe.io.orc_tail import fields, parse_tail
from treadle.errors import DataFileError


def whole(plan):
    plan = pickle.loads(pickle.dumps(plan))
    frames = [plan.reader(part) for part in plan.parts]
    for part, frame in zip(plan.parts, frames, strict=True):
        assert len(frame) == part.nrows
        pd.testing.assert_series_equal(frame.dtypes, plan.meta.dtypes)
    return pd.concat(frames)


@pytest.fixture(scope="module", params=["uncompressed", "zlib", "snappy", "zstd", "lz4"])
def path(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp(request.param)
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            "l": [[n] for n in range(16_000)],
            "i": pa.array([None, *range(15_999)]),
            "b": pa.array([*[True, False] * 7_999, None, None]),
            "x": rng.integers(0, 2**60, 16_000),
            "s": [f"{n} {rng.bytes(9).hex()}" for n in range(16_000)],
            "t": pd.date_range("2024", periods=16_000, freq="min"),
        }
    )
    options = {"stripe_size": 4096, "batch_size": 500}
    orc.write_table(table, folder / "a.orc", compression=request.param, **options)
    return folder / "a.orc"


@pytest.mark.parametrize("split", [1, 2, False])
def test_stripes_together_are_the_file(path, split):
    plan = plan_orc(path, split_stripes=split)

    stripes = orc.ORCFile(path).nstripes
    assert stripes > 1
    assert len(plan.parts) == (1 if split is False else -(-stripes // split))
    pd.testing.assert_frame_equal(whole(plan), pd.read_orc(path))
    assert plan.divisions[-1] == 15_999


def test_columns_and_index_are_chosen(path):
    expected = pd.read_orc(path)

    pd.testing.assert_frame_equal(whole(plan_orc(path, columns=["s", "i"])), expected[["s", "i"]])
    by_name = whole(plan_orc(path, columns=["x"], index="s"))
    pd.testing.assert_frame_equal(by_name, expected.set_index("s")[["x"]])
    assert whole(plan_orc(path).project([])).shape == (16_000, 0)
    with pytest.raises(KeyError, match="no column 'z'"):
        plan_orc(path, columns="z")
    with pytest.raises(KeyError, match="no column 'z' for the index"):
        plan_orc(path, index="z")


def test_nullable_dtypes_are_those_of_pandas(path):
    for backend in ("numpy_nullable", "pyarrow"):
        result = whole(plan_orc(path, dtype_backend=backend))
        pd.testing.assert_frame_equal(result, pd.read_orc(path, dtype_backend=backend))


def test_several_files_are_one_frame(tmp_path):
    pd.DataFrame({"x": [1, 2], "s": ["a", "b"]}).to_orc(tmp_path / "0.orc")
    orc.write_table(pa.table({"s": ["c"], "x": [None]}).cast(
        pa.schema({"s": pa.string(), "x": pa.int32()})), tmp_path / "1.orc")  # fmt: skip
    orc.write_table(pa.table({"s": ["d"]}), tmp_path / "2.orc")

    result = whole(plan_orc(tmp_path))

    expected = pd.DataFrame({"x": [1.0, 2.0, np.nan, np.nan], "s": list("abcd")})
    pd.testing.assert_frame_equal(result, expected)
    assert list(whole(plan_orc(tmp_path, columns="x"))["x"].isna()) == [False, False, True, True]


def test_an_empty_file_keeps_its_columns(tmp_path):
    pd.DataFrame({"x": pd.Series([], dtype="int32")}).to_orc(tmp_path / "a.orc")

    pd.testing.assert_frame_equal(
        whole(plan_orc(tmp_path)), pd.read_orc(tmp_path / "a.orc"), check_index_type=False
    )


def test_files_that_are_no_orc_or_do_not_fit_are_named(tmp_path):
    (tmp_path / "a.orc").write_bytes(b"something else")
    with pytest.raises(DataFileError, match=r"a\.orc: this is no ORC file"):
        plan_orc(tmp_path)
    pd.DataFrame({"x": [1]}).to_orc(tmp_path / "a.orc")
    pd.DataFrame({"x": ["a"]}).to_orc(tmp_path / "b.orc")
    with pytest.raises(DataFileError, match=r"b\.orc, column 'x': .*string here and int64 in"):
        plan_orc(tmp_path)
    with pytest.raises(ValueError, match="split_stripes must be 1 or more"):
        plan_orc(tmp_path / "a.orc", split_stripes=0)


def test_files_are_read_through_fsspec(tmp_path):
    frame = pd.DataFrame({"x": [1, 2]})
    frame.to_orc(tmp_path / "a.orc")
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/orcs/a.orc", (tmp_path / "a.orc").read_bytes())

    pd.testing.assert_frame_equal(whole(plan_orc("memory://orcs/a.orc")), frame)


def test_messages_that_are_cut_off_are_refused():
    for broken in (b"\x08", b"\x08\x96", b"\x12\x05ab", b"\x0b"):
        with pytest.raises(ValueError, match="at byte"):
            list(fields(broken))
    with pytest.raises(ValueError, match="at byte"):
        parse_tail(b"\x12\x05ab")
