"""Articles and stories in a real browser: readable at any width, in the dark and with a keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from ops.dashboard.rereading import Rereading
from tests.ops.dashboard.browsing import LOOKS, check, opened
from worker.store.schema import articles, entries, matches, stories, topics

pytestmark = [pytest.mark.servers, pytest.mark.browser]

LONG = "Donaudampfschifffahrtsgesellschaft" * 4


async def read(url: str) -> dict[str, Any]:
    return {
        "url": url,
        "fetched": {"status": 200},
        "page": {"method": "extracted"},
        "article": {"article": {"title": f"Gempa {LONG}", "language": "id"}, "authors": ["Rina"]},
        "words": 20,
        "page_words": 40,
        "seen": [["Menu utama", False], [f"Gempa lagi {LONG}.", True], ["Ikuti kami", False]],
        "topics": [{"name": "Gempa", "matches": True}],
        "sentence": "It would match Gempa.",
    }


def fill(news: Any) -> tuple[int, int]:
    """A story of three articles, the first of which has everything that an article may have."""
    feed = news.feed(f"Kabar {LONG}")
    topic = news.put(topics, name=f"Gempa {LONG}", query="gempa OR banjir OR (palu AND NOT pemilu)")
    first = news.now - timedelta(hours=3)
    story = news.put(stories, title=f"Gempa {LONG}", first_at=first, last_at=news.now, articles=3)
    desk = news.channel(f"desk-{LONG}")
    numbers = []
    for n in range(3):
        body = f"Gempa di Palu.\n\nWarga {LONG} mengungsi."
        number = news.article(
            feed, f"Gempa {n} {LONG if n else 'di Palu'}", body=body, age_s=9_000 - n * 4_000
        )
        why = (
            {"reason": "same_event", "like": numbers[0], "likeness": 0.7, "shared": ["@palu", LONG]}
            if n
            else None
        )
        values = {
            "story_id": story,
            "story_reason": why,
            "summary_only": n == 0,
            "page_problem": "status 403",
        }
        news.connection.execute(update(articles).where(articles.c.id == number).values(values))
        hits = [["title", 0, 5, "Gempa"], ["body", 0, 5, "Gempa"]]
        quote = {"field": "body", "text": body[:60], "marks": [[0, 5]]}
        match = news.put(matches, topic_id=topic, article_id=number, hits=hits, quote=quote, state="planned")
        if n < 2:
            delivery = news.delivery(number, match, desk, "failed" if n else "sent")
            news.attempt(delivery, 1, "never" if n else "sent", "410 Gone" if n else "200 ok")
        numbers.append(number)
    entry = {
        "feed_id": feed,
        "guid": "a",
        "link": "https://kabar.example/a",
        "title": "Gempa",
        "state": "read",
    }
    words = {"summary": "", "content": "", "authors": [], "tags": [], "seen_at": news.now, "backlog": False}
    news.connection.execute(insert(entries).values(**entry, **words, article_id=numbers[0], page_tries=2))
    return numbers[0], story


def test_every_page_reads_well_at_any_width_and_in_the_dark(
    make_site: Any, database: Any, world: Any, chromium: Any
) -> None:
    site = make_site(database, rereading=Rereading(read=read))
    with world() as news:
        number, story = fill(news)
    paths = {
        "articles": "/articles?words=gempa",
        "article": f"/articles/{number}",
        "article-read-again": f"/articles/{number}/reading",
        "why": "/why?url=https://kabar.example/elsewhere",
        "stories": "/stories?since=7d",
        "story": f"/stories/{story}",
        "story-take-out": f"/stories/{story}/take-out/{number}",
    }
    for width, scheme in LOOKS:
        said: list[str] = []
        page = opened(site, chromium, width, scheme, said, f"/articles/{number}")
        page.click("text=Read the page again")
        page.wait_for_selector(".left")
        for name, path in paths.items():
            page.goto(site.address + path)
            check(page, name, width, scheme, said)
        page.context.close()


def test_a_person_searches_judges_and_silences_with_the_keyboard_alone(
    site: Any, world: Any, chromium: Any
) -> None:
    with world() as news:
        number, story = fill(news)
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address + "/articles")
    page.fill("#name", "ratna")
    page.fill("#password", "a long enough password")
    page.keyboard.press("Enter")
    page.focus("input[name=words]")
    page.keyboard.type('"di palu" -pemilu')
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles?words=*")
    page.focus(f'.finds a[href="/articles/{number}"]')
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/articles/{number}")
    page.focus("text=Not relevant")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You said: not relevant")
    page.focus("#said")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#wrong-said")
    assert page.get_attribute("#said", "aria-describedby") == "wrong-said"
    page.goto(site.address + f"/stories/{story}")
    page.focus("text=Tell nobody for 24 hours")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Silenced on every channel by ratna")
    page.focus("text=Tell of it again")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The story is told again from now on.")
    context.close()
