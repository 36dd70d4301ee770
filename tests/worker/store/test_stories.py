"""Articles are put into stories: copies, events, across languages, once and for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worker.model import Article, ArticleId
from worker.store.sketches import (
    KEPT,
    keep_sketch,
    languages_told_in,
    near,
    rarity_of,
    sketch_missing,
    sketched,
)
from worker.store.stories import assign
from worker.story import Sketch, TextPrint, keys_of, sketch_of

pytestmark = pytest.mark.servers

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
QUAKE = (
    "A shallow earthquake of magnitude 6.1 shook the city of Palu on Indonesia's Sulawesi island on "
    "Wednesday, injuring at least 17 people and damaging about 140 homes, the disaster agency said. The "
    "geophysics agency BMKG put the depth at 12 kilometres northwest of Donggala and issued no tsunami "
    "warning. Patients at the Undata hospital were moved into the yard."
)
GEMPA = (
    "Gempa bumi bermagnitudo 6,1 mengguncang Kota Palu, Sulawesi Tengah, Rabu pukul 08.47 WITA. BMKG "
    "menyatakan gempa berpusat di darat pada kedalaman 12 kilometer, 31 kilometer barat laut Donggala, dan "
    "tidak berpotensi tsunami. BPBD mencatat sedikitnya 17 orang luka-luka dan 140 rumah rusak."
)
REPORT = (
    "The death toll could rise, rescuers in Palu said. At least 17 people were hurt and 140 homes damaged "
    "when a quake of magnitude 6.1 hit the Indonesian city on Sulawesi. The hospital Undata treats patients "
    "in tents, and the agency BMKG has counted 23 aftershocks near Donggala."
)
RATES = (
    "The European Central Bank lowered its deposit rate by a quarter point to 1.75 percent on Thursday, "
    "saying inflation in the euro area was falling faster than expected. The ECB cut its growth forecast for "
    "this year to 0.8 percent."
)


@pytest.fixture
def tell(rows):
    """Stores an article that was seen so many hours after NOW; returns its id."""
    feed = rows.feed()

    def store(body, hours=0.0, title="A report", language="en", **facts):
        seen = NOW + timedelta(hours=hours)
        usual = {"title": title, "body": body, "language": language, "seen_at": seen, "read_at": seen}
        return ArticleId(rows.article(feed, **{**usual, **facts}))

    return store


@pytest.fixture
def place(database):
    """Puts articles into stories."""

    def run(*wanted, now=NOW):
        with database.begin() as connection:
            return assign(connection, wanted, now)

    return run


def why(rows, article):
    return rows.one("SELECT story_reason FROM articles WHERE id = :id", id=article)


def test_a_copy_joins_the_story_and_knows_the_first_with_its_text(tell, place, rows):
    first, copy = tell(QUAKE), tell(f"Our newsletter: {QUAKE}", 1, title="Quake")
    placed = place(first, copy)
    assert placed[first] == (placed[copy][0], first)
    assert placed[copy][1] == first
    assert why(rows, copy)["reason"] == "same_text"
    assert why(rows, copy)["like"] == first
    assert rows.one("SELECT articles, title FROM stories") == (2, "A report")


def test_a_copy_of_a_copy_names_the_first(tell, place):
    first = tell(QUAKE)
    place(first)
    second = tell(QUAKE + " More soon.", 1)
    place(second)
    third = tell("Read on. " + QUAKE + " More soon.", 2)
    assert place(third)[third][1] == first


def test_another_text_of_the_event_joins_the_story_and_is_no_copy(tell, place, rows):
    first, other = tell(QUAKE), tell(REPORT, 3)
    place(first)
    story, text = place(other)[other]
    assert (story, text) == (place(first)[first][0], other)
    assert why(rows, other)["reason"] == "same_event"
    assert "@palu" in why(rows, other)["shared"]


def test_an_article_in_another_language_joins_by_what_all_languages_share(tell, place, rows):
    first, gempa = tell(QUAKE), tell(GEMPA, 1, language="id")
    placed = place(first, gempa)
    assert placed[first][0] == placed[gempa][0]
    assert why(rows, gempa)["reason"] == "across_languages"
    assert {"@palu", "#6.1"} <= set(why(rows, gempa)["shared"])


def test_another_event_begins_a_story_of_its_own(tell, place, rows):
    quake, rates = tell(QUAKE), tell(RATES)
    placed = place(quake, rates)
    assert placed[quake][0] != placed[rates][0]
    assert why(rows, rates) == {"reason": "new", "like": None, "likeness": 0.0, "shared": []}


def test_what_was_placed_stays_where_it_is(tell, place, rows):
    first, other = tell(QUAKE), tell(REPORT, 1)
    before = place(first, other)
    assert place(other, first) == before
    assert rows.one("SELECT count(*), max(articles) FROM stories") == (1, 2)


def test_one_batch_and_one_by_one_come_to_the_same(tell, place, rows):
    told = [
        tell(QUAKE),
        tell(RATES, 1),
        tell(GEMPA, 2, language="id"),
        tell(REPORT, 3),
        tell(f"{RATES} So it is.", 4),
    ]
    together = place(*told)
    rows.change("UPDATE articles SET story_id = NULL, copy_of = NULL")
    rows.change("UPDATE sketches SET founding = NULL")
    rows.change("DELETE FROM stories")
    alone = {article: place(article)[article] for article in told}

    def shape(placed):
        stories = list(dict.fromkeys(placed[article][0] for article in told))
        return [(stories.index(placed[article][0]), placed[article][1]) for article in told]

    assert (
        shape(together)
        == shape(alone)
        == [(0, told[0]), (1, told[1]), (0, told[2]), (0, told[3]), (1, told[1])]
    )


def test_after_three_days_the_same_things_are_another_event(tell, place):
    first, later = tell(QUAKE), tell(REPORT, 73)
    placed = place(first, later)
    assert placed[first][0] != placed[later][0]


def test_a_story_takes_nothing_new_after_a_week(tell, place):
    told = [tell(QUAKE if n % 2 else REPORT, 60 * n) for n in range(4)]
    stories = [place(article)[article][0] for article in told]
    assert stories[0] == stories[1] == stories[2]
    late = tell(f"{GEMPA} Sepekan kemudian.", 205, language="id")
    assert place(late)[late][0] != stories[0]


def test_backlog_does_not_make_a_story_younger_or_older_than_it_is(tell, place, rows):
    old = tell(QUAKE, 0, backlog=True, published_at=NOW - timedelta(days=30))
    live = tell(REPORT, 0)
    placed = place(live, old)
    assert placed[old][0] != placed[live][0]
    assert rows.one("SELECT last_at FROM stories WHERE id = :id", id=placed[live][0]) == NOW
    assert rows.one("SELECT last_at FROM stories WHERE id = :id", id=placed[old][0]) == NOW - timedelta(
        days=30
    )


def test_backlog_of_the_day_before_belongs_to_the_live_story_and_keeps_its_time(tell, place, rows):
    live = tell(REPORT, 0)
    place(live)
    old = tell(QUAKE, 1, backlog=True, published_at=NOW - timedelta(hours=20))
    placed = place(old)
    assert placed[old][0] == place(live)[live][0]
    assert rows.one("SELECT first_at, last_at, articles FROM stories") == (NOW - timedelta(hours=20), NOW, 2)


def test_a_publication_date_in_the_future_is_not_believed(tell, place, rows):
    old = tell(QUAKE, 0, backlog=True, published_at=NOW + timedelta(days=400))
    place(old)
    assert rows.one("SELECT last_at FROM stories") == NOW


def test_a_sketch_of_another_edition_is_made_anew(tell, place, rows):
    first, other = tell(QUAKE), tell(REPORT, 1)
    place(first)
    rows.change("UPDATE sketches SET edition = 0, terms = '{}', weights = '{}'")
    placed = place(other)
    assert placed[other][0] != place(first)[first][0]  # nothing is compared with the old edition
    rows.change("UPDATE articles SET story_id = NULL")
    placed = place(first, other)
    assert placed[first][0] == placed[other][0]


def test_a_later_reading_replaces_the_sketch(tell, database, rows):
    article = tell(QUAKE)
    with database.begin() as connection:
        keep_sketch(connection, article, sketch_of(Article("A", RATES, "en")))
        keep_sketch(connection, article, sketch_of(Article("A", GEMPA, "id")))
    assert rows.one("SELECT language FROM sketches") == "id"
    assert rows.one("SELECT 'gempa' = ANY(keys) FROM sketches")


def test_an_article_without_words_is_a_story_of_its_own(tell, place):
    empty, other = tell("", title=""), tell("", title="")
    placed = place(empty, other)
    assert placed[empty][0] != placed[other][0]


def test_what_is_old_is_forgotten(tell, place, rows, monkeypatch):
    monkeypatch.setattr("worker.store.stories.FORGET_EVERY", 2)  # with every other article
    first = tell(QUAKE)
    place(first)
    place(tell(RATES, 400), now=NOW + KEPT + timedelta(hours=1))
    assert rows.all("SELECT at FROM sketches") == [(NOW + timedelta(hours=400),)]
    assert place(first)  # its story stays


def test_whatever_a_term_is_made_of_it_is_found_again(tell, place, database, rows):
    terms = dict.fromkeys(('צה"ל', "a\\b", "{,}", "null", "@palu", "#4217"), 1.0)
    told = [tell("a"), tell("b", 1)]
    with database.begin() as connection:
        for article in told:
            keep_sketch(connection, article, Sketch(TextPrint(b"", 0), terms, "he"))
    placed = place(told[0])
    assert rows.one("SELECT founding FROM sketches WHERE founding IS NOT NULL") == [*terms, "=he"]
    with database.begin() as connection:
        (one,) = sketched(connection, told[1:])
        for term in terms:
            assert near(connection, [(one, [term])])[one.article].keys() == placed.keys()


def test_a_batch_finds_for_each_article_what_it_finds_by_itself(tell, place, database, rows):
    known = [tell(QUAKE), tell(RATES, 1), tell(f"{REPORT} More soon.", 2), tell(GEMPA, 200, language="id")]
    place(*known)
    asking = [tell(REPORT, 3), tell(RATES, 4), tell(QUAKE, 100), tell("", 5, title="")]
    with database.begin() as connection:
        sketch_missing(connection, asking)
        wanted = [(one, keys_of(one.sketch.terms)) for one in sketched(connection, asking)]
        together = near(connection, wanted)
        alone = {one.article: near(connection, [(one, keys)])[one.article] for one, keys in wanted}
    assert together == alone
    assert {known[0], known[2]} <= together[asking[0]].keys()
    assert known[1] in together[asking[1]]
    assert known[3] not in together[asking[1]]
    assert not together[asking[3]]


def test_nothing_to_place_is_no_error(place):
    assert place() == {}


def test_common_terms_are_counted_by_stories_not_by_articles(tell, place, database, rows):
    told = [tell(f"{QUAKE} Version {n} of the report.", n / 10) for n in range(9)] + [tell(RATES, 1)]
    place(*told)
    rows.change("ANALYZE sketches")
    with database.connect() as connection:
        rarity = rarity_of(connection, ["@palu", "@ecb"])
    assert round(rarity.stories) == 2
    assert rarity.shares["@palu"] == rarity.shares["@ecb"] == 0.5
    rows.change("DELETE FROM sketches")
    rows.change("ANALYZE sketches")


def test_the_languages_of_late_are_known_the_most_frequent_first(tell, place, database):
    def told():
        with database.connect() as connection:
            return languages_told_in(connection)

    assert told() == []
    place(tell(QUAKE), tell(GEMPA, language="id"), tell(RATES, language="id"), tell(REPORT, language=None))
    assert told() == ["id", "en"]
