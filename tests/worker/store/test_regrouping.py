"""Stories that people put right: what they said stays, whatever placing would do."""

from __future__ import annotations

import pytest

from tests.worker.store.test_stories import GEMPA, QUAKE, RATES, REPORT, place, tell, why
from worker.store import regrouping

pytestmark = pytest.mark.servers

__all__ = ["place", "tell"]  # fixtures

WHERE = "SELECT id, story_id, copy_of FROM articles ORDER BY id"
STORIES = "SELECT title, articles, merged_into FROM stories ORDER BY id"


@pytest.fixture
def by_hand(database):
    """Does something to stories in a transaction of its own."""

    def run(deed, *given):
        with database.begin() as connection:
            return deed(connection, *given)

    return run


def taken_out(by_hand, *articles, story, into=None):
    def deed(connection):
        moved = regrouping.with_copies(connection, story, articles)
        target = into or regrouping.begin(connection, moved[0])
        regrouping.take_out(connection, moved, story, target, "edi")
        return target

    return by_hand(deed)


def test_an_article_leaves_with_its_copies_and_both_stories_are_counted_anew(tell, place, rows, by_hand):
    first, report, copy = tell(QUAKE, title="Quake"), tell(REPORT, 1, title="Report"), tell(QUAKE + " So.", 2)
    story = place(first, report, copy)[first][0]
    own = taken_out(by_hand, first, story=story)
    assert rows.all(WHERE) == [(first, own, None), (report, story, None), (copy, own, first)]
    assert rows.all(STORIES) == [("Report", 1, None), ("Quake", 2, None)]
    reason = why(rows, first)
    assert (reason["reason"], reason["by"], reason["from"]) == ("taken_out", "edi", story)
    assert rows.all("SELECT article_id FROM sketches WHERE founding IS NOT NULL ORDER BY 1") == [
        (first,),
        (report,),
    ]


def test_a_copy_leaves_alone_and_is_none_any_more(tell, place, rows, by_hand):
    first, one, other = tell(QUAKE), tell(QUAKE + " So.", 1), tell(QUAKE + " Or so.", 2)
    story = place(first, one, other)[first][0]
    own = taken_out(by_hand, one, other, story=story)
    assert rows.all(WHERE) == [(first, story, None), (one, own, None), (other, own, one)]


def test_a_copy_of_what_was_taken_out_does_not_come_back_by_itself(tell, place, by_hand):
    report, quake = tell(REPORT), tell(QUAKE, 1)
    story = place(report, quake)[report][0]
    own = taken_out(by_hand, quake, story=story)
    copy = tell(f"Our newsletter: {QUAKE}", 2)
    assert place(copy)[copy] == (own, quake)


def test_where_its_text_was_first_told_elsewhere_a_copy_is_kept_apart_as_well(tell, place, by_hand):
    first, copy = tell(QUAKE), tell(QUAKE + " More soon.", 1)
    story = place(first, copy)[first][0]
    own = taken_out(by_hand, copy, story=story)
    again = tell(QUAKE + " More soon, they say.", 2)  # a copy of both: what a person said of one counts
    assert place(again)[again] == (own, copy)


def test_merged_stories_are_one_for_what_comes_and_taken_apart_again(tell, place, rows, by_hand):
    quake, rates = tell(QUAKE, title="Quake"), tell(RATES, 1, title="Rates")
    placed = place(quake, rates)
    story, merged = placed[quake][0], placed[rates][0]
    assert by_hand(regrouping.merge, merged, story, "edi") == 1
    assert rows.all(STORIES) == [("Quake", 2, None), ("Rates", 1, story)]
    assert by_hand(regrouping.current, merged) == story
    assert rows.one("SELECT article_id FROM sketches WHERE founding IS NOT NULL") == quake
    copy, gempa = tell(RATES + " So it is.", 2), tell(GEMPA, 3, language="id")
    assert [each[0] for each in place(copy, gempa).values()] == [story, story]
    moved = by_hand(regrouping.came_from, story, merged)
    assert moved == [rates]
    by_hand(regrouping.take_apart, moved, story, merged, "edi")
    assert rows.all(STORIES) == [("Quake", 3, None), ("Rates", 1, None)]  # what came since stays
    late = tell(RATES + " And so on.", 4)
    assert place(late)[late][0] == merged


def test_merged_in_a_row_each_can_be_taken_apart_by_itself(tell, place, rows, by_hand):
    told = [tell(QUAKE), tell(RATES), tell("Harga nikel naik di Sulawesi, kata menteri.", language="id")]
    one, two, three = (placed[0] for placed in place(*told).values())
    by_hand(regrouping.merge, three, two, "edi")
    by_hand(regrouping.merge, two, one, "edi")
    assert [(row.id, row.articles) for row in by_hand(regrouping.merged_into, one)] == [(two, 1), (three, 1)]
    by_hand(regrouping.take_apart, by_hand(regrouping.came_from, one, three), one, three, "edi")
    assert {row[0]: row[1] for row in rows.all(WHERE)} == {told[0]: one, told[1]: one, told[2]: three}


def test_the_newest_word_counts(tell, place, rows, by_hand):
    report, quake = tell(REPORT), tell(QUAKE, 1)
    story = place(report, quake)[report][0]
    own = taken_out(by_hand, quake, story=story)
    by_hand(regrouping.merge, own, story, "edi")
    assert rows.all("SELECT * FROM kept_apart") == []
    copy = tell(f"Our newsletter: {QUAKE}", 2)
    assert place(copy)[copy] == (story, quake)


def test_kept_apart_from_a_story_is_kept_apart_from_what_that_became(tell, place, by_hand):
    report, quake, rates = tell(REPORT), tell(QUAKE, 1), tell(RATES, 1)
    placed = place(report, quake, rates)
    story, other = placed[report][0], placed[rates][0]
    own = taken_out(by_hand, quake, story=story)
    by_hand(regrouping.merge, story, other, "edi")
    copy = tell(f"Our newsletter: {QUAKE}", 2)
    assert place(copy)[copy] == (own, quake)
