"""What is watched changes while articles are planned: the ledger has no hole either way."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest

from alerts.desks.plan import plan
from ops.store.audit import audit
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredSubscription, DeclaredTopic, Snapshot, Watchlist, changes

pytestmark = pytest.mark.servers


def test_what_is_planned_while_a_subscription_is_being_made_leaves_no_hole_in_the_ledger(kit, rows, keys):
    rows.topic(), rows.channel()
    wanted = Watchlist(subscriptions=(DeclaredSubscription("all", ("NATO",), ("desk",)),))
    with kit.engine.begin() as connection:
        Shelf(connection, keys).write(wanted, changes(wanted, Snapshot()), {})
        rows.match(1, rows.article(rows.feed(), read_at=datetime.now(UTC)))
        planner = Thread(target=lambda: plan(kit))
        planner.start()
        planner.join(0.3)
    planner.join()
    with kit.engine.connect() as connection:
        found = audit(connection)
    assert (found.alerts, found.lost) == (1, 0)


def test_what_was_read_before_a_subscription_could_be_made_is_older_than_it(kit, rows, keys):
    rows.topic(), rows.channel()
    wanted = Watchlist(subscriptions=(DeclaredSubscription("all", ("NATO",), ("desk",)),))
    with kit.engine.begin() as connection:
        alone(connection)
        rows.match(rows.one("SELECT id FROM topics"), rows.article(rows.feed(), read_at=datetime.now(UTC)))
        plan(kit)
        Shelf(connection, keys).write(wanted, changes(wanted, Snapshot()), {})
    with kit.engine.connect() as connection:
        assert audit(connection).lost == 0


def test_a_subscription_that_follows_no_moved_tag_is_the_one_it_was(kit, rows, keys):
    rows.topic(tags=["war"]), rows.channel()
    for topics in (["tag:war"], ["tag:trade"], ["NATO"]):
        rows.subscription(topics)
    before = dict(rows.all("SELECT id, changed_at FROM subscriptions"))
    wanted = Watchlist(topics=(DeclaredTopic("NATO", "nato OR otan", ("trade", "war")),))
    with kit.engine.begin() as connection:
        shelf = Shelf(connection, keys)
        shelf.write(wanted, changes(wanted, shelf.snapshot()), {})
    after = dict(rows.all("SELECT id, changed_at FROM subscriptions"))
    assert [number for number in before if before[number] != after[number]] == [2]


def test_hosts_names_and_tags_of_feeds_are_sources_whatever_they_share(kit, rows, keys):
    rows.feed(url="https://user@a.example:8443/one?x", name="One", tags=["war", "asia"])
    rows.feed(url="https://a.example/two", name="Two", tags=["war", "asia"])
    rows.feed(url="http://[::1]/three", name=None)
    rows.feed(url="https://gone.example/four", name="Gone", tags=["gone"], removed_at=datetime.now(UTC))
    with kit.engine.connect() as connection:
        shelf = Shelf(connection, keys)
        assert shelf.known(sources=True).sources == {"a.example", "::1", "One", "Two", "war", "asia"}
        assert shelf.known().sources == frozenset()
