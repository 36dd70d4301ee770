"""Topics are followed by the number of their change, in every process that matches."""

from __future__ import annotations

import json

import pytest

from worker.kit import TopicWatch
from worker.model import Article
from worker.store.topics import catalogue, changes_since, last_change

pytestmark = pytest.mark.servers

ARTICLE = Article(title="NATO met in Kyiv", body="")
REMOVE = "UPDATE topics SET removed_at = now(), change = nextval('topic_changes') WHERE name = :name"
CHANGE_ENTITY = (
    "UPDATE entities SET said = CAST(:said AS jsonb), change = nextval('topic_changes') WHERE key = 'contoh'"
)
CHANGE = "UPDATE topics SET query = :query, change = nextval('topic_changes') WHERE name = :name"


def changes(database, since=0):
    with database.connect() as connection:
        return [(c.number, c.topic.name, c.topic.query, c.removed) for c in changes_since(connection, since)]


def found(database, watch, article=ARTICLE):
    with database.connect() as connection:
        watch.follow(connection)
    return {match.topic for match in watch.index.match(article)}


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
    nato, kyiv = rows.topic("NATO", "nato"), rows.topic("Kyiv", "kyiv")
    assert found(database, watch) == {nato, kyiv}
    rows.change(CHANGE, name="NATO", query="otan")
    assert found(database, watch) == {kyiv}
    rows.change(REMOVE, name="Kyiv")
    assert found(database, watch) == set()
    rows.change(CHANGE, name="NATO", query="nato")
    assert found(database, watch) == {nato}


CONTOH = {"key": "contoh", "title": "Harian Contoh", "names": {"id": {"name": ["Harian Contoh"]}}}
PAPER = Article(title="Harian Contoh terbit", body="")


def test_an_entity_of_ones_own_comes_with_the_topic_that_names_it(database, rows):
    watch = TopicWatch()
    topic = rows.topic("Contoh", "@contoh")
    rows.entity(CONTOH)
    assert found(database, watch, PAPER) == {topic}
    assert watch.number == 2


def test_a_change_of_an_entity_counts_for_the_topics_that_were_there_before(database, rows):
    rows.entity(CONTOH)
    topic = rows.topic("Contoh", "@contoh")
    watch = TopicWatch()
    assert found(database, watch, Article("Koran Contoh terbit", "")) == set()
    said = {**CONTOH, "names": {"id": {"name": ["Koran Contoh"]}}}
    rows.change(CHANGE_ENTITY, said=json.dumps(said))
    assert found(database, watch, Article("Koran Contoh terbit", "")) == {topic}
    assert found(database, watch, PAPER) == set()


def test_names_for_an_entity_that_pantau_brings_are_added_to_it_and_go_again(database, rows):
    topic = rows.topic("NATO", "@nato")
    article = Article("Pakta Atlantik bersidang", "")
    watch = TopicWatch()
    assert found(database, watch, article) == set()
    rows.entity({"key": "nato", "names": {"id": {"name": ["Pakta Atlantik"]}}})
    assert found(database, watch, article) == found(database, watch) == {topic}
    rows.change("UPDATE entities SET removed_at = now(), change = nextval('topic_changes')")
    assert found(database, watch, article) == set()
    assert found(database, watch) == {topic}


def test_a_topic_that_cannot_be_read_keeps_no_other_from_being_watched_and_waits_for_its_entity(
    database, rows
):
    contoh, nato = rows.topic("Contoh", "@contoh"), rows.topic("NATO", "nato")
    watch = TopicWatch()
    assert found(database, watch) == {nato}
    assert set(watch.unreadable) == {contoh}
    rows.entity(CONTOH)
    assert found(database, watch, PAPER) == {contoh}
    assert watch.unreadable == {}


@pytest.mark.parametrize(
    "said", [{"key": "contoh", "colour": "red"}, {"key": "contoh"}], ids=["unknown field", "no names"]
)
def test_an_entity_of_another_version_that_this_one_cannot_use_is_left_out(database, rows, said):
    rows.entity(said)
    rows.entity({**CONTOH, "key": "other"})
    topic = rows.topic("Other", "@other")
    assert found(database, TopicWatch(), PAPER) == {topic}
    with database.connect() as connection:
        known = catalogue(connection)
    assert "other" in known
    assert "contoh" not in known


def test_a_reader_follows_topics_and_entities_as_they_were_at_one_moment(database, rows):
    rows.entity(CONTOH)
    rows.topic("Contoh", "@contoh")
    with database.connect() as connection:
        kinds = [type(change).__name__ for change in changes_since(connection, 0)]
        assert (kinds, last_change(connection)) == (["EntityChange", "TopicChange"], 2)
        assert [change.number for change in changes_since(connection, 1)] == [2]


def test_a_topic_whose_entity_goes_is_watched_no_longer_and_again_when_it_comes_back(database, rows):
    rows.entity(CONTOH)
    contoh, watch = rows.topic("Contoh", "@contoh"), TopicWatch()
    assert found(database, watch, PAPER) == {contoh}
    change = "UPDATE entities SET removed_at = {}, change = nextval('topic_changes')"
    rows.change(change.format("now()"))
    assert found(database, watch, PAPER) == set()
    assert set(watch.unreadable) == {contoh}
    rows.change(change.format("NULL"))
    assert found(database, watch, PAPER) == {contoh}
