"""The pages of feeds in a real browser: at any width, in the dark, with a keyboard; a list taken over with its
progress."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from ops.dashboard.pages import feed_lists
from ops.importing import import_list
from ops.places import Urls
from tests.ops.dashboard.browsing import LOOKS, check, opened, picture
from worker.secrets import KeyRing, Secret
from worker.settings import Settings
from worker.store.schema import entries, feeds, gaps, habits

pytestmark = [pytest.mark.servers, pytest.mark.browser]

LONG = "Kievskajaoblastnaja" * 6


@pytest.fixture
def site(make_site: Any, database: Secret, urls: Urls, tmp_path: Path) -> Any:
    settings = Settings(data_dir=tmp_path, database_url=database)
    return make_site(database, Secret(urls.redis), settings=settings, keys=KeyRing.of(("of the browser",)))


def fill(news: Any) -> int:
    """A feed of every kind; the number of the one with the longest story."""
    failing = news.feed(
        f"A feed with a name such as {LONG}", "failing", last_error="http_503", last_status=503, failures=7,
        polls="nuuneeeecc", last_polled_at=news.now, tags=["indonesia", LONG],
    )  # fmt: skip
    news.feed("Pergi", "gone", last_error="http_410", declared=True)
    silent, missed = news.feed("Diam"), news.feed("Bolong", polls="nu" * 15)
    hour = timedelta(hours=1)
    facts = {"began_at": news.now, "look_at": news.now, "silent_since": news.now - hour, "missing": 9}
    news.connection.execute(insert(habits).values(feed_id=silent, **facts))
    news.put(gaps, feed_id=missed, since=news.now - hour, until=news.now, at_most=4, state="open")
    read = news.article(failing, f"Rusia gempur {LONG}")
    common = {"feed_id": failing, "summary": "", "content": "", "authors": [], "tags": [], "backlog": False}
    for n, what in enumerate(
        ({"state": "read", "article_id": read}, {"state": "failed", "reason": "http_404"})
    ):
        title = f"Rusia gempur {LONG}"
        news.put(
            entries,
            title=title,
            link="https://kabar.example/1",
            seen_at=news.now - n * hour,
            **what,
            **common,
        )
    return int(failing)


def test_the_pages_fit_at_any_width_and_in_the_dark(site: Any, world: Any, chromium: Any) -> None:
    with world() as news:
        feed = fill(news)
    paths = {
        "feeds": "/feeds",
        "feed": f"/feeds/{feed}",
        "feed-add": "/feeds/add?url=" + LONG,
        "feed-edit": f"/feeds/{feed}/edit",
        "feed-remove": f"/feeds/{feed}/remove",
        "feed-import": "/feeds/import",
    }
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said)
        for name, path in paths.items():
            page.goto(site.address + path)
            check(page, name, width, scheme, said)
        page.context.close()


def test_a_feed_is_changed_with_the_keyboard_alone(site: Any, world: Any, chromium: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar")
    said: list[str] = []
    page = opened(site, chromium, 1440, "light", said)
    page.goto(f"{site.address}/feeds/{feed}/edit")
    page.focus("#every")
    page.keyboard.type("soon")
    page.keyboard.press("Enter")
    page.wait_for_selector("#wrong-every")
    assert page.input_value("#every") == "soon"
    assert page.get_attribute("#every", "aria-invalid") == "true"
    check(page, "feed-edit-wrong", 1440, "light", [line for line in said if "422" not in line])
    page.focus("#every")
    page.keyboard.press("Control+A")
    page.keyboard.type("2m")
    page.keyboard.press("Enter")
    page.wait_for_selector(".done")
    with engine.begin() as connection:
        assert connection.execute(select(feeds.c.every_s)).scalar_one() == 120.0


def test_a_list_of_a_thousand_feeds_is_taken_over_and_its_progress_seen(
    site: Any, chromium: Any, engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f'<outline text="Kabar {n}" xmlUrl="https://kabar{n}.example/rss"/>' for n in range(990))
    wrong = '<outline text="&lt;b>no" xmlUrl="javascript:alert(1)"/>' * 10
    path = tmp_path / "feeds.opml"
    path.write_text(f"<opml><body>{lines}{wrong}</body></opml>")
    looked = threading.Event()

    def waiting(connection: Any, keys: Any, document: Any, allow: Any, who: str, **facts: Any) -> Any:
        """Holds still in the middle until somebody has looked."""
        follow = facts["follow"]

        def halfway(found: Any) -> Any:
            for n, feed in enumerate(follow(found)):
                if n == 500:
                    assert looked.wait(120)
                yield feed

        return import_list(connection, keys, document, allow, who, follow=halfway)

    monkeypatch.setattr(feed_lists, "import_list", waiting)
    said: list[str] = []
    page = opened(site, chromium, 1440, "light", said)
    page.goto(f"{site.address}/feeds/import")
    page.set_input_files("#list", str(path))
    try:
        page.click("main .main")
        page.wait_for_selector("text=500 of 990 feeds stored")
        picture(page, "feed-importing", 1440, "light")
    finally:
        looked.set()
    page.wait_for_selector(".tally")
    assert page.inner_text(".tally").split() == ["990", "added", "10", "refused"]
    assert page.locator("table.result tbody tr").count() == 1000
    assert page.locator("table.result .bad").count() == 10
    page.evaluate("document.querySelectorAll('table.result tr:nth-child(n+40)').forEach(row => row.remove())")
    check(page, "feed-imported", 1440, "light", said)
    page.set_viewport_size({"width": 390, "height": 900})
    check(page, "feed-imported", 390, "light", said)
    with engine.begin() as connection:
        assert len(connection.execute(select(feeds.c.id)).all()) == 990
