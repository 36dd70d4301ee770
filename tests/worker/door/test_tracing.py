"""What a traced request tells of its way."""

from __future__ import annotations

import asyncio

import pytest

from worker.wire import Failure, Reply, Request


def to(location: str) -> bytes:
    return f"HTTP/1.1 301 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def test_every_hop_tells_what_was_asked_whom_and_what_came(door, server, names):
    async def test() -> None:
        async with server().running() as last, server().running() as first:
            first.says = to(f"http://other.example:{last.port}/feed")
            async with door(names=names(["127.0.0.1"]), user_agent="Pantau/1") as web:
                headers = {
                    "Accept": "a/b",
                    "Authorization": "Basic hush",
                    "X-Key": "hush",
                    "If-None-Match": '"1"',
                }
                answer = await web.ask(
                    Request(f"http://news.example:{first.port}/", headers=headers, traced=True)
                )
        assert isinstance(answer, Reply)
        one, two = answer.hops
        assert (one.url, one.status, one.headers["location"]) == (
            f"http://news.example:{first.port}/", 301, f"http://other.example:{last.port}/feed",
        )  # fmt: skip
        assert (one.address, two.address) == (f"127.0.0.1:{first.port}", f"127.0.0.1:{last.port}")
        assert one.sent == {
            "User-Agent": "Pantau/1", "Accept-Encoding": "gzip, deflate, br", "Accept": "a/b",
            "Authorization": "***", "X-Key": "***", "If-None-Match": '"1"',
        }  # fmt: skip
        assert set(two.sent) == {"User-Agent", "Accept-Encoding", "Accept"}
        assert (two.status, two.received) == (200, len(last.says))
        for hop in (one, two):
            assert 0 <= hop.resolved_s <= hop.connected_s <= hop.answered_s <= hop.ended_s
        assert "hush" not in repr(answer.hops)

    asyncio.run(test())


@pytest.mark.parametrize(
    ("says", "reached"),
    [(b"", "connected"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "answered")],
)
def test_a_failure_tells_how_far_it_came(door, server, says, reached):
    async def test() -> None:
        async with server(says=says).running() as site, door() as web:
            answer = await web.ask(Request(f"http://127.0.0.1:{site.port}/", traced=True))
        assert isinstance(answer, Failure)
        (hop,) = answer.hops
        assert hop.connected_s is not None
        assert (hop.answered_s is not None) == (reached == "answered")
        assert hop.received == len(says)

    asyncio.run(test())


def test_what_was_never_dialled_has_no_address_and_a_deadline_leaves_the_hops_so_far(door, server, names):
    async def test() -> None:
        async with door(names=names(["10.0.0.1"])) as web:
            blocked = await web.ask(Request("http://news.example/", traced=True))
        assert isinstance(blocked, Failure)
        assert (blocked.reason, blocked.hops[0].address, blocked.hops[0].connected_s) == (
            "blocked",
            None,
            None,
        )

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(1)

        async with server(script=silent).running() as slow, server().running() as first, door() as web:
            first.says = to(f"http://127.0.0.1:{slow.port}/")
            late = await web.ask(Request(f"http://127.0.0.1:{first.port}/", traced=True, deadline_s=0.3))
        assert isinstance(late, Failure)
        assert [hop.status for hop in late.hops] == [301, None]
        assert late.reason == "timeout"

    asyncio.run(test())


def test_what_nobody_wants_to_know_is_not_kept(door, server):
    async def test() -> None:
        async with server().running() as site, door() as web:
            answer = await web.ask(Request(f"http://127.0.0.1:{site.port}/"))
            assert answer.hops == ()

    asyncio.run(test())


def test_a_body_may_be_cut_instead_of_refused(door, server):
    async def test() -> None:
        says = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000
        async with server(says=says).running() as site, door() as web:
            url = f"http://127.0.0.1:{site.port}/"
            cut = await web.ask(Request(url, max_bytes=1000, cut=True))
            refused = await web.ask(Request(url, max_bytes=1000))
            whole = await web.ask(Request(url))
        assert isinstance(cut, Reply)
        assert isinstance(whole, Reply)
        assert (len(cut.body), len(whole.body)) == (1000, 300_000)
        assert isinstance(refused, Failure)
        assert refused.reason == "too_large"

    asyncio.run(test())
