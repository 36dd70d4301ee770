"""What travels compressed: static files always, pages where nobody can learn from their length (decision 36)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WHOLE = "no-store, no-transform"
"""The cache-control of an answer that shows a secret: neither we nor a proxy compresses it."""

_LEAST = 800  # less fits into one packet anyway
_LEVEL = 6
_NO = re.compile(r"\s*;\s*q=0(\.0*)?\s*$", re.IGNORECASE)
_STRANGERS = frozenset({"cross-site", "same-site"})


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110 12.5.3)."""
    allowed = {}
    for each in accepted.lower().split(","):
        coding = each.partition(";")[0].strip()
        allowed[coding] = not _NO.search(each)
    return allowed.get("gzip", allowed.get("x-gzip", allowed.get("*", False)))


def packed(content: bytes, level: int = 9) -> bytes:
    """The content in gzip, the same bytes each time."""
    return gzip.compress(content, level, mtime=0)


def may_pack(method: str, asked: Mapping[str, str], answered: Mapping[str, str]) -> bool:
    """Whether this page may travel compressed. A browser says whose page led it here: what another site can have asked
    for, and see the length of, goes out as it is; so does what a form was answered with, since what was typed stands in
    it, and what shows a secret."""
    return (
        method == "GET"
        and takes_gzip(asked.get("accept-encoding", ""))
        and asked.get("sec-fetch-site", "") not in _STRANGERS
        and answered.get("content-type", "").startswith("text/html")
        and "content-encoding" not in answered
        and "no-transform" not in answered.get("cache-control", "")
    )


def uncompressed(answer: Response) -> Response:
    """The answer, marked as one that shows a secret."""
    answer.headers["cache-control"] = WHOLE
    return answer


class Packing:
    """Compresses pages on their way out. Only whole answers: a stream goes by as it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                if may_pack(scope["method"], Headers(scope=scope), MutableHeaders(scope=message)):
                    start = message
                    return
            elif start is not None:
                first, start = start, None
                message = _smaller(first, message)
                await send(first)
            await send(message)

        await self.app(scope, receive, send_packed)


def _smaller(start: Message, message: Message) -> Message:
    """The body's only message, compressed; its first one as it is where more follow."""
    headers = MutableHeaders(scope=start)
    headers.add_vary_header("Accept-Encoding")
    body = message.get("body", b"")
    if message.get("more_body") or len(body) < _LEAST:
        return message
    smaller = packed(body, _LEVEL)
    headers["content-encoding"], headers["content-length"] = "gzip", str(len(smaller))
    return {**message, "body": smaller}
