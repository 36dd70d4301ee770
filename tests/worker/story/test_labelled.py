"""Pairs of articles, labelled by hand: the same text, the same event, or different (`tests/corpus/stories/README.md`).

Precision and recall may only rise (`floors.json`). Constants are chosen on the `tuned` half alone; the other half
says what they are worth on events that nobody looked at.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from worker.model import Article, ArticleId, StoryId
from worker.story import (
    EVENT_WINDOW,
    LANGUAGE,
    Placed,
    Rarity,
    Sketch,
    likeness,
    place,
    same_text,
    sketch_of,
)

CORPUS = Path(__file__).parents[2] / "corpus"
HALVES = ("tuned", "held")


@cache
def families(half: str) -> dict[str, list[tuple[dict, Sketch, datetime]]]:
    """The articles of each file, which tell of one matter, in the order of the file."""
    found = {}
    for file in sorted((CORPUS / "stories" / half).glob("*.jsonl")):
        told = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        found[file.stem] = [
            (
                each,
                sketch_of(Article(each["title"], each["body"], each["language"])),
                datetime.fromisoformat(each["at"]),
            )
            for each in told
        ]
    return found


def label(one: dict, other: dict) -> str:
    if one["text"] == other["text"]:
        return "same_text"
    return "same_event" if one["event"] == other["event"] else "different"


def counted(half: str) -> Rarity:
    """As if these stories were all there are."""
    firsts = {
        (family, told["event"]): sketch
        for family, articles in families(half).items()
        for told, sketch, _ in reversed(articles)
    }
    counts: Counter[str] = Counter()
    for sketch in firsts.values():
        counts.update([*sketch.terms, f"{LANGUAGE}{sketch.language}"])
    return Rarity({term: count / len(firsts) for term, count in counts.items()}, len(firsts))


def judged(half: str, rarity: Rarity) -> list[tuple[str, str, str]]:
    """Of each pair its label, what is made of it, and its name."""
    found = []
    for articles in families(half).values():
        for (one, mine, at), (other, theirs, then) in combinations(articles, 2):
            near = abs(at - then) <= EVENT_WINDOW
            said = "same_event" if near and likeness(mine, theirs, rarity).same else "different"
            said = "same_text" if same_text(mine, theirs) else said
            found.append((label(one, other), said, f"{one['id']} / {other['id']}"))
    return found


def scores(pairs: list[tuple[str, str, str]]) -> tuple[float, float]:
    """Precision and recall of saying that two belong together."""
    together = [(truth, said) for truth, said, _ in pairs if said != "different"]
    right = sum(truth != "different" for truth, _ in together)
    wanted = sum(truth != "different" for truth, _, _ in pairs)
    return right / len(together), right / wanted


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("counts", ["guessed", "counted"])
def test_precision_and_recall_stay(half, counts):
    pairs = judged(half, Rarity() if counts == "guessed" else counted(half))
    floors = json.loads((CORPUS / "floors.json").read_text("utf-8"))["stories"][half][counts]
    precision, recall = scores(pairs)
    wrong = [pair for pair in pairs if (pair[0] == "different") != (pair[1] == "different")]
    assert precision >= floors["precision"], wrong
    assert recall >= floors["recall"], wrong


@pytest.mark.parametrize("half", HALVES)
def test_copies_are_told_from_reports_of_the_same_event(half):
    pairs = judged(half, Rarity())
    assert {name for truth, said, name in pairs if (truth == "same_text") != (said == "same_text")} == set()


def test_there_are_enough_pairs_in_enough_languages():
    for half in HALVES:
        pairs = judged(half, Rarity())
        assert len(pairs) >= 300
        assert {"different", "same_event", "same_text"} == {truth for truth, _, _ in pairs}
        spoken = {told["language"] for articles in families(half).values() for told, _, _ in articles}
        assert spoken >= set("ar de en es fr id ja pl ru tr uk zh".split())


@pytest.mark.parametrize("half", HALVES)
def test_told_one_after_the_other_they_make_the_stories_that_a_person_would_make(half):
    """All matters of a half in one stream, as they come; nothing of one matter ends in the story of another."""
    stream = sorted(
        (
            (at, family, told, sketch)
            for family, articles in families(half).items()
            for told, sketch, at in articles
        ),
        key=lambda each: each[0],
    )
    placed: list[Placed] = []
    events: dict[int, set[tuple[str, str]]] = {}
    for number, (at, family, told, sketch) in enumerate(stream):
        placing = place(sketch, at, placed, Rarity())
        story = StoryId(number) if placing.story is None else placing.story
        first_at = next((each.first_at for each in placed if each.story == story), at)
        placed.append(
            Placed(ArticleId(number), story, placing.text or ArticleId(number), at, first_at, sketch)
        )
        events.setdefault(story, set()).add((family, told["event"]))
    mixed = [told for told in events.values() if len(told) > 1]
    assert len(mixed) <= 1, mixed
    assert not [told for told in mixed if len({family for family, _ in told}) > 1]


def test_a_pair_is_alike_whichever_is_asked_about():
    for articles in families("tuned").values():
        for (_, mine, _), (_, theirs, _) in combinations(articles, 2):
            here, there = likeness(mine, theirs, Rarity()), likeness(theirs, mine, Rarity())
            assert here.value == pytest.approx(there.value)
            assert set(here.shared) == set(there.shared)


def test_a_week_later_nothing_is_the_same_event():
    articles = families("tuned")["talks"]
    placed = [Placed(ArticleId(1), StoryId(1), ArticleId(1), articles[0][2], articles[0][2], articles[0][1])]
    assert place(articles[1][1], articles[1][2], placed, Rarity()).reason == "same_event"
    assert place(articles[1][1], articles[1][2] + timedelta(days=4), placed, Rarity()).reason == "new"
