"""Slack through an app's bot token: threads, updates, and an answer to whether a message has arrived.

Each message carries the delivery's key as metadata, which no reader sees and the channel's history shows to apps: so
a lost answer is settled by looking, and nothing is posted twice.

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
from typing import Any
from urllib.parse import urlencode

from alerts.channel import Answer, Channel, Doubt, Finding, Later, MailReply, Sent, Unsure, Verdict
from alerts.channels._slack_answers import content_of, is_yes, misaddressed, verdict_on, word_of
from alerts.channels._slack_blocks import message
from alerts.channels._slack_buttons import with_buttons
from alerts.channels._slack_errors import UNKNOWN
from alerts.channels._slack_history import found_in, key_as_metadata, question
from alerts.letter import plain_text
from alerts.model import Channel as ChannelRow
from alerts.model import Letter
from worker.wire import Failure, Reply, Request

API = "https://slack.com/api"
HEAD = 64 * 1024
"""Bytes. What Slack says around the message that it repeats in its answer."""
MOST_PAGE = 16 * 1024 * 1024
"""Bytes of a page of history."""
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{8,20}")
_NAME = re.compile(r"[#@]?[\w.-]{1,40}")
_TS = re.compile(r"\d{1,12}\.\d{6}")


class SlackBot:
    """One message per letter, replies for a story's later articles, its first message kept up to date."""

    kind = "slack_bot"
    credential: str | None = "slack"
    threads = True
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
        thread = letter.thread.remote_id if letter.thread else None
        if letter.kind == "update":
            return _update(letter, thread, channel)
        said = _said(letter, letter.key, channel)
        return _post("chat.postMessage", said | ({"thread_ts": thread} if thread else {}), channel)

    def judge(self, answer: Answer) -> Verdict:
        """Slack says almost everything with status 200: `ok`, or `error` with a word."""
        match answer:
            case Reply():
                return _judge(answer, content_of(answer))
            case Failure():
                unanswered = Unsure(answer.reason) if answer.written else Later(answer.reason)
                return misaddressed(answer) or unanswered
            case MailReply():
                raise TypeError("Slack is not answered by mail servers")

    def look(self, doubt: Doubt, channel: ChannelRow) -> Request:
        """Asks for what stands in the channel, or in the thread, of the doubt's time."""
        method, asked = question(doubt)
        body = urlencode({"channel": channel.to.reveal(), **asked}).encode()
        # methods that read have taken JSON only lately
        return _request(method, "application/x-www-form-urlencoded", body, channel, max_bytes=MOST_PAGE)

    def find(self, answer: Answer, doubt: Doubt) -> Finding:
        """Whether the message is among those that Slack shows."""
        match answer:
            case Reply():
                return found_in(answer, doubt)
            case Failure():
                return misaddressed(answer) or Later(answer.reason)
            case MailReply():
                raise TypeError("Slack is not answered by mail servers")


def _update(letter: Letter, message_of: str | None, channel: ChannelRow) -> Request:
    """The first message said anew, under the key by which it is found."""
    if letter.thread is None or message_of is None:
        raise ValueError("an update needs to know which message it is of")
    said = _said(replace(letter, kind="article"), letter.thread.key, channel)
    # Blocks that are not mentioned may stay as they are; an empty list takes them away.
    told = {"blocks": [], **said, "ts": message_of}
    return _post(
        "chat.update", {name: told[name] for name in told if not name.startswith("unfurl_")}, channel
    )


def _said(letter: Letter, key: str, channel: ChannelRow) -> dict[str, Any]:
    """The letter in Slack's words, with the key by which it is found again."""
    said = message(letter)
    if channel.options.get("interactive") == "yes":
        said = with_buttons(said, letter, key)
    return said | {"channel": channel.to.reveal(), "metadata": key_as_metadata(key)}


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


def _judge(reply: Reply, content: Mapping[str, Any]) -> Verdict:
    if is_yes(reply, content) and isinstance(ts := content.get("ts"), str) and _TS.fullmatch(ts):
        return Sent(ts)
    word = word_of(reply, content)
    if known := verdict_on(reply, word):
        return known
    if isinstance(said := content.get("error"), str):
        return Unsure(f"{UNKNOWN}: {plain_text(said.encode('ascii', 'replace').decode(), 50)}")
    return Unsure(word)


channel: Channel = SlackBot()
