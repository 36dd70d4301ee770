"""PURE. What Slack calls us for: is it Slack, is it fresh, and what is meant.

https://docs.slack.dev/authentication/verifying-requests-from-slack and
https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from ops.row_number import number_in
from worker.secrets import Secret

WINDOW = timedelta(minutes=5)
"""How old a call may be. Its signature is remembered for longer, so that it counts once."""
MOST_BYTES = 256 * 1024

Action = Literal["relevant", "not_relevant", "mute_story", "mute_topic", "why"]
_ACTIONS = get_args(Action)
_BLOCK = re.compile(r"pantau:([0-9a-f-]{8,36})")
_STAMP = re.compile(r"\d{1,12}")
_ID = re.compile(r"[A-Z0-9]{1,30}")
_SLACK_HOST = "hooks.slack.com"
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button below an alert: of which delivery (its key), for which article."""

    team: str
    place: str
    user: str
    action: Action
    delivery: str
    article: int
    answer_at: str


@dataclass(frozen=True, slots=True)
class Command:
    """Somebody wrote `/pantau` and these words in a channel."""

    team: str
    place: str
    user: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idle:
    """A call that asks for nothing: Slack looking whether we are there, or a press of what only links."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call is not taken."""

    reason: Literal["no_stamp", "too_old", "no_signature", "wrong_signature", "unreadable"]


Call = Press | Command | Idle


def genuine(secret: Secret, headers: Mapping[str, str], body: bytes, now: datetime) -> str | Refused:
    """The call's signature, where it is Slack's own and not older than five minutes; `headers` in small letters."""
    stamp, told = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not _STAMP.fullmatch(stamp) or not stamp.isascii():
        return Refused("no_stamp")
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return Refused("too_old")
    if not told.startswith("v0=") or not told.isascii():
        return Refused("no_signature")
    signed = b"v0:" + stamp.encode() + b":" + body
    ours = "v0=" + hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    return told if hmac.compare_digest(ours, told) else Refused("wrong_signature")


def understood(body: bytes) -> Call | Refused:
    """What a genuine call means."""
    try:
        form = dict(parse_qsl(body.decode(), max_num_fields=50, strict_parsing=True))
        if "ssl_check" in form:
            return Idle()
        return _press(json.loads(form["payload"])) if "payload" in form else _command(form)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Refused("unreadable")


def _press(payload: Any) -> Call:
    if payload["type"] != "block_actions":
        return Idle()
    pressed = payload["actions"][0]
    block, action = _BLOCK.fullmatch(pressed.get("block_id", "")), pressed["action_id"]
    if block is None or action not in _ACTIONS:
        return Idle()
    article = number_in(pressed["value"])
    if article is None:
        raise ValueError
    return Press(
        team=_id(payload["team"]["id"]),
        place=_id(payload["channel"]["id"]),
        user=_id(payload["user"]["id"]),
        action=action,
        delivery=block[1],
        article=article,
        answer_at=str(payload.get("response_url", "")),
    )


def _command(form: Mapping[str, str]) -> Command:
    words = tuple(form.get("text", "").split())[:_SHOWN]
    return Command(_id(form["team_id"]), _id(form["channel_id"]), _id(form["user_id"]), words)


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError
    return text


def answerable(url: str, api: str) -> bool:
    """Whether an answer may be posted there: at Slack's own host, or at that of the API which the operator named."""
    try:
        parts, ours = urlsplit(url), urlsplit(api)
        if parts.username or parts.password:
            return False
        if (parts.scheme, parts.hostname, parts.port) == ("https", _SLACK_HOST, None):
            return True
        own = (ours.scheme, ours.hostname, ours.port)
        return ours.hostname != "slack.com" and (parts.scheme, parts.hostname, parts.port) == own
    except ValueError:
        return False
