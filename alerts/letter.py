"""From values to words: what a letter says, in the language of its channel.

Titles and sentences come from strangers: everything here is harmless already and may stand beside other words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from alerts.digest import zone
from alerts.foreign import cut, header_text, isolated, plain_text, runs, safe_link
from alerts.model import Item, Letter
from alerts.sections import Section, stories
from alerts.words import WORDS, phrase
from worker.errors import BadInput

__all__ = [
    "WORDS",
    "coverage",
    "cut",
    "facts",
    "footer",
    "further",
    "header_text",
    "heading",
    "headline",
    "local_time",
    "moment",
    "names",
    "plain_text",
    "preface",
    "runs",
    "safe_link",
    "say",
    "section_heading",
    "speed",
    "subject",
    "times",
    "title",
    "topics",
    "why",
]

_LISTED = 5
_SENTENCES = 20
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Clock = Callable[[datetime], str]
_SLOW_FEED = 10 * _MINUTE
"""Where an article came to the feed later than that, the reader is told what part of the time was ours."""
_SINGLE = ("article", "followup", "update")
"""What tells of a story as it happens; all else is told at times of its own, and how long it took says nothing."""


def say(letter: Letter, key: str, count: int | None = None, **values: object) -> str:
    """A phrase of the catalogue in the letter's language."""
    return phrase(letter.language, key, count, **values)


def subject(letter: Letter) -> str:
    """The letter in one line, fit for a mail header."""
    return header_text(headline(letter))


def headline(letter: Letter) -> str:
    """The letter in one line: the article's title, or what the bundle is."""
    titled = letter.kind in ("article", "update") and letter.items
    line = _titled(letter) if titled else heading(letter)
    return f"{say(letter, 'repeat')}: {line}" if letter.possible_repeat else line


def _titled(letter: Letter) -> str:
    touched, name = cut(topics(letter), 60), isolated(title(letter.items[0], letter))
    more = len(letter.items) - 1
    if more:
        return say(letter, "article_more", more, topics=touched, title=name)
    return say(letter, "article", topics=touched, title=name)


def heading(letter: Letter) -> str:
    """What a bundle of articles is: "12 articles that were already in the feeds you added"."""
    articles = len(letter.items)
    match letter.kind:
        case "notice":
            sentence = plain_text(letter.notice[0], 200) if letter.notice else say(letter, "notice_plain")
            return say(letter, "notice", sentence=sentence)
        case "backlog" if letter.older:
            return say(letter, "older", articles, topics=topics(letter))
        case "backlog":
            return say(letter, "backlog", max(letter.backlog_total, articles))
        case "followup" if letter.thread is not None:
            name = plain_text(letter.thread.title, 120) or say(letter, "untitled")
            return say(letter, "followup", articles, title=isolated(name))
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
    when they were seen; of a notice, its further sentences."""
    lines = [say(letter, "repeat_note")] if letter.possible_repeat else []
    if letter.kind == "notice":
        return lines + [plain_text(sentence, 1000) for sentence in letter.notice[1:_SENTENCES]]
    if letter.kind == "rollup":
        lines.append(say(letter, "rollup_note"))
    if letter.kind in ("digest", "quiet", "rollup") and (span := _span(letter)):
        lines.append(span)
    return lines


def _span(letter: Letter) -> str:
    seen = [item.seen_at for item in letter.items if item.seen_at is not None]
    if not seen or max(seen) - min(seen) < _MINUTE:
        return ""
    return say(letter, "span", start=local_time(min(seen), letter), end=local_time(max(seen), letter))


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


def moment(item: Item, letter: Letter, clock: Clock | None = None) -> str:
    """When the article was published, in the letter's time zone; when it was seen, where that can not be said. `clock`
    writes a time in another way."""
    published, seen = item.published_at, item.seen_at
    clock = clock or partial(local_time, letter=letter)
    if published is None:
        return "" if seen is None else say(letter, "seen", at=clock(seen))
    if seen is not None and published - seen > _MINUTE:
        return say(letter, "dated", date=clock(published), at=clock(seen))
    return _date(published, letter) if _is_day(published, letter) else clock(published)


def speed(item: Item, letter: Letter) -> str:
    """How long the news took from publication to this message; from when it was seen, where no hour of publication is
    known or it lies ahead; both, where it came to the feed much later."""
    if letter.kind not in _SINGLE:
        return ""
    told = letter.told_at or letter.now
    since_seen = "" if item.seen_at is None else _duration(told - item.seen_at, letter)
    published = item.published_at
    if published is None or _is_day(published, letter) or published > min(told, item.seen_at or told):
        return say(letter, "after_seen", span=since_seen) if since_seen else ""
    span = _duration(told - published, letter)
    if item.seen_at is not None and item.seen_at - published > _SLOW_FEED:
        return say(letter, "after_both", span=span, since=since_seen)
    return say(letter, "after_publication", span=span)


def _duration(span: timedelta, letter: Letter) -> str:
    if span < timedelta(seconds=1):
        return say(letter, "instant")
    if span < timedelta(seconds=100):
        return say(letter, "seconds", int(span.total_seconds()))
    if span < timedelta(minutes=100):
        return say(letter, "minutes", span // _MINUTE)
    return say(letter, "hours", span // _HOUR) if span < 2 * _DAY else say(letter, "days", span // _DAY)


def why(letter: Letter) -> str:
    """Which subscription and topics brought this letter."""
    if letter.kind == "notice":
        return say(letter, "why_notice")
    subscriptions = names((f"“{name}”" for name in letter.subscriptions), letter)
    return say(
        letter, "why" if subscriptions else "why_topics", subscriptions=subscriptions, topics=topics(letter)
    )


def footer(letter: Letter) -> list[str]:
    """Why this came, and by which clock its times are."""
    if letter.kind == "notice":
        return [why(letter)]
    return [why(letter), times(letter)]


def times(letter: Letter) -> str:
    """By which clock the letter's times are."""
    return say(letter, "times", timezone=plain_text(letter.timezone, 60))


def local_time(at: datetime, letter: Letter) -> str:
    """ "14:02" on the letter's own day, "3 Nov 14:02" on another, with the year where it is not this one."""
    where = _zone(letter)
    local, today = at.astimezone(where), letter.now.astimezone(where)
    clock = f"{local:%H:%M}"
    return clock if local.date() == today.date() else f"{_day(local, today, letter)} {clock}"


def _date(at: datetime, letter: Letter) -> str:
    where = UTC if _is_midnight(at, UTC) else _zone(letter)
    return _day(at.astimezone(where), letter.now.astimezone(where), letter)


def _day(local: datetime, today: datetime, letter: Letter) -> str:
    month = say(letter, "months").split()[local.month - 1]
    return f"{local.day} {month}" + (f" {local.year}" if local.year != today.year else "")


def _is_day(at: datetime, letter: Letter) -> bool:
    """Whether a time is only a date: midnight to the second, in UTC or where the reader is."""
    return _is_midnight(at, UTC) or _is_midnight(at, _zone(letter))


def _is_midnight(at: datetime, where: tzinfo) -> bool:
    local = at.astimezone(where)
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _zone(letter: Letter) -> tzinfo:
    try:
        return zone(letter.timezone)
    except BadInput:  # a letter is worth more than its clock, and the footer names the zone
        return UTC
