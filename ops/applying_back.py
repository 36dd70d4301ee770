"""Topics applied to articles that were read before they were there, or before they were as they are now.

found in a stored article → match, decision and alert in one transaction, under the planners' lock. The plan desk
never sees these matches: it would tell of them one by one, as of news.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from alerts.decision import Decision, Suppress
from alerts.model import Asked
from alerts.plan import decide
from alerts.store import people, planning, silences, stories
from alerts.store.alone import plan_alone
from alerts.store.decisions import Ledger
from ops.searching import Shelved, sifted
from ops.store.audit_log import note_many
from ops.store.watched import articles_of_last, count_articles_of_last
from worker.match import TopicIndex, quote
from worker.match.entities import Catalogue
from worker.model import Article, ArticleId, Finding, MatchId, Topic
from worker.store import entries
from worker.store.engine import Connection, Engine
from worker.store.topics import catalogue

BATCH = 20
"""Articles with matches in one transaction, for which the plan desk has to wait: for six subscriptions 0.1 s on a busy
machine (a hundred articles took 0.5 s, and all of them no less)."""

_DAY_S = 86400.0

Found = tuple[ArticleId, Sequence[Finding]]


@dataclass(slots=True)
class Applied:
    """What was done: articles looked through, articles that a topic matches, matches that are new; the alerts that go
    out, and those that do not, by their reason."""

    articles: int = 0
    matched: int = 0
    new_matches: int = 0
    told: int = 0
    suppressed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for; `clock` is read once for each transaction. A dry run does all of it and keeps nothing."""

    topics: Sequence[Topic]
    known: Catalogue
    asked: Asked
    clock: Callable[[], datetime]
    dry_run: bool = False


def apply_back(
    engine: Engine, order: Order, articles: Iterable[Shelved], applied: Applied | None = None
) -> Applied:
    """Takes in all that the topics find in these articles. Doing it again finds everything decided. `applied` is filled
    meanwhile: where the work is given up, it says what was done."""
    applied = applied or Applied()
    found = _find(order, articles, applied)
    while batch := list(islice(found, BATCH)):
        with engine.connect() as connection, connection.begin() as transaction:
            _take_in(connection, order, batch, applied)
            if order.dry_run:
                transaction.rollback()
    return applied


Counted = Callable[[Iterable[Shelved], int], Iterable[Shelved]]
"""Hands on the articles one by one, and knows how many there are: whoever waits sees how far it is."""


def apply_to_last_days(
    engine: Engine,
    topic: Topic,
    days: int,
    asked: Asked,
    clock: Callable[[], datetime],
    who: str,
    counted: Counted,
    *,
    dry_run: bool,
) -> Applied:
    """Applies one topic to the articles of so many days. What was done is written down even where it is given up
    half-way."""
    seconds, applied = days * _DAY_S, Applied()
    try:
        with engine.connect() as connection:
            order = Order([topic], catalogue(connection), asked, clock, dry_run)
            stored = count_articles_of_last(connection, seconds)
            return apply_back(engine, order, counted(articles_of_last(connection, seconds), stored), applied)
    finally:
        if not dry_run:
            with engine.begin() as connection:
                write_down(connection, who, [topic.name], f"{days}d", asked, applied)


def write_down(
    connection: Connection, who: str, names: Iterable[str], since: str, asked: Asked, done: Applied
) -> None:
    """Notes for each topic that it was applied back, by whom and what came of it."""
    shown = {
        "since": since,
        "asked": asked.replace("_", " "),
        "new matches": done.new_matches,
        "told": done.told,
    }
    thing = {"what": "applied back", "kind": "topic", "after": shown}
    note_many(connection, who, [{**thing, "name": name} for name in dict.fromkeys(names)])


def _find(order: Order, articles: Iterable[Shelved], applied: Applied) -> Iterator[Found]:
    index = TopicIndex(order.known)
    for topic in order.topics:
        index.add(topic)
    for shelved, place in sifted([topic.query for topic in order.topics], articles, order.known):
        applied.articles += 1
        stored = None if place is None else shelved.opened()
        findings = [] if stored is None else _findings(index, stored.article)
        if stored is not None and findings:
            applied.matched += 1
            yield stored.id, findings


def _findings(index: TopicIndex, article: Article) -> list[Finding]:
    """What the topics find in an article, each with the sentence that shows it."""
    found = []
    for match in index.match(article):
        shown = quote(article, match.hits)
        found.append(Finding(match, shown.field, shown.text, shown.marks))
    return found


def _take_in(connection: Connection, order: Order, batch: Sequence[Found], applied: Applied) -> None:
    plan_alone(connection)
    wanted: list[MatchId] = []
    for article, findings in batch:
        new, here = entries.store_older_matches(connection, article, findings)
        applied.new_matches += len(new)
        wanted += here
    now = order.clock()
    news = stories.in_stories(connection, planning.older_news(connection, wanted, order.asked), now)
    subscriptions = people.load_subscriptions(connection)
    places = {channel for subscription in subscriptions for channel in subscription.channels}
    told = planning.told_of(connection, places, {item.article for item in news})
    decided = planning.decided(connection, wanted)
    decisions = decide(news, subscriptions, told, {}, now, decided, silences.in_force(connection, now))
    ledger = Ledger(connection, {s.id: s for s in subscriptions}, now)
    ledger.write(decisions, {item.match for item in news})
    _count(decisions, applied)


def _count(decisions: Iterable[Decision], applied: Applied) -> None:
    for decision in decisions:
        if isinstance(decision, Suppress):
            reason = str(decision.reason)
            applied.suppressed[reason] = applied.suppressed.get(reason, 0) + 1
        else:
            applied.told += 1
