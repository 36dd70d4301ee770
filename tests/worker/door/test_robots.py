"""Asking a real server for its robots.txt."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from worker.permission import Permission
from worker.robots import Allowed, Forbidden

RULES = b"User-agent: *\nDisallow: /private\n"


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (answer(RULES), Forbidden("Disallow: /private")),
        (answer(gzip.compress(RULES), b"Content-Encoding: gzip"), Forbidden("Disallow: /private")),
        (answer(RULES + b"#" * 2_000_000), Forbidden("Disallow: /private")),  # cut, not refused
        (answer(b"#" * 2_000_000 + RULES), Allowed()),  # behind the 500 KiB
        (answer(b"\xef\xbb\xbf" + RULES), Forbidden("Disallow: /private")),
        (answer(RULES, status=b"404 Not Found"), Allowed()),
        (answer(b"", b"Location: /robots.txt", status=b"302 Found"), Allowed()),
        (answer(b"", b"Location: http://127.0.0.2/robots.txt", status=b"302 Found"), Allowed()),
        (answer(b"", status=b"503 Busy"), Forbidden("robots.txt cannot be had: the server answered 503", True)),
        (b"nonsense\r\n\r\n", Forbidden),
    ],
    ids=["plain", "gzip", "long", "too late", "mark", "none", "circle", "inside", "busy", "nonsense"],
)  # fmt: skip
def test_a_site_is_asked_for_its_robots_txt_through_the_same_door(door, server, says, verdict):
    async def test() -> None:
        async with server(says=says).running() as site, door() as web:
            found = await Permission(web).may_fetch(f"http://127.0.0.1:{site.port}/private/1")
            assert found == verdict or isinstance(found, verdict if isinstance(verdict, type) else ())
            assert site.heads[0].startswith(b"GET /robots.txt HTTP/1.1\r\n")

    asyncio.run(test())
