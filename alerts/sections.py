"""PURE. A letter of many articles in the order in which it is read: by topic, and by story within a topic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from alerts.model import Item, Letter

Story = tuple[Item, ...]
"""The articles of one event, the one seen first at the head; or one article that has no story."""


A_FEW = 3
_OF_MANY = ("digest", "quiet", "rollup", "backlog")


@dataclass(frozen=True, slots=True)
class Section:
    """What a letter has on one topic ("": on none that it names)."""

    topic: str
    stories: tuple[Story, ...]

    @property
    def articles(self) -> int:
        """How many articles stand in it."""
        return sum(map(len, self.stories))


def stories(items: Iterable[Item]) -> list[Story]:
    """Articles put together by story, in the order of their first."""
    together: defaultdict[tuple[str, int], list[Item]] = defaultdict(list)
    for place, item in enumerate(items):
        key = ("article", place) if item.story is None else ("story", int(item.story))
        together[key].append(item)
    return [tuple(told) for told in together.values()]


def sections(letter: Letter) -> list[Section]:
    """The letter's articles by topic, in the order of its topics; none empty, and each article once.

    A story stands under the first topic that any of its articles touches. Within a topic the story that most
    articles tell comes first, then the one seen first. What tells of one story as it happens is one section without
    a name, where a few follow-ups stand each by itself.
    """
    if letter.kind not in _OF_MANY:
        apart = letter.kind == "followup" and len(letter.items) <= A_FEW
        told = tuple((item,) for item in letter.items) if apart else tuple(stories(letter.items))
        return [Section("", told)] if told else []
    order = {topic: place for place, topic in enumerate(_topics(letter))}
    found: defaultdict[str, list[Story]] = defaultdict(list)
    for story in stories(letter.items):
        touched = (topic for item in story for topic in item.topics)
        found[min(touched, key=order.__getitem__, default="")].append(story)
    places = sorted(found, key=lambda topic: order.get(topic, len(order)))
    return [Section(topic, tuple(sorted(found[topic], key=len, reverse=True))) for topic in places]


def _topics(letter: Letter) -> dict[str, None]:
    named = (topic for item in letter.items for topic in item.topics)
    return dict.fromkeys((*letter.topics, *named))
