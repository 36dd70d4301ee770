"""Subscriptions, channels and silences in a real browser: at any width, in the dark, with a keyboard, and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ops.newsroom import SlackSink, running
from ops.newsroom.script import Script
from ops.outbox import make_outbox
from ops.places import Urls
from ops.tools import make_kit
from tests.ops.dashboard.browsing import GROUND, LOOKS, check, opened
from worker.secrets import KeyRing, Secret
from worker.settings import from_env

pytestmark = [pytest.mark.servers, pytest.mark.browser]

KEY = "a key for the tests of pages"
HOSTILE = "<script>alert(1)</script> الأخبار العاجلة"
LONG = "Perundingan" * 12


@pytest.fixture
def site(make_site: Any, database: Secret, engine: Any, urls: Urls, tmp_path: Path) -> Any:
    """The web process with keys and a way to send tests."""
    settings = from_env(
        {
            "PANTAU_DATABASE_URL": urls.database,
            "PANTAU_REDIS_URL": urls.redis,
            "PANTAU_DATA_DIR": str(tmp_path),
            "PANTAU_SECRET_KEY": KEY,
            "PANTAU_ALLOW_NETS": "127.0.0.0/8",
        }
    )
    kit = make_kit(settings, database=engine)
    return make_site(database, keys=KeyRing.of((KEY,)), outbox=make_outbox(settings, kit))


@pytest.fixture
def paths(site: Any, engine: Any, world: Any) -> dict[str, str]:
    """Every page, with names that are long, from the right, or meant to do harm; one of each state."""
    keys = KeyRing.of((KEY,))
    with world() as news:
        quote = {"field": "body", "text": "Kata sekretaris NATO kemarin.", "marks": [[16, 20]]}
        article = news.article(news.feed(), f"Rusia {LONG}")
        news.match(article, [["body", 16, 20, "NATO"]], quote)
        topic = news.connection.execute(text("SELECT name FROM topics")).scalar_one()
        numbers = []
        for name in ("desk", HOSTILE, LONG):
            target = keys.seal(Secret(f"https://{LONG[:60]}.example/hook"), f"channel:{name}:target")
            row = {"name": name, "target": target}
            numbers.append(
                news.connection.execute(
                    text(
                        "INSERT INTO channels (name, kind, target, target_ref, fingerprint) "
                        "VALUES (:name, 'slack_webhook', :target, 'stored:x', 'x') RETURNING id"
                    ),
                    row,
                ).scalar_one()
            )
        news.circuit(f"channel:{numbers[1]}", f"tries_again: {LONG}")
        heard = news.connection.execute(
            text(
                'INSERT INTO subscriptions (name, topics, channels, "when", quiet, timezone) '
                "VALUES (:name, :topics, :channels, :times, '22:00-06:00', 'Asia/Jakarta') RETURNING id"
            ),
            {
                "name": HOSTILE + LONG,
                "topics": [topic, "tag:" + LONG],
                "channels": ["desk", HOSTILE, LONG, "gone"],
                "times": ["now", "daily 07:00", "weekly mon,fri 12:00"],
            },
        ).scalar_one()
        news.connection.execute(
            text(
                "INSERT INTO silences (scope, source, from_at, until_at, made_by, comment) "
                "VALUES ('source', :source, now(), now() + interval '8 hours', :source, :source)"
            ),
            {"source": HOSTILE + LONG},
        )
    return {
        "channels": "/channels",
        "channel": f"/channels/{numbers[1]}",
        "channel-edit": f"/channels/{numbers[1]}/edit",
        "channel-new": "/channels/new",
        "subscriptions": "/subscriptions",
        "subscription": f"/subscriptions/{heard}",
        "subscription-edit": f"/subscriptions/{heard}/edit",
        "silences": "/silences",
    }


def test_every_page_stands_at_any_width_and_in_the_dark(
    site: Any, paths: dict[str, str], chromium: Any
) -> None:
    grounds = set()
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said)
        for name, path in paths.items():
            page.goto(site.address + path)
            assert page.locator("main h1").is_visible()
            check(page, name, width, scheme, said)
        grounds.add((scheme, page.evaluate(GROUND)))
        page.context.close()
    assert len({ground for _, ground in grounds}) == 2


def test_a_channel_and_a_subscription_are_made_by_hand_without_script(
    site: Any, engine: Any, chromium: Any
) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO topics (name, query) VALUES ('NATO', 'nato')"))
    sink = SlackSink(Script())
    with running(sink.app()) as url:
        page = opened(site, chromium, 1440, "light", [], "/channels", java_script_enabled=False)
        page.click("text=Add a channel >> nth=0")
        page.fill("#name", "desk")
        page.check("input[value=slack]")
        page.fill("#target", f"{url}/services/T0/B0/hush")
        page.click("text=Add the channel")
        assert "The channel is made" in page.inner_text(".done")
        page.click(".actions >> text=Send a test")
        assert "the receiver has accepted it" in page.inner_text("[aria-labelledby=h-test]")
        page.click("text=Add a subscription")
        assert page.is_checked("input[name=channel-0]")
        page.fill("#when", "daily 7")
        page.focus("text=Add the subscription")
        page.keyboard.press("Enter")
        assert "is no time of day" in page.inner_text("#wrong-when")
        assert page.input_value("#when") == "daily 7"
        page.check("input[name=topic-0]")
        page.fill("#when", "daily 07:00")
        page.click("text=Add the subscription")
        assert page.inner_text("h1") == "NATO → desk"
        page.click("main >> text=Pause >> nth=1")
        assert "paused" in page.inner_text("[aria-labelledby=h-what]")
        page.click("main >> text=Resume")
        page.click("summary >> text=Remove this subscription")
        page.click("text=Remove it now")
        assert "The subscription is removed" in page.inner_text(".done")
        page.context.close()
    assert len(sink.accepted) == 1
