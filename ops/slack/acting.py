"""What a call of Slack's does: words noted, topics and stories muted for a channel, questions answered.

Everybody who sees an alert may act on it, for that channel alone. What silences others is said aloud there, since a
channel that trusts its silence must know who made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from alerts.channels._slack_blocks import escaped, message
from alerts.model import ChannelId, Item, Letter
from alerts.silences import Scope, What
from alerts.store import silences
from ops.slack.calls import Command, Press
from ops.slack.words import Language, say
from ops.store import slack
from ops.store.overview import overview
from ops.store.tracing import trail_of
from ops.store.watched import topic_names
from ops.tracing import Trace, names_of, sentence
from ops.verdict import verdict
from worker.model import ArticleId, TopicId
from worker.secrets import KeyRing
from worker.settings import parse_duration
from worker.store.engine import Connection

MUTE_TOPIC = timedelta(hours=8)
MUTE_STORY = timedelta(days=7)
LONGEST_MUTE = timedelta(days=90)
_WORDS_SHOWN = 5
_LONG = 300


@dataclass(frozen=True, slots=True)
class Said:
    """An answer in Slack's mrkdwn; `aloud` if the whole channel is to see it."""

    text: str
    aloud: bool = False
    blocks: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> dict[str, Any]:
        """As Slack takes it."""
        seen = "in_channel" if self.aloud else "ephemeral"
        blocks = {"blocks": list(self.blocks)} if self.blocks else {}
        return {"response_type": seen, "replace_original": False, "text": self.text, **blocks}


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The button is not one that we gave to that channel."""


@dataclass(frozen=True, slots=True)
class _Here:
    """Our channel that is this Slack channel, in a transaction."""

    connection: Connection
    channel: ChannelId
    language: Language
    user: str
    team: str
    now: datetime

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def mute(self, scope: Scope, what: What, until: datetime) -> None:
        silences.add(
            self.connection,
            scope=scope,
            what=what,
            channel=self.channel,
            until=until,
            by=f"slack:{self.team}/{self.user}",
            comment="muted in Slack",
        )


def pressed(connection: Connection, call: Press, keys: KeyRing, now: datetime) -> Said | Forbidden:
    """Does what the button says, where the alert is one of ours in that very channel."""
    here = _here(connection, call, keys, now)
    told = slack.told_there(connection, call.delivery, call.article)
    if here is None or told is None or told.channel != here.channel:
        return Forbidden()
    match call.action:
        case "relevant" | "not_relevant":
            by = f"slack:{call.team}/{call.user}"
            slack.say(connection, told, by, relevant=call.action == "relevant")
            return Said(here.say(call.action))
        case "mute_story":
            return _mute_story(here, told)
        case "mute_topic":
            topics = slack.matched_there(connection, here.channel, told.article)
            return _mute(here, topics, MUTE_TOPIC)
        case "why":
            return Said("\n".join(_why(here, told)))


def commanded(connection: Connection, call: Command, keys: KeyRing, now: datetime) -> Said:
    """Answers `/pantau …`."""
    here = _here(connection, call, keys, now)
    if here is None:
        return Said(say("en", "not_ours"))
    match call.words:
        case ("topics",):
            names = [topic.name for topic in slack.heard_at(connection, here.channel)]
            return Said(here.say("topics", topics=_listed(names)) if names else here.say("no_topics"))
        case ("mute", *words) if words:
            return _mute_by_words(here, words)
        case ("why", link):
            return Said(escaped(_told_why(connection, link.strip("<>").split("|")[0]), 2000))
        case ("status",):
            return Said(escaped(verdict(overview(connection))[1], 2000))
        case ("test",):
            return Said(here.say("test"), blocks=message(_sample(now, here.language))["blocks"])
        case _:
            return Said(here.say("help"))


def _here(connection: Connection, call: Press | Command, keys: KeyRing, now: datetime) -> _Here | None:
    found = slack.channel_at(connection, call.place, keys)
    if found is None:
        return None
    channel, spoken = found
    return _Here(connection, channel, "id" if spoken == "id" else "en", call.user, call.team, now)


def _mute_story(here: _Here, told: slack.ToldThere) -> Said:
    if told.story is None:
        return Said(here.say("no_story"))
    until = here.now + MUTE_STORY
    here.mute("story", told.story, until)
    return Said(here.say("story_muted", user=here.user, until=_moment(until)), aloud=True)


def _mute(here: _Here, topics: Sequence[Any], length: timedelta) -> Said:
    until = here.now + length
    for topic in topics:
        here.mute("topic", TopicId(topic.id), until)
    names = _listed([topic.name for topic in topics])
    muted = here.say("topic_muted", user=here.user, topics=names, until=_moment(until))
    return Said(muted, aloud=True)


def _mute_by_words(here: _Here, words: Sequence[str]) -> Said:
    """`mute NATO`, `mute NATO 8h`, `mute Laut Natuna 2d`."""
    heard = {topic.name.casefold(): topic for topic in slack.heard_at(here.connection, here.channel)}
    whole = " ".join(words).casefold()
    if whole in heard:
        return _mute(here, [heard[whole]], MUTE_TOPIC)
    wanted, last = " ".join(words[:-1]), words[-1]
    if wanted.casefold() not in heard:
        named = escaped(" ".join(words), _LONG)
        names = _listed(sorted(topic.name for topic in heard.values()))
        return Said(here.say("unknown_topic", topic=named, topics=names))
    try:
        length = timedelta(seconds=parse_duration(last))
    except ValueError:
        return Said(here.say("bad_time", text=escaped(last, _LONG)))
    return _mute(here, [heard[wanted.casefold()]], min(length, LONGEST_MUTE))


def _why(here: _Here, told: slack.ToldThere) -> Iterator[str]:
    """Which topics, by which words: with their places, so that nobody has to believe it."""
    matched = slack.matched_there(here.connection, here.channel, told.article)
    if not matched:
        yield here.say("why_none")
    for topic in matched:
        yield here.say("why_topic", topic=escaped(topic.name, 80), query=escaped(topic.query, _LONG))
        for field, start, end, word in islice(topic.hits, _WORDS_SHOWN):
            place = {"field": here.say(field), "start": start + 1, "end": end}
            yield "• " + here.say("why_word", word=escaped(word, 80), **place)
        if len(topic.hits) > _WORDS_SHOWN:
            yield "• " + here.say("why_more", n=len(topic.hits) - _WORDS_SHOWN)
    if told.articles > 1:
        yield here.say("why_story", articles=told.articles)


def _told_why(connection: Connection, url: str) -> str:
    """By what the ledger knows: to hold every topic against the article anew takes longer than Slack waits."""
    trail = trail_of(connection, *names_of(url))
    return sentence(Trace(url, trail, (), len(topic_names(connection)), None))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(escaped(name, 80) for name in names[:50])


def _moment(at: datetime) -> str:
    """A time that Slack shows by each reader's own clock."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def _sample(now: datetime, language: Language) -> Letter:
    item = Item(
        article=ArticleId(0),
        title="Perundingan pakta pertahanan dimulai di Kyiv",
        url="https://news.example.id/perundingan",
        source="Harian Contoh",
        topics=("NATO",),
        quote="Sekretaris jenderal NATO tiba di Kyiv pada Senin pagi.",
        marks=((20, 24),),
        title_marks=(),
        published_at=now - timedelta(seconds=42),
        seen_at=now,
        language="id",
    )
    return Letter(str(uuid4()), "article", (item,), now, topics=("NATO",), language=language)
