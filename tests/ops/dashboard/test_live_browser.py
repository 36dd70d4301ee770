"""What is live, in a real browser: news arrive by themselves, many tabs share one stream, nothing moves under a reader,
and everything works without script as well."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text

from ops.dashboard.app import build
from ops.dashboard.context import DatabaseSilent
from ops.dashboard.serving import Server
from tests.ops.dashboard.browsing import GROUND, LOOKS, PATIENCE_MS, check, opened

pytestmark = [pytest.mark.servers, pytest.mark.browser]


def log_in(page: Any, address: str, path: str = "/") -> None:
    page.goto(f"{address}/login?next={path}")
    page.fill("#name", "ratna")
    page.fill("#password", "a long enough password")
    page.click("button[type=submit]")
    page.wait_for_selector("#rail")


def wait_for(true: Callable[[], object], within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def reader(site: Any, chromium: Any) -> Iterator[Any]:
    """Somebody who looks at the stream of articles."""
    page = opened(site, chromium, 1440, "light", [], "/live")
    wait_for(lambda: site.watch.listeners and site.watch.looks)
    yield page
    page.context.close()


def test_an_article_appears_by_itself_soon_after_it_is_read(reader: Any, world: Any) -> None:
    with world() as news:
        news.article(news.feed(), "Berita yang baru dibaca")
    began = time.monotonic()
    reader.wait_for_selector("#stream >> text=Berita yang baru dibaca")
    took = time.monotonic() - began
    assert took < 10  # two seconds on a machine at rest
    assert reader.locator("#stream li.fresh").count() == 1
    print(f"shown after {took:.2f} s")


def test_many_tabs_share_one_stream_and_all_of_them_hear(reader: Any, site: Any, world: Any) -> None:
    tabs = [reader.context.new_page() for _ in range(9)]
    for tab in tabs:
        tab.set_default_timeout(PATIENCE_MS)
        tab.goto(site.address + "/live")
    assert len(site.watch.listeners) == 1
    with world() as news:
        news.article(news.feed(), "Untuk semua tab")
    for tab in tabs:
        tab.bring_to_front()  # one that nobody looks at asks once somebody does
        tab.wait_for_selector("#stream >> text=Untuk semua tab")
    assert len(site.watch.listeners) == 1


def test_nothing_moves_under_a_reader_who_has_scrolled(reader: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
        for n in range(30):
            news.article(feed, f"Berita lama {n}")
    reader.reload()
    reader.evaluate("scrollTo(0, 500)")
    seen = reader.locator("#stream >> text=Berita lama 15")
    at = seen.bounding_box()["y"]
    with world() as news:
        news.article(feed, "Berita baru satu")
    reader.wait_for_selector("[data-newer=stream]:not([hidden])")
    assert reader.inner_text("[data-newer=stream]") == "1 new article"
    assert "Berita baru satu" not in reader.inner_text("#stream")
    assert abs(seen.bounding_box()["y"] - at) < 2
    assert 0 < reader.locator("[data-newer=stream]").bounding_box()["y"] < 100
    with world() as news:
        news.article(feed, "Berita baru dua")
    reader.wait_for_selector("[data-newer=stream] >> text=2 new articles")
    reader.click("[data-newer=stream]")
    assert reader.inner_text("#stream li:first-child .headline") == "Berita baru dua"
    assert reader.is_hidden("[data-newer=stream]")
    wait_for(lambda: reader.evaluate("scrollY") == 0)  # it goes there smoothly


def test_a_paused_stream_waits_until_it_goes_on(reader: Any, world: Any) -> None:
    reader.keyboard.press("p")
    assert reader.get_attribute("[data-pause]", "aria-pressed") == "true"
    with world() as news:
        news.article(news.feed(), "Selama jeda")
    reader.wait_for_selector("[data-newer=stream]:not([hidden])")
    assert "Selama jeda" not in reader.inner_text("#stream")
    reader.click("[data-pause]")
    reader.mouse.move(2, 2)
    reader.wait_for_selector("#stream >> text=Selama jeda")


def test_a_page_comes_back_after_the_web_process_was_started_again(
    site: Any, chromium: Any, world: Any
) -> None:
    first = Running(build(site.context), 0)
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE_MS)
    log_in(page, first.address, "/live")
    wait_for(lambda: first.watch.looks)
    first.stop()
    with world() as news:
        news.article(news.feed(), "Selagi mati")
    page.wait_for_selector("#live.stale")
    second = Running(build(site.context), first.port)
    try:
        page.wait_for_selector("#stream >> text=Selagi mati")
        page.wait_for_selector("#live:not(.stale)")
        wait_for(lambda: second.watch.listeners)
        with world() as news:
            news.article(news.feed(), "Sesudah hidup lagi")
        page.wait_for_selector("#stream >> text=Sesudah hidup lagi")
    finally:
        second.stop()


class Running:
    """A web process on a port of one's choice."""

    def __init__(self, app: Any, port: int) -> None:
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, ws="none", lifespan="off")
        self.server, self.watch = Server(config), app.state.watch
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        wait_for(lambda: self.server.started)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


def test_a_verdict_that_cannot_be_asked_for_does_not_go_on_saying_that_all_is_well(
    site: Any, chromium: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world() as news:
        news.tick(age_s=-3600)
        news.feed()
    page = opened(site, chromium, 1440, "light", [])
    assert page.inner_text("#verdict .sentence").startswith("Everything keeps up")
    wait_for(lambda: site.watch.looks)

    async def silent(*_: Any, **__: Any) -> Any:
        raise DatabaseSilent

    with monkeypatch.context() as away:
        away.setattr(type(site.context), "ask", silent)
        page.wait_for_selector("#verdict.bad >> text=The database does not answer")
        assert page.locator("#verdict").count() == 1
    page.mouse.move(2, 2)
    page.wait_for_selector("#verdict.ok >> text=Everything keeps up")


def test_keys_lead_from_page_to_page_and_never_while_somebody_writes(reader: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
        news.article(feed, "Satu")
        news.article(feed, "Dua")
    reader.wait_for_selector("#stream >> text=Dua")
    reader.keyboard.press("j")
    assert reader.evaluate("document.activeElement.textContent") == "Dua"
    reader.keyboard.press("j")
    assert reader.evaluate("document.activeElement.textContent") == "Satu"
    reader.keyboard.press("k")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/articles/*")
    reader.keyboard.press("g")
    reader.keyboard.press("l")
    reader.wait_for_url("**/live")
    reader.keyboard.press("/")
    assert reader.evaluate("document.activeElement.id") == "f-topic"
    reader.keyboard.press("g")
    reader.keyboard.press("o")
    assert reader.url.endswith("/live")
    reader.keyboard.press("Escape")
    reader.keyboard.press("?")
    assert reader.is_visible("#keys h2")
    reader.keyboard.press("Escape")
    assert reader.is_hidden("#keys h2")
    reader.keyboard.press("g")
    reader.keyboard.press("o")
    reader.wait_for_url(lambda url: url.endswith("/"))


def test_colours_are_the_readers_choice_whatever_the_system_wants(reader: Any) -> None:
    light = reader.evaluate(GROUND)
    reader.click("button[name=look][value=dark]")
    reader.wait_for_selector("html[data-look=dark]")
    assert reader.evaluate(GROUND) != light
    reader.click("button[name=look][value='']")
    reader.wait_for_selector("html:not([data-look])")
    assert reader.evaluate(GROUND) == light


def test_everything_works_without_script(site: Any, chromium: Any, world: Any, engine: Any) -> None:
    with world() as news:
        news.tick()
        feed = news.feed()
        article = news.article(feed, "Pesan yang gagal")
        match = news.match(article, [["title", 0, 5, "Pesan"]], {"field": "body", "text": "", "marks": []})
        delivery = news.delivery(article, match, news.channel(), "failed", reason="refused: http_410")
    page = opened(site, chromium, 1440, "light", [], java_script_enabled=False)
    page.click("nav.choices >> text=7 d")
    assert page.url.endswith("/?range=7d")
    page.click("text=Retry now")
    assert "goes out at once" in page.inner_text("[role=status].done")
    with engine.begin() as connection:
        state = connection.execute(text("SELECT state FROM deliveries WHERE id = :d"), {"d": delivery})
        assert state.scalar_one() == "waiting"
        assert connection.execute(text("SELECT count(*) FROM audit_log WHERE what = 'retried'")).scalar() == 1
    page.goto(site.address + "/live")
    page.check("#content input[name=matched]")
    page.click("text=Show")
    assert "matched=1" in page.url
    assert page.inner_text("#stream .headline") == "Pesan yang gagal"
    assert page.locator("button:visible >> text=Pause").count() == 0
    page.context.close()


def test_both_pages_fit_and_are_sound(site: Any, chromium: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.story("Rusia gempur " + "Kievskajaoblastnaja" * 12)
        news.feed("A feed with a very long name " * 3, "failing", last_error="dns")
    for width, scheme in LOOKS:
        told: list[str] = []
        page = opened(site, chromium, width, scheme, told)
        for name, path in {"overview": "/", "overview-30d": "/?range=30d", "live": "/live"}.items():
            page.goto(site.address + path)
            check(page, name, width, scheme, told)
        page.context.close()
