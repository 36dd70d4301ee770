"""Somebody new, with a browser and nothing else: from the log-in to the first alert of their own.

What they see at each step is kept as a strip of pictures in `artifacts/newcomer`, to be looked at.
"""

from __future__ import annotations

import html
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.browser]

ARTIFACTS = Path(__file__).parents[2] / "artifacts" / "newcomer"


@dataclass
class Film:
    """A still for each step, with how long the newcomer has been at it."""

    page: Any
    began: float = field(default_factory=time.monotonic)
    stills: list[tuple[str, float, str]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def shot(self, what: str) -> None:
        if not os.access(ARTIFACTS.parents[1], os.W_OK):
            return
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        name = f"{len(self.stills) + 1:02}.png"
        self.page.screenshot(path=ARTIFACTS / name)
        self.stills.append((name, self.seconds, what))
        rows = (
            f"<figure><figcaption>{at:.1f} s: {html.escape(said)}</figcaption><img src={still}></figure>"
            for still, at, said in self.stills
        )
        (ARTIFACTS / "index.html").write_text("<!doctype html><meta charset=utf-8>" + "".join(rows))


@pytest.mark.timeout(420)
@pytest.mark.parametrize("language", ["en", "id"])
def test_a_newcomer_reaches_a_first_alert_in_the_browser_alone(
    world: Any, story: Any, eventually: Any, chromium: Any, language: str
) -> None:
    w = world(
        (
            story("lama", "Kapal gandum Ukraina tiba di Surabaya"),
            story("baru", "NATO bahas keamanan pelabuhan", "Sekretaris jenderal NATO tiba kemarin."),
        )
    )
    w.machine.watchlist.unlink()
    w.machine.start()
    w.newsroom.publish("lama")
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    film = Film(page)

    def sent(button: str) -> None:
        with page.expect_navigation(timeout=60_000):
            page.click(button)

    page.goto(w.machine.address)
    page.fill("#name", "admin")
    page.fill("#password", "correct horse battery")
    film.shot("logs in with the account that `pantau up` made")
    page.click("button[type=submit]")
    page.wait_for_selector("#first-steps")
    if language == "id":
        page.goto(w.machine.address + "/settings")
        page.select_option("select[name=language]", "id")
        sent("form[action='/settings/tastes'] button")
        page.goto(w.machine.address)
    assert page.get_attribute("html", "lang") == language
    film.shot("sees what to do first")

    page.click("#first-steps .button.main")
    page.fill("#url", w.site)
    page.click("form[action='/feeds/look'] button")
    page.wait_for_selector("form[action='/feeds/add']")
    film.shot("gives the address of a site, and sees the feed that was found")
    page.fill("#every", "5s")
    sent("form[action='/feeds/add'] button.main")

    page.goto(w.machine.address)
    film.shot("goes on to the next step")
    page.click("#first-steps .button.main")
    film.shot("begins a topic")
    page.fill("#name", "NATO")
    page.fill("#query", "@nato OR (ukraina")
    page.click("button[value=check]")
    page.wait_for_selector("#checked .wrong-line")
    film.shot("is told what is wrong with a query, and where")
    page.fill("#query", "@nato OR ukraina")
    page.click("button[value=try]")
    page.wait_for_selector("#matches ol li", timeout=90_000)
    film.shot("sees what the topic would have caught")
    sent("button[value=save]")

    page.goto(w.machine.address)
    page.click("#first-steps .button.main")
    page.fill("#name", "meja")
    page.fill("#target", w.hook)
    film.shot("says where to be told")
    sent("form[action='/channels/new'] button.main")

    page.goto(w.machine.address)
    page.click("#first-steps .button.main")
    page.check("input[type=checkbox][value='NATO']")
    page.check("input[type=checkbox][value='meja']")
    film.shot("says who hears of what")
    sent("form[action='/subscriptions/new'] button.main")
    ready = film.seconds

    w.newsroom.publish("baru")
    eventually(lambda: w.slack_told("baru") == 1, 90, "the first alert")
    told = film.seconds
    page.goto(w.machine.address)
    page.wait_for_selector("#alerts >> text=pelabuhan")
    film.shot("has been told, and sees the article on the overview")
    page.click("#alerts .headline a")
    page.wait_for_url("**/articles/**")
    film.shot("sees why")
    assert said == []
    assert told < 180, f"ready after {ready:.0f} s, told after {told:.0f} s"
