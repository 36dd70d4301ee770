"""What somebody new does with a browser and nothing else, step by step, and a still of what they see at each."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
PATIENCE_S = 90


@dataclass
class Film:
    """A still for each step, with how long the newcomer has been at it."""

    page: Any
    place: Path
    began: float = field(default_factory=time.monotonic)
    stills: list[tuple[str, float, str]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def shot(self, what: str) -> None:
        if not os.access(ARTIFACTS.parent, os.W_OK):
            return
        self.place.mkdir(parents=True, exist_ok=True)
        name = f"{len(self.stills) + 1:02}.png"
        self.page.screenshot(path=self.place / name)
        self.stills.append((name, self.seconds, what))
        rows = (
            f"<figure><figcaption>{at:.1f} s: {html.escape(said)}</figcaption><img src={still}></figure>"
            for still, at, said in self.stills
        )
        (self.place / "index.html").write_text("<!doctype html><meta charset=utf-8>" + "".join(rows))


@dataclass
class Newcomer:
    """Somebody with a browser, at the address of an installation. Without `script` they look again where a page would
    have looked by itself."""

    page: Any
    address: str
    film: Film
    script: bool

    def sees(self, path: str) -> None:
        self.page.goto(self.address + path)

    def sends(self, button: str) -> None:
        with self.page.expect_navigation(timeout=PATIENCE_S * 1000):
            self.page.click(button)

    def waits_for(self, selector: str, again: Callable[[], object] | None = None) -> None:
        """Until it is there. Where the page does not bring it by itself it is loaded again, or asked by `again`."""
        by_itself = self.script and again is None
        once_ms = PATIENCE_S * 1000 if by_itself else 8_000 if self.script else 500
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.page.wait_for_selector(selector, timeout=once_ms)
                return
            except TimeoutError:
                if by_itself or time.monotonic() > until:
                    raise
            (again or self.page.reload)()

    def goes_on(self) -> None:
        """To the next of the first steps."""
        self.sees("/")
        self.page.click("#first-steps .button.main")

    def logs_in(self, language: str) -> None:
        page = self.page
        self.sees("/")
        page.fill("#name", "admin")
        page.fill("#password", "correct horse battery")
        self.film.shot("logs in with the account that `pantau up` made")
        page.click("button[type=submit]")
        page.wait_for_selector("#first-steps")
        if language != "en":
            self.sees("/settings")
            page.select_option("select[name=language]", language)
            self.sends("form[action='/settings/tastes'] button")
            self.sees("/")
        assert page.get_attribute("html", "lang") == language
        self.film.shot("sees what to do first")

    def adds_a_feed(self, site: str) -> None:
        page = self.page
        self.goes_on()
        page.fill("#url", site)
        page.click("form[action='/feeds/look'] button")
        page.wait_for_selector("form[action='/feeds/add']")
        self.film.shot("gives the address of a site, and sees the feed that was found")
        page.fill("#every", "5s")
        self.sends("form[action='/feeds/add'] button.main")

    def writes_a_topic(self, name: str, wrong: str, right: str) -> None:
        page = self.page
        self.goes_on()
        self.film.shot("begins a topic")
        page.fill("#name", name)
        page.fill("#query", wrong)
        page.click("button[value=check]")
        page.wait_for_selector("#checked .wrong-line")
        self.film.shot("is told what is wrong with a query, and where")
        page.fill("#query", right)
        self._tries()
        self.waits_for("#matches ol li", again=self._tries)
        self.film.shot("sees what the topic would have caught")
        self.sends("button[value=save]")

    def _tries(self) -> None:
        self.page.click(".try-line button[value=try]")

    def names_a_channel(self, name: str, hook: str) -> None:
        self.goes_on()
        self.page.fill("#name", name)
        self.page.fill("#target", hook)
        self.film.shot("says where to be told")
        self.sends("form[action='/channels/new'] button.main")

    def subscribes(self, topic: str, channel: str) -> None:
        self.goes_on()
        self.page.check(f"input[type=checkbox][value='{topic}']")
        self.page.check(f"input[type=checkbox][value='{channel}']")
        self.film.shot("says who hears of what")
        self.sends("form[action='/subscriptions/new'] button.main")

    def reads_of_it(self, word: str) -> None:
        self.sees("/")
        self.waits_for(f"#alerts >> text={word}")
        self.film.shot("has been told, and sees the article on the overview")

    def asks_why(self, url: str, channel: str) -> None:
        """By the article's address, as it stands in the message."""
        page = self.page
        self.sees("/why")
        page.fill("input[name=url]", url)
        self.sends("form.ask button")
        page.wait_for_url("**/articles/**")
        assert channel in page.inner_text("main")
        self.film.shot("asks why, and sees who was told, when, and by which words")

    def sends_again(self, word: str) -> None:
        """What was refused for good, from the list of what needs somebody."""
        self.sees("/deliveries?state=failed")
        self.waits_for(f"main a >> text={word}")
        self.film.shot("finds the message that was refused for good")
        self.sends(f"main a >> text={word}")
        self.film.shot("sees each try, and what the receiver answered")
        self.sends("form[action$='/retry'] button")
        self.film.shot("has sent it again")

    def mutes_the_story(self, word: str) -> None:
        page = self.page
        self.sees("/stories")
        self.sends(f"main a >> text={word}")
        self.sends("form[action$='/mute'] button")
        page.wait_for_selector(".quiet form[action$='/end-silence']")
        self.film.shot("has muted the story for a day")

    def snoozes(self) -> None:
        page = self.page
        self.sees("/subscriptions")
        self.sends("main table a[href^='/subscriptions/'], main h3 a[href^='/subscriptions/']")
        self.sends("form[action$='/snooze'] button")
        page.wait_for_selector("form[action$='/resume']")
        self.film.shot("has snoozed the subscription for a night")
