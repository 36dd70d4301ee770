"""DOOR: the only HTTP socket of the product. Every address is checked at the moment it is dialled; every
exchange has one deadline, every body a cap on its decoded bytes; redirects are followed by hand.

The check sits in aiohttp's `socket_factory`, which sees each address that is really connected to: after the
name was resolved, for address literals too, and again for every redirect. A name one of whose addresses lies inside
is not dialled at all. The sockets count what they receive, and stop a flood that no parser would.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDictProxy
from yarl import URL

from worker import spans
from worker.addresses import Network, refusal
from worker.encoding import ACCEPTED, unpacker
from worker.exchange import MOST_WRAPPING, Counted, Exchange, under_way
from worker.failures import failure
from worker.names import Blocked, GuardedNames, SystemNames, literal_refusal
from worker.pace import LocalTurns, NoTurn, Pace, Turns
from worker.targets import for_anyone, loses_tls, redirected, same_origin, unusable
from worker.wire import Failure, Reply, Request, site_of

PATIENCE_S = 60.0
"""How long a request may wait for its turn at a site before it gives up."""
TURN_SPARE_S = 5.0
"""How much longer than the request itself a turn may last, for a process that is busy when its answer comes."""
CONNECT_S = 10.0
MOST_HEADERS = 300
LONGEST_HEADER = 32 * 1024
"""Bytes. Content-Security-Policy of news sites runs to 10 KB and more; servers send at most 8 to 64 KB in all."""
CHUNK = 64 * 1024
MOST_REDIRECT_BYTES = 64 * 1024

_REDIRECTS = (301, 302, 303, 307, 308)
_PERMANENT = (301, 308)
_PAUSING = (429, 503)


@dataclass(slots=True)
class Web:
    """The web, as far as we may go. One per process and event loop; `close` it at the end.

    `allow` are networks that may be reached although private. Behind `proxy` names are the proxy's to
    resolve, and only address literals can be checked. `names` resolves names instead of the system. `turns` says
    when a site may be asked; without it this process keeps `pace` for itself. What stands below `vouched`, addresses
    that the operator has set, may be posted to wherever it is, by requests that say so. Hosts in `own` are answered
    for here, and nothing is dialled for them.
    """

    allow: tuple[Network, ...] = ()
    user_agent: str = "Pantau"
    proxy: str | None = None
    pace: Pace = field(default_factory=Pace)
    trust: ssl.SSLContext | None = None
    names: AbstractResolver | None = None
    turns: Turns | None = None
    vouched: tuple[str, ...] = ()
    own: Mapping[str, Callable[[Request], Reply]] = field(default_factory=dict)
    _turns: Turns = field(init=False)
    _asking: aiohttp.ClientSession | None = None
    _posting: aiohttp.ClientSession | None = None
    _vouching: aiohttp.ClientSession | None = None
    _tracing: aiohttp.ClientSession | None = None
    _system: SystemNames | None = None

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
        wrong = unusable(request.url)
        if wrong:
            return Failure("bad_url", wrong)
        host = urlsplit(request.url).hostname or ""
        facts = {"http.request.method": request.method, "server.address": host}
        with spans.span(request.method, "asks", facts) as told:
            answer = await self._ask(request)
            told.note(_seen(answer))
        return answer

    async def _ask(self, request: Request) -> Reply | Failure:
        began = asyncio.get_running_loop().time()
        exchange = Exchange(traced=request.traced)
        under_way.set(exchange)
        try:
            async with asyncio.timeout(request.deadline_s) as exchange.clock:
                answer = await self._follow(request, exchange)
        except TimeoutError:
            answer = Failure("timeout", f"no answer within {request.deadline_s:g} s", exchange.written)
        took = asyncio.get_running_loop().time() - began - exchange.waited_s
        return replace(answer, elapsed_s=took, hops=exchange.hops())

    async def close(self) -> None:
        """Closes all connections."""
        for session in (self._asking, self._posting, self._vouching, self._tracing):
            if session is not None:
                await session.close()
        self._asking = self._posting = self._vouching = self._tracing = None
        if self._system is not None:
            await self._system.close()
            self._system = None
        self._turns.close()

    async def _follow(self, request: Request, exchange: Exchange) -> Reply | Failure:
        url, headers, permanent = request.url, dict(request.headers), True
        permanent_url: str | None = None
        seen = {url.partition("#")[0]}
        for _ in range(request.max_redirects + 1):
            answer = await self._in_turn(replace(request, url=url, headers=headers), exchange)
            if isinstance(answer, Failure) or not _leads_on(request, answer.status, answer.headers):
                return answer if isinstance(answer, Failure) else replace(answer, permanent_url=permanent_url)
            target = _target(url, answer.headers["location"])
            if wrong := unusable(target):
                return Failure("redirects", f"a redirect leads nowhere: {wrong}", exchange.written)
            if target in seen:
                return Failure("redirects", "the redirects go round in a circle", exchange.written)
            headers = headers if same_origin(url, target) else for_anyone(headers)
            permanent = permanent and answer.status in _PERMANENT and not loses_tls(url, target)
            permanent_url = target if permanent else permanent_url
            seen.add(target)
            url, request = target, replace(request, turn=None)
        return Failure("redirects", f"more than {request.max_redirects} redirects", exchange.written)

    async def _in_turn(self, request: Request, exchange: Exchange) -> Reply | Failure:
        """Makes one hop when its site may be asked; at once where the caller holds the turn, or posts."""
        if request.turn is not None or request.method == "POST":
            return await self._once(request, exchange)
        assert exchange.clock is not None
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

    async def _once(self, request: Request, exchange: Exchange) -> Reply | Failure:
        if (ours := self.own.get(urlsplit(request.url).hostname or "")) is not None:
            return ours(request)
        headers, session = self._headers(request), self._session(request)
        exchange.begin(request.url, headers)
        try:
            vouched = self._is_vouched(request)
            if self.proxy and not vouched and (why := literal_refusal(request.url, self.allow)):
                return Failure("blocked", why)
            async with session.request(
                request.method,
                URL(request.url),
                headers=headers,
                data=request.body or None,
                allow_redirects=False,
                proxy=self.proxy,
                trace_request_ctx=exchange,
            ) as response:
                return await _reply(response, request, exchange)
        except (aiohttp.ClientError, OSError, ValueError, ssl.SSLError) as error:
            return failure(error, exchange)
        finally:
            exchange.end()

    def _headers(self, request: Request) -> dict[str, str]:
        own = {"User-Agent": self.user_agent, "Accept-Encoding": ACCEPTED}
        asked = {name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        given = {name.lower() for name in asked}
        return {name: value for name, value in own.items() if name.lower() not in given} | asked

    def _session(self, request: Request) -> aiohttp.ClientSession:
        """GETs share connections. A POST has its own: on one that the server has just closed, nobody could
        tell whether the message arrived. So has what is traced, which tells of names and handshakes too."""
        if self._is_vouched(request):
            self._vouching = self._vouching or self._open(force_close=True, guarded=False)
            return self._vouching
        if request.method == "POST":
            self._posting = self._posting or self._open(force_close=True)
            return self._posting
        if request.traced:
            self._tracing = self._tracing or self._open(force_close=True, traced=True)
            return self._tracing
        self._asking = self._asking or self._open(force_close=False)
        return self._asking

    def _is_vouched(self, request: Request) -> bool:
        """Whether this is a post to what the operator has set. Both must say so: a channel's owner may write the
        operator's address too, and no channel may call its own target the operator's."""
        below = any(request.url.startswith(f"{address}/") for address in self.vouched)
        return request.vouched and request.method == "POST" and below

    def _open(
        self, *, force_close: bool, traced: bool = False, guarded: bool = True
    ) -> aiohttp.ClientSession:
        names = self.names or self._system or SystemNames()
        self._system = names if isinstance(names, SystemNames) else None
        connector = aiohttp.TCPConnector(
            limit=0,
            force_close=force_close,
            ssl=self.trust or ssl.create_default_context(),
            resolver=GuardedNames(self.allow, names) if guarded and not self.proxy else names,
            socket_factory=self._dial if guarded else self._dial_freely,
        )
        return aiohttp.ClientSession(
            connector=connector,
            response_class=_Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            max_headers=MOST_HEADERS,
            max_field_size=LONGEST_HEADER,
            max_line_size=LONGEST_HEADER,
            auto_decompress=False,
            trust_env=False,
            trace_configs=[_watch(traced=traced)],
            skip_auto_headers=("Content-Type",),
        )

    def _dial(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for one address that a name turned out to have, or no socket at all."""
        host, port = str(target[4][0]), int(target[4][1])
        why = None if self.proxy else refusal(host, port, self.allow)
        if why:
            exchange = under_way.get()
            exchange.refused = exchange.refused or why
            raise Blocked(why)
        return self._dial_freely(target)

    def _dial_freely(self, target: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for an address, wherever that leads."""
        family, kind, protocol, _, where = target
        host, port = str(where[0]), int(where[1])
        exchange = under_way.get()
        exchange.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        exchange.counted = Counted(family=family, type=kind, proto=protocol)
        return exchange.counted


class _Response(aiohttp.ClientResponse):
    """An answer whose head may be no longer than `Counted` allows: interim answers (1xx) come before it in any
    number, and aiohttp reads them all."""

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        exchange = under_way.get()
        exchange.counted = Counted.of(connection.transport) or exchange.counted
        if exchange.counted is not None:
            exchange.counted.expect_head()
        return await super().start(connection)


def _seen(answer: Reply | Failure) -> spans.Facts:
    """What a trace tells of an answer."""
    if isinstance(answer, Failure):
        return {"error.type": answer.reason}
    return {"http.response.status_code": answer.status}


def _watch(*, traced: bool) -> aiohttp.TraceConfig:
    watch = aiohttp.TraceConfig()
    watch.on_request_headers_sent.append(_note_written)
    if traced:
        watch.on_dns_resolvehost_end.append(_note_resolved)
        watch.on_connection_create_end.append(_note_connected)
    return watch


async def _note_written(_session: object, context: object, _facts: object) -> None:
    _exchange_of(context).written = True


async def _note_resolved(_session: object, context: object, _facts: object) -> None:
    _exchange_of(context).mark("resolved")


async def _note_connected(_session: object, context: object, _facts: object) -> None:
    _exchange_of(context).mark("connected")


def _exchange_of(context: object) -> Exchange:
    exchange = getattr(context, "trace_request_ctx", None)
    assert isinstance(exchange, Exchange)
    return exchange


def _target(url: str, location: str) -> str:
    try:
        return redirected(url, location)
    except ValueError:
        return ""


def _leads_on(request: Request, status: int, headers: Mapping[str, str]) -> bool:
    return request.method == "GET" and status in _REDIRECTS and "location" in headers


async def _reply(response: aiohttp.ClientResponse, request: Request, exchange: Exchange) -> Reply | Failure:
    headers = _joined(response.headers)
    exchange.answered(response.status, headers)
    counted = exchange.counted
    if counted is not None:
        counted.expect_body(request.max_bytes)
    if _leads_on(request, response.status, headers):  # nobody reads what stands in a redirect
        request, headers = (
            replace(request, max_bytes=MOST_REDIRECT_BYTES, cut=True),
            headers | {"content-encoding": ""},
        )
    encoding = headers.get("content-encoding", "")
    unpack = unpacker(encoding)
    if unpack is None:
        return Failure("protocol", f"the body is encoded as {encoding[:30]!r}, unasked", exchange.written)
    body, packed = bytearray(), 0
    async for chunk in response.content.iter_chunked(CHUNK):
        packed += len(chunk)
        for piece in unpack(chunk):
            body += piece
            if max(len(body), packed) > request.max_bytes:
                response.close()
                return _too_much(response, headers, body, request, exchange)
        if counted is not None and counted.body_bytes - packed > MOST_WRAPPING:
            return Failure("protocol", "the body comes in pieces of a few bytes", exchange.written)
    return Reply(response.status, headers, bytes(body), str(response.url))


def _joined(lines: CIMultiDictProxy[str]) -> dict[str, str]:
    """Each header once, its lines joined (RFC 9110, 5.3): a hub and the feed's own address come as two Link lines."""
    headers: dict[str, str] = {}
    for name, value in lines.items():
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None or name.lower() != "link" else f"{known}, {value}"
    return headers


def _too_much(
    response: aiohttp.ClientResponse,
    headers: dict[str, str],
    body: bytearray,
    request: Request,
    exchange: Exchange,
) -> Reply | Failure:
    if request.cut:
        return Reply(response.status, headers, bytes(body[: request.max_bytes]), str(response.url))
    return Failure("too_large", f"the body is larger than {request.max_bytes:,} bytes", exchange.written)
