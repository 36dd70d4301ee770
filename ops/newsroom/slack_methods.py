"""The methods of our own Slack's Web API: who may call them, and how a call says what it wants."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from aiohttp import web

SCOPES = ("chat:write", "channels:history", "groups:history")
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "auth.test": (),
        "chat.postMessage": ("chat:write",),
        "chat.update": ("chat:write",),
        "conversations.history": ("channels:history", "groups:history"),
        "conversations.replies": ("channels:history", "groups:history"),
        "conversations.info": (),
    }
)
"""Each method with the scopes one of which it needs."""
OURSELVES: Mapping[str, Any] = MappingProxyType(
    {
        "url": "https://newsroom.slack.com/",
        "team": "Newsroom",
        "user": "pantau",
        "team_id": "T0NEWSROOM",
        "user_id": "U0PANTAU",
        "bot_id": "B0PANTAU",
        "is_enterprise_install": False,
    }
)


def refusal(method: str, authorization: str, token: str, scopes: Collection[str]) -> str | None:
    """Slack's word where the caller may not call, or calls for what there is not."""
    scheme, _, given = authorization.partition(" ")
    if not given or scheme != "Bearer":
        return "not_authed"
    if given != token:
        return "invalid_auth"
    if method not in METHODS:
        return "unknown_method"
    needed = METHODS[method]
    return "missing_scope" if needed and not set(needed) & set(scopes) else None


async def arguments(request: web.Request) -> dict[str, Any] | str:
    """What a call asks, from the address, a form or JSON; else Slack's word."""
    asked: dict[str, Any] = dict(request.query)
    if request.content_type != "application/json":
        return asked | dict(await request.post())
    try:
        said = json.loads(await request.read())
    except ValueError:
        return "invalid_json"
    return asked | said if isinstance(said, dict) else "json_not_object"
