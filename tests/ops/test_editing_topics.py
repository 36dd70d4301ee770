"""Topics written by hand: the rules of a watchlist, versions that follow each other, and nobody overwritten."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest

from ops import editing_topics
from ops.editing_topics import Faulty, Gone, ReadOnly, Removed, Saved, Stale
from ops.store import topics as stored
from ops.watchlist import DeclaredTopic
from worker.match.entities import Catalogue
from worker.store.topics import changes_since, last_change

pytestmark = pytest.mark.servers

NATO = DeclaredTopic("NATO", "@nato", ("war",))
NOTES = "SELECT who, what, kind, name FROM audit_log ORDER BY id"


@pytest.fixture
def do(database: Any) -> Any:
    """Calls a function of the module in a transaction of its own, as ratna."""

    def call(what: str, *given: Any, who: str = "ratna") -> Any:
        with database.begin() as connection:
            return getattr(editing_topics, what)(connection, *given, who)

    return call


def version(query: str, **facts: Any) -> DeclaredTopic:
    return DeclaredTopic(facts.get("name", "NATO"), query, facts.get("tags", ("war",)))


def test_what_is_added_is_watched_and_running_workers_hear_of_it(do: Any, rows: Any, database: Any) -> None:
    with database.connect() as connection:
        before = last_change(connection)
    made = do("add", DeclaredTopic("  NATO ", "@nato\n OR  pakta", ("war", "war")))
    assert isinstance(made, Saved)
    assert (made.version, made.new) == (1, True)
    assert rows.one("SELECT name, query, tags, declared FROM topics") == (
        *("NATO", "@nato\n OR  pakta", ["war"], False),
    )
    assert rows.all("SELECT number, saved_by FROM topic_versions") == [(1, "ratna")]
    assert rows.all(NOTES) == [("ratna", "added", "topic", "NATO")]
    with database.connect() as connection:
        assert [change.topic.id for change in changes_since(connection, before) if change.topic] == [
            made.topic
        ]


def test_each_save_is_the_next_version_and_the_same_again_is_none(do: Any, rows: Any) -> None:
    topic = do("add", NATO).topic
    assert do("save", topic, version("nato OR kyiv"), 1) == Saved(topic, 2)
    assert do("save", topic, version("nato OR kyiv"), 2) == Saved(topic, 2, new=False)
    assert do("save", topic, version("nato OR kyiv", tags=()), 2, who="edi") == Saved(topic, 3)
    assert rows.all("SELECT number, query, tags, saved_by FROM topic_versions ORDER BY number") == [
        (1, "@nato", ["war"], "ratna"),
        (2, "nato OR kyiv", ["war"], "ratna"),
        (3, "nato OR kyiv", [], "edi"),
    ]
    assert [what for _, what, *_ in rows.all(NOTES)] == ["added", "changed", "changed"]


def test_a_topic_from_before_versions_keeps_what_it_was_as_its_first(do: Any, rows: Any) -> None:
    topic = rows.topic("NATO", "nato")
    assert do("save", topic, version("kyiv", tags=()), 1) == Saved(topic, 2)
    assert rows.all("SELECT number, query, saved_by FROM topic_versions ORDER BY number") == [
        (1, "nato", None),
        (2, "kyiv", "ratna"),
    ]


def test_who_saves_over_somebody_elses_head_changes_nothing_and_learns_what_stands(
    do: Any, rows: Any
) -> None:
    topic = do("add", NATO).topic
    do("save", topic, version("kyiv"), 1, who="edi")
    answer = do("save", topic, version("warsaw"), 1)
    assert isinstance(answer, Stale)
    assert (answer.now.topic.query, answer.now.version) == ("kyiv", 2)
    assert rows.one("SELECT query FROM topics") == "kyiv"
    assert len(rows.all(NOTES)) == 2


def test_of_two_who_save_at_once_one_is_told(do: Any, rows: Any) -> None:
    topic = do("add", NATO).topic
    begin, answers = Barrier(2), []

    def save(query: str) -> None:
        begin.wait()
        answers.append(do("save", topic, version(query), 1, who=query))

    threads = [Thread(target=save, args=(query,)) for query in ("kyiv", "warsaw")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(answer).__name__ for answer in answers) == ["Saved", "Stale"]
    assert rows.one("SELECT count(*) FROM topic_versions") == 2


def test_taking_back_makes_an_earlier_query_the_newest_version(do: Any, rows: Any) -> None:
    topic = do("add", NATO).topic
    do("save", topic, version("kyiv", name="Kyiv", tags=("city",)), 1)
    assert do("take_back", topic, 1, 2) == Saved(topic, 3)
    assert rows.one("SELECT name, query, tags FROM topics") == ("Kyiv", "@nato", ["war"])
    assert isinstance(do("take_back", topic, 1, 2), Stale)
    assert do("take_back", topic, 9, 3) == Gone()


def test_what_a_watchlist_declares_is_read_only(do: Any, rows: Any) -> None:
    topic = rows.topic("NATO", "nato", declared=True)
    assert do("save", topic, version("kyiv"), 1) == ReadOnly()
    assert do("remove", topic) == ReadOnly()
    assert rows.all(NOTES) == []


def test_a_removed_topic_is_gone_and_its_name_is_free(do: Any, rows: Any) -> None:
    topic = do("add", NATO).topic
    assert do("remove", topic) == Removed(NATO)
    assert do("remove", topic) == do("save", topic, NATO, 1) == Gone()
    assert isinstance(do("add", NATO), Saved)
    assert rows.one("SELECT count(*) FROM topics WHERE removed_at IS NULL") == 1


def test_a_name_that_another_topic_has_is_refused(do: Any, rows: Any) -> None:
    do("add", NATO)
    other = do("add", DeclaredTopic("Kyiv", "@kyiv")).topic
    for answer in (do("add", NATO), do("save", other, version("@kyiv"), 1)):
        assert isinstance(answer, Faulty)
        assert answer.wrong.keys() == {"name"}


@pytest.mark.parametrize(
    ("draft", "part"),
    [
        (DeclaredTopic("", "nato"), "name"),
        (DeclaredTopic("x" * 3000, "nato"), "name"),
        (DeclaredTopic("tag:war", "nato"), "name"),
        (DeclaredTopic("NATO", ""), "query"),
        (DeclaredTopic("NATO", "(nato"), "query"),
        (DeclaredTopic("NATO", "@nobody_knows_this"), "query"),
        (DeclaredTopic("NATO", "nato", ("",)), "tags"),
        (DeclaredTopic("NATO", "nato", tuple(f"t{n}" for n in range(51))), "tags"),
    ],
)
def test_what_a_watchlist_would_refuse_is_refused(draft: DeclaredTopic, part: str) -> None:
    answer = editing_topics.cleaned(draft, Catalogue())
    assert isinstance(answer, Faulty)
    assert part in answer.wrong


def test_subscriptions_follow_a_topic_to_its_new_name(do: Any, rows: Any) -> None:
    topic = do("add", NATO).topic
    rows.channel()
    mine = rows.subscription(["NATO", "tag:war"], urgent=["NATO"])
    other = rows.subscription(["Kyiv"])
    do("save", topic, version("@nato", name="Alliance"), 1)
    assert rows.one("SELECT topics, urgent FROM subscriptions WHERE id = :id", id=mine) == (
        *(["Alliance", "tag:war"], ["Alliance"]),
    )
    assert rows.one("SELECT topics FROM subscriptions WHERE id = :id", id=other) == ["Kyiv"]


def test_a_topic_that_a_file_names_keeps_its_name(do: Any, rows: Any) -> None:
    topic = do("add", NATO).topic
    rows.channel()
    rows.subscription(["NATO"], name="desk", declared=True)
    answer = do("save", topic, version("@nato", name="Alliance"), 1)
    assert isinstance(answer, Faulty)
    assert '"desk" names it' in answer.wrong["name"]
    assert do("save", topic, version("kyiv"), 1) == Saved(topic, 2)


def test_who_hears_of_a_topic_by_its_name_or_a_tag(do: Any, rows: Any, database: Any) -> None:
    rows.channel()
    rows.subscription(["NATO"], name="a")
    rows.subscription(["tag:war"], name="b")
    rows.subscription(["Kyiv"], name="c")
    with database.connect() as connection:
        heard = stored.heard_by(connection, NATO)
    assert [(each.name, each.by_name) for each in heard] == [("a", True), ("b", False)]
