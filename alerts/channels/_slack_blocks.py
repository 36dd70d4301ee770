"""A letter in Slack's blocks, for hook and bot alike.

Foreign text stands in rich_text and plain_text only, which Slack never parses, so `<!channel>` stays a word.
https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from alerts.channels._slack_text import FALLBACK, IN_FULL, QUOTE, TITLE, escaped, fallback, text_only
from alerts.foreign import cut, isolated, isolated_runs, plain_text, runs, safe_link
from alerts.letter import (
    coverage,
    further,
    heading,
    names,
    preface,
    section_heading,
    sentences,
    title,
    topics,
)
from alerts.model import Item, Letter
from alerts.moments import local_time, moment, speed, times
from alerts.sections import Section, Story, sections
from alerts.words import say

__all__ = ["escaped", "message"]

Block = dict[str, Any]

LIST_BLOCKS = 44  # of the 50 that a message may have
LINES_IN_BLOCK = 25
LETTERS_IN_BLOCK = 3000  # Slack's limit for the text of a section, kept for lists as well
LIST_BYTES = 250_000


def message(letter: Letter) -> Block:
    """The letter as Slack takes it, without an address: blocks and the notification's text, or mere text once
    the blocks were refused."""
    said: Block = {"text": text_only(letter)} if letter.simpler else {"text": fallback(letter)}
    if not letter.simpler:
        said["blocks"] = list(_blocks(letter))
    return said | {"unfurl_links": False, "unfurl_media": False}


def _blocks(letter: Letter) -> Iterator[Block]:
    if not _speaks_for_itself(letter):
        yield _rich([_section([_text(heading(letter), bold=True)])])
    for line in preface(letter):
        yield _context(_plain(line))
    told = [_section([_text(sentence)]) for sentence in sentences(letter)]
    for start in range(0, len(told), LINES_IN_BLOCK):
        yield _rich([_list(told[start : start + LINES_IN_BLOCK])])
    yield from _few(letter) if len(letter.items) <= IN_FULL else _many(letter)
    listed = any(story[1:] for section in sections(letter) for story in section.stories)
    if listed or len(letter.items) > IN_FULL:
        yield _context(_plain(times(letter)))  # a list shows times that Slack does not turn into the reader's


def _speaks_for_itself(letter: Letter) -> bool:
    """Whether the title is heading enough: of one article, and of a reply below its story's first message."""
    in_thread = letter.thread is not None and letter.thread.remote_id is not None
    return letter.kind in ("article", "update") or (letter.kind == "followup" and in_thread)


def _few(letter: Letter) -> Iterator[Block]:
    """Articles in full; of a story told by several, the further ones in a list below its first."""
    found = sections(letter)
    for section in found:
        if len(found) > 1:
            yield _rich([_section([_text(section_heading(section, letter), bold=True)])])
        for story in section.stories:
            yield from _story(story, section, letter)


def _story(story: Story, section: Section, letter: Letter) -> Iterator[Block]:
    first, *others = story
    parts = [_section([_link(first, letter, TITLE)])]
    if quote := isolated_runs(runs(first.quote, first.marks, QUOTE)):
        said = [_text(piece, bold=marked) for piece, marked in quote]
        parts.append({"type": "rich_text_quote", "elements": said})
    yield _rich(parts)
    yield _context(*_facts(first, letter, section.topic))
    if others:
        yield _rich([_list([_further(item, first, letter) for item in others])])


def _many(letter: Letter) -> Iterator[Block]:
    """A line for every article, by section and story; 200 and many more fit."""
    room, told, blocks = LIST_BYTES, 0, 0
    for parts, articles in _packed(letter):
        room -= len(json.dumps(parts))
        if room < 0 or blocks == LIST_BLOCKS:
            break
        yield _rich(parts)
        told, blocks = told + articles, blocks + 1
    if told < len(letter.items):
        yield _context(_plain(say(letter, "rest", len(letter.items) - told)))


def _packed(letter: Letter) -> Iterator[tuple[list[Block], int]]:
    """The parts of each block, and how many articles stand in them: as many lines as one may have."""
    parts: list[Block] = []
    articles, room = 0, LETTERS_IN_BLOCK
    for part, told in _parts(letter):
        size = _letters(part)
        if articles and (articles == LINES_IN_BLOCK or size > room):
            yield parts, articles
            parts, articles, room = [], 0, LETTERS_IN_BLOCK
        _append(parts, part)
        articles, room = articles + told, room - size
    if parts:
        yield parts, articles


def _append(parts: list[Block], part: Block) -> None:
    """Adds a part, to the list before it where both are of one kind."""
    same = parts and parts[-1].get("indent") == part.get("indent") and parts[-1]["type"] == part["type"]
    if same and part["type"] == "rich_text_list":
        parts[-1]["elements"] += part["elements"]
    else:
        parts.append(part)


def _parts(letter: Letter) -> Iterator[tuple[Block, int]]:
    """Headings, and lists of one line, with how many articles each tells of."""
    found = sections(letter)
    for section in found:
        if len(found) > 1:
            yield _section([_text(section_heading(section, letter), bold=True)]), 0
        for first, *others in section.stories:
            yield _list([_first(first, letter, section.topic)]), 1
            for item in others:
                yield _list([_further(item, first, letter)], indent=1), 1


def _letters(part: Block) -> int:
    return sum(_letters(inner) if "elements" in inner else len(inner["text"]) for inner in part["elements"])


def _first(item: Item, letter: Letter, under: str) -> Block:
    """An article in one line: its title, its outlet, when, and what it touches beside the section's topic."""
    touched = "" if item.topics == (under,) else names(item.topics, letter)
    return _line(item, letter, [moment(item, letter), touched, coverage(item, letter)])


def _further(item: Item, first: Item, letter: Letter) -> Block:
    return _line(item, letter, further(item, first, letter))


def _line(item: Item, letter: Letter, about: list[str]) -> Block:
    said = [isolated(plain_text(item.source, 40)), *about]
    aside = "".join(f" · {fact}" for fact in said if fact)
    return _section([_link(item, letter, 100), *([_text(aside)] if aside else [])])


def _facts(item: Item, letter: Letter, under: str) -> list[Block]:
    """The context line: foreign words as plain text, the time as a date that Slack shows in a reader's zone."""
    source = isolated(plain_text(item.source, 80))
    touched = "" if item.topics == (under,) else names(item.topics, letter)
    noted = say(letter, "summary_only") if item.summary_only else ""
    elements = [
        *([_plain(source)] if source else []),
        *_moment(item, letter),
        *(_plain(line) for line in (touched, coverage(item, letter), speed(item, letter), noted) if line),
    ]
    return elements or [_plain(topics(letter))]


def _moment(item: Item, letter: Letter) -> Iterator[Block]:
    if words := moment(item, letter, partial(_date, letter=letter)):
        yield {"type": "mrkdwn", "text": words, "verbatim": True}


def _date(at: datetime, letter: Letter) -> str:
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{local_time(at, letter)}>"


def _link(item: Item, letter: Letter, limit: int) -> Block:
    link = safe_link(item.url)
    name = _text(isolated(title(item, letter, limit)), bold=True)
    return name if link is None else {**name, "type": "link", "url": link}


def _text(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _list(lines: list[Block], indent: int = 0) -> Block:
    return {"type": "rich_text_list", "style": "bullet", "indent": indent, "elements": lines}


def _rich(elements: list[Block]) -> Block:
    return {"type": "rich_text", "elements": elements}


def _context(*elements: Block) -> Block:
    return {"type": "context", "elements": list(elements)}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": cut(text, FALLBACK), "emoji": False}
