"""Topics are followed by the number of their change, in every process that matches."""

from __future__ import annotations

import pytest

from worker.kit import TopicWatch
from worker.model import Article
from worker.store.topics import changes_since, last_change

pytestmark = pytest.mark.servers

ARTICLE = Article(title="NATO met in Kyiv", body="")
REMOVE = "UPDATE topics SET removed_at = now(), change = nextval('topic_changes') WHERE name = :name"
CHANGE = "UPDATE topics SET query = :query, change = nextval('topic_changes') WHERE name = :name"


def changes(database, since=0):
    with database.connect() as connection:
        return [(c.number, c.topic.name, c.topic.query, c.removed) for c in changes_since(connection, since)]


def test_changes_come_in_order_each_topic_as_it_now_stands(database, rows):
    rows.topic("NATO", "nato")
    rows.topic("Kyiv", "kyiv")
    rows.change(CHANGE, name="NATO", query="nato OR otan")
    assert changes(database) == [(2, "Kyiv", "kyiv", False), (3, "NATO", "nato OR otan", False)]


def test_only_what_is_newer_is_told(database, rows):
    rows.topic("NATO", "nato")
    assert changes(database, 1) == []
    rows.topic("Kyiv", "kyiv")
    assert [name for _, name, _, _ in changes(database, 1)] == ["Kyiv"]


def test_a_removal_is_a_change_too(database, rows):
    rows.topic("NATO", "nato")
    rows.change(REMOVE, name="NATO")
    assert changes(database, 1) == [(2, "NATO", "nato", True)]


def test_the_last_change_is_nothing_where_there_never_was_a_topic(database, rows):
    with database.connect() as connection:
        assert last_change(connection) == 0
    rows.topic()
    with database.connect() as connection:
        assert last_change(connection) == 1


def test_a_process_matches_by_what_it_has_followed(database, rows):
    watch = TopicWatch()

    def found():
        with database.connect() as connection:
            watch.follow(connection)
        return {match.topic for match in watch.index.match(ARTICLE)}

    nato, kyiv = rows.topic("NATO", "nato"), rows.topic("Kyiv", "kyiv")
    assert found() == {nato, kyiv}
    rows.change(CHANGE, name="NATO", query="otan")
    assert found() == {kyiv}
    rows.change(REMOVE, name="Kyiv")
    assert found() == set()
    rows.change(CHANGE, name="NATO", query="nato")
    assert found() == {nato}
