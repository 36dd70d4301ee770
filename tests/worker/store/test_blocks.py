"""What a site repeats from article to article: counted, bounded, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest

from worker.store import blocks

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
SITE = "news.example"


def count(database, *prints, site=SITE, at=NOW):
    with database.begin() as connection:
        blocks.count_up(connection, site, prints, at)


def known(database, *prints, site=SITE):
    with database.begin() as connection:
        return blocks.repeats_of(connection, site, prints)


def forget(database, at=NOW):
    with database.begin() as connection:
        blocks.forget_old(connection, SITE, at)


def test_each_article_counts_once_for_each_of_its_paragraphs(database):
    count(database, b"a", b"b", b"a")
    count(database, b"a")
    count(database, b"a", site="other.example")
    assert known(database, b"a", b"b", b"c") == blocks.Repeats(2, {b"a": 2, b"b": 1})
    assert known(database) == blocks.Repeats(2, {})
    assert known(database, b"a", site="new.example") == blocks.Repeats(0, {})


def test_two_readers_of_a_site_count_the_same_paragraphs_at_once(database):
    start = Barrier(2)

    def many(prints):
        start.wait()
        for _ in range(30):
            count(database, *prints)

    readers = [Thread(target=many, args=(order,)) for order in ((b"a", b"b", b"c"), (b"c", b"b", b"a"))]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    assert known(database, b"a", b"c") == blocks.Repeats(60, {b"a": 60, b"c": 60})


def test_what_stood_in_one_article_is_forgotten_in_days_and_what_was_repeated_in_months(database):
    count(database, b"once", b"often")
    count(database, b"often")
    forget(database, NOW + timedelta(days=4))
    assert known(database, b"once", b"often") == blocks.Repeats(2, {b"often": 2})
    forget(database, NOW + timedelta(days=61))
    assert known(database, b"often") == blocks.Repeats(0, {})


def test_of_a_site_with_too_many_paragraphs_the_least_telling_go(database, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_A_SITE", 10)
    count(database, *(b"old%d" % n for n in range(8)), at=NOW - timedelta(hours=1))
    count(database, *(b"new%d" % n for n in range(8)), b"old0")
    forget(database)
    left = known(database, *(b"%s%d" % (kind, n) for kind in (b"old", b"new") for n in range(8))).counts
    assert len(left) == 10
    assert left[b"old0"] == 2
    assert sum(each.startswith(b"new") for each in left) == 8


def test_counts_are_halved_so_that_what_is_repeated_of_late_is_noticed(database, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ARTICLES", 3)
    for _ in range(4):
        count(database, b"a")
    forget(database)
    assert known(database, b"a") == blocks.Repeats(2, {b"a": 2})
