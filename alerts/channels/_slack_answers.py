"""What an answer of Slack's Web API says. Almost everything comes with status 200: `ok`, or `error` with a word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from alerts.channel import Blocked, Later, Verdict
from alerts.channels._http import retry_after
from alerts.channels._slack_errors import meaning
from worker.wire import Failure, Reply

_WORD = re.compile(r"[a-z][a-z0-9_]{1,60}")
# The address is the operator's (PANTAU_SLACK_API), so a channel's owner can not mend it.
_MISADDRESSED = ("bad_url", "blocked", "redirects")


def content_of(reply: Reply) -> dict[str, Any]:
    """The answer's JSON object; empty where somebody else has answered (a captive portal, a proxy)."""
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def is_yes(reply: Reply, content: Mapping[str, Any]) -> bool:
    """Whether Slack itself has said yes."""
    return reply.status == 200 and content.get("ok") is True


def word_of(reply: Reply, content: Mapping[str, Any]) -> str:
    """Slack's word for what is wrong, else the bare status: a page of HTML does not belong in a ledger."""
    word = content.get("error")
    if isinstance(word, str) and _WORD.fullmatch(word):
        return word
    return "unexpected_answer" if reply.status == 200 else f"http_{reply.status}"


def verdict_on(reply: Reply, word: str) -> Verdict | None:
    """What a refusal means: to come later, what the word says, or that this is not where Slack's API is; None for
    what says nothing to us."""
    pause = retry_after(reply.headers)
    if reply.status == 429:
        return Later(word, pause, whole_channel=True)
    elsewhere = reply.status in (401, 403, 404, 405, 407, 410, 501) or 300 <= reply.status < 400
    return meaning(word, pause, "sender") or (Blocked(word, "sender") if elsewhere else None)


def misaddressed(failure: Failure) -> Blocked | None:
    """Whether the request went nowhere because of where it was to go."""
    return Blocked(failure.reason, "sender") if failure.reason in _MISADDRESSED else None
