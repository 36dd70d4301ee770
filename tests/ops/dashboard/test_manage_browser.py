"""Workers, settings, audit log and first steps in a real browser: they fit, in any width and light, and work by hand.

Each page is also examined by axe-core: no violation is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert

from ops import access
from ops.store import accounts
from ops.store.audit_log import note
from ops.store.schema import heartbeats, users
from tests.ops.dashboard.browsing import GROUND, LOOKS, check, opened
from worker.secrets import KeyRing
from worker.settings import from_env
from worker.store.schema import topics

pytestmark = [pytest.mark.servers, pytest.mark.browser]

LONG = "Perundingan" * 12
PAGES = {
    "overview-in-trouble": "/",
    "workers": "/workers",
    "settings": "/settings",
    "settings-users": "/settings/users",
    "settings-users-remove": "/settings/users/remove?user=sari",
    "settings-tokens": "/settings/tokens",
    "settings-entities": "/settings/entities?name=NATO",
    "settings-installation": "/settings/installation",
    "audit-log": "/audit-log",
    "audit-log-empty": "/audit-log?who=nobody",
}


@pytest.fixture
def site(make_site: Any, database: Any, urls: Any, tmp_path: Path) -> Any:
    """A web process that knows its installation."""
    environ = {"PANTAU_REDIS_URL": urls.redis, "PANTAU_DATABASE_URL": urls.database}
    given = from_env({**environ, "PANTAU_DATA_DIR": str(tmp_path)})
    return make_site(database, settings=given, keys=KeyRing.of(("a key for tests",)))


@pytest.fixture
def sari(engine: Any) -> Iterator[None]:
    with engine.begin() as connection:
        accounts.add_user(connection, "sari", access.hash_password("another long password"), "editor")
    yield
    with engine.begin() as connection:
        connection.execute(delete(users).where(users.c.name != "ratna"))


@pytest.fixture
def busy(world: Any, sari: None) -> None:
    """An installation with everything that can be long or wrong."""
    with world() as news:
        news.tick()
        for name, queues, age in (("all", ["tick", "poll", "read", "plan"], -60), (LONG, ["send"], 300)):
            says = {
                "name": name,
                "queues": queues,
                "slots": 4,
                "busy": 3,
                "host": LONG,
                "pid": 9,
                "memory": 10**8,
            }
            at = news.now - timedelta(seconds=age)
            news.connection.execute(insert(heartbeats).values(part=f"worker:{name}:1", at=at, says=says))
        feed = news.feed("Broken", "failing", last_error="dns")
        article = news.article(feed, "Rusia gempur Kiev")
        match = news.match(article, [], {"field": "title", "text": "Rusia", "marks": []})
        news.delivery(article, match, news.channel(), "failed", reason="permanent: " + LONG)
        news.put(topics, name=LONG, query="@nato")
        note(news.connection, "ratna", "changed", "topic", LONG, {"query": LONG}, {"query": LONG * 2})
        note(news.connection, LONG, "added", "feed", "Harian", None, {"every": "5m"})


def examined(page: Any, site: Any) -> None:
    page.goto(f"{site.address}/settings/installation")
    page.click("text=Examine now")
    page.wait_for_selector(".finding")


def test_every_page_fits_and_nothing_breaks_the_policy(site: Any, busy: None, chromium: Any) -> None:
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said)
        for name, path in PAGES.items():
            page.goto(site.address + path)
            check(page, name, width, scheme, said)
        examined(page, site)
        check(page, "settings-installation-examined", width, scheme, said)
        light = sum(map(int, re.findall(r"\d+", page.evaluate(GROUND))[:3])) > 380
        assert light is (scheme == "light")
        page.context.close()


def test_an_account_is_made_and_its_password_changed_without_script(
    site: Any, sari: None, chromium: Any
) -> None:
    page = opened(site, chromium, 1440, "light", [], "/settings/users", java_script_enabled=False)
    page.fill("#name", "Budi")
    page.check("input[value=editor]")
    page.click("text=Make the account")
    secret = page.inner_text(".secret")
    page.reload()
    assert page.locator(".secret").count() == 0
    theirs = chromium.new_context(java_script_enabled=False).new_page()
    theirs.goto(f"{site.address}/login?next=/settings")
    theirs.fill("#name", "budi")
    theirs.fill("#password", secret)
    theirs.click("button[type=submit]")
    theirs.fill("#old", secret)
    theirs.fill("#new", "one that Budi thought of")
    theirs.fill("#again", "one that Budi thought of")
    theirs.click("text=Change the password")
    assert "Your password is changed" in theirs.inner_text("#content")
    page.goto(f"{site.address}/audit-log?name=Budi")
    assert page.locator("tbody tr").count() == 2


def test_a_newcomer_sees_the_next_step_everywhere(site: Any, chromium: Any) -> None:
    page = opened(site, chromium, 1440, "light", [])
    assert page.locator("#first-steps li").count() == 4
    assert page.get_attribute("#first-steps [aria-current=step] a", "href") == "/feeds/add"
    page.goto(f"{site.address}/audit-log")
    page.click("#first-steps a")
    page.wait_for_url("**/feeds/add")
