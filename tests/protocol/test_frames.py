"""Frames come out as they went in, wherever the stream is cut; lengths are checked first."""

from __future__ import annotations

import struct
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.errors import FrameError
from treadle.protocol.frames import MAX_FRAME, FrameParser, frame, header

PAYLOADS = [b"a", b"bc" * 40, b"\x00" * 7, b"last"]
STREAM = b"".join(map(frame, PAYLOADS))


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_a_stream_cut_in_two_anywhere_gives_the_same_frames(cut):
    parser = FrameParser()

    frames = parser.feed(STREAM[:cut]) + parser.feed(STREAM[cut:])

    assert frames == PAYLOADS
    assert parser.pending == 0


def test_a_stream_that_comes_byte_by_byte_gives_each_frame_with_its_last_byte():
    parser = FrameParser()

    counts = [len(parser.feed(STREAM[i : i + 1])) for i in range(len(STREAM))]

    ends = [sum(4 + len(payload) for payload in PAYLOADS[: n + 1]) - 1 for n in range(4)]
    assert [i for i, count in enumerate(counts) if count] == ends


@given(
    st.lists(st.binary(min_size=1, max_size=60), max_size=8),
    st.lists(st.integers(min_value=0, max_value=600), max_size=12),
)
def test_any_cuts_of_any_stream_give_the_same_frames(payloads, cuts):
    stream = b"".join(map(frame, payloads))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    parser = FrameParser()

    frames = [
        payload for start, stop in pairwise(edges) for payload in parser.feed(stream[start:stop])
    ]

    assert frames == payloads


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_bytes_make_the_parser_do_anything_but_return_or_refuse(pieces):
    parser = FrameParser(limit=1000)

    try:
        total = sum(len(payload) for piece in pieces for payload in parser.feed(piece))
    except FrameError:
        total = 0

    assert total <= sum(map(len, pieces))


@pytest.mark.parametrize("length", [0, 101, 2**31, 2**32 - 1])
@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_wrong_length_is_refused_wherever_it_is_cut(length, cut):
    stream = frame(b"good") + struct.pack("<I", length) + b"x" * 10
    parser = FrameParser(limit=100)

    assert parser.feed(stream[: 8 + cut]) == [b"good"]
    with pytest.raises(FrameError, match="empty frame" if length == 0 else str(length)):
        parser.feed(stream[8 + cut :])

    with pytest.raises(FrameError):
        parser.feed(frame(b"good again"))


def test_frames_before_a_wrong_one_in_the_same_piece_are_refused_with_it():
    parser = FrameParser()

    with pytest.raises(FrameError):
        parser.feed(frame(b"good") + struct.pack("<I", 2**32 - 1))


def test_a_frame_of_the_limit_is_let_through_and_one_byte_more_is_not():
    assert FrameParser(limit=10).feed(frame(b"0123456789")) == [b"0123456789"]
    with pytest.raises(FrameError):
        FrameParser(limit=10).feed(frame(b"0123456789a"))


def test_a_large_length_allocates_nothing():
    parser = FrameParser()
    tracemalloc.start()
    try:
        parser.feed(struct.pack("<I", MAX_FRAME) + b"x" * 100)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 10_000
    assert parser.pending == 104


def test_what_the_other_side_would_refuse_is_not_written():
    with pytest.raises(FrameError, match="an empty frame"):
        frame()
    with pytest.raises(FrameError, match="at most 67108864"):
        header(MAX_FRAME + 1)


def test_lengths_are_little_endian():
    assert header(0x010203) == b"\x03\x02\x01\x00"
