"""The stories that the articles make up which topics touch: every one of them is put into one, and stays there unless a
person puts it elsewhere (`regrouping`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from worker.model import ArticleId, StoryId
from worker.store import sketches
from worker.store.many import update_many
from worker.store.schema import articles, stories
from worker.store.sketches import Sketched
from worker.story import Placed, Placing, asked_of, guessed_share, keys_of, place

_LOCK = 0x53544F52  # "STOR": one at a time puts articles into stories, so that one event never makes two

_GROW = text("""
    UPDATE stories SET first_at = least(first_at, :first_at), last_at = greatest(last_at, :last_at),
                       articles = articles + :articles
    WHERE id = :id
""")

FORGET_EVERY = 50
"""Articles between two looks for sketches that have become old; up to a thousand go each time."""

Placement = tuple[StoryId, ArticleId]
"""An article's story, and the first article with the same text: itself, where it is that."""


def warm_up() -> None:
    """Loads what the things are that have a name, which takes a second."""
    guessed_share("@")


def hold_placing(connection: Connection) -> None:
    """Until its transaction ends the caller alone puts articles into stories."""
    connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def assign(
    connection: Connection, wanted: Collection[ArticleId], now: datetime
) -> dict[ArticleId, Placement]:
    """Puts articles into stories; one that has a story keeps it. Until the caller's transaction ends nobody else
    puts any into one."""
    hold_placing(connection)
    rows = connection.execute(
        select(articles.c.id, articles.c.story_id, articles.c.copy_of).where(articles.c.id.in_(wanted))
    ).all()
    known = {
        ArticleId(row.id): (StoryId(row.story_id), ArticleId(row.copy_of or row.id))
        for row in rows
        if row.story_id is not None
    }
    new = [ArticleId(row.id) for row in rows if row.story_id is None]
    if not new:
        return known
    found = _place_all(connection, _sketched(connection, new))
    _write(connection, found)
    if any(article % FORGET_EVERY == 0 for article in new):
        sketches.forget_old(connection, now)
    return known | {each.one.article: (each.story, each.text) for each in found}


def _sketched(connection: Connection, new: Sequence[ArticleId]) -> list[Sketched]:
    """The articles with their sketches, which are made where nobody made them when the article was read."""
    found = sketches.sketched(connection, new)
    if len(found) == len(new):
        return found
    sketches.sketch_missing(connection, new)
    return sketches.sketched(connection, new)


class _Decided(NamedTuple):
    one: Sketched
    placing: Placing
    story: StoryId
    text: ArticleId


def _place_all(connection: Connection, waiting: Sequence[Sketched]) -> list[_Decided]:
    """One after the other, each among those before it."""
    rarity = sketches.rarity_of(connection, {term for one in waiting for term in one.sketch.terms})
    numbers = _new_numbers(connection, len(waiting))
    batch = _Batch()
    decided = []
    wanted = [(one, asked_of(one.sketch.terms, rarity)) for one in waiting]
    stored = sketches.near(connection, wanted)
    for one, asked in wanted:
        near = stored[one.article] | batch.near(one, asked)
        placing = place(one.sketch, one.at, near.values(), rarity)
        story = next(numbers) if placing.story is None else placing.story
        first_at = min(one.at, near[placing.like].first_at) if placing.like is not None else one.at
        each = _Decided(one, placing, story, placing.text or one.article)
        batch.add(Placed(one.article, story, each.text, one.at, first_at, one.sketch))
        decided.append(each)
    return decided


@dataclass(slots=True)
class _Batch:
    """What was placed in this run and is not written yet, by what it is found by."""

    found_by: defaultdict[str | int, list[Placed]] = field(default_factory=lambda: defaultdict(list))

    def add(self, placed: Placed) -> None:
        keys: Iterable[str | int] = (*placed.sketch.text.bands(), *keys_of(placed.sketch.terms))
        for key in keys:
            self.found_by[key].append(placed)

    def near(self, one: Sketched, asked: Sequence[str]) -> dict[ArticleId, Placed]:
        """Those that share most of what is asked for, as `sketches.near` finds them among what is stored."""
        keys: Iterable[str | int] = (*one.sketch.text.bands(), *asked)
        found = [placed for key in keys for placed in self.found_by.get(key, ())]
        times = Counter(placed.article for placed in found)
        by_number = {placed.article: placed for placed in found}
        return {article: by_number[article] for article, _ in times.most_common(2 * sketches.MOST_NEAR)}


def _new_numbers(connection: Connection, most: int) -> Iterator[StoryId]:
    """Numbers for stories that may be needed; what is left over is skipped."""
    taken = text("SELECT nextval(pg_get_serial_sequence('stories', 'id')) FROM generate_series(1, :most)")
    return iter([StoryId(number) for number in connection.execute(taken, {"most": most}).scalars()])


def _write(connection: Connection, decided: Sequence[_Decided]) -> None:
    founders = [each for each in decided if each.placing.story is None]
    begun = {each.story: _story_row(each) for each in founders}
    if begun:
        connection.execute(insert(stories), list(begun.values()))
    grown: dict[StoryId, dict[str, Any]] = {}
    for each in decided:
        if each.placing.story is not None:
            _grow(grown, each)
    if grown:
        connection.execute(_GROW, list(grown.values()))
    update_many(connection, articles, ("id",), [_article_row(each) for each in decided])
    sketches.count_as_founder(connection, [each.one for each in founders])


def _story_row(each: _Decided) -> dict[str, Any]:
    at = each.one.at
    return {"id": each.story, "title": each.one.title, "first_at": at, "last_at": at, "articles": 1}


def _grow(grown: dict[StoryId, dict[str, Any]], each: _Decided) -> None:
    at = each.one.at
    row = grown.setdefault(each.story, {"id": each.story, "first_at": at, "last_at": at, "articles": 0})
    row["first_at"], row["last_at"] = min(row["first_at"], at), max(row["last_at"], at)
    row["articles"] += 1


def _article_row(each: _Decided) -> dict[str, Any]:
    placing = each.placing
    return {
        "id": each.one.article,
        "story_id": each.story,
        "copy_of": each.text if each.text != each.one.article else None,
        "story_reason": {
            "reason": placing.reason,
            "like": placing.like,
            "likeness": placing.likeness,
            "shared": list(placing.shared),
        },
    }
