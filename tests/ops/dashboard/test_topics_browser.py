"""Topics in a real browser, as an analyst works with them: at any width, in light and dark, with and without script.

Every page is examined by axe-core as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.ops.dashboard.browsing import LOOKS, check, opened
from worker.secrets import Secret
from worker.store.schema import matches, topics

pytestmark = [pytest.mark.servers, pytest.mark.browser]


@pytest.fixture
def site(make_site: Any, database: Any, urls: Any) -> Any:
    """The web process, with patience: what an unknown @name may mean takes seconds to find the first time."""
    return make_site(database, Secret(urls.redis), patience_s=60)


@pytest.fixture
def topic(world: Any) -> int:
    """A topic with a long name, a query and a match, and articles to try drafts on."""
    with world() as news:
        number = news.put(topics, name="Perang " + "Ukrainskoj" * 12, query="nato", tags=["perang"])
        feed = news.feed()
        for n in range(3):
            title = f"NATO bertemu {n} " + "Kievskajaoblastnaja" * 8
            article = news.article(feed, title, body="Kata sekretaris NATO kemarin.")
            quote = {"field": "body", "text": "Kata sekretaris NATO kemarin.", "marks": [[16, 20]]}
            hits = [["title", 0, 4, "NATO"]]
            news.put(matches, topic_id=number, article_id=article, hits=hits, quote=quote, state="planned")
        news.article(feed, "Kyiv menyala", body="Malam di Kyiv.")
    return int(number)


def test_every_page_fits_and_says_nothing_to_the_console(site: Any, topic: int, chromium: Any) -> None:
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said, "/topics")

        def sound(
            name: str, look: tuple[int, str] = (width, scheme), page: Any = page, said: Any = said
        ) -> None:
            check(page, name, *look, said)

        sound("topics")
        for path in ("", "/history", "/feed", "/apply-back", "/remove", "/edit"):
            page.goto(f"{site.address}/topics/{topic}{path}")
            sound("topic" + path.replace("/", "-"))
        page.fill("#query", "(@ukraine OR @kyivv)\nAND nato")
        page.wait_for_selector(".wrong-line")
        assert "line 1, column 14" in page.inner_text(".wrong-line")
        assert page.inner_text(".here") == "@kyivv"
        sound("topic-edit-wrong")
        page.fill("#query", "nato OR kyiv")
        page.wait_for_selector(".fine")
        page.click("button[value=try]")
        page.wait_for_selector("#trial:not([data-running]) .big")
        assert page.inner_text("#trial .big") == "4 articles"
        page.click("button[name=tab][value=new]")
        page.wait_for_selector("button[value=new][aria-pressed=true]")
        assert page.inner_text("#matches .headline") == "Kyiv menyala"
        sound("topic-edit-tried")
        page.click("button[value=simple]")
        page.wait_for_selector("#list-any")
        assert page.input_value("#list-any") == "nato\nkyiv"
        sound("topic-edit-lists")
        page.context.close()


def test_two_who_edit_at_once_lose_nothing(site: Any, topic: int, chromium: Any) -> None:
    mine = opened(site, chromium, 1440, "light", [], f"/topics/{topic}/edit")
    other = opened(site, chromium, 1440, "light", [], f"/topics/{topic}/edit")
    other.fill("#query", "nato OR warsaw")
    other.click("button[value=save]")
    other.wait_for_url(f"**/topics/{topic}?did=saved")
    mine.fill("#query", "nato OR kyiv")
    mine.click("button[value=save]")
    mine.wait_for_selector(".clash")
    assert "ratna saved version 2 meanwhile." in mine.inner_text(".clash")
    assert mine.inner_text(".clash del") == "warsaw"
    assert mine.input_value("#query") == "nato OR kyiv"
    check(mine, "topic-edit-clash", 1440, "light", [])
    mine.click("button[value=save]")
    mine.wait_for_url(f"**/topics/{topic}?did=saved")
    assert "version 3" in mine.inner_text(".lead")


def test_all_of_it_works_without_script(site: Any, topic: int, chromium: Any) -> None:
    page = opened(site, chromium, 1440, "light", [], f"/topics/{topic}/edit", java_script_enabled=False)
    page.fill("#query", "(nato")
    page.click("button[value=check]")
    assert "line 1, column 1" in page.inner_text(".wrong-line")
    page.fill("#query", "nato OR kyiv")
    page.click("button[value=try]")
    while page.query_selector("#trial[data-running]"):
        page.click("#trial button[value=try]")
    assert page.inner_text("#trial .big") == "4 articles"
    page.click("button[value=save]")
    page.wait_for_url(f"**/topics/{topic}?did=saved")
    assert "nato OR kyiv" in page.inner_text(".query-lines")


def test_a_draft_stays_when_the_server_is_not_reached(site: Any, topic: int, chromium: Any) -> None:
    page = opened(site, chromium, 1440, "light", [], f"/topics/{topic}/edit")
    page.context.set_offline(True)
    page.fill("#query", "nato OR kyiv")
    page.click("button[value=try]")
    page.wait_for_selector("#trial >> text=Pantau was not reached; the draft is still here.")
    assert page.input_value("#query") == "nato OR kyiv"
    page.context.set_offline(False)
    page.click("button[value=try]")
    page.wait_for_selector("#trial:not([data-running]) .big")
