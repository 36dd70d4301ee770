"""The web process: which address answers what, and what happens when something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ops.dashboard import gate, sharing
from ops.dashboard.consent import (
    CONFIRM,
    LEAVE,
    MANAGE,
    show_confirm,
    show_leave,
    show_manage,
    take_confirm,
    take_leave,
    take_manage,
)
from ops.dashboard.context import Context, DatabaseSilent, context_of
from ops.dashboard.drawn import Drawn
from ops.dashboard.live import Watch
from ops.dashboard.login import Endpoint, show_login, take_login, take_logout
from ops.dashboard.metrics import Meter, metrics
from ops.dashboard.packing import Packing, takes_gzip
from ops.dashboard.pages import ROUTES
from ops.dashboard.programs import API, DOCS, api_routes
from ops.dashboard.slack import PATH as SLACK
from ops.dashboard.slack import take_call
from ops.dashboard.websub import confirm, take_ping
from worker import spans
from worker.errors import BadConfiguration
from worker.feeds.websub import PATH
from worker.store.engine import DatabaseTrouble, PoolExhausted, TablesDoNotFit, lost_connection

log = structlog.get_logger("web")

FOR_EVER = "public, max-age=31536000, immutable"
_RETRY_S = "10"
_FOR_ANYBODY = (PATH, LEAVE, API)
"""Hubs are foreign, and so are the mail programs that unsubscribe their readers with one click (RFC 8058): what they
may do is in the address, they bring no cookie and change no page of ours. Programs change things by their token alone:
no cookie counts there."""

_SAID = {
    400: ("This cannot be understood", "The request is not one that Pantau knows."),
    403: ("Not allowed", "Pantau does not take this request."),
    404: ("There is nothing here", "No page of Pantau has this address."),
    405: ("Not possible here", "This address does not take such a request."),
    410: ("No longer here", "Nobody waits at this address any more."),
    413: ("Too large", "Pantau does not take requests of this size."),
}


class Gate:
    """Refuses forms from foreign pages, and gives every answer its security headers."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self.app, self.context = app, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in gate.HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = None
        if not scope["path"].startswith(_FOR_ANYBODY):
            refused = gate.foreign(scope["method"], Request(scope).headers, self.context.public_url)
        app = _foreign_form(self.context, refused) if refused else self.app
        await app(scope, receive, send_guarded)


def build(context: Context) -> Starlette:
    """The web process that works with this context, and closes it at its end."""

    watch = Watch(context)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        watch.close()
        if context.slack is not None:
            await context.slack.web.close()
        if context.outbox is not None:
            await context.outbox.kit.web.close()
            if context.outbox.mail is not None:
                context.outbox.mail.close()
        context.close()

    app = Starlette(
        lifespan=life,
        routes=[
            *ROUTES,
            *api_routes(context, lambda: watch.closed),
            Route("/login", show_login, methods=["GET"]),
            Route("/login", take_login, methods=["POST"]),
            Route("/logout", take_logout, methods=["POST"]),
            Route("/healthz", alive),
            Route("/readyz", ready),
            Route("/metrics", metrics, methods=["GET"]),
            Route("/static/{name}", static),
            Route(SLACK, take_call, methods=["POST"]),
            Route(sharing.PATH + "{noun}/{name}", sharing.shared_feed, methods=["GET"]),
            Route(PATH + "{token}", confirm, methods=["GET"]),
            Route(PATH + "{token}", take_ping, methods=["POST"]),
            *_pages(LEAVE, show_leave, take_leave),
            *_pages(CONFIRM, show_confirm, take_confirm),
            *_pages(MANAGE, show_manage, take_manage),
        ],
        middleware=[
            *([Middleware(Drawn)] if spans.recording() else []),
            Middleware(Gate, context=context),
            Middleware(Packing),
        ],
        exception_handlers={
            HTTPException: _refused,
            BadConfiguration: _not_as_configured,
            DatabaseSilent: _no_database,
            PoolExhausted: _no_database,
            DatabaseTrouble: _database_error,
            Exception: _our_fault,
        },
    )
    context.offered = frozenset({*(route.path for route in ROUTES), DOCS})
    app.state.context, app.state.watch = context, watch
    app.state.meter = Meter(context.clock(), context.metrics_for, context.api_token)
    return app


def _pages(path: str, show: Endpoint, take: Endpoint) -> tuple[Route, Route]:
    """A page behind a link in a mail, and what its buttons do."""
    address = path + "{token}"
    return Route(address, show, methods=["GET"]), Route(address, take, methods=["POST"])


async def alive(_request: Request) -> Response:
    """Whether this process runs; asks nobody else."""
    return PlainTextResponse("ok")


async def ready(request: Request) -> Response:
    """Whether Pantau can do its work, part by part."""
    readiness = await context_of(request).checks.look()
    return JSONResponse(readiness.as_json(), 200 if readiness.ready else 503)


async def static(request: Request) -> Response:
    """A static file under the name that holds the digest of its content."""
    asset = context_of(request).assets.get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404)
    sent = asset.packed if takes_gzip(request.headers.get("accept-encoding", "")) else asset.plain
    headers = {"cache-control": FOR_EVER, "vary": "Accept-Encoding", "etag": sent.tag}
    if request.headers.get("if-none-match") == sent.tag:
        return Response(status_code=304, headers=headers)
    if sent.coding:
        headers["content-encoding"] = sent.coding
    return Response(sent.content, media_type=asset.kind, headers=headers)


def _foreign_form(context: Context, reason: str) -> Response:
    log.warning("form_refused", reason=reason)
    return _message(
        context,
        403,
        "This form came from another page",
        "Pantau takes forms only from its own pages. If this was its own page, a proxy changes the Host "
        "header: set PANTAU_PUBLIC_URL to the address that you see in the browser.",
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    title, sentence = _SAID.get(error.status_code, _SAID[400])
    own_words = error.detail if error.detail.endswith(".") else sentence
    answer = _message(context_of(request), error.status_code, title, own_words)
    answer.headers.update(error.headers or {})
    return answer


async def _not_as_configured(request: Request, error: Exception) -> Response:
    """A secret that does not open with the keys at hand: nothing is broken here, and somebody can mend it."""
    log.warning("not_as_configured", path=request.url.path, error=str(error))
    sentence = str(error)
    return _message(context_of(request), 409, "Not with these keys", f"{sentence[:1].upper()}{sentence[1:]}.")


async def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseTrouble)
    if lost_connection(error):
        return await _no_database(request, error)
    if isinstance(error, TablesDoNotFit):
        log.error("tables_do_not_fit", error=str(error.orig))
        return _unavailable(
            context_of(request),
            "The database has other tables than this version of Pantau needs",
            "Run `pantau migrate` (`pantau up` does it by itself), then load this page again.",
        )
    log.error("database_error", exc_info=error)
    return await _our_fault(request, error)


async def _no_database(request: Request, error: Exception) -> Response:
    log.warning("database_silent", error=type(error).__name__)
    return _unavailable(
        context_of(request),
        "The database does not answer",
        "Nothing is lost: feeds, articles and messages wait in it, and the workers go on by themselves as "
        "soon as it is back. This page tries again every 10 seconds.",
    )


async def _our_fault(request: Request, _error: Exception) -> Response:
    return _message(
        context_of(request),
        500,
        "Something went wrong in Pantau",
        "It is in the log of the web process, with all that is needed to mend it. "
        "The workers are other processes: feeds are polled and messages sent all the same.",
    )


def _unavailable(context: Context, title: str, sentence: str) -> Response:
    answer = _message(context, 503, title, sentence, again_s=_RETRY_S)
    answer.headers["retry-after"] = _RETRY_S
    return answer


def _message(context: Context, status: int, title: str, sentence: str, again_s: str = "") -> Response:
    return context.page("message.html", status=status, title=title, sentence=sentence, again_s=again_s)
