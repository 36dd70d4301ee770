"""Looking through what stands in a Slack channel for one message, by time and by its key.

https://docs.slack.dev/reference/methods/conversations.history, …/conversations.replies
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.channel import Absent, Blocked, Doubt, Finding, Found, Later, More
from alerts.channels._slack_answers import content_of, is_yes, verdict_on, word_of
from worker.wire import Reply

EVENT = "pantau_alert"
PAGE = 100
"""Messages asked for at once, of the 999 that Slack would give: a digest of ours alone has up to 250 KB."""
SKEW = timedelta(minutes=5)
"""How far our clock may be from Slack's, whose time a message gets. Looking further back costs only pages."""
# The token works and the app may post, but nobody has let it read.
_MAY_NOT_LOOK = frozenset(
    ("missing_scope", "no_permission", "not_allowed_token_type", "method_not_supported_for_channel_type")
)


def key_as_metadata(key: str) -> dict[str, Any]:
    """What a message carries so that it can be found: https://docs.slack.dev/messaging/message-metadata"""
    return {"event_type": EVENT, "event_payload": {"d": key}}


def question(doubt: Doubt) -> tuple[str, dict[str, str]]:
    """The method that shows the doubt's time, in the channel or in the thread, and what to ask it."""
    asked = {
        "oldest": _stamp(doubt.since - SKEW),
        "latest": _stamp(doubt.until + SKEW),
        "inclusive": "true",
        "include_all_metadata": "true",
        "limit": str(PAGE),
    }
    if doubt.cursor:
        asked["cursor"] = doubt.cursor
    if doubt.thread is None:
        return "conversations.history", asked
    return "conversations.replies", asked | {"ts": doubt.thread}


def found_in(reply: Reply, doubt: Doubt) -> Finding:
    """Looks for the key in the messages' metadata; a text that is alike proves nothing."""
    content = content_of(reply)
    messages = content.get("messages")
    if not is_yes(reply, content) or not isinstance(messages, list):
        return _not_shown(reply, word_of(reply, content), doubt)
    found = next((ts for message in messages if (ts := _ts_of(message, doubt.key))), None)
    if found is None and any(map(_hides_its_key, messages)):
        return Blocked("metadata_hidden", "channel")
    return Found(found) if found else _rest(content)


def _not_shown(reply: Reply, word: str, doubt: Doubt) -> Finding:
    if word in ("thread_not_found", "message_not_found"):
        return Absent()  # with the thread all its replies are gone
    if word == "invalid_cursor" and doubt.cursor:
        return More("")
    if word in _MAY_NOT_LOOK:
        return Blocked(word, "channel")
    match verdict_on(reply, word):
        case Blocked() as closed:
            return closed
        case Later() as slow:  # Slack counts each method apart: messages may go out meanwhile
            return replace(slow, whole_channel=False)
        case _:
            return Later(word)


def _ts_of(message: object, key: str) -> str | None:
    """The name of a message, where it is the one with this key."""
    match message:
        case {"ts": str(ts), "metadata": {"event_type": event, "event_payload": {"d": found}}}:
            return ts if event == EVENT and found == key else None
    return None


def _hides_its_key(message: object) -> bool:
    """Whether it is one of ours whose key is not shown, as Slack does where it is not asked for all metadata
    (https://github.com/slackapi/python-slack-sdk/issues/1501): then nothing is known to be absent."""
    match message:
        case {"metadata": {"event_type": event, **shown}} if event == EVENT:
            payload = shown.get("event_payload")
            return not isinstance(payload, dict) or "d" not in payload
    return False


def _rest(content: Mapping[str, Any]) -> Absent | More | Later:
    match content.get("response_metadata"):
        case {"next_cursor": str(cursor)} if cursor:
            return More(cursor)
    # a page may be short although there is more; without a cursor nobody knows what it leaves out
    return Later("unexpected_answer") if content.get("has_more") is True else Absent()


def _stamp(at: datetime) -> str:
    return f"{at.timestamp():.6f}"
