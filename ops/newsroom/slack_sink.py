"""A Slack of our own: incoming webhooks that judge a message as Slack does and misbehave by script.

Answers are those of https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `ok`, or a
status with one word in the body.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from ops.newsroom.clock import Clock, utc_now
from ops.newsroom.script import Accept, Answer, Garble, HangUp, Refuse, Script
from ops.newsroom.slack_rules import Fault, fault
from ops.newsroom.slack_text import identity, links, plain
from ops.newsroom.tally import Receipt

# Slack's own limit for a webhook's body is not documented; 50 blocks of 3,000 characters fit well.
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A message that the sink said `ok` to (or took before it hung up). `hook` is the webhook's path."""

    at: datetime
    hook: str
    payload: dict[str, Any]

    @property
    def text(self) -> str:
        """As a person would read it."""
        return plain(self.payload)

    @property
    def receipt(self) -> Receipt:
        """What counts of it."""
        return Receipt(self.at, self.hook, identity(self.payload), links(self.payload))


@dataclass(frozen=True, slots=True)
class Rejection:
    """A post that was not taken: the status (0 when the sink hung up), its word, and what was wrong."""

    at: datetime
    hook: str
    status: int
    word: str
    fault: Fault | None = None


def once_each() -> Script:
    """The demo's mishaps: the second message meets a 429 with Retry-After, the fourth a 500, once each."""
    return Script(anybody=(Accept(), Refuse(429, "rate_limited", 2), Accept(), Refuse(500, "rollup_error")))


class SlackSink:
    """Incoming webhooks at `/services/TEAM/APP/SECRET`, any three words; records what it took and refused.

    `heard` is called for each accepted message, in the sink's own thread.
    """

    def __init__(
        self,
        script: Script | None = None,
        clock: Clock = utc_now,
        heard: Callable[[SlackMessage], None] = lambda _: None,
    ) -> None:
        self._script = script or Script()
        self._clock = clock
        self._heard = heard
        self._accepted: list[SlackMessage] = []
        self._rejected: list[Rejection] = []

    @property
    def accepted(self) -> tuple[SlackMessage, ...]:
        """The messages taken so far, in order."""
        return tuple(self._accepted)

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        """The posts not taken so far, in order."""
        return tuple(self._rejected)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """What `tally` counts."""
        return tuple(message.receipt for message in self._accepted)

    def app(self) -> web.Application:
        """The hooks, to be served by `running`."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_post("/services/{team}/{app}/{secret}", self._post)
        app.router.add_post("/{rest:.*}", self._no_service)
        return app

    async def _no_service(self, request: web.Request) -> web.Response:
        return self._refuse(request.path, 404, "no_service")

    async def _post(self, request: web.Request) -> web.StreamResponse:
        try:
            payload = json.loads(await request.read())
        except ValueError:
            return self._refuse(request.path, 400, "invalid_payload")
        if wrong := fault(payload):
            return self._refuse(request.path, 400, wrong.code, wrong)
        return self._act(self._script.next(request.path), request, payload)

    def _act(self, answer: Answer, request: web.Request, payload: dict[str, Any]) -> web.StreamResponse:
        match answer:
            case Accept():
                self._accept(request.path, payload)
                return web.Response(text="ok")
            case HangUp(accepted=True):
                self._accept(request.path, payload)
                return cut_off(request)
            case HangUp():
                self._refuse(request.path, 0, "hung up")
                return cut_off(request)
            case Refuse(code=status, words=word, retry_after_s=seconds):
                response = self._refuse(request.path, status, word)
                if seconds is not None:
                    response.headers["Retry-After"] = str(seconds)
                return response
            case Garble(status, body, headers, stored):
                if stored:
                    self._accept(request.path, payload)
                    return web.Response(status=status, text=body, headers=headers)
                response = self._refuse(request.path, status, body)
                response.headers.update(headers)
                return response
            case _:
                raise TypeError(f"a webhook cannot answer with {answer}")

    def _accept(self, hook: str, payload: dict[str, Any]) -> None:
        message = SlackMessage(self._clock(), hook, payload)
        self._accepted.append(message)
        self._heard(message)

    def _refuse(self, hook: str, status: int, word: str, wrong: Fault | None = None) -> web.Response:
        self._rejected.append(Rejection(self._clock(), hook, status, word, wrong))
        return web.Response(status=status or 500, text=word)


def cut_off(request: web.Request) -> web.Response:
    """Close the connection at once; the answer that is handed back finds nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
