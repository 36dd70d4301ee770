"""Whatever bytes a server says, the door gives an answer or a failure, and raises nothing."""

from __future__ import annotations

import asyncio
import gzip

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.wire import Failure, Reply, Request

STATUS = st.sampled_from(
    [b"200 OK", b"204 No", b"206 Part", b"301 Moved", b"304 Not", b"404 No", b"100 Go", b"999 Hm", b"2x0"]
)
HEADER = st.sampled_from(
    [
        b"Content-Length: 4", b"Content-Length: 40", b"Content-Length: x", b"Transfer-Encoding: chunked",
        b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: deflate", b"Content-Encoding: \xff",
        b"Location: /next", b"Location: \xff\xfe://", b"Location: http://[", b"Location: //127.0.0.2/", b"Location:",
        b"Connection: close", b"Connection: keep-alive, Upgrade", b"Upgrade: h2c", b"X: \xc3\xa9\xff", b": nameless",
        b"Content-Type: text/xml; charset=\xff", b"Set-Cookie: a=b; Domain=.example", b"Bad Name: x",
    ]
)  # fmt: skip
BODY = st.binary(max_size=60) | st.sampled_from(
    [
        b"halo",
        b"4\r\nhalo\r\n0\r\n\r\n",
        b"4\r\nha",
        gzip.compress(b"halo"),
        gzip.compress(b"halo")[:9],
        b"0\r\n\r\n",
    ]
)


def spoken(version: bytes, status: bytes, headers: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([version + b" " + status, *headers, b"", b""]) + body


ANSWERS = st.binary(max_size=80) | st.builds(
    spoken,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/3.0", b"ICY"]),
    STATUS,
    st.lists(HEADER, max_size=5),
    BODY,
)


def test_whatever_a_server_says_is_an_answer_or_a_failure(door, server):
    @settings(max_examples=150)
    @given(says=ANSWERS, traced=st.booleans())
    def whatever(says, traced):
        async def test() -> None:
            async with server(says=says).running() as site, door() as web:
                request = Request(f"http://127.0.0.1:{site.port}/", deadline_s=2, max_bytes=50, traced=traced)
                answer = await web.ask(request)
                assert isinstance(answer, Reply | Failure)
                if isinstance(answer, Reply):
                    assert len(answer.body) <= 50
                else:
                    assert answer.written
                    assert answer.reason in ("too_large", "redirects", "blocked", "reset", "protocol")
                assert bool(answer.hops) == traced

        asyncio.run(test())

    whatever()
