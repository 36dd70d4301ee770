"""Where a redirect may lead, and what goes along."""

from __future__ import annotations

import asyncio

import pytest

from worker.wire import Failure, Reply, Request


def to(location: str, status: int = 302) -> bytes:
    head = (
        f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    return head.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:{port}/",
        "http://[::ffff:127.0.0.2]:{port}/",
        "//127.0.0.2:{port}/",
        "http://news.example:{port}/",
    ],
)
def test_no_redirect_leads_inside(door, server, names, status, location):
    async def test() -> None:
        async with server().running("127.0.0.2") as inside:
            async with server(says=to(location.format(port=inside.port), status)).running() as first:
                async with door(names=names(["127.0.0.2"])) as web:
                    answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/"))
                    assert isinstance(answer, Failure)
                    assert answer.reason == "blocked"
                    assert inside.connections == 0

    asyncio.run(test())


def test_a_page_that_refreshes_itself_to_somewhere_inside_is_only_a_page(door, server):
    async def test() -> None:
        async with server().running("127.0.0.2") as inside:
            page = f'<meta http-equiv="refresh" content="0;url=http://127.0.0.2:{inside.port}/">'.encode()
            says = b"HTTP/1.1 200 OK\r\nRefresh: 0;url=http://127.0.0.2/\r\nContent-Length: %d\r\n\r\n" % len(
                page
            )
            async with server(says=says + page).running() as first, door() as web:
                answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/"))
                assert isinstance(answer, Reply)
                assert answer.body == page
                assert inside.connections == 0

    asyncio.run(test())


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd", "gopher://127.0.0.1:6379/_PING", "data:text/html,x", "ftp://127.0.0.1/", "javascript:1",
        "http://u:p@127.0.0.1/", "http://", "http://[::1/", "http://127.0.0.1:99999/", "http://x\\@y/",
        "http://news.example/" + "a" * 9000,
    ],
)  # fmt: skip
def test_a_redirect_to_what_is_no_web_address_ends_there(door, server, location):
    async def test() -> None:
        async with server(says=to(location)).running() as first, door() as web:
            answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/"))
            assert isinstance(answer, Failure)
            assert (answer.reason, first.connections) == ("redirects", 1)

    asyncio.run(test())


@pytest.mark.parametrize(
    "location", ["", "#top", "/", "?", "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/#x"]
)
def test_a_redirect_to_itself_is_a_circle_however_it_is_written(door, server, location):
    async def test() -> None:
        first = server()
        async with first.running():
            first.says = to(location.format(port=first.port))
            async with door() as web:
                answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/"))
                assert isinstance(answer, Failure)
                assert answer.reason == "redirects"
                assert first.connections <= 2  # `?` is another address than none

    asyncio.run(test())


def test_after_five_redirects_it_is_enough(door, server):
    async def test() -> None:
        async def on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(to(f"/{len(first.heads)}"))

        first = server(script=on)
        async with first.running(), door() as web:
            answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/"))
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.detail) == ("redirects", "more than 5 redirects")
            assert len(first.heads) == 6

    asyncio.run(test())


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/berita terbaru", b"GET /berita%20terbaru "),
        ("/новини", b"GET /%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8 "),
        ("/caf\udce9", b"GET /caf%E9 "),
        ("other#part", b"GET /other "),
        ("?q=1", b"GET /?q=1 "),
        ("/a%0d%0aX-Injected:%20yes", b"GET /a%0D%0AX-Injected:%20yes "),
        ("/a/../b", b"GET /b "),
    ],
)
def test_a_redirect_is_understood_as_browsers_do(door, server, location, asked):
    async def test() -> None:
        async def on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(to(location) if len(first.heads) == 1 else server.says)

        first = server(script=on)
        async with first.running(), door() as web:
            answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/"))
            assert isinstance(answer, Reply)
            assert first.heads[1].startswith(asked)
            assert b"Injected: yes" not in first.heads[1]

    asyncio.run(test())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_is_made_exactly_once_and_its_redirect_is_the_answer(door, server, status):
    async def test() -> None:
        async with server().running() as other:
            async with (
                server(says=to(f"http://127.0.0.1:{other.port}/", status)).running() as first,
                door() as web,
            ):
                answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/", "POST", body=b"x"))
                assert isinstance(answer, Reply)
                assert (answer.status, first.connections, other.connections) == (status, 1, 0)

    asyncio.run(test())


@pytest.mark.parametrize(
    "says", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"nonsense\r\n\r\n"]
)
def test_a_post_whose_answer_is_lost_is_not_made_again(door, server, says):
    async def test() -> None:
        async with server(says=says).running() as first, door() as web:
            for asked in (1, 2):
                answer = await web.ask(Request(f"http://127.0.0.1:{first.port}/", "POST", body=b"x"))
                assert isinstance(answer, Failure)
                assert (answer.written, first.connections) == (True, asked)

    asyncio.run(test())
