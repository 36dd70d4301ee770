"""Subscriptions, channels and silences in a real browser: at any width, in the dark, with a keyboard, and by hand.

PANTAU_SHOTS keeps pictures in that folder; axe-core looks for what some people cannot use.
"""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ops.newsroom import SlackSink, running
from ops.newsroom.script import Script
from ops.outbox import make_outbox
from ops.places import Urls
from ops.tools import make_kit
from worker.secrets import KeyRing, Secret
from worker.settings import from_env

pytestmark = [pytest.mark.servers, pytest.mark.browser]

KEY = "a key for the tests of pages"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
VIOLATIONS = (
    "axe.run().then(found => found.violations.map(each => each.id + ' ' + each.nodes.map(n => n.html)))"
)
SHOTS = os.environ.get("PANTAU_SHOTS")
AXE = files("axe_playwright_python") / "axe.min.js"
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
def paths(site: Any, engine: Any, world: Any) -> list[str]:
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
    return [
        "/channels",
        f"/channels/{numbers[1]}",
        "/channels/new",
        "/subscriptions",
        f"/subscriptions/{heard}",
        f"/subscriptions/{heard}/edit",
        "/silences",
    ]


def log_in(page: Any, site: Any) -> None:
    page.goto(site.address)
    page.fill("#name", "ratna")
    page.fill("#password", "a long enough password")
    page.click("button[type=submit]")
    page.wait_for_selector("#verdict")


def test_every_page_stands_at_any_width_and_in_the_dark(site: Any, paths: list[str], chromium: Any) -> None:
    grounds = set()
    for width, scheme in ((390, "dark"), (1440, "light")):
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        log_in(page, site)
        for path in paths:
            page.goto(site.address + path)
            assert page.locator("main h1").is_visible()
            assert page.evaluate(WIDE) <= 0, (path, width)
            if SHOTS:
                name = path.strip("/").replace("/", "-")
                page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)
            page.evaluate(AXE.read_text())
            assert page.evaluate(VIOLATIONS) == [], (path, width, scheme)
        grounds.add((scheme, page.evaluate(GROUND)))
        assert said == []
        context.close()
    assert len({ground for _, ground in grounds}) == 2


def test_a_channel_and_a_subscription_are_made_by_hand_without_script(
    site: Any, engine: Any, chromium: Any
) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO topics (name, query) VALUES ('NATO', 'nato')"))
    sink = SlackSink(Script())
    with running(sink.app()) as url:
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        log_in(page, site)
        page.goto(site.address + "/channels")
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
        context.close()
    assert len(sink.accepted) == 1
