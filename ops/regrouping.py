"""Stories put right by hand: articles taken out, stories merged and taken apart again; one rule for pages and programs.

Each undoes the other, and what placing does later heeds both (`worker.store.regrouping`). Nothing that was told is told
again, since a channel hears of an article once whatever its story. What waits to be sent goes out as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from alerts.letter import plain_text
from alerts.store.alone import hold_planning
from ops.row_number import number_in
from ops.said import Said, said
from ops.store import audit_log
from ops.store.hearing import story_of
from ops.tracing import names_of
from worker.model import ArticleId, StoryId
from worker.store import regrouping
from worker.store.engine import Connection
from worker.store.stories import hold_placing

MOST_MOVED = 200
"""Articles that can be named at once; their copies go along."""

Why = Literal["unknown", "merged", "itself", "not_in_it", "nothing_left", "too_many"]
Field = Literal["", "into", "articles", "story"]
_AT_OUR_PAGES = re.compile(r"/stories/([0-9]{1,18})/?(?:[?#].*)?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed: why, what of the request is wrong ("": the story as a whole), and that in a sentence."""

    why: Why
    field: Field
    sentence: Said


@dataclass(frozen=True, slots=True)
class Done:
    """So many articles are in this story now."""

    story: StoryId
    articles: int


Outcome = Done | Refused


def story_meant(connection: Connection, written: str) -> StoryId | None:
    """The story that somebody means by its number, the address of its page, or that of one of its articles; where that
    was merged, the one that it is part of now. None where there is none."""
    written = written.strip()
    page = _AT_OUR_PAGES.search(written)
    number = number_in(page[1] if page else written)
    if number is not None:
        return regrouping.current(connection, StoryId(number))
    identities, _ = names_of(written)
    return story_of(connection, identities)


def take_out(
    connection: Connection,
    story: StoryId,
    articles: Collection[ArticleId],
    into: StoryId | None,
    who: str,
) -> Outcome:
    """Takes articles with their copies out of a story: into another one, or (None) into one of their own. Neither they
    nor what copies them comes back by itself."""
    _alone(connection)
    if refused := _not_standing(connection, story, ""):
        return refused
    if len(articles) > MOST_MOVED:
        return Refused("too_many", "articles", said("at most {n} articles at once", n=MOST_MOVED))
    if into is not None:
        if into == story:
            return Refused("itself", "into", said("that is this very story"))
        if refused := _not_standing(connection, into, "into"):
            return refused
    moved = regrouping.with_copies(connection, story, articles)
    if not set(articles) <= set(moved) or not moved:
        return Refused("not_in_it", "articles", said("it is not in this story any more"))
    if len(moved) == len(regrouping.members(connection, story)):
        why = said("nothing would be left of this story: merge it into the other one instead")
        return Refused("nothing_left", "articles", why)
    target = regrouping.begin(connection, moved[0]) if into is None else into
    regrouping.take_out(connection, moved, story, target, who)
    facts = {"articles": len(moved), "from": _named(connection, story), "to": _named(connection, target)}
    audit_log.note(connection, who, "split", "story", str(story), None, facts)
    return Done(target, len(moved))


def merge(connection: Connection, story: StoryId, into: StoryId, who: str) -> Outcome:
    """Makes two stories one, which has the number of `into`. Silences of the other do not hold for it."""
    _alone(connection)
    if story == into:
        return Refused("itself", "story", said("that is this very story"))
    if refused := _not_standing(connection, into, "") or _not_standing(connection, story, "story"):
        return refused
    if len(regrouping.merged_into(connection, into)) + len(regrouping.merged_into(connection, story)) >= (
        regrouping.MOST_MERGED
    ):
        why = said("at most {n} stories can be merged into one", n=regrouping.MOST_MERGED)
        return Refused("too_many", "story", why)
    facts = {"story": _named(connection, story), "into": _named(connection, into)}
    moved = regrouping.merge(connection, story, into, who)
    audit_log.note(connection, who, "merged", "story", str(into), None, {**facts, "articles": moved})
    return Done(into, moved)


def take_apart(connection: Connection, story: StoryId, merged: StoryId, who: str) -> Outcome:
    """Makes a story that was merged into this one a story again, with those of its articles that are still here. What
    came since stays."""
    _alone(connection)
    if refused := _not_standing(connection, story, ""):
        return refused
    moved = regrouping.came_from(connection, story, merged)
    if not moved or merged not in {row.id for row in regrouping.merged_into(connection, story)}:
        return Refused("not_in_it", "story", said("nothing of that story is in this one"))
    if len(moved) == len(regrouping.members(connection, story)):
        return Refused("nothing_left", "story", said("nothing would be left of this story"))
    regrouping.take_apart(connection, moved, story, merged, who)
    facts = {"articles": len(moved), "from": _named(connection, story), "to": _named(connection, merged)}
    audit_log.note(connection, who, "split", "story", str(story), None, facts)
    return Done(merged, len(moved))


def _alone(connection: Connection) -> None:
    """Nothing is planned or placed meanwhile; in the order in which planning takes these."""
    hold_planning(connection)
    hold_placing(connection)


def _not_standing(connection: Connection, story: StoryId, field: Field) -> Refused | None:
    found = regrouping.current(connection, story)
    if found is None:
        return Refused("unknown", field, said("there is no story {number}", number=str(story)))
    if found != story:
        why = said("story {number} was merged into {other}", number=str(story), other=str(found))
        return Refused("merged", field, why)
    return None


def _named(connection: Connection, story: StoryId) -> str:
    return f"{story} “{plain_text(regrouping.title_of(connection, story), 100)}”"
