"""The way of a newcomer: what is done, what is next, and where it is done."""

from __future__ import annotations

from typing import Any

import pytest

from ops.dashboard.views.first_steps import first_steps, next_step
from ops.store.pages.rail import Counts

EVERYWHERE = frozenset({"/feeds/add", "/topics/new", "/channels/new", "/subscriptions/new"})


def test_whoever_was_told_something_needs_no_steps():
    assert first_steps(Counts(told=True), EVERYWHERE, "admin") == ()
    assert next_step(()) is None


@pytest.mark.parametrize(
    ("counts", "done", "path"),
    [
        ({}, [False] * 4, "/feeds/add"),
        ({"feeds": 2}, [True, False, False, False], "/topics/new"),
        ({"feeds": 2, "topics": 1}, [True, True, False, False], "/channels/new"),
        ({"feeds": 2, "topics": 1, "channels": 1}, [True, True, True, False], "/subscriptions/new"),
        ({"topics": 1}, [False, True, False, False], "/feeds/add"),
    ],
)
def test_each_step_is_done_once_there_is_such_a_thing(counts, done, path):
    steps = first_steps(Counts(told=False, **counts), EVERYWHERE, "editor")
    assert [step.done for step in steps] == done
    following = next_step(steps)
    assert following
    assert following.path == path


def test_all_done_has_no_next_step():
    counts = Counts(told=False, feeds=1, topics=1, channels=1, subscriptions=1)
    assert next_step(first_steps(counts, EVERYWHERE, "editor")) is None


def test_pages_that_are_not_there_or_not_allowed_are_named_by_their_command():
    for offered, role in ((frozenset({"/feeds/add"}), "admin"), (EVERYWHERE, "viewer")):
        steps = first_steps(Counts(told=False), offered, role)
        assert all(step.path or step.command.startswith("pantau ") for step in steps)
        assert steps[1].path == ""


@pytest.mark.servers
def test_a_newcomer_is_led_until_the_first_alert_has_gone_out(site: Any, world: Any) -> None:
    visitor = site.known_visitor()
    first = visitor.get("/").text
    assert "First steps" in first
    assert 'href="/feeds/add"' in first
    assert "0 of 4 done" in visitor.get("/workers").text
    with world() as news:
        feed = news.feed()
        article = news.article(feed, "Rusia gempur Kiev")
        match = news.match(article, [], {"field": "title", "text": "Rusia", "marks": []})
    site.steady.seconds += 10
    assert "2 of 4 done" in visitor.get("/workers").text
    with world() as news:
        news.delivery(article, match, news.channel())
    site.steady.seconds += 10
    for path in ("/", "/workers"):
        assert "First steps" not in visitor.get(path).text


@pytest.mark.servers
def test_a_viewer_is_shown_commands_and_no_buttons(site: Any, engine: Any) -> None:
    from ops import access
    from ops.store import accounts

    with engine.begin() as connection:
        if accounts.find_user(connection, "newcomer") is None:
            accounts.add_user(connection, "newcomer", access.hash_password("another long password"), "viewer")
    visitor = site.visitor()
    visitor.log_in("newcomer", "another long password")
    page = visitor.get("/").text
    assert "First steps" in page
    assert 'href="/feeds/add"' not in page
    assert "pantau feeds add" in page
