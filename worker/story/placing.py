"""Which story an article belongs to, of those near it: one placing, with a named reason.

same text as an article here    ─▶ its story, as a copy of it          same_text
same event, in its language     ─▶ the story of the likest article     same_event
same event, in other languages                                         across_languages
else                            ─▶ a story of its own                  new

What a person has put elsewhere stays there, and a copy of it follows: it is put into no story that the other was taken
out of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker.model import ArticleId, StoryId
from worker.story.likeness import Likeness, Sketch, Weighed, compared, may_be_same, same_text, weighed
from worker.story.rarity import Rarity

EVENT_WINDOW = timedelta(hours=72)
"""Between two articles of one event; a week later the same ministers meet about something else."""
TEXT_WINDOW = timedelta(days=7)
STORY_SPAN = timedelta(days=7)
"""From a story's first article on: a war that is told of every day is more than one story."""
OF_ALL = 0.4
"""How alike an article must be to all near articles of a story on average, as a share of the one it is most like: else
stories chain up, each article like the one before it and none like the first."""
MOST_SHOWN = 6


class Reason(StrEnum):
    """Why an article was put where it is."""

    SAME_TEXT = "same_text"
    SAME_EVENT = "same_event"
    ACROSS_LANGUAGES = "across_languages"
    NEW = "new"
    TAKEN_OUT = "taken_out"  # by a person, as are the next two
    MERGED = "merged"
    TAKEN_APART = "taken_apart"


@dataclass(frozen=True, slots=True)
class Placed:
    """An article that has its story. `at` is its time: when it was seen, of an older one when it was published;
    `first_at` is that of the story's first article. `text` is the first article with its text, `apart` the stories that
    a person took it out of."""

    article: ArticleId
    story: StoryId
    text: ArticleId
    at: datetime
    first_at: datetime
    sketch: Sketch
    apart: frozenset[StoryId] = frozenset()


@dataclass(frozen=True, slots=True)
class Placing:
    """Where an article goes. `story` None: it begins one. `text` is the first article with the same text, if there is
    one; `like` the article that decided, `likeness` and `shared` how alike they are and in which terms."""

    reason: Reason
    story: StoryId | None = None
    text: ArticleId | None = None
    like: ArticleId | None = None
    likeness: float = 0.0
    shared: tuple[str, ...] = ()


def place(sketch: Sketch, at: datetime, near: Iterable[Placed], rarity: Rarity) -> Placing:
    """The placing of an article of this sketch and time among those that may be near it."""
    others = _allowed(sketch, at, sorted(near, key=lambda other: (other.at, other.article)))
    for other in others:
        if _is_copy(sketch, at, other):
            return Placing(Reason.SAME_TEXT, other.story, other.text, other.article, 1.0)
    by_story: defaultdict[StoryId, list[Placed]] = defaultdict(list)
    for other in others:
        if abs(at - other.at) <= EVENT_WINDOW and abs(at - other.first_at) <= STORY_SPAN:
            by_story[other.story].append(other)
    mine = weighed(sketch, rarity)
    found = [best for members in by_story.values() if (best := _best(mine, members, rarity)) is not None]
    if not found:
        return Placing(Reason.NEW)
    like, alike = max(found, key=lambda pair: (pair[1].value, -pair[0].article))
    within = like.sketch.language == sketch.language
    reason = Reason.SAME_EVENT if within else Reason.ACROSS_LANGUAGES
    return Placing(reason, like.story, None, like.article, round(alike.value, 3), alike.shared[:MOST_SHOWN])


def _is_copy(sketch: Sketch, at: datetime, other: Placed) -> bool:
    return abs(at - other.at) <= TEXT_WINDOW and same_text(sketch, other.sketch)


def _allowed(sketch: Sketch, at: datetime, others: Sequence[Placed]) -> Sequence[Placed]:
    """Without the stories that people took another with this text out of."""
    apart = {
        story for other in others if other.apart and _is_copy(sketch, at, other) for story in other.apart
    }
    return [other for other in others if other.story not in apart] if apart else others


def _best(mine: Weighed, members: Sequence[Placed], rarity: Rarity) -> tuple[Placed, Likeness] | None:
    """The member that makes this article one of the story, if one does and the others do not speak against it."""
    if not any(may_be_same(mine.sketch, member.sketch) for member in members):
        return None
    alike = [(member, compared(mine, weighed(member.sketch, rarity), rarity)) for member in members]
    same = [pair for pair in alike if pair[1].same]
    if not same:
        return None
    best = max(same, key=lambda pair: (pair[1].value, -pair[0].article))
    mean = sum(each.value for _, each in alike) / len(alike)
    return best if mean >= OF_ALL * best[1].value else None
