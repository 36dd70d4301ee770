"""What a hostile server may cost: under a second of CPU and under 32 MB for each, measured in a process of its own."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import brotli
import pytest

from worker.wire import Reply, Request

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MOST_CPU_S, MOST_MB = 1.0, 32.0
HASTE_S, DRIP_S = 20.0, 0.3


def packed(encoding: bytes, body: bytes) -> list[bytes]:
    return [OK + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (encoding, len(body)), body]


def deflated(megabytes: int, wbits: int) -> bytes:
    made = zlib.compressobj(9, wbits=wbits)
    return b"".join(made.compress(b"\0" * 1_000_000) for _ in range(megabytes)) + made.flush()


def endless(head: bytes, piece: bytes) -> Iterator[bytes]:
    return chain([head], repeat(piece * max(1, 65_536 // len(piece))))


# name: what the server says, as pieces (a drip pauses between them), and how the answer is judged
FLOODS: dict[str, tuple[Any, str]] = {
    "ten-thousand-headers": (lambda: [OK, *(b"X-%d: y\r\n" % n for n in range(10_000)), b"\r\n"], "protocol"),
    "headers-without-end": (lambda: endless(OK, b"X-A: bcd\r\n"), "protocol"),
    "a-header-of-a-megabyte": (lambda: [OK + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n"], "protocol"),
    "a-header-without-end": (lambda: endless(OK + b"X: ", b"y"), "protocol"),
    "a-header-name-without-end": (lambda: endless(OK, b"y"), "protocol"),
    "a-reason-without-end": (lambda: endless(b"HTTP/1.1 200 ", b"y"), "protocol"),
    "folded-header-without-end": (lambda: endless(OK + b"X: y\r\n", b" y\r\n"), "protocol"),
    "cookies": (lambda: [OK, *(b"Set-Cookie: a%d=b\r\n" % n for n in range(5_000)), b"\r\n"], "protocol"),
    "interim-answers-without-end": (lambda: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "protocol"),
    "early-hints-without-end": (lambda: endless(b"", b"HTTP/1.1 103 H\r\nLink: </a>\r\n\r\n"), "protocol"),
    "blank-lines-without-end": (lambda: endless(b"", b"\r\n"), "protocol"),
    "a-body-without-end": (lambda: endless(OK + b"\r\n", b"x" * 65_536), "too_large"),
    "chunks-without-end": (lambda: endless(CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n"), "too_large"),
    "chunks-of-one-byte": (lambda: endless(CHUNKED, b"1\r\nx\r\n"), "protocol"),
    "chunks-of-four-bytes": (lambda: endless(CHUNKED, b"4\r\nxxxx\r\n"), "protocol"),
    "a-chunk-extension-without-end": (lambda: endless(CHUNKED + b"1;", b"x"), "protocol"),
    "chunks-of-a-line": (lambda: endless(CHUNKED, b"50\r\n" + b"x" * 80 + b"\r\n"), "too_large"),
    "chunk-extensions": (lambda: endless(CHUNKED, b"1;" + b"x" * 4000 + b"\r\nx\r\n"), "protocol"),
    "trailers-without-end": (lambda: endless(CHUNKED + b"0\r\n", b"X: y\r\n"), "reply protocol reset"),
    "a-chunk-size-beyond-all-bounds": (lambda: [CHUNKED + b"f" * 40 + b"\r\nx"], "protocol reset"),
    "a-negative-chunk": (lambda: [CHUNKED + b"-1\r\nx\r\n"], "protocol reset"),
    "no-chunk-at-all": (lambda: [CHUNKED + b"<rss>hello</rss>\r\n"], "protocol reset"),
    "a-huge-length": (lambda: endless(OK + b"Content-Length: 99999999999999\r\n\r\n", b"x" * 65_536), "too_large"),
    "a-length-that-promises-more": (lambda: [OK + b"Content-Length: 100\r\n\r\nhalf"], "reset"),
    "a-length-that-hides-more": (lambda: [OK + b"Content-Length: 4\r\n\r\nhalo" + b"x" * 100_000], "reply protocol"),
    "two-lengths": (lambda: [OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nhalo!"], "protocol"),
    "a-negative-length": (lambda: [OK + b"Content-Length: -4\r\n\r\nhalo"], "protocol"),
    "length-and-chunks": (
        lambda: [OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalo\r\n0\r\n\r\n"],
        "protocol reply",
    ),
    "a-gzip-bomb": (lambda: packed(b"gzip", deflated(60, 31)), "too_large"),
    "a-gzip-bomb-within-a-gzip-bomb": (
        lambda: packed(b"gzip, gzip", gzip.compress(deflated(60, 31))),
        "protocol",
    ),
    "a-gzip-bomb-of-many-members": (lambda: packed(b"gzip", deflated(1, 31) * 300), "too_large"),
    "empty-gzip-members": (lambda: packed(b"gzip", gzip.compress(b"", mtime=0) * 400_000), "protocol"),
    "empty-deflate-blocks": (lambda: packed(b"deflate", b"\x00\x00\x00\xff\xff" * 2_000_000), "too_large reply"),
    "a-deflate-bomb": (lambda: packed(b"deflate", deflated(60, 15)), "too_large"),
    "a-bare-deflate-bomb": (lambda: packed(b"deflate", deflated(60, -15)), "too_large"),
    "a-brotli-bomb": (lambda: packed(b"br", brotli.compress(b"\0" * 60_000_000, quality=3)), "too_large"),
    "damaged-gzip": (lambda: packed(b"gzip", b"\x1f\x8b\x08" + b"\xff" * 1000), "protocol"),
    "an-unasked-encoding": (lambda: packed(b"zstd", b"\x28\xb5\x2f\xfd" + b"\0" * 1000), "protocol"),
    "http-0.9": (lambda: [b"<rss version='2.0'></rss>"], "protocol"),
    "another-protocol": (lambda: [b"SSH-2.0-OpenSSH_9.6\r\n"], "protocol"),
    "an-unasked-upgrade": (
        lambda: endless(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"x"),
        "reply protocol too_large",
    ),
    "nothing": (lambda: [], "reset"),
    "half-a-head": (lambda: [b"HTTP/1.1 200 OK\r\nContent-"], "reset protocol"),
    "nul-in-a-header": (lambda: [OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n"], "protocol"),
    "line-feed-in-a-header": (lambda: [OK + b"X: a\rb\r\nContent-Length: 0\r\n\r\n"], "protocol"),
    "blank-before-the-colon": (lambda: [OK + b"X : a\r\nContent-Length: 0\r\n\r\n"], "protocol reply"),
    "a-status-of-nine": (lambda: [b"HTTP/1.1 9 Hm\r\n\r\n"], "protocol"),
    "a-status-of-thousands": (lambda: [b"HTTP/1.1 20000 Hm\r\n\r\n"], "protocol"),
    "a-304-with-a-body": (lambda: endless(b"HTTP/1.1 304 Not\r\n\r\n", b"x"), "reply protocol"),
    "a-redirect-with-a-bomb": (
        lambda: [
            b"HTTP/1.1 302 F\r\nLocation: ?again\r\nContent-Encoding: gzip\r\n\r\n" + deflated(60, 31),
        ],
        "redirects",
    ),
    "drip-headers": (lambda: [OK, *(b"X-%d: y\r\n" % n for n in range(200))], "timeout"),
    "drip-body": (lambda: [OK + b"Content-Length: 1000\r\n\r\n", *([b"x"] * 200)], "timeout"),
    "drip-chunks": (lambda: [CHUNKED, *([b"1\r\nx\r\n"] * 200)], "timeout"),
    "drip-gzip": (lambda: [OK + b"Content-Encoding: gzip\r\n\r\n", *([b"\x1f"] * 1), *([b""] * 200)], "timeout"),
    "drip-nothing": (lambda: [b""] * 200, "timeout"),
    "drip-redirects": (
        lambda: [b"HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 100\r\n\r\n", *([b"x"] * 200)],
        "timeout",
    ),
}  # fmt: skip


class Hostile:
    """Serves every flood at its own path, from a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Hostile:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            name = head.split(b" ")[1].decode().strip("/").partition("?")[0]
            pieces, _ = FLOODS[name]
            for piece in pieces():
                writer.write(piece)
                await writer.drain()
                if name.startswith("drip-"):
                    await asyncio.sleep(0.05)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@pytest.fixture(scope="module")
def costs() -> dict[str, dict[str, Any]]:
    with Hostile() as server:
        base = f"http://127.0.0.1:{server.port}"
        asked = "".join(
            f"{name} {DRIP_S if name.startswith('drip-') else HASTE_S} {base}/{name}\n" for name in FLOODS
        )
        told = subprocess.run(
            [sys.executable, "-P", str(Path(__file__).with_name("hostile.py"))],
            input=asked,
            capture_output=True,
            text=True,
            timeout=150,
            env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": ""},
        )
    assert told.stderr == ""
    return {line["name"]: line for line in map(json.loads, told.stdout.splitlines())}


@pytest.mark.parametrize("name", FLOODS)
def test_a_hostile_server_costs_next_to_nothing_and_is_told_by_its_name(costs, name):
    cost = costs[name]
    assert cost["reason"] in FLOODS[name][1].split(), cost
    assert cost["cpu"] < MOST_CPU_S, cost
    assert cost["grown"] < MOST_MB, cost


def test_many_answers_on_one_connection_are_no_flood(door, server):
    async def test() -> None:
        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for asked in range(20):
                if asked:
                    await reader.readuntil(b"\r\n\r\n")
                writer.write(OK + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000)
                await writer.drain()

        site = server(script=keep)
        async with site.running(), door() as web:
            for _ in range(20):
                answer = await web.ask(Request(f"http://127.0.0.1:{site.port}/", max_bytes=400_000))
                assert isinstance(answer, Reply)
                assert len(answer.body) == 300_000
        assert site.connections == 1

    asyncio.run(test())
