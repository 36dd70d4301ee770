"""Whether Slack would take a message, by the limits it documents. Pure.

https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

MOST_BLOCKS = 50
MOST_ATTACHMENTS = 100
MOST_MARKDOWN = 12_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Why Slack refuses: its own word for the body of the 400, the place (a JSON pointer), and a sentence."""

    code: str
    where: str
    why: str


Complaint = tuple[str, str]
Rule = Callable[[Mapping[str, Any], str], Iterator[Complaint]]


def fault(payload: object) -> Fault | None:
    """The first thing wrong with a webhook's payload, None when Slack would take it."""
    if not isinstance(payload, dict):
        return Fault("invalid_payload", "", "the payload must be a JSON object")
    blocks, attachments = payload.get("blocks") or [], payload.get("attachments") or []
    if not isinstance(blocks, list):
        return Fault("invalid_blocks_format", "/blocks", "blocks must be a list")
    if not (payload.get("text") or blocks or attachments):
        return Fault("no_text", "/text", "a message needs a text, blocks or attachments")
    if not isinstance(attachments, list):
        return Fault("invalid_attachments", "/attachments", "attachments must be a list")
    if not isinstance(payload.get("metadata", {}), dict):
        return Fault("invalid_metadata_format", "/metadata", "metadata must be an object")
    if len(attachments) > MOST_ATTACHMENTS:
        return Fault("too_many_attachments", "/attachments", f"at most {MOST_ATTACHMENTS}")
    for where, why in _blocks(blocks):
        return Fault("invalid_blocks", where, why)
    return None


def _blocks(blocks: Sequence[Any]) -> Iterator[Complaint]:
    if len(blocks) > MOST_BLOCKS:
        yield "/blocks", f"at most {MOST_BLOCKS} blocks, here are {len(blocks)}"
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        yield from _typed(block, f"/blocks/{number}", BLOCKS)
        yield from _block_id(block, f"/blocks/{number}", seen)
    markdown = [block for block in blocks if isinstance(block, dict) and block.get("type") == "markdown"]
    if sum(len(str(block.get("text", ""))) for block in markdown) > MOST_MARKDOWN:
        yield "/blocks", f"at most {MOST_MARKDOWN} characters of markdown in all"


def _typed(thing: object, at: str, rules: Mapping[str, Rule]) -> Iterator[Complaint]:
    if not isinstance(thing, dict):
        yield at, "must be an object"
    elif (rule := rules.get(str(thing.get("type")))) is None:
        yield f"{at}/type", f"{thing.get('type')!r} is none of {', '.join(sorted(rules))}"
    else:
        yield from rule(thing, at)


def _block_id(block: object, at: str, seen: set[str]) -> Iterator[Complaint]:
    if not isinstance(block, dict) or "block_id" not in block:
        return
    yield from _text(block["block_id"], f"{at}/block_id", 255)
    if str(block["block_id"]) in seen:
        yield f"{at}/block_id", "must be unique in the message"
    seen.add(str(block["block_id"]))


def _text(value: object, at: str, most: int, least: int = 1) -> Iterator[Complaint]:
    if not isinstance(value, str):
        yield at, "must be a text"
    elif not least <= len(value) <= most:
        yield at, f"must have {least} to {most} characters, has {len(value)}"


def _list(value: object, at: str, most: int) -> Iterator[Complaint]:
    if not isinstance(value, list):
        yield at, "must be a list"
    elif not 1 <= len(value) <= most:
        yield at, f"must have 1 to {most} items, has {len(value)}"


def _text_object(value: object, at: str, most: int, kinds: tuple[str, ...]) -> Iterator[Complaint]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield at, f"must be a text object of type {' or '.join(kinds)}"
    else:
        yield from _text(value.get("text"), f"{at}/text", most)


def _each(thing: Mapping[str, Any], at: str, most: int, rules: Mapping[str, Rule]) -> Iterator[Complaint]:
    elements = thing.get("elements")
    yield from _list(elements, f"{at}/elements", most)
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        yield from _typed(element, f"{at}/elements/{number}", rules)


ANY_TEXT = ("plain_text", "mrkdwn")


def _section(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    if "text" in block:
        yield from _text_object(block["text"], f"{at}/text", 3000, ANY_TEXT)
    elif "fields" not in block:
        yield at, "a section needs a text or fields"
    if "fields" in block:
        yield from _list(block["fields"], f"{at}/fields", 10)
        for number, part in enumerate(block["fields"] if isinstance(block["fields"], list) else ()):
            yield from _text_object(part, f"{at}/fields/{number}", 2000, ANY_TEXT)
    if "accessory" in block:
        yield from _typed(block["accessory"], f"{at}/accessory", {"button": _button, "image": _image})


def _header(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _text_object(block.get("text"), f"{at}/text", 150, ("plain_text",))


def _context(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _each(block, at, 10, {"plain_text": _context_text, "mrkdwn": _context_text, "image": _image})


def _context_text(element: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _text(element.get("text"), f"{at}/text", 3000)


def _image(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _text(block.get("image_url"), f"{at}/image_url", 3000)
    yield from _text(block.get("alt_text"), f"{at}/alt_text", 2000)


def _actions(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _each(block, at, 25, {"button": _button})


def _button(element: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _text_object(element.get("text"), f"{at}/text", 75, ("plain_text",))
    for name, most in (("url", 3000), ("value", 2000), ("action_id", 255)):
        if name in element:
            yield from _text(element[name], f"{at}/{name}", most)
    if element.get("style", "primary") not in ("primary", "danger"):
        yield f"{at}/style", "must be primary or danger"


def _markdown(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _text(block.get("text"), f"{at}/text", MOST_MARKDOWN)


def _divider(_block: Mapping[str, Any], _at: str) -> Iterator[Complaint]:
    yield from ()


def _rich_text(block: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _each(block, at, 1000, RICH_PARTS)


def _rich_words(part: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    yield from _each(part, at, 1000, RICH_WORDS)


def _rich_list(part: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    if part.get("style") not in ("bullet", "ordered"):
        yield f"{at}/style", "must be bullet or ordered"
    yield from _each(part, at, 1000, {"rich_text_section": _rich_words})


def _with(name: str, kind: type = str) -> Rule:
    """An element that cannot be without this field."""

    def rule(element: Mapping[str, Any], at: str) -> Iterator[Complaint]:
        if not isinstance(element.get(name), kind) or element[name] == "":
            yield f"{at}/{name}", f"must be a {kind.__name__}, and not empty"
        yield from _style(element, at)

    return rule


def _style(element: Mapping[str, Any], at: str) -> Iterator[Complaint]:
    style = element.get("style", {})
    if not isinstance(style, dict) or not all(isinstance(value, bool) for value in style.values()):
        yield f"{at}/style", "must be an object of true and false"
    elif unknown := style.keys() - STYLES:
        yield f"{at}/style", f"{', '.join(sorted(unknown))} is no style"


STYLES = frozenset(
    {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
)
RICH_WORDS: Mapping[str, Rule] = MappingProxyType(
    {
        "text": _with("text"),
        "link": _with("url"),
        "emoji": _with("name"),
        "user": _with("user_id"),
        "usergroup": _with("usergroup_id"),
        "channel": _with("channel_id"),
        "broadcast": _with("range"),
        "color": _with("value"),
        "date": _with("timestamp", int),
    }
)
RICH_PARTS: Mapping[str, Rule] = MappingProxyType(
    {
        "rich_text_section": _rich_words,
        "rich_text_quote": _rich_words,
        "rich_text_preformatted": _rich_words,
        "rich_text_list": _rich_list,
    }
)
BLOCKS: Mapping[str, Rule] = MappingProxyType(
    {
        "actions": _actions,
        "context": _context,
        "divider": _divider,
        "header": _header,
        "image": _image,
        "markdown": _markdown,
        "rich_text": _rich_text,
        "section": _section,
    }
)
