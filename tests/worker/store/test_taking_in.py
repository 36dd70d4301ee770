"""What document after document brings to a feed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from worker.desks.taking_in import take_in
from worker.feeds.parse import parse_feed
from worker.model import Entry, FeedDocument
from worker.store import feeds as store

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC).replace(microsecond=0)
TITLES = ["Perundingan di Jenewa dimulai", "Harga beras naik di Jawa", "Banjir rendam dua kecamatan"]


@pytest.fixture
def fetch(database, rows):
    """Takes in a document; returns the titles that were new, in the order of the document."""
    rows.feed(url="https://news.example.id/rss")
    with database.begin() as connection:
        (feed,) = store.claim_due(connection, 1)
    clock = {"now": NOW}

    def take(*entries):
        nonlocal feed
        clock["now"] += timedelta(minutes=5)
        before = {title for (title,) in rows.all("SELECT title FROM entries")}
        with database.begin() as connection:
            taken = take_in(connection, feed, FeedDocument("rss20", entries=entries), clock["now"])
        feed = replace(feed, quirks=taken.facts["quirks"])
        stored = [title for (title,) in rows.all("SELECT title FROM entries ORDER BY id DESC")]
        new = stored[: taken.new]
        assert taken.new + taken.known <= len(entries)
        assert len(stored) - len(before) == taken.new or len(set(stored)) < len(stored)
        return new

    take.quirks = lambda: feed.quirks
    return take


def entry(n, **facts):
    usual = {"id": f"g{n}", "link": f"https://news.example/read/{n}", "title": TITLES[n]}
    return Entry(**{**usual, **facts})


SEQUENCES = Path(__file__).parents[2] / "corpus" / "feeds" / "identity"


@pytest.mark.parametrize("then", sorted(SEQUENCES.glob("*.then.xml")), ids=lambda path: path.name)
def test_of_two_fetches_the_second_brings_what_is_new_and_only_that(fetch, then):
    first = then.with_name(then.name.replace(".then", ""))
    url = "https://news.example.id/rss"
    documents = [parse_feed(path.read_bytes(), url=url).entries for path in (first, then)]
    assert len(fetch(*documents[0])) == len(documents[0])
    expected = json.loads(then.with_suffix(".json").read_text("utf-8"))
    assert fetch(*documents[1]) == expected["new"], expected["about"]
    assert fetch(*documents[1]) == []


def test_the_same_document_brings_nothing_twice(fetch):
    document = [entry(n) for n in range(3)]
    assert fetch(*document) == TITLES
    assert fetch(*document) == []


@pytest.mark.parametrize("dated", [False, True])
def test_tokens_in_links_and_guids_bring_nothing_new_and_their_name_is_learned(fetch, rows, dated):
    def document(token):
        return [
            entry(
                n,
                id=(link := f"https://news.example/read?id={n}&t={token}{n}"),
                link=link,
                published=NOW - timedelta(hours=n, seconds=1) if dated else None,
            )
            for n in range(3)
        ]

    assert fetch(*document("a")) == TITLES
    keys = [len(rows.all("SELECT 1 FROM entry_keys")) for token in "bcdefg" if fetch(*document(token)) == []]
    assert len(keys) == 6
    assert keys[1] == keys[-1], "the keys grow with every fetch"
    assert fetch.quirks() == {"parameters": ["t"]}


def test_tokens_are_learned_while_news_comes_and_the_news_is_new(fetch):
    def document(token, *numbers):
        return [entry(n, id=None, link=f"https://news.example/read?id={n}&t={token}") for n in numbers]

    assert fetch(*document("a", 1, 0)) == [TITLES[1], TITLES[0]]
    assert fetch(*document("b", 2, 1, 0)) == [TITLES[2]]
    assert fetch(*document("c", 2, 1, 0)) == []


def test_guids_that_are_new_at_every_fetch_bring_nothing_and_are_not_collected_for_ever(fetch, rows):
    counts = []
    for number in range(8):
        new = fetch(*(entry(n, id=f"fetch-{number}-{n}") for n in range(3)))
        assert new == ([] if number else TITLES)
        counts.append(len(rows.all("SELECT 1 FROM entry_keys")))
    assert counts[-1] == counts[4]
    assert fetch(
        entry(0, id="again", link="https://news.example/read/99", title="Yang benar-benar baru")
    ) == ["Yang benar-benar baru"]


def test_dates_that_are_the_fetchs_own_bring_nothing_and_are_not_collected_for_ever(fetch, rows):
    counts = []
    for number in range(8):
        stamp = NOW - timedelta(hours=9, seconds=number)
        assert fetch(*(entry(n, published=stamp) for n in range(3))) == ([] if number else TITLES)
        counts.append(len(rows.all("SELECT 1 FROM entry_keys")))
    assert counts[-1] == counts[4]
    assert fetch.quirks() == {"new_dates": 3}


def test_a_feed_of_which_only_the_titles_stay_is_known_by_them(fetch):
    for number in range(6):
        stamp = NOW - timedelta(hours=9, seconds=number)
        new = fetch(*(entry(n, id=f"{number}-{n}", published=stamp) for n in range(3)))
        assert new == ([] if number else TITLES)
    assert fetch.quirks() == {"new_guids": 3, "new_dates": 3}


def test_a_site_that_moves_with_new_guids_and_links_is_known_by_titles_and_dates(fetch):
    moments = [NOW - timedelta(hours=n, seconds=7) for n in range(3)]
    assert fetch(*(entry(n, published=moments[n]) for n in range(3))) == TITLES
    moved = [entry(n, id=f"new-{n}", link=f"https://new.example/{n}", published=moments[n]) for n in range(3)]
    assert fetch(*moved) == []


def test_a_feed_that_numbers_its_places_loses_no_article(fetch):
    """Its guids are 0 and 1 whatever stands there."""

    def place(number, n):
        published = NOW - timedelta(hours=3 - n, seconds=1)
        return entry(n, id=str(number), link=f"https://news.example/{TITLES[n][:9]}", published=published)

    assert fetch(place(0, 1), place(1, 0)) == [TITLES[1], TITLES[0]]
    assert fetch(place(0, 2), place(1, 1)) == [TITLES[2]]
    assert fetch(place(0, 2), place(1, 1)) == []


def test_a_feed_whose_items_all_have_the_same_guid_loses_no_article(fetch):
    document = [entry(n, id="0") for n in range(3)]
    assert fetch(*document[:2]) == TITLES[:2]
    assert fetch(*document) == [TITLES[2]]
    assert fetch(document[2]) == []


def test_an_article_with_a_corrected_title_and_its_link_after_it_is_the_same(fetch):
    published = NOW - timedelta(hours=2, seconds=3)
    assert fetch(entry(0, link="https://news.example/perundingan-dimulai", published=published)) == [
        TITLES[0]
    ]
    later = entry(0, title="Perundingan Jenewa gagal", link="https://news.example/gagal", published=published)
    assert fetch(later) == []


def test_what_a_feed_still_shows_is_noted_once_a_day(fetch, rows):
    fetch(entry(0))
    rows.change("UPDATE entry_keys SET seen = CURRENT_DATE - 3")
    fetch(entry(0), entry(1))
    assert rows.all("SELECT DISTINCT seen FROM entry_keys") == [(NOW.date(),)] or NOW.hour == 23


def test_purged_entries_that_a_feed_still_shows_stay_known(fetch, rows, database):
    fetch(*(entry(n) for n in range(3)))
    rows.change("UPDATE entries SET state = 'read', seen_at = now() - interval '100 days'")
    with database.begin() as connection:
        assert store.forget_entries(connection, NOW - timedelta(days=90))[0] == 3
    assert fetch(*(entry(n, id=f"other-{n}") for n in range(3))) == []
    assert rows.one("SELECT count(*) FROM entries") == 0
