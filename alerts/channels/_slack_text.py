"""A letter as Slack's mrkdwn: the notification's text, and the whole letter where blocks are refused.

Foreign text is escaped: Slack parses mrkdwn. https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

from collections.abc import Iterator

from alerts.foreign import isolated, plain_text, safe_link
from alerts.letter import facts, further, headline, preface, section_heading, sentences, title, topics
from alerts.model import Item, Letter
from alerts.sections import Section, Story, sections
from alerts.words import say

TITLE, QUOTE, FALLBACK = 250, 700, 3000
IN_FULL = 10
"""Up to so many articles stand with their sentence; more become a list of one line each."""
TEXT_ONLY = 38_000  # Slack cuts a text after 40 000 characters
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def fallback(letter: Letter) -> str:
    """What a notification shows."""
    line, named = headline(letter), topics(letter)
    return escaped(line if named in line or letter.kind == "notice" else f"{line} — {named}", FALLBACK)


def text_only(letter: Letter) -> str:
    """The whole letter without blocks: every article with its link, as far as a text reaches."""
    lines = [fallback(letter), *(escaped(line, FALLBACK) for line in preface(letter))]
    lines += [f"• {escaped(sentence, FALLBACK)}" for sentence in sentences(letter)]
    room = TEXT_ONLY - sum(map(len, lines))
    told = 0
    for articles, line in _lines(letter):
        room -= len(line) + 1
        if room < 0:
            lines.append(say(letter, "rest", len(letter.items) - told))
            break
        lines.append(line)
        told += articles
    return "\n".join(lines)


def _lines(letter: Letter) -> Iterator[tuple[int, str]]:
    """Lines, and how many articles each tells of."""
    found = sections(letter)
    for section in found:
        if len(found) > 1:
            yield 0, "\n" + escaped(section_heading(section, letter), 200)
        for story in section.stories:
            yield from _story(story, section, letter)


def _story(story: Story, section: Section, letter: Letter) -> Iterator[tuple[int, str]]:
    first, *others = story
    in_full = len(letter.items) <= IN_FULL
    lines = [_article(first, letter, TITLE if in_full else 80)]
    if in_full:
        if first.quote:
            lines.append("> " + isolated(escaped(plain_text(first.quote, QUOTE), FALLBACK)))
        lines.append(escaped(" · ".join(facts(first, letter, section.topic)), FALLBACK))
    yield 1, "\n".join(lines)
    for item in others:
        about = (isolated(plain_text(item.source, 80)), *further(item, first, letter))
        aside = "".join(f" · {escaped(fact, 200)}" for fact in about if fact)
        yield 1, f"    {_article(item, letter, 80)}{aside}"


def _article(item: Item, letter: Letter, limit: int) -> str:
    link = safe_link(item.url)
    name = isolated(escaped(title(item, letter), limit))
    # Only "&" of a safe link needs its entity.
    return f"• <{link.replace('&', '&amp;')}|{name}>" if link else f"• {name}"


def escaped(foreign: str, limit: int) -> str:
    """Text that mrkdwn shows as it is, at most `limit` characters long, with no entity cut in two."""
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
