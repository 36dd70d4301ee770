"""Requests to the web process, drawn as traces where somebody wants them."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker import spans

_BY_THE_CLOCK = ("/healthz", "/readyz", "/metrics", "/static/")
"""What probes and browsers ask all the time, and nobody looks for."""
_STREAMS = ("/live/events", "/api/v1/events")


class Drawn:
    """Tells of each request how long it took and what was answered. It is called by the pattern of its address: the
    address itself may be a key, as in the links of mails."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        if scope["type"] != "http" or scope["path"].startswith((*_BY_THE_CLOCK, *_STREAMS)):
            await self.app(scope, receive, send)
            return
        method = str(scope["method"])
        with spans.span(method, "answers", {"http.request.method": method}) as told:

            async def send_and_note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = int(message["status"])
                    told.note({"http.response.status_code": status})
                    if status >= 500:
                        told.note({"error.type": str(status)})
                await send(message)

            await self.app(scope, receive, send_and_note)
            told.note({"http.route": getattr(scope.get("route"), "path", None)})
