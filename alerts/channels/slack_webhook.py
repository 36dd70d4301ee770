"""Slack through an incoming webhook: anybody can set it up, and it can not be asked what it has received.

Foreign text stands in rich_text and plain_text only, which Slack never parses, so `<!channel>` stays a word;
the notification's fallback text is mrkdwn and escaped. https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from alerts.channel import Answer, Blocked, Channel, Later, MailReply, Sent, Simpler, Unsure, Verdict
from alerts.channels._http import answer_code, complaint_about, judge_failure, judge_gone, retry_after
from alerts.letter import (
    cut,
    facts,
    heading,
    local_time,
    plain_text,
    runs,
    safe_link,
    say,
    subject,
    title,
    topics,
)
from alerts.model import Channel as ChannelRow
from alerts.model import Item, Letter
from worker.wire import Failure, Reply, Request

Block = dict[str, Any]

TITLE, QUOTE, FALLBACK = 250, 700, 3000
IN_FULL = 10
"""Up to so many articles stand with their sentence; more become a list of one line each."""
LIST_BLOCKS = 45  # of the 50 that a message may have
LINES_IN_BLOCK = 25
LIST_BYTES = 250_000
TEXT_ONLY = 38_000  # Slack cuts a text after 40 000 characters
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FORM = (
    *("invalid_payload", "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long"),
    *("no_text", "missing_text_or_fallback_or_attachments", "invalid_attachments", "too_many_attachments"),
)
_GONE = (
    *("no_service", "no_service_id", "no_team", "no_active_hooks", "invalid_token", "team_disabled"),
    *("channel_not_found", "channel_is_archived", "action_prohibited", "posting_to_general_channel_denied"),
    "user_not_found",
)
_PASSING = ("rate_limited", "ratelimited", "service_unavailable", "rollup_error")


class SlackWebhook:
    """One message per letter: linked title, the sentence with the words in bold, where and when."""

    kind = "slack_webhook"
    credential: str | None = None

    def check(self, to: str, options: Mapping[str, str]) -> str | None:  # noqa: ARG002 - the contract's
        """Whether `to` is an address to post to; whether it may be reached is for the door to say."""
        return complaint_about(to)

    def compose(self, letter: Letter, channel: ChannelRow) -> Request:
        """The letter as a post to the hook; from the first refusal on as mere text."""
        message: Block = {"text": text_only(letter)} if letter.simpler else {"text": fallback(letter)}
        if not letter.simpler:
            message["blocks"] = list(_few(letter) if len(letter.items) <= IN_FULL else _many(letter))
        message |= {"unfurl_links": False, "unfurl_media": False}
        return Request(
            url=channel.to.reveal(),
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json.dumps(message, separators=(",", ":")).encode(),
            max_bytes=4096,
            max_redirects=0,
        )

    def judge(self, answer: Answer) -> Verdict:
        """Slack's answer: a status with a word as its body, and only 200 with "ok" is a yes (or what
        compatible receivers say instead).

        https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
        """
        match answer:
            case Reply():
                return _judge(answer, answer_code(answer))
            case Failure():
                return judge_failure(answer)
            case MailReply():
                raise TypeError("a Slack webhook is not answered by mail servers")


def _judge(reply: Reply, code: str) -> Verdict:
    if reply.status == 200:
        return Sent() if _is_yes(reply.body) else Unsure("unexpected_answer")
    if reply.status == 429:
        return Later(code, retry_after(reply.headers), whole_channel=True)
    if code in _PASSING:
        return Later(code, retry_after(reply.headers))
    if code in _GONE:
        return Blocked(code, "channel")
    if gone := judge_gone(reply):
        return gone
    if code in _FORM or reply.status in (400, 413):
        return Simpler(code)
    # 5xx, 408, and what Slack has not told us about: it may have posted the message all the same.
    return Unsure(code)


def _is_yes(body: bytes) -> bool:
    """Slack says "ok"; receivers with Slack's interface say nothing, or answer in JSON (Rocket.Chat:
    `{"success":true}`). A page of HTML comes from somebody in between."""
    if body.strip() in (b"ok", b""):
        return True
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and False not in (answer.get("ok"), answer.get("success"))


def fallback(letter: Letter) -> str:
    """What a notification shows."""
    line, names = subject(letter), topics(letter)
    return escaped(line if names in line else f"{line} — {names}", FALLBACK)


def text_only(letter: Letter) -> str:
    """The whole letter without blocks: every article with its link, as far as a text reaches."""
    lines = [fallback(letter)]
    if letter.possible_repeat:
        lines.append(escaped(say(letter, "repeat_note"), FALLBACK))
    short = TITLE if len(letter.items) <= IN_FULL else 80
    room = TEXT_ONLY - sum(map(len, lines))
    for count, item in enumerate(letter.items):
        line = "\n".join(_text_lines(item, letter, short))
        room -= len(line) + 1
        if room < 0:
            lines.append(say(letter, "rest", n=len(letter.items) - count))
            break
        lines.append(line)
    return "\n".join(lines)


def _text_lines(item: Item, letter: Letter, limit: int) -> Iterator[str]:
    link = safe_link(item.url)
    name = escaped(title(item, letter), limit)
    # Only "&" of a safe link needs its entity.
    yield f"• <{link.replace('&', '&amp;')}|{name}>" if link else f"• {name}"
    if len(letter.items) <= IN_FULL:
        if item.quote:
            yield "> " + escaped(plain_text(item.quote, QUOTE), FALLBACK)
        yield escaped(" · ".join(facts(item, letter)), FALLBACK)


def escaped(foreign: str, limit: int) -> str:
    """Text that mrkdwn shows as it is, at most `limit` characters long, with no entity cut in two.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    # Slack links whatever looks like an address; a word joiner (U+2060) keeps a stranger's from becoming one.
    text = foreign.replace("://", ":\u2060//")
    whole = "".join(_ESCAPES.get(letter, letter) for letter in text)
    if len(whole) <= limit:
        return whole
    kept: list[str] = []
    room = limit - 1
    for letter in text:
        piece = _ESCAPES.get(letter, letter)
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def _few(letter: Letter) -> Iterator[Block]:
    """Articles in full."""
    if letter.possible_repeat:
        yield _context(_plain(say(letter, "repeat_note")))
    if letter.kind != "article":
        yield _rich([_section([_text(heading(letter), bold=True)])])
    for item in letter.items:
        parts = [_section([_link(item, letter, TITLE)])]
        quote = [_text(piece, bold=marked) for piece, marked in runs(item.quote, item.marks, QUOTE)]
        yield _rich(parts + ([{"type": "rich_text_quote", "elements": quote}] if quote else []))
        yield _context(*_facts(item, letter))


def _many(letter: Letter) -> Iterator[Block]:
    """A line for every article; 200 and many more fit."""
    if letter.possible_repeat:
        yield _context(_plain(say(letter, "repeat_note")))
    yield _rich([_section([_text(heading(letter), bold=True)])])
    lines = _fitting(letter)
    for start in range(0, len(lines), LINES_IN_BLOCK):
        listed = lines[start : start + LINES_IN_BLOCK]
        yield _rich([{"type": "rich_text_list", "style": "bullet", "elements": listed}])
    if len(lines) < len(letter.items):
        yield _context(_plain(say(letter, "rest", n=len(letter.items) - len(lines))))


def _fitting(letter: Letter) -> list[Block]:
    lines: list[Block] = []
    room = LIST_BYTES
    for item in letter.items[: LIST_BLOCKS * LINES_IN_BLOCK]:
        line = _section([_link(item, letter, 100), _text(_aside(item))])
        room -= len(json.dumps(line))
        if room < 0:
            break
        lines.append(line)
    return lines


def _aside(item: Item) -> str:
    return "".join(f" · {plain_text(name, 40)}" for name in (item.source, ", ".join(item.topics)) if name)


def _facts(item: Item, letter: Letter) -> list[Block]:
    """The context line: foreign words as plain text, times as dates that Slack shows in a reader's zone."""
    words = [
        _plain(line)
        for line in (plain_text(item.source, 80), plain_text(", ".join(item.topics), 200))
        if line
    ]
    moments = (("published", item.published_at), ("seen", item.seen_at))
    dates = [say(letter, key, at=_date(at, letter)) for key, at in moments if at is not None]
    if dates:
        words.append({"type": "mrkdwn", "text": ", ".join(dates), "verbatim": True})
    if item.summary_only:
        words.append(_plain(say(letter, "summary_only")))
    return words or [_plain(topics(letter))]


def _date(at: datetime, letter: Letter) -> str:
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{local_time(at, letter)}>"


def _link(item: Item, letter: Letter, limit: int) -> Block:
    link = safe_link(item.url)
    name = _text(title(item, letter, limit), bold=True)
    return name if link is None else {**name, "type": "link", "url": link}


def _text(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _rich(elements: list[Block]) -> Block:
    return {"type": "rich_text", "elements": elements}


def _context(*elements: Block) -> Block:
    return {"type": "context", "elements": list(elements)}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": cut(text, 300), "emoji": False}


channel: Channel = SlackWebhook()
