"""DOOR: the only HTTP socket of the product. Every address is checked at the moment it is dialled; every
exchange has one deadline, every body a cap on its decoded bytes; redirects are followed by hand.

The check sits in aiohttp's `socket_factory`, which sees each address that is really connected to: after the
name was resolved, for address literals too, and again for every redirect.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from worker.addresses import Network, refusal
from worker.pace import LocalTurns, NoTurn, Pace, Turns, site_of
from worker.wire import Failure, FailureReason, Reply, Request

PATIENCE_S = 60.0
"""How long a request may wait for its turn at a site before it gives up."""
TURN_SPARE_S = 5.0
"""How much longer than the request itself a turn may last, for a process that is busy when its answer comes."""
CONNECT_S = 10.0
LONGEST_URL = 8192
MOST_HEADERS = 300
CHUNK = 64 * 1024

_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_PAUSING = (429, 503)
_FOR_ANYONE = ("accept", "accept-language", "a-im", "user-agent")
_ENCODINGS = "gzip, deflate"  # what `_Decoder` bounds; no br and no zstd

_refused: ContextVar[list[str]] = ContextVar("refused")


class _Blocked(OSError):
    """The address may not be reached."""


@dataclass(slots=True)
class _Exchange:
    """What is known of the request that is under way. `clock` is its deadline, `waited_s` how long it waited for
    turns, which does not count."""

    clock: asyncio.Timeout
    written: bool = False
    waited_s: float = 0.0


@dataclass(slots=True)
class Web:
    """The web, as far as we may go. One per process and event loop; `close` it at the end.

    `allow` are networks that may be reached although private. Behind `proxy` names are the proxy's to
    resolve, and only address literals can be checked. `turns` says when a site may be asked; without it this
    process keeps `pace` for itself.
    """

    allow: tuple[Network, ...] = ()
    user_agent: str = "Pantau"
    proxy: str | None = None
    pace: Pace = field(default_factory=Pace)
    trust: ssl.SSLContext | None = None
    turns: Turns | None = None
    _turns: Turns = field(init=False)
    _asking: aiohttp.ClientSession | None = None
    _posting: aiohttp.ClientSession | None = None

    def __post_init__(self) -> None:
        self._turns = self.turns or LocalTurns(self.pace)

    async def __aenter__(self) -> Web:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def ask(self, request: Request) -> Reply | Failure:
        """Makes the exchange. Whatever goes wrong on the way is a Failure; nothing is raised.

        The deadline counts only while a site is asked, not while its turn is waited for. A GET follows redirects,
        each with a turn of its own; a POST is made once, on a connection of its own, and a redirect is its answer.
        """
        wrong = _unusable(request.url)
        if wrong:
            return Failure("bad_url", wrong)
        began = asyncio.get_running_loop().time()
        exchange: _Exchange | None = None
        try:
            async with asyncio.timeout(request.deadline_s) as clock:
                exchange = _Exchange(clock)
                answer = await self._follow(request, exchange)
        except TimeoutError:
            written = exchange is not None and exchange.written
            answer = Failure("timeout", f"no answer within {request.deadline_s:g} s", written)
        waited_s = exchange.waited_s if exchange else 0.0
        return replace(answer, elapsed_s=asyncio.get_running_loop().time() - began - waited_s)

    async def close(self) -> None:
        """Closes all connections."""
        for session in (self._asking, self._posting):
            if session is not None:
                await session.close()
        self._asking = self._posting = None
        self._turns.close()

    async def _follow(self, request: Request, exchange: _Exchange) -> Reply | Failure:
        url, headers, permanent = request.url, dict(request.headers), True
        permanent_url: str | None = None
        seen = {url}
        for _ in range(request.max_redirects + 1):
            answer = await self._in_turn(replace(request, url=url, headers=headers), exchange)
            if isinstance(answer, Failure) or not _leads_on(request, answer):
                return answer if isinstance(answer, Failure) else replace(answer, permanent_url=permanent_url)
            target = urljoin(url, answer.headers["location"])
            if wrong := _unusable(target):
                return Failure("redirects", f"a redirect leads nowhere: {wrong}", exchange.written)
            if target in seen:
                return Failure("redirects", "the redirects go round in a circle", exchange.written)
            headers = headers if _origin(url) == _origin(target) else _without_own(headers)
            permanent = permanent and answer.status in _PERMANENT
            permanent_url = target if permanent else permanent_url
            seen.add(target)
            url, request = target, replace(request, turn=None)
        return Failure("redirects", f"more than {request.max_redirects} redirects", exchange.written)

    async def _in_turn(self, request: Request, exchange: _Exchange) -> Reply | Failure:
        """Makes one hop when its site may be asked; at once where the caller holds the turn, or posts."""
        if request.turn is not None or request.method == "POST":
            return await self._once(request, exchange)
        site, loop = site_of(request.url), asyncio.get_running_loop()
        began, left = loop.time(), (exchange.clock.when() or loop.time()) - loop.time()
        exchange.clock.reschedule(None)
        try:
            async with asyncio.timeout(PATIENCE_S) as patience, self._turns.turn(site, left + TURN_SPARE_S):
                patience.reschedule(None)
                exchange.waited_s += loop.time() - began
                exchange.clock.reschedule(loop.time() + left)
                answer = await self._once(request, exchange)
        except NoTurn as busy:
            return Failure("paused", str(busy), exchange.written)
        except TimeoutError:
            exchange.waited_s += loop.time() - began
            return Failure("paused", f"no turn at this site within {PATIENCE_S:.0f} s", exchange.written)
        if isinstance(answer, Reply) and answer.status in _PAUSING:
            self._turns.heard(site, answer.status, answer.headers.get("retry-after"))
        return answer

    async def _once(self, request: Request, exchange: _Exchange) -> Reply | Failure:
        refused: list[str] = []
        _refused.set(refused)
        if self.proxy and (why := _literal_refusal(request.url, self.allow)):
            return Failure("blocked", why)
        try:
            async with self._session(request).request(
                request.method,
                URL(request.url),
                headers=self._headers(request),
                data=request.body or None,
                allow_redirects=False,
                proxy=self.proxy,
                trace_request_ctx=exchange,
            ) as response:
                return await _reply(response, request, exchange)
        except (aiohttp.ClientError, OSError, ValueError, ssl.SSLError) as error:
            return _failure(error, refused, exchange)

    def _headers(self, request: Request) -> dict[str, str]:
        own = {"User-Agent": self.user_agent, "Accept-Encoding": _ENCODINGS}
        asked = {name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        given = {name.lower() for name in asked}
        return {name: value for name, value in own.items() if name.lower() not in given} | asked

    def _session(self, request: Request) -> aiohttp.ClientSession:
        """GETs share connections. A POST has its own: on one that the server has just closed, nobody could
        tell whether the message arrived."""
        if request.method == "POST":
            self._posting = self._posting or self._open(force_close=True)
            return self._posting
        self._asking = self._asking or self._open(force_close=False)
        return self._asking

    def _open(self, *, force_close: bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,
            force_close=force_close,
            ssl=self.trust or ssl.create_default_context(),
            socket_factory=None if self.proxy else self._dial,
        )
        watch = aiohttp.TraceConfig()
        watch.on_request_headers_sent.append(_note_written)
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            auto_decompress=False,
            trust_env=False,
            trace_configs=[watch],
            skip_auto_headers=("Content-Type",),
        )

    def _dial(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for one address that a name turned out to have, or no socket at all."""
        family, kind, protocol, _, where = target
        why = refusal(str(where[0]), int(where[1]), self.allow)
        if why:
            _refused.get([]).append(why)
            raise _Blocked(why)
        return socket.socket(family=family, type=kind, proto=protocol)


async def _note_written(_session: object, context: object, _headers: object) -> None:
    exchange = getattr(context, "trace_request_ctx", None)
    if isinstance(exchange, _Exchange):
        exchange.written = True


def _unusable(url: str) -> str | None:
    """Why this is no address to ask, in words; None if it is one."""
    if len(url) > LONGEST_URL:
        return f"the address is longer than {LONGEST_URL} characters"
    if _CONTROL.search(url) or "\\" in url.partition("?")[0]:
        return "the address holds a blank, a control character or a backslash"
    try:
        parts = urlsplit(url)
        URL(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return "only http and https addresses with a host can be asked"
    return "an address with a user name in it is not asked" if "@" in parts.netloc else None


def _origin(url: str) -> tuple[str, str]:
    """Scheme and site: what was told over TLS is not repeated in the clear."""
    return urlsplit(url).scheme, site_of(url)


def _literal_refusal(url: str, allow: tuple[Network, ...]) -> str | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        address = socket.inet_ntoa(socket.inet_aton(host)) if ":" not in host else host
    except OSError:
        return "localhost is not asked" if host.rstrip(".").lower().endswith("localhost") else None
    return refusal(address, parts.port or 80, allow)


def _leads_on(request: Request, reply: Reply) -> bool:
    return request.method == "GET" and reply.status in _REDIRECTS and "location" in reply.headers


def _without_own(headers: Mapping[str, str]) -> dict[str, str]:
    """What a site may be told about us after another one sent us there: no credentials, which a feed may carry
    in a header of any name, and no validators."""
    return {name: value for name, value in headers.items() if name.lower() in _FOR_ANYONE}


async def _reply(response: aiohttp.ClientResponse, request: Request, exchange: _Exchange) -> Reply | Failure:
    if len(response.headers) > MOST_HEADERS:
        return Failure("protocol", f"more than {MOST_HEADERS} header lines", exchange.written)
    headers = {name.lower(): value for name, value in response.headers.items()}
    encoding = headers.get("content-encoding", "").strip().lower()
    decoder = _Decoder.of(encoding)
    if decoder is None:
        return Failure("protocol", f"the body is encoded as {encoding[:30]!r}, unasked", exchange.written)
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        for piece in decoder.decode(chunk):
            body += piece
            if len(body) > request.max_bytes:
                limit = f"the body is larger than {request.max_bytes:,} bytes"
                response.close()
                return Failure("too_large", limit, exchange.written)
    return Reply(response.status, headers, bytes(body), str(response.url))


class _Inflate(Protocol):
    """What zlib.decompressobj makes."""

    @property
    def unconsumed_tail(self) -> bytes: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


@dataclass(slots=True)
class _Decoder:
    """Undoes one content encoding in pieces of bounded size, whatever a small chunk may unfold into. Some
    servers send "deflate" without its header (`bare_too`)."""

    inflate: _Inflate | None = None
    bare_too: bool = False

    @classmethod
    def of(cls, encoding: str) -> _Decoder | None:
        """The decoder for a Content-Encoding header; None for one that was not asked for."""
        match encoding:
            case "" | "identity":
                return cls()
            case "gzip" | "x-gzip":
                return cls(zlib.decompressobj(16 + zlib.MAX_WBITS))
            case "deflate":
                return cls(zlib.decompressobj(), bare_too=True)
            case _:
                return None

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """The decoded pieces of a chunk. Raises ValueError where it is damaged."""
        if self.inflate is None:
            yield chunk
            return
        while chunk:
            piece = self._piece(self.inflate, chunk)
            chunk = self.inflate.unconsumed_tail  # after _piece, which may have changed the inflater
            if self.inflate.eof and self.inflate.unused_data:  # gzip may come in several members
                chunk, self.inflate = self.inflate.unused_data, zlib.decompressobj(16 + zlib.MAX_WBITS)
            yield piece

    def _piece(self, inflate: _Inflate, chunk: bytes) -> bytes:
        try:
            piece = inflate.decompress(chunk, CHUNK)
        except zlib.error as error:
            if not self.bare_too:
                raise ValueError(f"the compressed body is damaged: {error}") from None
            self.inflate, self.bare_too = bare = zlib.decompressobj(-zlib.MAX_WBITS), False
            return bare[0].decompress(chunk, CHUNK)
        self.bare_too = False
        return piece


_REASONS: tuple[tuple[type[BaseException], FailureReason], ...] = (
    (aiohttp.ClientConnectorCertificateError, "tls"),
    (aiohttp.ClientConnectorSSLError, "tls"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ConnectionTimeoutError, "timeout"),
    (aiohttp.ClientConnectorError, "refused"),
    (aiohttp.ServerTimeoutError, "timeout"),
    (aiohttp.InvalidURL, "bad_url"),
    (aiohttp.ClientResponseError, "protocol"),
    (aiohttp.ClientPayloadError, "reset"),
    (aiohttp.ClientConnectionError, "reset"),
    (ValueError, "protocol"),
    (OSError, "reset"),
)


def _failure(error: BaseException, refused: list[str], exchange: _Exchange) -> Failure:
    if refused:
        return Failure("blocked", refused[0], exchange.written)
    reason: FailureReason = next((why for kind, why in _REASONS if isinstance(error, kind)), "reset")
    return Failure(reason, _words(error), exchange.written)


def _words(error: BaseException) -> str:
    """The trouble in the library's words, without the address, which may be a secret."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message[:200]
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    return (getattr(inner, "strerror", None) or str(inner) or type(error).__name__)[:200]
