"""Topics and subscriptions as feeds, for whoever has the address: it is the key, and there is no log-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ops.dashboard.context import Context, context_of
from ops.store import sharing
from ops.store.sharing import Noun
from ops.syndication import KINDS, Form, SharedFeed, compose, etag, http_date, unchanged
from worker.store.engine import Connection

log = structlog.get_logger("web")

PATH = "/feeds/"
_NOUNS = ("topics", "subscriptions")
_LONGEST_TOKEN = 100
_HEADERS = {
    "cache-control": "private, max-age=60",  # readers that ask more often are given what they have
    "x-robots-tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class _Document:
    body: bytes
    feed: SharedFeed


async def shared_feed(request: Request) -> Response:
    """The feed behind an address (GET, HEAD): 304 for whoever has it already, 410 once it was revoked."""
    context = context_of(request)
    noun = request.path_params["noun"]
    token, _, form = request.path_params["name"].rpartition(".")
    if noun not in _NOUNS or form not in KINDS or not 0 < len(token) <= _LONGEST_TOKEN:
        raise HTTPException(404)
    found = await context.ask(
        lambda connection: _document(connection, context, cast(Noun, noun), token, cast(Form, form))
    )
    tag, last = etag(found.body), found.feed.updated
    headers = {**_HEADERS, "etag": tag, "last-modified": http_date(last)}
    asked = request.headers
    if unchanged(tag, last, asked.get("if-none-match"), asked.get("if-modified-since")):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers={**headers, "content-type": KINDS[form]})


def _document(connection: Connection, context: Context, noun: Noun, token: str, form: Form) -> _Document:
    shared = sharing.find(connection, noun, token)
    if shared is None:
        raise HTTPException(404)
    if shared.revoked:
        raise HTTPException(410)
    sharing.note_asked(connection, shared, context.clock())
    feed = SharedFeed(shared.key, shared.name, sharing.entries_of(connection, shared), shared.made_at)
    home = context.public_url
    address = f"{home.rstrip('/')}{PATH}{noun}/{token}.{form}" if home else None
    return _Document(compose(feed, form, address, home), feed)
