"""Content encodings: everything comes out as it went in, and never much at once."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.encoding import MOST_MEMBERS, PIECE, unpacker


def bare(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare,  # without its header, as some send it
    "br": brotli.compress,
    "identity": bytes,
    "": bytes,
    "identity, gzip": gzip.compress,
    "GZIP": lambda data: gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :]),
}


def unpacked(encoding: str, packed: bytes, step: int = 65_536) -> bytes:
    unpack = unpacker(encoding)
    assert unpack is not None
    chunks = [packed[at : at + step] for at in range(0, len(packed), step)]
    return b"".join(piece for chunk in chunks for piece in unpack(chunk))


@pytest.mark.parametrize("encoding", PACKERS)
@given(
    data=st.binary(max_size=300) | st.sampled_from([b"isi" * 100_000, b"\0" * PIECE, b"\0" * (PIECE + 1)]),
    step=st.integers(1, 500),
)
def test_what_was_packed_comes_out_whole_in_whatever_chunks_it_comes(encoding, data, step):
    assert unpacked(encoding, PACKERS[encoding](data), step) == data


@pytest.mark.parametrize(
    "encoding", ["zstd", "compress", "gzip, gzip", "br, gzip", "deflate, identity, gzip", "gzip;q=1"]
)
def test_an_encoding_that_was_not_asked_for_is_none(encoding):
    assert unpacker(encoding) is None


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_damaged_body_is_a_value_error(encoding):
    for damaged in (b"this is not packed", PACKERS[encoding](b"isi" * 1000)[:10] + b"\xff" * 30):
        with pytest.raises(ValueError, match="damaged"):
            unpacked(encoding, damaged)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_body_that_breaks_off_gives_what_came(encoding):
    whole = bytes(range(256)) * 2000
    got = unpacked(encoding, PACKERS[encoding](whole)[:-5])
    assert whole.startswith(got)


@pytest.mark.parametrize("rest", [b"\0" * 512, b"and more"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_stands_behind_the_body_is_let_be(encoding, rest):
    assert unpacked(encoding, PACKERS[encoding](b"isi") + rest) == b"isi"
    assert unpacked(encoding, PACKERS[encoding](b"isi") + rest, 1) == b"isi"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_a_bomb_comes_in_small_pieces_and_takes_no_memory(encoding):
    bomb = PACKERS[encoding](b"\0" * 30_000_000)
    unpack = unpacker(encoding)
    assert unpack is not None
    tracemalloc.start()
    longest = max(len(piece) for piece in unpack(bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert longest <= 2 * PIECE
    assert peak < 1_000_000


def test_a_body_of_a_great_many_members_is_given_up():
    member = gzip.compress(b"", mtime=0)
    assert unpacked("gzip", member * MOST_MEMBERS) == b""
    with pytest.raises(ValueError, match="members"):
        unpacked("gzip", member * (MOST_MEMBERS + 1))
