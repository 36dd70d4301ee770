"""A letter in Slack's blocks, for hook and bot alike.

Foreign text stands in rich_text and plain_text only, which Slack never parses, so `<!channel>` stays a word;
the notification's fallback text is mrkdwn and escaped. https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

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
from alerts.model import Item, Letter

Block = dict[str, Any]

TITLE, QUOTE, FALLBACK = 250, 700, 3000
IN_FULL = 10
"""Up to so many articles stand with their sentence; more become a list of one line each."""
LIST_BLOCKS = 45  # of the 50 that a message may have
LINES_IN_BLOCK = 25
LIST_BYTES = 250_000
TEXT_ONLY = 38_000  # Slack cuts a text after 40 000 characters
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def message(letter: Letter) -> Block:
    """The letter as Slack takes it, without an address: blocks and the notification's text, or mere text once
    the blocks were refused."""
    said: Block = {"text": text_only(letter)} if letter.simpler else {"text": fallback(letter)}
    if not letter.simpler:
        said["blocks"] = list(_few(letter) if len(letter.items) <= IN_FULL else _many(letter))
    return said | {"unfurl_links": False, "unfurl_media": False}


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
        aside = _aside(item)
        line = _section([_link(item, letter, 100), *([_text(aside)] if aside else [])])
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
