"""PURE. How a message will look, as text: what the real channels compose, for nobody.

Nothing of it is markup: a mail is shown by its text part, and a Slack message by the words of its blocks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

from alerts.channel import Mail, Push
from alerts.channels import channels
from alerts.foreign import plain_text
from alerts.model import Channel, ChannelId, Item, Letter
from worker.secrets import Secret

Row = Mapping[str, Any]

LONGEST = 20_000
"""Characters of a preview."""
_STAND_INS = {
    "slack_webhook": "https://hooks.slack.com/services/T/B/preview",
    "slack_bot": "C0PREVIEW",
    "email": "reader@example.org",
    "webhook": "https://receiver.example/hook",
    "apprise": "ntfy://preview",
}
_KEY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as one kind of channel would send it; `title` is a mail's subject, or the line of a notification."""

    kind: str
    title: str
    text: str


def previews(letter: Letter, kinds: Sequence[str], sender: Mapping[str, str]) -> tuple[Preview, ...]:
    """The letter as each kind of channel would say it; kinds that are not served are left out."""
    return tuple(
        _preview(letter, kind, sender)
        for kind in dict.fromkeys(kinds)
        if kind in channels() and kind in _STAND_INS
    )


_MOST_EXAMPLES = 4
_KINDS = ("slack_webhook", "email")


def examples(
    article: Item, row: Row, there: Mapping[str, Row], sender: Mapping[str, str], now: datetime
) -> tuple[Preview, ...]:
    """What a subscription would say of an article on the channels that are `there`, by name: each kind once, in the
    language of the first such channel."""
    used = [there[name] for name in row["channels"] if name in there]
    languages = {each["kind"]: each["language"] for each in reversed(used)}
    kinds = list(dict.fromkeys([*(each["kind"] for each in used), *_KINDS]))[:_MOST_EXAMPLES]
    return tuple(
        example
        for kind in kinds
        for example in previews(letter_of(article, row, now, languages.get(kind)), [kind], sender)
    )


def _preview(letter: Letter, kind: str, sender: Mapping[str, str]) -> Preview:
    quiet = {key: value for key, value in sender.items() if key != "interactive"}
    row = Channel(ChannelId(0), "preview", kind, Secret(_STAND_INS[kind]), quiet)
    composed = channels()[kind].compose(letter, row)
    match composed:
        case Mail(_, message):
            title, text = _mail(message)
        case Push(_, title, text):
            pass
        case _:
            title, text = _posted(kind, composed.body or b"{}")
    return Preview(kind, plain_text(title, 300), _harmless(text))


def _mail(message: bytes) -> tuple[str, str]:
    """The subject and the text part."""
    read = message_from_bytes(message, policy=policy.default)
    body = read.get_body(("plain",))
    return str(read["subject"] or ""), str(body.get_content()) if body is not None else ""


def _posted(kind: str, body: bytes) -> tuple[str, str]:
    said = json.loads(body)
    if kind == "webhook":
        return "", json.dumps(said, ensure_ascii=False, indent=2)
    return str(said.get("text", "")), "\n".join(_lines(said.get("blocks", [])))


def _lines(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The words of Slack's blocks, a line for each part; bold as Slack's own mark."""
    for block in blocks:
        match block["type"]:
            case "context":
                yield " · ".join(_words(element) for element in block["elements"])
            case "rich_text":
                for part in block["elements"]:
                    yield from _part(part)
            case "section" | "header":
                yield _words(block["text"])


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    if part["type"] == "rich_text_list":
        indent = "  " * int(part.get("indent", 0))
        yield from (f"{indent}• {_inline(line)}" for line in part["elements"])
    else:
        quoted = "> " if part["type"] == "rich_text_quote" else ""
        yield quoted + _inline(part)


def _inline(part: Mapping[str, Any]) -> str:
    return "".join(_words(element) for element in part["elements"])


def _words(element: Mapping[str, Any]) -> str:
    words = str(element.get("text", ""))
    # a moment that Slack puts into the reader's zone; what stands behind the bar is said where it cannot
    if element.get("type") == "mrkdwn" and words.startswith("<!date^"):
        words = words.rpartition("|")[2].rstrip(">") or words
    return f"*{words}*" if element.get("style", {}).get("bold") and words.strip() else words


def _harmless(text: str) -> str:
    """Line by line without what would turn the text round, and not longer than can be read."""
    return "\n".join(map(_line, text[:LONGEST].splitlines())).strip("\n")


def _line(line: str) -> str:
    words = line.lstrip(" ")
    return " " * min(len(line) - len(words), 12) + plain_text(words, 2000)


def letter_of(item: Item, subscription: Row, now: datetime, language: str | None = None) -> Letter:
    """The letter that a recent article would have made for this subscription; `language` is the channel's option."""
    return Letter(
        _KEY,
        "article",
        (item,),
        now,
        subscriptions=(subscription["name"],),
        topics=item.topics,
        language="id" if language == "id" else "en",
        timezone=subscription["timezone"],
    )
