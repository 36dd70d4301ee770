"""Our Slack app, as the web process knows it: its signing secret, its team, and the way back for answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from ops.slack.access import Access, understood, who_are_we
from ops.slack.calls import answerable
from ops.tools import make_web
from worker.http import Web
from worker.secrets import Secret
from worker.settings import Settings
from worker.wire import Reply, Request

log = structlog.get_logger("web")

_SOON_S = 2.0
"""Slack waits three seconds for an answer (https://docs.slack.dev/interactivity/handling-user-interaction)."""


@dataclass(slots=True)
class SlackApp:
    """The app that may call us. Its team is asked of Slack once, since a signing secret alone does not name it."""

    secret: Secret
    token: Secret
    api: str
    web: Web
    _team: str | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def team(self) -> str | None:
        """The team that our token belongs to; None while Slack does not say."""
        async with self._asking:
            if self._team is None:
                self._team = await self._ask_team()
        return self._team

    async def _ask_team(self) -> str | None:
        asked = replace(who_are_we(self.api, self.token), deadline_s=_SOON_S)
        access = understood(await self.web.ask(asked))
        if not isinstance(access, Access):
            log.warning("slack_team_unknown", reason=access)
            return None
        return access.team_id

    async def answer(self, url: str, said: Mapping[str, Any]) -> None:
        """Posts an answer to where the call wants it, if that is Slack."""
        if not answerable(url, self.api):
            log.warning("slack_answer_not_posted", reason="foreign_address")
            return
        body = json.dumps(said).encode()
        headers = {"Content-Type": "application/json"}
        answer = await self.web.ask(Request(url, "POST", headers, body, 10.0, 64 * 1024, 0, vouched=True))
        if not isinstance(answer, Reply) or answer.status != 200:
            log.warning("slack_answer_not_taken", status=answer.status if isinstance(answer, Reply) else 0)


def slack_app(settings: Settings) -> SlackApp | None:
    """This installation's Slack app; None where its token or its signing secret is not set."""
    if settings.slack_token is None or settings.slack_signing_secret is None:
        return None
    return SlackApp(
        settings.slack_signing_secret, settings.slack_token, settings.slack_api, make_web(settings)
    )
