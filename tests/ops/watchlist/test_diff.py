"""What an application would do, item by item."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.watchlist import (
    Changes,
    DeclaredChannel,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    FieldChange,
    FromEnv,
    Given,
    Item,
    Known,
    Reference,
    Snapshot,
    Stored,
    Watchlist,
    as_json,
    as_text,
    changes,
    known_after,
    parse_watchlist,
)
from worker.secrets import Secret

FEED = DeclaredFeed("https://news.example.id/rss", name="Harian Contoh", tags=("indonesia",))
TOPIC = DeclaredTopic("NATO", "@nato", ("war",))
DESK = DeclaredChannel("desk", "slack_webhook", FromEnv("HOOK"))
SUBSCRIPTION = DeclaredSubscription("desk, at once", ("NATO",), ("desk",))
ALL = Watchlist((FEED,), (TOPIC,), (DESK,), (SUBSCRIPTION,))


def test_the_first_application_adds_everything() -> None:
    found = changes(ALL, Snapshot())
    assert [(item.noun, item.key) for item in found.added] == [
        ("feed", "https://news.example.id/rss"),
        ("topic", "NATO"),
        ("channel", "desk"),
        ("subscription", "desk, at once"),
    ]
    assert found == Changes(added=found.added)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a watchlist is a large value to draw
@given(data=st.data())
def test_an_application_of_what_is_there_changes_nothing(
    data: st.DataObject, watchlists: st.SearchStrategy[Watchlist]
) -> None:
    watchlist = data.draw(watchlists)
    found = changes(watchlist, Snapshot(declared=watchlist), prune=True)
    assert not found
    assert found.unchanged == sum(map(len, dataclasses.astuple(watchlist)))


# Few names and few values, so that the three watchlists below meet often.
_TOPICS = st.lists(
    st.builds(DeclaredTopic, st.sampled_from("abc"), st.sampled_from("xy")), unique_by=lambda t: t.name
)
_FEEDS = st.lists(
    st.builds(
        DeclaredFeed, st.sampled_from(["https://a.example/", "https://A.example:443/", "https://b.example/"])
    ),
    unique_by=lambda feed: feed.url.lower().replace(":443", ""),
)
_SMALL = st.builds(Watchlist, _FEEDS.map(tuple), _TOPICS.map(tuple))


def _names(watchlist: Watchlist) -> set[tuple[str, str]]:
    feeds = {("feed", feed.url.lower().replace(":443", "")) for feed in watchlist.feeds}
    return feeds | {("topic", topic.name) for topic in watchlist.topics}


@given(_SMALL, _SMALL, _SMALL, st.booleans())
def test_every_item_has_exactly_one_fate(
    wanted: Watchlist, declared: Watchlist, made_here: Watchlist, prune: bool
) -> None:
    found = changes(wanted, Snapshot(declared, made_here), prune=prune)
    fates = {
        "add": _names(wanted) - _names(declared) - _names(made_here),
        "adopt": (_names(wanted) & _names(made_here)) - _names(declared),
        "gone": _names(declared) - _names(wanted),
    }
    assert len(found.added) == len(fates["add"])
    assert len(found.adopted) == len(fates["adopt"])
    assert len(found.changed) + found.unchanged == len(_names(wanted) & _names(declared))
    assert (len(found.removed), len(found.left)) == (
        (len(fates["gone"]), 0) if prune else (0, len(fates["gone"]))
    )
    json.dumps(as_json(found))
    assert as_text(found)


def test_a_changed_key_is_told_with_what_it_was_and_becomes() -> None:
    wanted = dataclasses.replace(ALL, topics=(DeclaredTopic("NATO", "@nato OR perang", ("war",)),))
    found = changes(wanted, Snapshot(declared=ALL))
    assert found == Changes(
        changed=(Item("topic", "NATO", (FieldChange("query", "@nato", "@nato OR perang"),)),), unchanged=3
    )
    assert as_text(found) == "~ topic NATO query: @nato → @nato OR perang\n1 changed, 3 unchanged"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("every_s", 120.0, FieldChange("every", None, "2m")),
        ("full_text", False, FieldChange("full_text", True, False)),
        ("name", "", FieldChange("name", "Harian Contoh", None)),
        ("tags", (), FieldChange("tags", ["indonesia"], None)),
        ("language", "id", FieldChange("language", None, "id")),
        ("user", "rina", FieldChange("user", None, "rina")),
        ("password", FromEnv("PW"), FieldChange("password", None, "env:PW")),
        ("headers", (("X-Key", Stored("7")),), FieldChange("headers.x-key", None, "stored:7")),
        ("url", "https://News.example.id/rss", FieldChange("url", FEED.url, "https://News.example.id/rss")),
    ],
)
def test_each_key_of_a_feed_is_compared(field: str, value: object, told: FieldChange) -> None:
    wanted = Watchlist(feeds=(dataclasses.replace(FEED, **{field: value}),))  # type: ignore[arg-type]
    [item] = changes(wanted, Snapshot(declared=Watchlist(feeds=(FEED,)))).changed
    assert item.fields == (told,)


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("topics", ("tag:war",), "topics"),
        ("channels", ("desk", "rina"), "channels"),
        ("when", ("hourly",), "when"),
        ("timezone", "Asia/Jakarta", "timezone"),
        ("quiet", "22:00-06:00", "quiet"),
        ("wait_s", 90.0, "wait"),
        ("group", "off", "group"),
        ("cap_per_hour", 3, "cap_per_hour"),
        ("sources", ("-x",), "sources"),
        ("languages", ("id",), "languages"),
        ("on_doubt", "hold", "on_doubt"),
    ],
)
def test_each_key_of_a_subscription_is_compared(field: str, value: object, key: str) -> None:
    wanted = Watchlist(subscriptions=(dataclasses.replace(SUBSCRIPTION, **{field: value}),))  # type: ignore[arg-type]
    [item] = changes(wanted, Snapshot(declared=Watchlist(subscriptions=(SUBSCRIPTION,)))).changed
    assert [change.field for change in item.fields] == [key]


def test_a_channel_that_moves_to_another_kind_changes_both_targets() -> None:
    wanted = Watchlist(channels=(DeclaredChannel("desk", "email", Given(Secret("desk@example.org"))),))
    found = changes(wanted, Snapshot(declared=Watchlist(channels=(DESK,))))
    assert as_text(found).splitlines()[:2] == [
        "~ channel desk slack: env:HOOK → default",
        "~ channel desk email: default → desk@example.org",
    ]


def test_only_what_a_file_declared_is_removed_and_only_when_asked() -> None:
    own = Watchlist(topics=(DeclaredTopic("Perang", "perang"),))
    stored = Snapshot(declared=ALL, made_here=own)
    wanted = Watchlist(feeds=(FEED,))
    kept, pruned = changes(wanted, stored), changes(wanted, stored, prune=True)
    assert [item.key for item in pruned.removed] == ["NATO", "desk", "desk, at once"]
    assert kept.removed == ()
    assert kept.left == pruned.removed
    assert not kept
    assert "- topic NATO" in as_text(pruned)
    assert "--prune" in as_text(kept)


def test_what_was_made_in_the_dashboard_is_taken_over_with_its_changes() -> None:
    made_here = Watchlist(topics=(TOPIC, DeclaredTopic("Perang", "perang")))
    wanted = Watchlist(topics=(TOPIC, DeclaredTopic("Perang", "invasi")))
    found = changes(wanted, Snapshot(made_here=made_here))
    assert found.adopted == (
        Item("topic", "NATO"),
        Item("topic", "Perang", (FieldChange("query", "perang", "invasi"),)),
    )
    assert as_text(found).splitlines() == [
        "= topic NATO",
        "= topic Perang",
        "~ topic Perang query: perang → invasi",
        "2 taken over from the dashboard, 0 unchanged",
    ]


AT = ("channel", "desk", "target")
LITERAL = Given(Secret("https://hooks.example/geheim"))


@pytest.mark.parametrize(
    ("old", "new", "old_print", "new_print", "told"),
    [
        (FromEnv("A"), FromEnv("A"), "f1", "f1", None),
        (FromEnv("A"), FromEnv("A"), "f1", "f2", ("env:A", "env:A (new value)")),
        (FromEnv("A"), FromEnv("B"), "f1", "f1", ("env:A", "env:B")),
        (FromEnv("A"), FromEnv("A"), None, None, None),
        (Stored("7"), LITERAL, "f1", "f1", None),
        (Stored("7"), LITERAL, "f1", "f2", ("stored:7", "***")),
        (Stored("7"), LITERAL, None, None, ("stored:7", "***")),
        (Stored("7"), Stored("7"), "f1", "f1", None),
        (Stored("7"), FromEnv("A"), "f1", "f1", ("stored:7", "env:A")),
        (LITERAL, Given(Secret("https://hooks.example/geheim2")), "f1", "f2", ("***", "*** (new value)")),
    ],
)
def test_secrets_compare_by_reference_and_fingerprint_and_are_never_shown(
    old: Reference, new: Reference, old_print: str | None, new_print: str | None, told: tuple[str, str] | None
) -> None:
    stored = Snapshot(
        declared=Watchlist(channels=(DeclaredChannel("desk", "slack_webhook", old),)),
        fingerprints={AT: old_print} if old_print else {},
    )
    wanted = Watchlist(channels=(DeclaredChannel("desk", "slack_webhook", new),))
    found = changes(wanted, stored, fingerprints={AT: new_print} if new_print else {})
    expected = (FieldChange("slack", *told),) if told else ()
    assert tuple(change for item in found.changed for change in item.fields) == expected
    assert "geheim" not in as_text(found) + json.dumps(as_json(found)) + repr(found)


def test_the_json_form_has_lists_and_the_number_of_unchanged_items() -> None:
    wanted = dataclasses.replace(ALL, feeds=(dataclasses.replace(FEED, every_s=60.0),), subscriptions=())
    assert as_json(changes(wanted, Snapshot(declared=ALL), prune=True)) == {
        "added": [],
        "changed": [{"noun": "feed", "key": FEED.url, "fields": {"every": {"old": None, "new": "1m"}}}],
        "removed": [{"noun": "subscription", "key": "desk, at once"}],
        "adopted": [],
        "left": [],
        "unchanged": 2,
    }


def test_a_file_may_refer_to_what_stays_after_it_is_applied() -> None:
    own = Watchlist(topics=(DeclaredTopic("Perang", "perang", ("konflik",)),))
    stored = Snapshot(declared=ALL, made_here=own)
    assert known_after(stored) == Known(
        topics=frozenset({"NATO", "Perang"}),
        topic_tags=frozenset({"war", "konflik"}),
        tags_of={"NATO": frozenset({"war"}), "Perang": frozenset({"konflik"})},
        channels=frozenset({"desk"}),
        sources=frozenset({"Harian Contoh", "indonesia", "news.example.id"}),
    )
    assert known_after(stored, prune=True) == Known(
        frozenset({"Perang"}), frozenset({"konflik"}), tags_of={"Perang": frozenset({"konflik"})}
    )
    text = '[[subscription]]\ntopics = ["NATO"]\nchannels = ["desk"]\n'
    assert parse_watchlist(text, "w.toml", known=known_after(stored))[0]
    assert not parse_watchlist(text, "w.toml", known=known_after(stored, prune=True))[0]


def test_a_stored_name_with_control_characters_does_not_reach_the_terminal() -> None:
    stored = Snapshot(declared=Watchlist(topics=(DeclaredTopic("a\x1b[31m\n", "x"),)))
    assert all(line.isprintable() for line in as_text(changes(Watchlist(), stored, prune=True)).splitlines())
