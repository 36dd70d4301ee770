"""A Slack message as a person would read it, and the addresses in it. Pure.

Bold words come out as `*word*`, a link as its text; blocks go before the notification text, as in Slack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

_DATE = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
_NAMED_LINK = re.compile(r"<(?:https?|mailto):[^|>]*\|([^>]*)>")
_BARE_LINK = re.compile(r"<((?:https?|mailto):[^|>]*)>")
_ADDRESS = re.compile(r"<?(https?://[^\s|<>\"]+)")


def plain(message: Mapping[str, Any]) -> str:
    """The message's payload as text, one line for each line that Slack would show."""
    lines = [line for block in message.get("blocks") or () for line in _block(block)]
    return "\n".join(lines) if lines else _mrkdwn(str(message.get("text") or ""))


def links(message: object) -> frozenset[str]:
    """Every http(s) address anywhere in the payload: links, buttons, and inside mrkdwn."""
    return frozenset(unescape(url) for text in _texts(message) for url in _ADDRESS.findall(text))


def identity(message: Mapping[str, Any]) -> str | None:
    """The sender's own name for the delivery: the message's metadata, else the first `pantau:…` block id."""
    payload = (message.get("metadata") or {}).get("event_payload")
    if isinstance(payload, dict) and payload:
        return " ".join(f"{key}={payload[key]}" for key in sorted(payload))
    ids = (str(block.get("block_id", "")) for block in message.get("blocks") or ())
    return next((name for name in ids if name.startswith("pantau:")), None)


def _texts(part: object) -> Iterator[str]:
    match part:
        case str():
            yield part
        case dict():
            for value in part.values():
                yield from _texts(value)
        case list():
            for value in part:
                yield from _texts(value)


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "rich_text":
            for part in block["elements"]:
                yield from _rich(part)
        case "section":
            for part in [block.get("text"), *block.get("fields", ())]:
                yield from _object(part)
        case "header":
            yield from _object(block["text"])
        case "context":
            yield " ".join(line for part in block["elements"] for line in _object(part))
        case "actions":
            yield " ".join(f"[{button['text']['text']}]" for button in block["elements"])
        case "markdown":
            yield block["text"]
        case "image":
            yield f"[{block['alt_text']}]"
        case _:
            yield "---"


def _rich(part: Mapping[str, Any]) -> Iterator[str]:
    match part["type"]:
        case "rich_text_quote":
            yield from (f"> {line}" for line in _run(part["elements"]).splitlines())
        case "rich_text_list":
            yield from (f"• {_run(item['elements'])}" for item in part["elements"])
        case _:
            yield from _run(part["elements"]).splitlines()


def _run(elements: Sequence[Mapping[str, Any]]) -> str:
    return "".join(_word(element) for element in elements)


def _word(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "text" | "link":
            words = str(element.get("text") or element.get("url"))
            return f"*{words}*" if element.get("style", {}).get("bold") else words
        case "emoji":
            return f":{element['name']}:"
        case "date":
            return str(element.get("fallback") or element["timestamp"])
        case "broadcast":
            return f"@{element['range']}"
        case kind:
            return f"<{kind}>"


def _object(part: Mapping[str, Any] | None) -> Iterator[str]:
    match part:
        case {"type": "mrkdwn", "text": str(text)}:
            yield _mrkdwn(text)
        case {"type": "plain_text", "text": str(text)}:
            yield text
        case {"type": "image", "alt_text": str(text)}:
            yield f"[{text}]"


def _mrkdwn(text: str) -> str:
    for pattern in (_DATE, _NAMED_LINK, _BARE_LINK):
        text = pattern.sub(r"\1", text)
    return unescape(text)
