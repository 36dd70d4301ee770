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
    count(database, 1, 2, 1)
    count(database, 1)
    count(database, 1, site="other.example")
    assert known(database, 1, 2, 3) == blocks.Repeats(2, {1: 2, 2: 1})
    assert known(database) == blocks.Repeats(2, {})
    assert known(database, 1, site="new.example") == blocks.Repeats(0, {})


def test_two_readers_of_a_site_count_the_same_paragraphs_at_once(database):
    start = Barrier(2)

    def many(prints):
        start.wait()
        for _ in range(30):
            count(database, *prints)

    readers = [Thread(target=many, args=(order,)) for order in ((1, 2, 3), (3, 2, 1))]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    assert known(database, 1, 3) == blocks.Repeats(60, {1: 60, 3: 60})


def test_what_stood_in_one_article_is_forgotten_in_days_and_what_was_repeated_in_months(database):
    count(database, 11, 12)
    count(database, 12)
    forget(database, NOW + timedelta(days=4))
    assert known(database, 11, 12) == blocks.Repeats(2, {12: 2})
    forget(database, NOW + timedelta(days=61))
    assert known(database, 12) == blocks.Repeats(0, {})


def test_of_a_site_with_too_many_paragraphs_the_least_telling_go(database, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_A_SITE", 10)
    count(database, *(10 + n for n in range(8)), at=NOW - timedelta(hours=1))
    count(database, *(20 + n for n in range(8)), 10)
    forget(database)
    left = known(database, *range(10, 28)).counts
    assert len(left) == 10
    assert left[10] == 2
    assert sum(each >= 20 for each in left) == 8


def test_counts_are_halved_so_that_what_is_repeated_of_late_is_noticed(database, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ARTICLES", 3)
    for _ in range(4):
        count(database, 1)
    forget(database)
    assert known(database, 1) == blocks.Repeats(2, {1: 2})
