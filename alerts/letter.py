"""From values to words: what a letter says, in the language of its channel.

Titles and sentences come from strangers: everything here is harmless already and may stand beside other words.
"""

from __future__ import annotations

from collections.abc import Iterable

from alerts.foreign import cut, header_text, isolated, plain_text, runs, safe_link
from alerts.model import Item, Letter
from alerts.moments import local_time, moment, span, speed, times
from alerts.sections import Section, stories
from alerts.words import WORDS, say

# What else a message needs of foreign text and of words; their homes are alerts.foreign, moments and words.
__all__ = ["WORDS", "cut", "header_text", "local_time", "plain_text", "runs", "safe_link", "say"]

_LISTED = 5


def subject(letter: Letter) -> str:
    """The letter in one line, fit for a mail header."""
    return header_text(_repeated(_line(letter, "article"), letter))


def headline(letter: Letter) -> str:
    """The letter in one line, fit for a notification: also how many articles stand below the first."""
    return _repeated(_line(letter, "article_more" if len(letter.items) > 1 else "article"), letter)


def _line(letter: Letter, titled: str) -> str:
    if letter.items and letter.kind in ("article", "update"):
        touched, name = cut(topics(letter), 60), isolated(title(letter.items[0], letter))
        return say(letter, titled, len(letter.items) - 1, topics=touched, title=name)
    if letter.kind == "followup" and len(letter.items) == 1:
        name = isolated(title(letter.items[0], letter))
        return say(letter, "followup_of", line=heading(letter), title=name)
    return heading(letter)


def _repeated(line: str, letter: Letter) -> str:
    return f"{say(letter, 'repeat')}: {line}" if letter.possible_repeat else line


def heading(letter: Letter) -> str:
    """What a bundle of articles is: "12 articles that were already in the feeds you added"."""
    articles = len(letter.items)
    match letter.kind:
        case "notice" if len(letter.notice) == 1:
            return say(letter, "notice", sentence=plain_text(letter.notice[0], 300))
        case "notice":
            return say(letter, "notice_many", len(letter.notice))
        case "backlog" if letter.older:
            return say(letter, "older", articles, topics=topics(letter))
        case "backlog":
            return say(letter, "backlog", max(letter.backlog_total, articles))
        case "followup" if letter.thread is not None:
            name = plain_text(letter.thread.title, 120) or say(letter, "untitled")
            return say(letter, "followup", articles, title=isolated(name))
        case "quiet" if letter.away:
            return _counted(letter, "away", articles, topics=topics(letter))
        case "digest" | "quiet" | "rollup":
            return _counted(letter, letter.kind, articles, topics=topics(letter))
        case "followup":
            return _counted(letter, "rollup", articles, topics=topics(letter))
        case _:
            return _counted(letter, "digest", articles, topics=topics(letter))


def _counted(letter: Letter, key: str, articles: int, **values: object) -> str:
    """How many articles, and in how many stories where that says more."""
    told = len(stories(letter.items))
    if told == articles:
        return say(letter, key, articles, **values)
    return say(letter, f"{key}_stories", told, n=articles, stories=told, **values)


def preface(letter: Letter) -> list[str]:
    """What stands above the articles, beside the heading: a possible repeat, why they come together, from when to
    when they were seen."""
    lines = [say(letter, "repeat_note")] if letter.possible_repeat else []
    if letter.kind == "rollup":
        lines.append(say(letter, "rollup_note"))
    if letter.kind in ("digest", "quiet", "rollup") and (seen := span(letter)):
        lines.append(seen)
    return lines


def sentences(letter: Letter) -> list[str]:
    """What a notice tells, a sentence for each; none where its heading says it all."""
    told = [plain_text(sentence, 1000) for sentence in letter.notice]
    return told if len(told) > 1 or any(len(sentence) > 300 for sentence in told) else []


def section_heading(section: Section, letter: Letter) -> str:
    """The topic, and how much there is on it."""
    topic = isolated(plain_text(section.topic, 80)) or say(letter, "other_topics")
    told = len(section.stories)
    if told == section.articles:
        return say(letter, "section", told, topic=topic)
    return say(letter, "section_stories", told, n=section.articles, stories=told, topic=topic)


def topics(letter: Letter) -> str:
    """The names of the topics that the letter touches, each once, the first of them where there are many."""
    touched = dict.fromkeys(topic for item in letter.items for topic in item.topics)
    ordered = [topic for topic in letter.topics if topic in touched]
    return names(ordered or letter.topics or touched, letter) or say(letter, "your_topics")


def names(named: Iterable[str], letter: Letter) -> str:
    """Names as a list that can be read: the first five, and how many more there are."""
    shown = list(dict.fromkeys(isolated(text) for name in named if (text := plain_text(name, 80))))
    first = ", ".join(shown[:_LISTED])
    more = len(shown) - _LISTED
    return say(letter, "listed", names=first, n=more) if more > 0 else first


def title(item: Item, letter: Letter, limit: int = 250) -> str:
    """The article's title as one harmless line, never empty."""
    return plain_text(item.title, limit) or say(letter, "untitled")


def facts(item: Item, letter: Letter, under: str = "") -> list[str]:
    """What stands below an article: source, time, topics (unless it stands under its only one), how widely its story
    is told, how long the news took, and that only the feed's summary was read."""
    noted = say(letter, "summary_only") if item.summary_only else ""
    lines = (
        isolated(plain_text(item.source, 80)),
        moment(item, letter),
        "" if item.topics == (under,) else names(item.topics, letter),
        coverage(item, letter),
        speed(item, letter),
        noted,
    )
    return [line for line in lines if line]


def further(item: Item, first: Item, letter: Letter) -> list[str]:
    """What stands beside a further article of a story: when, and the topics that its first does not touch."""
    new = names((topic for topic in item.topics if topic not in first.topics), letter)
    return [fact for fact in (moment(item, letter), new) if fact]


def coverage(item: Item, letter: Letter) -> str:
    """ "7 outlets, 3 languages": how widely a story is told, beside the first of its articles in the letter; ""
    where nobody else tells it."""
    told = None if item.story is None else letter.coverage.get(item.story)
    first = next((other for other in letter.items if other.story == item.story), item)
    if told is None or told.articles < 2 or first.article != item.article:
        return ""
    if told.outlets < 2:
        return say(letter, "articles", told.articles)
    if told.languages < 2:
        return say(letter, "outlets", told.outlets)
    return say(letter, "outlets_languages", told.outlets, languages=told.languages)


def why(letter: Letter) -> str:
    """Which subscription and topics brought this letter."""
    if letter.kind == "notice":
        return say(letter, "why_notice")
    subscriptions = names((f"“{name}”" for name in letter.subscriptions), letter)
    if not subscriptions:
        return say(letter, "why_topics", topics=topics(letter))
    told = len(set(letter.subscriptions))
    return say(letter, "why", told, subscriptions=subscriptions, topics=topics(letter))


def footer(letter: Letter) -> list[str]:
    """Why this came, and by which clock its times are."""
    if letter.kind == "notice":
        return [why(letter)]
    return [why(letter), times(letter)]
