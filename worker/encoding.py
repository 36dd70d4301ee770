"""PURE. Undoes the content encodings that we ask for, in pieces of bounded size, whatever a small chunk may unfold
into.

No zstd: the standard library can bound it only from Python 3.14 on (`compression.zstd`). No encoding within another:
what unfolds in between would be bounded by nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import brotli

ACCEPTED = "gzip, deflate, br"
PIECE = 64 * 1024
"""A piece is about so long at most (brotli ends one with up to half as much again)."""
MOST_MEMBERS = 1000
"""Of one gzip body. Each costs a decompressor; half a million empty ones fit into 10 MB."""

Unpack = Callable[[bytes], Iterator[bytes]]


def unpacker(content_encoding: str) -> Unpack | None:
    """What turns the chunks of a body with this Content-Encoding into decoded pieces; None for an encoding that
    was not asked for. The pieces' iterator raises ValueError where the body is damaged."""
    named = [
        name for part in content_encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")
    ]
    match named:
        case []:
            return _as_is
        case ["gzip" | "x-gzip"]:
            return _Gzip()
        case ["deflate"]:
            return _Deflate()
        case ["br"]:
            return _Brotli()
        case _:
            return None


def _as_is(chunk: bytes) -> Iterator[bytes]:
    yield chunk


class _Inflate(Protocol):
    """What zlib.decompressobj makes."""

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """Gzip in one member or several. What follows and is no member, such as padding, is let be, as browsers do."""

    def __init__(self) -> None:
        self._members = 0
        self._inflate: _Inflate | None = None
        self._over = False

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        while chunk and not self._over:
            inflate = self._inflate or self._next_member(chunk)
            if inflate is None:
                return
            yield from _pieces(inflate, chunk)
            chunk = inflate.unused_data
            self._inflate = None if inflate.eof else inflate

    def _next_member(self, chunk: bytes) -> _Inflate | None:
        self._over = bool(self._members) and not chunk.startswith(b"\x1f")
        if self._over:
            return None
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise ValueError(f"the compressed body has more than {MOST_MEMBERS:,} members")
        return zlib.decompressobj(16 + zlib.MAX_WBITS)


class _Deflate:
    """Deflate; some servers send it without its header."""

    def __init__(self) -> None:
        self._inflate: _Inflate | None = None

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        if chunk and self._inflate is None:
            headed = chunk[0] & 0x0F == 8 and (
                len(chunk) < 2 or (chunk[0] << 8 | chunk[1]) % 31 == 0
            )  # RFC 1950, 2.2
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)
        if self._inflate is not None and not self._inflate.eof:
            yield from _pieces(self._inflate, chunk)


def _pieces(inflate: _Inflate, chunk: bytes) -> Iterator[bytes]:
    """The chunk unfolded. A full piece may have more behind it although its input is used up."""
    try:
        while True:
            piece = inflate.decompress(chunk, PIECE)
            yield piece
            chunk = inflate.unconsumed_tail
            if inflate.eof or not (chunk or len(piece) == PIECE):
                return
    except zlib.error as error:
        raise ValueError(f"the compressed body is damaged: {error}") from None


class _Brotli:
    """Brotli; its decoder's window is 16 MB at most (RFC 7932, 9.1)."""

    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        try:
            while not self._decoder.is_finished():
                piece = self._decoder.process(chunk, output_buffer_limit=PIECE)
                yield piece
                chunk = b""
                if self._decoder.can_accept_more_data() and len(piece) < PIECE:
                    return
        except brotli.error as error:
            raise ValueError(f"the compressed body is damaged: {error}") from None
