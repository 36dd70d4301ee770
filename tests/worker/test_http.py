"""The HTTP door against real servers on loopback."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from worker.http import Web
from worker.model import Turn
from worker.pace import NoTurn, Pace
from worker.wire import Failure, Reply, Request, site_of

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
FAST = Pace(connections=50, per_second=10_000, burst=10_000)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(**handlers: Handler) -> AsyncIterator[str]:
    app = web.Application()
    for path, handler in handlers.items():
        app.router.add_route("*", f"/{path}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def raw(
    script: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that says whatever the script says, after it has read the request's head."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await script(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0.01)


def go(test: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(test())  # type: ignore[arg-type]


async def says(response: web.StreamResponse) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return response

    return handler


def test_a_get_brings_status_lower_case_headers_and_body():
    async def hello(request: web.Request) -> web.Response:
        assert request.headers["User-Agent"] == "Pantau/test"
        assert request.headers["Accept-Encoding"] == "gzip, deflate, br"
        assert "Cookie" not in request.headers
        response = web.Response(text="halo", headers={"ETag": '"1"'})
        response.set_cookie("a", "b")
        return response

    async def test() -> None:
        async with serving(x=hello) as url, Web(allow=LOOPBACK, user_agent="Pantau/test") as door:
            for _ in range(2):
                reply = await door.ask(Request(f"{url}/x"))
                assert isinstance(reply, Reply)
                assert (reply.status, reply.body, reply.headers["etag"], reply.url) == (
                    200,
                    b"halo",
                    '"1"',
                    f"{url}/x",
                )

    go(test)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"isi" * 1000, mtime=0)),
        ("gzip", gzip.compress(b"isi" * 400, mtime=0) + gzip.compress(b"isi" * 600, mtime=0)),
        ("deflate", zlib.compress(b"isi" * 1000)),
        ("deflate", zlib.compress(b"isi" * 1000)[2:-4]),  # without its header, as some send it
        ("identity", b"isi" * 1000),
    ],
)
def test_a_compressed_body_arrives_unfolded(encoding, body):
    async def packed(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    async def test() -> None:
        async with serving(x=packed) as url, Web(allow=LOOPBACK) as door:
            reply = await door.ask(Request(f"{url}/x"))
            assert isinstance(reply, Reply)
            assert reply.body == b"isi" * 1000

    go(test)


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(b"0" * 50_000_000, mtime=0), "too_large"),
        ({}, b"0" * 200_000, "too_large"),
        ({"Content-Encoding": "gzip"}, b"this is not gzip", "protocol"),
        ({"Content-Encoding": "br"}, b"whatever", "protocol"),
        ({"Content-Encoding": "zstd"}, b"whatever", "protocol"),
    ],
)
def test_a_body_that_is_too_much_or_damaged_is_given_up(headers, body, reason):
    async def hostile(_: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers)

    async def test() -> None:
        async with serving(x=hostile) as url, Web(allow=LOOPBACK) as door:
            answer = await door.ask(Request(f"{url}/x", max_bytes=100_000))
            assert isinstance(answer, Failure)
            assert answer.reason == reason

    go(test)


def drip(parts: list[bytes], pause: float):  # type: ignore[no-untyped-def]
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\n"] + [b"X-%d: y\r\n" % n for n in range(100)],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"] + [b"x"] * 100,
        [b""] * 100,
    ],
    ids=["headers drip", "the body drips", "silence"],
)
def test_the_deadline_is_for_everything_however_slowly_it_comes(parts):
    async def test() -> None:
        async with raw(drip(parts, 0.05)) as url, Web(allow=LOOPBACK) as door:
            answer = await door.ask(Request(url, deadline_s=0.3))
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.written) == ("timeout", True)

    go(test)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", "reset"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-%d: y\r\n" * 1000 + b"\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "protocol"),
    ],
    ids=["closes", "breaks off", "no http", "a thousand headers", "an endless header"],
)
def test_a_server_that_breaks_off_or_talks_nonsense_is_a_failure_that_may_have_been_heard(said, reason):
    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)

    async def test() -> None:
        async with raw(script) as url, Web(allow=LOOPBACK) as door:
            for method in ("GET", "POST"):
                answer = await door.ask(Request(url, method=method, body=b"" if method == "GET" else b"x"))
                assert isinstance(answer, Failure)
                assert (answer.reason, answer.written) == (reason, True)

    go(test)


def test_nobody_listening_is_surely_unheard_and_says_so_without_the_address():
    async def test() -> None:
        async with Web(allow=LOOPBACK) as door:
            answer = await door.ask(
                Request("http://127.0.0.1:9/services/T/B/secret", method="POST", body=b"x")
            )
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.written) == ("refused", False)
            assert "secret" not in str(answer)

    go(test)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_written(tmp_path):
    pytest.importorskip("cryptography")
    context = _self_signed(tmp_path)

    async def test() -> None:
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0, ssl=context)
        async with Web(allow=LOOPBACK) as door:
            port = server.sockets[0].getsockname()[1]
            answer = await door.ask(
                Request(f"https://127.0.0.1:{port}/", headers={"Authorization": "Bearer x"})
            )
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.written) == ("tls", False)
        server.close()
        await asyncio.sleep(0.01)

    go(test)


def _self_signed(tmp_path):  # type: ignore[no-untyped-def]
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def redirect(status: int, target: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": target})

    return handler


def test_redirects_are_followed_and_an_unbroken_permanent_chain_is_told():
    async def end(request: web.Request) -> web.Response:
        return web.Response(text=request.headers.get("Authorization", "none"))

    async def test() -> None:
        async with serving(
            a=redirect(301, "/b"), b=redirect(308, "/end"), c=redirect(302, "/b"), end=end
        ) as url:
            async with Web(allow=LOOPBACK, pace=FAST) as door:
                moved = await door.ask(Request(f"{url}/a", headers={"Authorization": "Basic x"}))
                assert isinstance(moved, Reply)
                assert (moved.url, moved.permanent_url, moved.body) == (
                    f"{url}/end",
                    f"{url}/end",
                    b"Basic x",
                )
                for_now = await door.ask(Request(f"{url}/c"))
                assert isinstance(for_now, Reply)
                assert (for_now.url, for_now.permanent_url) == (f"{url}/end", None)

    go(test)


def test_credentials_stay_with_the_site_they_are_for():
    async def other(request: web.Request) -> web.Response:
        return web.json_response(dict(request.headers))

    async def test() -> None:
        async with serving(end=other) as elsewhere, serving(a=redirect(302, f"{elsewhere}/end")) as url:
            async with Web(allow=LOOPBACK) as door:
                secret = {
                    "Authorization": "Basic x",
                    "Cookie": "y",
                    "If-None-Match": "z",
                    "X-Desk-Key": "Basic key",
                    "Accept": "text/html",
                }
                reply = await door.ask(Request(f"{url}/a", headers=secret))
                assert isinstance(reply, Reply)
                assert b"Basic" not in reply.body
                assert b"Cookie" not in reply.body
                assert b"If-None-Match" not in reply.body
                assert b"X-Desk-Key" not in reply.body
                assert b"text/html" in reply.body

    go(test)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/a", "redirects"),
        ("http://10.0.0.1/", "blocked"),
        ("http://169.254.169.254/latest/meta-data", "blocked"),
        ("http://[::1]:22/", "blocked"),
        ("file:///etc/passwd", "redirects"),
        ("gopher://127.0.0.1/", "redirects"),
        ("http://user:pw@127.0.0.1/", "redirects"),
        ("http://", "redirects"),
    ],
)
def test_a_redirect_to_nowhere_good_is_not_followed(target, reason):
    async def test() -> None:
        async with serving(a=redirect(302, target)) as url, Web(allow=LOOPBACK) as door:
            answer = await door.ask(Request(f"{url}/a"))
            assert isinstance(answer, Failure)
            assert answer.reason == reason

    go(test)


def test_a_post_is_made_once_and_a_redirect_is_its_answer():
    asked: list[str] = []

    async def hook(request: web.Request) -> web.Response:
        asked.append(await request.text())
        return web.Response(status=307, headers={"Location": "/a"})

    async def test() -> None:
        async with serving(a=hook) as url, Web(allow=LOOPBACK) as door:
            reply = await door.ask(
                Request(f"{url}/a", method="POST", body=b"once", headers={"Content-Type": "text/plain"})
            )
            assert isinstance(reply, Reply)
            assert reply.status == 307

    go(test)
    assert asked == ["once"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://0x7f.1/", "http://127.1/", "http://0/", "http://2130706433/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://169.254.169.254/",
        "http://①②⑦.⓪.⓪.①/", "http://127.0.0.1.:80/", "http://example.com\\@127.0.0.1/", "http://u:p@127.0.0.1/",
        "http://127.0.0.1:6379/", "ftp://127.0.0.1/", "file:///etc/passwd", "javascript:alert(1)", "http:///x", "http://",
        "", "http://127.0.0.1:99999/", "http://127.0.0.1\r\nHost: x/", "http://exa mple.com/", "http://[::1/",
    ],
)  # fmt: skip
def test_no_spelling_leads_inside(url):
    async def test() -> None:
        async with Web() as door:
            for method in ("GET", "POST"):
                answer = await door.ask(Request(url, method=method))
                assert isinstance(answer, Failure)
                assert answer.reason in ("blocked", "bad_url", "dns")
                assert not answer.written

    go(test)


def test_a_site_is_asked_by_two_at_once_and_at_an_even_pace_after_the_burst():
    now = most = 0

    async def slow(_: web.Request) -> web.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return web.Response()

    async def test() -> float:
        async with serving(x=slow) as url, Web(allow=LOOPBACK, pace=Pace(2, per_second=20, burst=3)) as door:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await asyncio.gather(*(door.ask(Request(f"{url}/x")) for _ in range(7)))
            return loop.time() - began

    took = go(test)
    assert most == 2
    assert took >= 4 / 20 * 0.9  # three at once, then four more at 20 a second


def test_waiting_for_a_turn_does_not_count_against_the_deadline():
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response()

    async def test() -> list[Reply | Failure]:
        async with serving(x=slow) as url, Web(allow=LOOPBACK, pace=Pace(1, 1000, 1000)) as door:
            return await asyncio.gather(*(door.ask(Request(f"{url}/x", deadline_s=1.0)) for _ in range(7)))

    assert all(isinstance(answer, Reply) for answer in go(test))


class Turns:
    """Hands out turns at once, and writes down for whom; a site in `shut` is left alone."""

    def __init__(self, *shut: str, wait_s: float = 0.0) -> None:
        self.shut, self.wait_s = shut, wait_s
        self.given: list[str] = []
        self.told: list[tuple[str, int, str | None]] = []
        self.closed = False

    @asynccontextmanager
    async def turn(self, site: str, seconds: float) -> AsyncIterator[None]:
        assert 0 < seconds < 60
        if site in self.shut:
            raise NoTurn("the site wants to be left alone until 14:05 UTC: it answered 429")
        await asyncio.sleep(self.wait_s)
        self.given.append(site)
        yield

    def heard(self, site: str, status: int, retry_after: str | None) -> None:
        self.told.append((site, status, retry_after))

    def close(self) -> None:
        self.closed = True


def leads_to(where: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": where})

    return handler


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="halo")


def test_each_hop_takes_a_turn_at_its_own_site_but_the_one_that_is_held_already():
    async def test() -> None:
        turns = Turns()
        async with (
            serving(y=_hello) as there,
            serving(x=leads_to(f"{there}/y")) as here,
            Web(allow=LOOPBACK, turns=turns) as door,
        ):
            assert isinstance(await door.ask(Request(f"{here}/x")), Reply)
            assert turns.given == [site_of(here), site_of(there)]
            held = Turn(site_of(here), datetime.now(UTC))
            assert isinstance(await door.ask(Request(f"{here}/x", turn=held)), Reply)
            assert turns.given[2:] == [site_of(there)]
            await door.ask(Request(f"{here}/x", method="POST"))
            assert len(turns.given) == 3, "deliveries are not paced here"
        assert turns.closed

    go(test)


def test_a_site_that_is_left_alone_is_not_asked_and_the_answer_says_why():
    async def test() -> None:
        async with serving(x=_hello) as url, Web(allow=LOOPBACK, turns=Turns(site_of(url))) as door:
            answer = await door.ask(Request(f"{url}/x"))
            assert isinstance(answer, Failure)
            assert (answer.reason, answer.written) == ("paused", False)
            assert "until 14:05" in answer.detail

    go(test)


def test_an_answer_that_asks_for_a_pause_is_passed_on():
    async def busy(_: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "900"})

    async def test() -> None:
        turns = Turns()
        async with serving(x=busy, y=_hello) as url, Web(allow=LOOPBACK, turns=turns) as door:
            await door.ask(Request(f"{url}/x"))
            await door.ask(Request(f"{url}/y"))
            assert turns.told == [(site_of(url), 429, "900")]

    go(test)


def test_waiting_for_a_turn_takes_nothing_from_the_deadline():
    async def test() -> None:
        async with serving(x=_hello) as url, Web(allow=LOOPBACK, turns=Turns(wait_s=1.5)) as door:
            reply = await door.ask(Request(f"{url}/x", deadline_s=1.0))
            assert isinstance(reply, Reply)
            assert reply.elapsed_s < 1.0

    go(test)
