"""Slack through an app's bot token: threads, updates, and an answer to whether a message has arrived.

Each message carries the delivery's key as metadata, which only the app itself can read back from the channel's
history: so a lost answer is settled by looking, and nothing is posted twice.

    chat.postMessage        a letter; a follow-up with `thread_ts`
    chat.update             the story's first message, with what is known by now
    conversations.history   what stands in the channel, in a window of time; `conversations.replies` in a thread

https://docs.slack.dev/messaging/message-metadata
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from alerts.channel import (
    Absent,
    Answer,
    Blocked,
    Channel,
    Doubt,
    Finding,
    Found,
    Later,
    MailReply,
    More,
    Sent,
    Unsure,
    Verdict,
)
from alerts.channels._http import retry_after
from alerts.channels._slack_blocks import message
from alerts.channels._slack_buttons import with_buttons
from alerts.channels._slack_errors import UNKNOWN, meaning
from alerts.letter import plain_text
from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from worker.wire import Failure, Reply, Request

EVENT = "pantau_alert"
API = "https://slack.com/api"
HEAD = 64 * 1024
"""Bytes. What Slack says around the message that it repeats in its answer."""
PAGE, MOST_PAGE = 100, 16 * 1024 * 1024
"""Messages asked for at once, of the 999 that Slack would give, and bytes they may have: a digest has up to 250 KB."""
SKEW = timedelta(minutes=5)
"""How far our clock may be from Slack's, whose time a message gets. Looking further back costs only pages."""
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{8,20}")
_NAME = re.compile(r"[#@]?[\w.-]{1,40}")
_TS = re.compile(r"\d{1,12}\.\d{6}")
_WORD = re.compile(r"[a-z][a-z0-9_]{1,60}")
# The token works and the app may post, but nobody has let it read.
_MAY_NOT_LOOK = (
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "method_not_supported_for_channel_type",
)
# The address is the operator's (PANTAU_SLACK_API), so a channel's owner can not mend it.
_MISADDRESSED = ("bad_url", "blocked", "redirects")


class SlackBot:
    """One message per letter, replies for a story's later articles, its first message kept up to date."""

    kind = "slack_bot"
    credential: str | None = "slack"
    threads = True
    pace_s = 1.0
    pace_s = 1.0  # https://docs.slack.dev/apis/web-api/rate-limits: one message per second and channel

    def check(self, to: str, options: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the contract's
        """Whether `to` is a channel's ID: names change, and posting by name is not offered by Slack any more."""
        if _CHANNEL_ID.fullmatch(to):
            return None
        # An address or a token, pasted into the wrong place, is a secret.
        given = f'"{to}"' if _NAME.fullmatch(to) and not to.startswith("xox") else "this"
        return (
            f'{given} is not the ID of a Slack channel, which begins with C, G or D such as "C0123456789"; a name '
            "can change, so take the ID from the end of the channel's details in Slack"
        )

    def compose(self, letter: Letter, channel: ChannelRow) -> Request:
        """The letter as a post, or as the new text of the story's first message; plainer once it was refused."""
        updates = letter.kind == "update" and letter.thread is not None
        thread = letter.thread.remote_id if letter.thread else None
        said = _said(letter, channel) | {"channel": channel.to.reveal()}
        if updates:
            if thread is None:
                raise ValueError("an update needs to know which message it is of")
            return _post("chat.update", said | {"ts": thread}, channel)
        return _post("chat.postMessage", said | ({"thread_ts": thread} if thread else {}), channel)

    def judge(self, answer: Answer) -> Verdict:
        """Slack says almost everything with status 200: `ok`, or `error` with a word."""
        match answer:
            case Reply():
                return _judge(answer, _content(answer))
            case Failure() if answer.reason in _MISADDRESSED:
                return Blocked(answer.reason, "sender")
            case Failure():
                return Unsure(answer.reason) if answer.written else Later(answer.reason)
            case MailReply():
                raise TypeError("Slack is not answered by mail servers")

    def look(self, doubt: Doubt, channel: ChannelRow) -> Request:
        """Asks for what stands in the channel, or in the thread, of the doubt's time."""
        asked = {
            "channel": channel.to.reveal(),
            "oldest": _stamp(doubt.since - SKEW),
            "latest": _stamp(doubt.until + SKEW),
            "inclusive": "true",
            "include_all_metadata": "true",
            "limit": str(PAGE),
        }
        method = "conversations.history" if doubt.thread is None else "conversations.replies"
        asked |= {"ts": doubt.thread} if doubt.thread else {}
        asked |= {"cursor": doubt.cursor} if doubt.cursor else {}
        # what only reads takes no JSON: https://docs.slack.dev/reference/methods/conversations.history
        form = "application/x-www-form-urlencoded"
        return _request(method, form, urlencode(asked).encode(), channel, max_bytes=MOST_PAGE)

    def find(self, answer: Answer, doubt: Doubt) -> Finding:
        """Looks for the key in the messages' metadata; a text that is alike proves nothing."""
        match answer:
            case Reply():
                return _find(answer, _content(answer), doubt)
            case Failure() if answer.reason in _MISADDRESSED:
                return Blocked(answer.reason, "sender")
            case Failure():
                return Later(answer.reason)
            case MailReply():
                raise TypeError("Slack is not answered by mail servers")


def _said(letter: Letter, channel: ChannelRow) -> dict[str, Any]:
    """The letter in Slack's words, under the key by which it is found again: an update keeps that of the message."""
    if letter.kind == "update" and letter.thread is not None:
        letter = replace(letter, kind="article", key=letter.thread.key)
    said = message(letter)
    if channel.options.get("interactive") == "yes":
        said = with_buttons(said, letter)
    return said | {"metadata": {"event_type": EVENT, "event_payload": {"d": letter.key}}}


def _post(method: str, said: Mapping[str, Any], channel: ChannelRow) -> Request:
    body = json.dumps(said, separators=(",", ":")).encode()
    # The answer repeats the message, in escapes of its own (\/ and \uXXXX).
    room = HEAD + 2 * len(body)
    return _request(method, "application/json; charset=utf-8", body, channel, max_bytes=room)


def _request(method: str, form: str, body: bytes, channel: ChannelRow, *, max_bytes: int) -> Request:
    return Request(
        url=f"{channel.options.get('slack_api') or API}/{method}",
        method="POST",
        headers={"Content-Type": form, "Authorization": f"Bearer {channel.secret.reveal()}"},
        body=body,
        max_bytes=max_bytes,
        max_redirects=0,
        vouched=True,
    )


def _content(reply: Reply) -> dict[str, Any]:
    """The answer's JSON object; empty where somebody else has answered (a captive portal, a proxy)."""
    try:
        content = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _word(reply: Reply, content: Mapping[str, Any]) -> str:
    """Slack's word for what is wrong, else the bare status: a page of HTML does not belong in a ledger."""
    word = content.get("error")
    if isinstance(word, str) and _WORD.fullmatch(word):
        return word
    return "unexpected_answer" if reply.status == 200 else f"http_{reply.status}"


def _judge(reply: Reply, content: Mapping[str, Any]) -> Verdict:
    if reply.status == 200 and content.get("ok") is True and isinstance(ts := content.get("ts"), str):
        return Sent(ts) if _TS.fullmatch(ts) else Unsure("unexpected_answer")
    word = _word(reply, content)
    if stopped := _stopped(reply, word):
        return stopped
    if known := meaning(word, retry_after(reply.headers), "sender"):
        return known
    if isinstance(content.get("error"), str):
        return Unsure(f"{UNKNOWN}: {plain_text(str(content['error']), 50)}")
    return Unsure(word)


def _stopped(reply: Reply, word: str) -> Later | Blocked | None:
    """What the status alone says: come later, or that this is not where Slack's API is."""
    if reply.status == 429:
        return Later(word, retry_after(reply.headers), whole_channel=True)
    if reply.status in (401, 403, 404, 405, 407, 410) or 300 <= reply.status < 400:
        return Blocked(word, "sender")
    return None


def _find(reply: Reply, content: Mapping[str, Any], doubt: Doubt) -> Finding:
    messages = content.get("messages")
    if reply.status == 200 and content.get("ok") is True and isinstance(messages, list):
        found = next((ts for said in messages if (ts := _ts_of(said, doubt.key))), None)
        return Found(found) if found else _rest(content)
    return _not_shown(reply, _word(reply, content), doubt)


def _not_shown(reply: Reply, word: str, doubt: Doubt) -> Finding:
    if word in ("thread_not_found", "message_not_found"):
        return Absent()  # with the thread all its replies are gone
    if word == "invalid_cursor" and doubt.cursor:
        return More("")
    if word in _MAY_NOT_LOOK:
        return Blocked(word, "channel")
    stopped = _stopped(reply, word) or meaning(word, retry_after(reply.headers), "sender")
    match stopped:
        case Blocked():
            return stopped
        case Later():  # Slack counts each method apart: messages may go out meanwhile
            return replace(stopped, whole_channel=False)
        case _:
            return Later(word)


def _ts_of(said: object, key: str) -> str | None:
    """The name of a message, where it is the one with this key."""
    match said:
        case {"ts": str(ts), "metadata": {"event_type": event, "event_payload": {"d": found}}}:
            return ts if event == EVENT and found == key else None
    return None


def _rest(content: Mapping[str, Any]) -> Absent | More:
    match content.get("response_metadata"):
        case {"next_cursor": str(cursor)} if cursor:
            return More(cursor)
    return Absent()


def _stamp(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


channel: Channel = SlackBot()
