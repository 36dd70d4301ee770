"""The overview says how it is, why, and what to do; whatever strangers wrote stays text."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from worker.store.schema import gaps, habits

pytestmark = pytest.mark.servers


class Read(HTMLParser):
    """The elements of a page and its visible words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


def page_of(site: Any) -> Read:
    answer = site.known_visitor().get("/")
    assert answer.status == 200
    return Read(answer.text)


def section(site: Any, name: str) -> str:
    html = site.known_visitor().get("/").text
    found = re.search(rf'<section id="{name}".*?</section>', html, re.DOTALL)
    assert found
    return " ".join(Read(found[0]).words.split())


def test_an_empty_installation_teaches_the_first_commands(site: Any) -> None:
    page = page_of(site)
    assert "The beat has never ticked" in page.words
    for command in (
        "pantau feeds add",
        "pantau apply watchlist.toml",
        "pantau channels test",
        "pantau topics test",
    ):
        assert command in page.words


def test_the_verdict_is_the_first_sentence_and_the_proof_stands_below(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.story()
    assert section(site, "verdict").startswith(
        "All well: Everything keeps up. 1 article read in 24 hours, 1 matched"
    )
    assert "Of 1 alert in the ledger 0 are lost and 0 told twice." in section(site, "verdict")


def test_the_figures_are_those_of_the_database(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.story()
        news.feed("Metals Daily", "failing", last_error="dns")
    figures = section(site, "figures")
    assert "Publication to alert 50 s median 50 s p95" in figures
    assert "100 % within 5 min; our own part 10 s" in figures
    assert "Feeds healthy 1 of 2 1 failing" in figures
    assert "Oldest waiting 0 s" in figures


def test_an_alert_shows_its_words_its_reason_and_its_channel(site: Any, world: Any) -> None:
    with world() as news:
        news.story("Rusia gempur Kiev")
    html = site.known_visitor().get("/").text
    assert "<mark>Rusia</mark> gempur Kiev</a>" in html
    assert re.search(r'<p class="headline" dir="auto" lang="id"><a href="/articles/\d+">', html)
    assert '<a href="https://kabar.example/1" rel="noopener noreferrer">' in html
    told = section(site, "alerts")
    assert "Rusia in the title" in told
    assert "sent" in told


def test_a_page_has_one_heading_its_landmarks_and_whole_dates(site: Any, world: Any) -> None:
    with world() as news:
        news.story()
    page = page_of(site)
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert any(link.get("href") == "#content" for link in page.all("a"))
    assert all(time.get("datetime") for time in page.all("time"))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "\u202egnp.exe\u202c \u0000".replace("\u0000", ""),
    "x" * 5000,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_words_stay_words_wherever_they_are_shown(site: Any, world: Any, title: str) -> None:
    with world() as news:
        feed = news.feed(title, "failing", last_error=title, next_poll_why=title)
        article = news.article(feed, title, url="javascript:alert(1)", body=title)
        quote = {"field": "body", "text": title, "marks": [[0, 4]]}
        match = news.match(article, [["title", 0, 4, title[:4]], ["body", 0, 9, title[:9]]], quote)
        channel = news.channel(title)
        failed = news.delivery(
            article, match, channel, "failed", reason=f"refused: {title}", ended_at=news.now
        )
        news.attempt(failed, 1, "never", title)
        news.circuit(f"channel:{channel}", title)
    page = page_of(site)
    assert all(str(script["src"]).startswith("/static/") for script in page.all("script"))
    assert not page.all("img")
    assert not any(name.startswith("on") or name == "style" for _, attrs in page.elements for name in attrs)
    assert all((link["href"] or "").startswith(("/", "#")) for link in page.all("a"))
    assert "\u202e" not in page.words
    assert "49" not in title or "{{ 7*7 }}" in page.words


def test_what_a_person_must_mend_comes_with_a_command(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        feed = news.feed("Metals Daily", "failing", last_error="tls: certificate expired", failures=9)
        article = news.article(feed, "Nickel slips")
        match = news.match(article, [], {"field": "body", "text": "", "marks": []})
        channel = news.channel("risk desk")
        news.delivery(
            article,
            match,
            channel,
            "held",
            held_by=f"channel:{channel}",
            reason="channel_blocked: no_service",
        )
        news.circuit(f"channel:{channel}", "no_service")
        news.feed("Old Wire", "gone")
    todo = section(site, "todo")
    assert "risk desk lets nothing through" in todo
    assert "The reason: the Slack hook was removed. It began just now. 1 message held" in todo
    assert "pantau channels test 'risk desk'" in todo
    assert "Metals Daily: its certificate or encryption cannot be trusted (certificate expired)." in todo
    assert "pantau feeds check https://" in todo
    assert "1 feed gone" in todo
    assert "1 message held, none lost (risk desk: the Slack hook was removed)" in section(site, "verdict")


def test_silence_and_gaps_are_told_where_a_person_looks(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        quiet, gapped = news.feed("Kabar Utara", last_status=200), news.feed("Kabar Timur")
        since = news.now - timedelta(hours=3)
        news.connection.execute(
            insert(habits).values(
                feed_id=quiet, began_at=since, look_at=since, silent_since=since, missing=14
            )
        )
        gap = {"since": since, "until": news.now, "at_most": 12, "recovered": 9, "how": "page 2"}
        news.put(gaps, feed_id=gapped, state="unfillable", reason="page 3 brings nothing older", **gap)
    todo = section(site, "todo")
    assert "1 feed is silentKabar Utara: normally 14 entries by now, none since" in todo
    assert "Up to 3 entries may have been missedKabar Timur: up to 12 entries may have been missed" in todo
    assert "9 recovered from page 2 (page 3 brings nothing older)." in todo
    assert "pantau feeds check https://" in todo
    assert "1 feed is silent: long past the usual time" in section(site, "verdict")
    assert "Feeds healthy 1 of 2 1 silent" in section(site, "figures")
    feeds = section(site, "feeds")
    assert feeds.index("Kabar Utara") < feeds.index("Kabar Timur")
    assert "silent" in feeds


def test_nothing_to_mend_is_said_as_well(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.story()
    assert "Nothing. What mends itself does not stand here." in section(site, "todo")


def test_a_delivery_opens_to_its_attempts(site: Any, world: Any) -> None:
    with world() as news:
        delivery = news.story()
        news.attempt(delivery, 2, "unsure", "")
    told = section(site, "deliveries")
    assert "1 accepted" in told
    assert "200 ok" in told
    assert "2 answer lost" in told


def test_a_pause_that_slack_asked_for_is_no_lateness_of_ours(site: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        article = news.article(news.feed(), "Kiev")
        match = news.match(article, [], {"field": "body", "text": "", "marks": []})
        until = news.now + timedelta(minutes=5)
        channel = news.channel("desk", pause_until=until, asked_from=news.now)
        early = news.now - timedelta(minutes=30)
        news.delivery(article, match, channel, "waiting", due_at=early, reason="asked_to_wait: rate_limited")
    assert section(site, "verdict").startswith("Slow: desk asked for a pause: 1 message waiting until")
    assert "behind" not in section(site, "pipeline")


def test_a_ledger_that_does_not_add_up_is_shouted_about(site: Any, world: Any, engine: Engine) -> None:
    with world() as news:
        news.tick()
        news.attempt(news.story(), 2, "sent", "200 ok")
    assert "The ledger does not add up: 0 lost, 1 told twice." in section(site, "verdict")


def test_the_proof_is_not_counted_anew_for_every_view(site: Any, world: Any, engine: Engine) -> None:
    with world() as news:
        news.story()
    assert "Of 1 alert" in section(site, "verdict")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alerts SET delivery_id = NULL, suppressed = 'already_told'"))
        connection.execute(text("DELETE FROM alerts"))
    assert "Of 1 alert" in section(site, "verdict")
    site.steady.seconds += 61
    assert "in the ledger" not in section(site, "verdict")


def test_those_who_are_logged_in_see_who_they_are_and_the_version(site: Any) -> None:
    words = page_of(site).words
    assert "ratna" in words
    assert "Pantau 7.8.9" in words
