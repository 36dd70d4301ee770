"""Topics in a real browser, as an analyst works with them: at any width, in light and dark, with and without script.

Every page is examined by axe-core as well.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from worker.secrets import Secret
from worker.store.schema import matches, topics

pytestmark = [pytest.mark.servers, pytest.mark.browser]

AXE = files("axe_playwright_python") / "axe.min.js"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATIENCE_MS = 60_000


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


def opened(
    chromium: Any, site: Any, path: str, *, script: bool = True, **looks: Any
) -> tuple[Any, list[str]]:
    """A page at this address, logged in, and what its console says."""
    context = chromium.new_context(java_script_enabled=script, **looks)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    said: list[str] = []
    page.goto(f"{site.address}/login?next={path}")
    page.fill("#name", "ratna")
    page.fill("#password", "a long enough password")
    page.click("button[type=submit]")
    page.wait_for_url(f"**{path}")
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


def sound(page: Any, where: object) -> None:
    assert page.evaluate(WIDE) <= 0, where
    page.evaluate(AXE.read_text())
    shown = "found => found.violations.map(each => each.id + ' ' + each.nodes.map(node => node.html))"
    assert page.evaluate(f"axe.run().then({shown})") == [], where


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_every_page_fits_and_says_nothing_to_the_console(
    site: Any, topic: int, chromium: Any, width: int, scheme: str
) -> None:
    looks = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page, said = opened(chromium, site, "/topics", **looks)
    sound(page, "list")
    for path in ("", "/history", "/feed", "/apply-back", "/remove", "/edit"):
        page.goto(f"{site.address}/topics/{topic}{path}")
        sound(page, path)
    page.fill("#query", "(@ukraine OR @kyivv)\nAND nato")
    page.wait_for_selector(".wrong-line")
    assert "line 1, column 14" in page.inner_text(".wrong-line")
    assert page.inner_text(".here") == "@kyivv"
    sound(page, "fault")
    page.fill("#query", "nato OR kyiv")
    page.wait_for_selector(".fine")
    page.click("button[value=try]")
    page.wait_for_selector("#trial:not([data-running]) .big")
    assert page.inner_text("#trial .big") == "4 articles"
    page.click("button[name=tab][value=new]")
    page.wait_for_selector("button[value=new][aria-pressed=true]")
    assert page.inner_text("#matches .headline") == "Kyiv menyala"
    sound(page, "tried")
    page.click("button[value=simple]")
    page.wait_for_selector("#list-any")
    assert page.input_value("#list-any") == "nato\nkyiv"
    sound(page, "lists")
    assert said == []
    page.context.close()


def test_two_who_edit_at_once_lose_nothing(site: Any, topic: int, chromium: Any) -> None:
    mine, _ = opened(chromium, site, f"/topics/{topic}/edit")
    other, _ = opened(chromium, site, f"/topics/{topic}/edit")
    other.fill("#query", "nato OR warsaw")
    other.click("button[value=save]")
    other.wait_for_url(f"**/topics/{topic}?did=saved")
    mine.fill("#query", "nato OR kyiv")
    mine.click("button[value=save]")
    mine.wait_for_selector(".clash")
    assert "ratna saved version 2 meanwhile." in mine.inner_text(".clash")
    assert mine.inner_text(".clash del") == "warsaw"
    assert mine.input_value("#query") == "nato OR kyiv"
    sound(mine, "clash")
    mine.click("button[value=save]")
    mine.wait_for_url(f"**/topics/{topic}?did=saved")
    assert "version 3" in mine.inner_text(".lead")


def test_all_of_it_works_without_script(site: Any, topic: int, chromium: Any) -> None:
    page, _ = opened(chromium, site, f"/topics/{topic}/edit", script=False)
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
    page, _ = opened(chromium, site, f"/topics/{topic}/edit")
    page.context.set_offline(True)
    page.fill("#query", "nato OR kyiv")
    page.click("button[value=try]")
    page.wait_for_selector("#trial >> text=Pantau was not reached; the draft is still here.")
    assert page.input_value("#query") == "nato OR kyiv"
    page.context.set_offline(False)
    page.click("button[value=try]")
    page.wait_for_selector("#trial:not([data-running]) .big")
