"""Topics and subscriptions as feeds over HTTP: by their secret address alone."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime, timedelta

import feedparser
import pytest

from ops import logs
from ops.store import sharing
from ops.syndication import MOST_ENTRIES

pytestmark = pytest.mark.servers
TOKEN = "a-token-that-nobody-guesses-1234"


@pytest.fixture
def rows(rows, engine):
    rows.engine = engine
    return rows


@pytest.fixture
def share(rows):
    def make(noun, owner, token=TOKEN):
        with rows.engine.begin() as connection:
            sharing.share(connection, noun, owner, token)
        return f"/feeds/{noun}/{token}"

    return make


@pytest.fixture
def world(rows):
    """A topic with two articles, and a subscription that hears of them."""
    rows.ids = (
        rows.feed(),
        rows.topic(),
        rows.channel(),
        rows.subscription(name="pagi", when=["daily 07:00"]),
    )
    return rows


def news(rows, title, suppressed=None, delivery=None, channel=None, **facts):
    feed, topic, desk, subscription = rows.ids
    article = rows.article(feed, title=title, **facts)
    match = rows.match(topic, article, state="planned")
    if suppressed is None and delivery is None:
        delivery = rows.delivery(desk, subscription)
    rows.alert(match, subscription, channel or desk, delivery, suppressed=suppressed)
    return article


def titles(got):
    return [entry["title"] for entry in json.loads(got.text)["items"]]


def test_a_topic_is_read_as_atom_and_as_json_without_a_log_in(site, world, share):
    news(world, "Satu"), news(world, "Dua", suppressed="source_filter")
    path = share("topics", world.ids[1])
    got = site.visitor().get(f"{path}.atom")
    assert (got.status, got.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    assert got.headers["x-robots-tag"] == "noindex, nofollow"
    assert got.headers["cache-control"].startswith("private")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in got.headers
    found = feedparser.parse(io.BytesIO(got.text.encode()))
    assert not found.bozo
    assert [entry.title for entry in found.entries] == ["Dua", "Satu"]
    assert found.entries[0].content[0].value.startswith('<blockquote dir="auto"><strong>NATO</strong> met.')
    got = site.visitor().get(f"{path}.json")
    assert got.headers["content-type"] == "application/feed+json; charset=utf-8"
    assert titles(got) == ["Dua", "Satu"]


def test_a_subscription_is_read_as_its_filters_let_it_through_whatever_its_times(site, world, share):
    digest = world.delivery(world.ids[2], world.ids[3], state="collecting", kind="digest")
    news(world, "Di ringkasan", delivery=digest)
    news(world, "Sudah", suppressed="already_told")
    for reason in (
        "source_filter",
        "language_filter",
        "before_subscription",
        "too_old",
        "silenced",
        "new_one",
    ):
        news(world, reason, suppressed=reason)
    twice = news(world, "Dua kanal")
    match = world.one("SELECT id FROM matches WHERE article_id = :a", a=twice)
    world.alert(match, world.ids[3], world.channel("second"), world.delivery(world.ids[2], world.ids[3]))
    got = site.visitor().get(share("subscriptions", world.ids[3]) + ".json")
    assert titles(got) == ["Dua kanal", "Sudah", "Di ringkasan"]
    assert json.loads(got.text)["items"][0]["tags"] == ["NATO"]


def test_who_has_it_already_gets_a_304_with_no_body_until_something_changes(site, world, share):
    news(world, "Satu")
    path, visitor = share("topics", world.ids[1]) + ".atom", site.visitor()
    first = visitor.get(path)
    for validator in (
        {"if_none_match": first.headers["etag"]},
        {"if_modified_since": first.headers["last-modified"]},
    ):
        again = visitor.get(path, **validator)
        assert (again.status, again.text) == (304, "")
        assert again.headers["etag"] == first.headers["etag"]
    news(world, "Dua", read_at=datetime.now(UTC) + timedelta(minutes=1))
    assert visitor.get(path, if_none_match=first.headers["etag"]).status == 200
    assert visitor.get(path, if_modified_since=first.headers["last-modified"]).status == 200
    head = visitor.ask("HEAD", path, None, {})
    assert (head.status, head.text) == (200, "")


def test_an_address_that_is_revoked_or_whose_owner_is_gone_answers_410(site, world, share):
    path = share("topics", world.ids[1])
    with world.engine.begin() as connection:
        assert sharing.revoke(connection, "topics", world.ids[1]) == 1
    assert site.visitor().get(f"{path}.atom").status == 410
    path = share("subscriptions", world.ids[3], TOKEN + "5")
    assert site.visitor().get(f"{path}.atom").status == 200
    world.change("UPDATE subscriptions SET removed_at = now()")
    assert site.visitor().get(f"{path}.atom").status == 410


@pytest.mark.parametrize(
    "path",
    [
        f"/feeds/subscriptions/{TOKEN}.atom",  # a topic's token opens no subscription
        f"/feeds/topics/{TOKEN}x.atom",
        f"/feeds/topics/{TOKEN}.rss",
        f"/feeds/topics/{TOKEN}",
        f"/feeds/channels/{TOKEN}.atom",
        "/feeds/topics/.atom",
        f"/feeds/topics/{'x' * 500}.atom",
        "/feeds/topics/%00.atom",
        "/feeds/topics/%ff%fe.json",
        "/feeds/topics/1.atom",
    ],
)
def test_any_other_address_is_none_and_says_nothing(site, world, share, path):
    share("topics", world.ids[1])
    got = site.visitor().get(path)
    assert got.status == 404
    assert "NATO" not in got.text


def test_it_is_read_only(site, world, share):
    assert site.visitor().ask("POST", share("topics", world.ids[1]) + ".atom", "", {}).status in (403, 405)


def test_the_token_is_not_in_the_database_and_use_is_noted(site, world, share):
    path = share("topics", world.ids[1])
    site.visitor().get(f"{path}.atom")
    asked = "SELECT asked_at FROM shared_feeds"
    first = world.one(asked)
    assert first is not None
    site.visitor().get(f"{path}.atom")
    assert world.one(asked) == first
    assert TOKEN not in str(world.all("SELECT * FROM shared_feeds"))


def test_no_more_than_the_newest_hundred_are_there(site, world, share):
    for n in range(MOST_ENTRIES + 3):
        world.match(world.ids[1], world.article(world.ids[0], title=f"Berita {n}"), state="planned")
    got = titles(site.visitor().get(share("topics", world.ids[1]) + ".json"))
    assert got == [f"Berita {n}" for n in reversed(range(3, MOST_ENTRIES + 3))]


def test_its_own_address_stands_in_it_only_where_the_operator_has_said_it(make_site, database, world, share):
    path = share("topics", world.ids[1]) + ".json"
    plain = make_site(database).visitor().get(path, host="evil.example")
    assert "evil.example" not in plain.text
    assert "feed_url" not in json.loads(plain.text)
    public = make_site(database, public_url="https://pantau.example/").visitor().get(path)
    assert json.loads(public.text)["feed_url"] == f"https://pantau.example{path}"


def test_logs_show_no_token():
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        logs.set_up("json", "debug", stream=stream)
        logging.getLogger("uvicorn.access").info(
            '%s - "%s %s" %d', "127.0.0.1", "GET", f"/feeds/topics/{TOKEN}.atom", 200
        )
        logging.getLogger("uvicorn.access").info('"%s"', f"https://w.example/websub/{TOKEN}")
    finally:
        root.handlers, root.level = handlers, level
    assert stream.getvalue().count("***") == 2
    assert TOKEN not in stream.getvalue()
