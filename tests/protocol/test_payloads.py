"""Values taken apart and put together; parts that lie about themselves are refused."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.errors import DeserializeError, FrameError, UnpicklableError
from treadle.protocol import payloads
from treadle.protocol.payloads import (
    BY_MEMORY,
    HEADER,
    INLINE,
    LARGE,
    LAST,
    MISSING_PAYLOAD,
    check_header,
    decode_head,
    dump_payload,
    encode_part,
    load_payload,
    load_refusal,
    refused_payload,
)

LIMIT = 1 << 30


def through_a_part(*values, address_of=None):
    """Send values through one part, as bytes; large buffers are put in by hand."""
    items = [(id, dump_payload(value)) for id, value in enumerate(values)]
    head, large = encode_part(items, True, address_of)
    data = b"".join(head)
    flags, count, size = check_header(data[: HEADER.size], LIMIT)
    assert flags & LAST
    assert size == len(data) - HEADER.size
    decoded = decode_head(data[HEADER.size :], count, LIMIT)
    waiting = [bytearray(view) for view in large]
    for item in decoded:
        for position, nbytes, address in item.large:
            assert not address
            item.buffers[position] = waiting.pop(0)
            assert len(item.buffers[position]) == nbytes
    assert not waiting
    return [load_payload(item.pickle, item.buffers) for item in decoded]


@pytest.mark.parametrize("size", [0, 1, INLINE - 8, INLINE, LARGE - 8, LARGE, 10 * LARGE])
def test_arrays_of_all_sizes_arrive(size):
    array = np.arange(size, dtype="u1")

    [again] = through_a_part(array)

    np.testing.assert_array_equal(again, array)
    assert again.flags.writeable


def test_several_values_share_a_part():
    values = [1, "x", np.zeros(100_000), [np.ones(1000), np.ones(50_000)], {"a": b"x" * 100_000}]

    again = through_a_part(*values)

    assert again[:2] == [1, "x"]
    np.testing.assert_array_equal(again[2], values[2])
    np.testing.assert_array_equal(again[3][1], values[3][1])
    assert again[4] == values[4]


ARRAYS = {
    "a slice": lambda: np.arange(1_000_000)[::3],
    "columns": lambda: np.arange(1_000_000).reshape(1000, 1000)[:, :500],
    "transposed": lambda: np.arange(1_000_000).reshape(100, 10_000).T,
    "backwards": lambda: np.arange(500_000)[::-1],
    "objects": lambda: np.array([None, "x", [1]], dtype=object),
    "records": lambda: np.zeros(50_000, dtype=[("a", "f8"), ("b", "S3")]),
    "read-only": lambda: np.broadcast_to(np.arange(10.0), (10_000, 10)),
    "no dimensions": lambda: np.array(5.0),
    "dates": lambda: np.arange("2013-01", "2014-01", dtype="M8[D]"),
    "masked": lambda: np.ma.masked_less(np.arange(100_000), 5),
    "texts": lambda: np.array(["a", "bc"] * 50_000),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_all_layouts_arrive(name):
    array = ARRAYS[name]()

    [again] = through_a_part(array)

    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype
    assert again.flags.f_contiguous or name not in ("transposed", "a slice", "backwards")


@pytest.mark.parametrize("name", ["a slice", "columns", "transposed", "backwards"])
def test_large_arrays_leave_without_a_copy_of_them_in_a_pickle(name):
    payload = dump_payload(ARRAYS[name]())

    assert payload.pickle_nbytes < 1000
    assert len(payload.buffers) == 1


def test_the_memory_of_an_array_itself_is_sent():
    array = np.zeros(100_000)

    payload = dump_payload([array])

    assert np.shares_memory(np.frombuffer(payload.buffers[0]), array)


def test_large_bytes_are_not_copied_on_their_way_out():
    value = bytes(1_000_000)

    payload = dump_payload([value])

    assert any(piece is value for piece in payload.pickle)


def test_frames_arrive():
    frame = pd.DataFrame(
        {"x": np.arange(100_000), "y": ["a", "b"] * 50_000, "z": np.zeros(100_000)},
        index=pd.date_range("2013", periods=100_000, freq="min"),
    )

    again = through_a_part(frame, frame.groupby("y").sum(), frame["y"].astype("category"))

    pd.testing.assert_frame_equal(again[0], frame)
    pd.testing.assert_series_equal(again[2], frame["y"].astype("category"))


def test_a_small_value_does_not_keep_its_neighbours_memory():
    [small, _] = through_a_part(np.ones(1000), b"x" * 1_000_000)

    base = small
    while getattr(base, "base", None) is not None:
        base = base.base
    assert len(memoryview(base.obj if isinstance(base, memoryview) else base)) <= 8000


def test_large_buffers_may_be_given_by_address():
    value = np.zeros(LARGE)
    head, large = encode_part([(1, dump_payload(value))], True, lambda view: 4096)
    data = b"".join(head)

    flags, count, _ = check_header(data[: HEADER.size], LIMIT)

    assert flags == LAST | BY_MEMORY
    assert large == []
    assert decode_head(data[HEADER.size :], count, LIMIT)[0].large == [(0, value.nbytes, 4096)]


def test_refusals_arrive_as_the_errors_they_are():
    with pytest.raises(UnpicklableError) as caught:
        dump_payload([threading.Lock()])
    refusal = load_refusal(b"".join(refused_payload(caught.value).pickle))
    other = load_refusal(b"".join(refused_payload(DeserializeError("x", "y")).pickle))

    assert str(refusal) == str(caught.value)
    assert caught.value.path == "result[0]"
    assert "x" in str(other)
    assert isinstance(load_refusal(b"garbage"), DeserializeError)


# -- what lies ------------------------------------------------------------------------------------


def a_part() -> bytes:
    items = [
        (7, dump_payload([np.zeros(1000), "x"])),
        (8, MISSING_PAYLOAD),
        (9, dump_payload(np.zeros(LARGE))),
    ]
    return b"".join(encode_part(items, True, None)[0])


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_part_is_refused_or_is_another_part(position, byte):
    data = bytearray(a_part())
    data[position % len(data)] = byte

    try:
        _, count, size = check_header(data[: HEADER.size], 1 << 24)
        items = decode_head(data[HEADER.size :][:size], count, 1 << 24)
    except FrameError:
        return

    for item in items:
        assert sum(size for _, size, _ in item.large) <= 1 << 24


@given(st.binary(max_size=200), st.integers(0, 5))
def test_garbage_is_refused_with_our_own_error(data, count):
    try:
        decode_head(data, count, LIMIT)
    except FrameError:
        pass


def test_every_cut_of_a_head_is_refused():
    data = a_part()
    head = data[HEADER.size :]

    for end in range(len(head)):
        with pytest.raises(FrameError):
            decode_head(head[:end], 3, LIMIT)
    with pytest.raises(FrameError):
        decode_head(head + b"x", 3, LIMIT)


@pytest.mark.parametrize(
    "fields",
    [
        (payloads.PART, LAST, 0, 1 << 21, 1 << 29, 0),
        (payloads.PART, LAST, 0, 1, 1 << 40, 0),
        (payloads.PART, LAST, 0, 1, 100, 1 << 40),
        (payloads.PART, LAST, 0, 10, 100, 0),
        (payloads.PART, LAST, 1, 1, 100, 0),
        (payloads.PART, 64, 0, 1, 100, 0),
        (9, LAST, 0, 1, 100, 0),
        (payloads.PART, LAST, 0, 1, 2**64 - 1, 2**64 - 1),
    ],
)
def test_a_header_that_promises_too_much_is_refused_before_room_is_made(fields):
    with pytest.raises(FrameError):
        check_header(HEADER.pack(*fields), LIMIT)
