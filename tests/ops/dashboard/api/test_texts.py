"""Texts that somebody doubts, why an address was told of or not, and articles by what became of them."""

from __future__ import annotations

import threading
from asyncio import to_thread
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from ops.dashboard.rereading import Rereading
from ops.store.schema import audit_log
from tests.ops.dashboard.api.conftest import Program
from worker.store.schema import articles, matches, topics

pytestmark = pytest.mark.servers

URL = "https://warta.example/gempa"
HOSTILE = "<script>alert(1)</script>\u202ekata"


@pytest.fixture
def article(world: Any) -> Any:
    """Makes an article of a feed of its own."""

    def make(name: str = "gempa", **facts: Any) -> int:
        with world() as news:
            feed, url = (
                news.feed(f"Warta {name}", url=f"https://warta.example/{name}/rss"),
                f"https://warta.example/{name}",
            )
            made: int = news.article(feed, name, url=url, body=name)
            news.connection.execute(
                update(articles).where(articles.c.id == made).values(identity=url, **facts)
            )
            return made

    return make


def noted(engine: Any) -> list[tuple[str, str, str]]:
    with engine.begin() as connection:
        rows = connection.execute(select(audit_log).order_by(audit_log.c.id)).all()
        return [(row.what, row.kind, row.name) for row in rows]


def test_a_badly_read_text_is_reported_once_for_each_account(program: Any, article: Any, engine: Any) -> None:
    number, other = article(), article("banjir")
    writer, reader = program("write"), program("read")
    path = f"/articles/{number}"
    asked = {"said": "  the second\nhalf is missing "}
    made = writer.post(f"{path}/report", asked, **{"idempotency-key": "r"})
    assert (made.status, made.json["said"]) == (201, "the second half is missing")
    assert writer.post(f"{path}/report", asked, **{"idempotency-key": "r"}).json == made.json
    assert writer.post(f"{path}/report", {"said": "the end is missing"}).status == 201
    assert [each["said"] for each in reader.get(f"{path}/reports").json] == ["the end is missing"]
    assert reader.get(f"/articles/{other}/reports").json == []
    shown = reader.get("/articles?show=reported").json
    assert [(each["id"], each["title"]) for each in shown["items"]] == [(str(number), "gempa")]
    for said in (" \n ", "x" * 1001):
        refused = writer.post(f"{path}/report", {"said": said})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/said")
    assert reader.post(f"{path}/report", asked).status == 403
    assert reader.get("/articles/999999/reports").status == 404
    assert writer.post("/articles/999999/report", asked).status == 404
    assert noted(engine) == [("reported", "article", URL)] * 2


def test_a_page_is_read_again_to_be_looked_at(
    program: Any, article: Any, house_with: Any, engine: Any, make_site: Any, token_of: Any, database: Any
) -> None:
    """The reading is the page's own; what is foreign in it is text, and nothing is stored."""
    asked: list[tuple[int, str]] = []

    async def rereads(number: int, url: str) -> tuple[datetime, Mapping[str, Any]] | None:
        asked.append((number, url))
        return None if len(asked) > 1 else (datetime(2026, 11, 26, tzinfo=UTC), {
            "url": url, "fetched": {"status": 200}, "page": {"method": "extracted"}, "words": 2, "page_words": 5,
            "article": {"article": {"title": HOSTILE, "language": "id"}, "authors": ["Ani"]},
            "seen": [["Menu utama", False], ["Gempa lagi.", True], *[["x", True]] * 500],
            "topics": [{"name": "Gempa", "matches": True, "query": "gempa"}], "sentence": "It can be read.",
        })  # fmt: skip

    house_with(rereads=rereads)
    number, unlinked = article(), article("lain", url="javascript:alert(1)")
    writer = program("write")
    once = {"idempotency-key": "again"}
    told = writer.post(f"/articles/{number}/read-again", **once)
    assert told.status == 200
    assert told.json["paragraphs"][:2] == [
        {"text": "Menu utama", "kept": False},
        {"text": "Gempa lagi.", "kept": True},
    ]
    assert (len(told.json["paragraphs"]), told.json["more"]) == (500, 2)
    assert (told.json["url"], told.json["authors"], told.json["at"]) == (URL, ["Ani"], "2026-11-26T00:00:00Z")
    assert told.json["topics"] == [{"name": "Gempa", "matches": True}]
    assert "\u202e" not in told.json["title"]
    assert writer.post(f"/articles/{number}/read-again", **once).json == told.json
    assert asked == [(number, URL)]
    late = writer.post(f"/articles/{number}/read-again")
    assert (late.status, late.json["detail"]) == (
        503,
        "The page could not be read in time, or another one is being read just now.",
    )
    assert writer.post(f"/articles/{unlinked}/read-again").status == 409
    assert writer.post("/articles/999999/read-again").status == 404
    assert program("read").post(f"/articles/{number}/read-again").status == 403
    assert noted(engine) == [("read again", "article", URL)] * 2


def test_programs_do_not_queue_for_readings_before_people(
    make_site: Any, database: Any, article: Any, token_of: Any
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def slowly(url: str) -> Mapping[str, Any]:
        begun.set()
        await to_thread(go_on.wait, 60)
        return {"url": url, "sentence": "It can be read."}

    site, number = make_site(database, rereading=Rereading(read=slowly)), article()
    first, second = (Program(site.visitor(), token_of("write")) for _ in range(2))
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(first.post, f"/articles/{number}/read-again")
        assert begun.wait(60)
        answer = second.post(f"/articles/{number}/read-again")
        go_on.set()
        assert (answer.status, reading.result().status) == (503, 200)


def test_an_address_is_explained_whether_it_was_read_or_not(program: Any, article: Any) -> None:
    number = article()
    reader = program("read")
    told = reader.get(f"/why?url={URL}").json
    assert (told["known"], told["article"]["id"], told["nearest_feeds"]) == (True, str(number), [])
    assert told["sentence"]
    unknown = reader.get("/why?url=https://warta.example/lain").json
    assert (unknown["known"], unknown["article"]) == (False, None)
    assert [each["url"] for each in unknown["nearest_feeds"]] == ["https://warta.example/gempa/rss"]
    assert reader.get("/why").status == 422
    assert reader.get(f"/why?url={URL}&topic=999999").status == 404


def test_articles_are_shown_by_what_became_of_them(program: Any, article: Any, world: Any) -> None:
    told, silent = article(), article("banjir")
    with world() as news:
        topic = news.put(topics, name="Gempa", query="gempa")
        news.put(matches, article_id=told, topic_id=topic, hits=[], quote=None)
    reader = program("read")

    def shown(asked: str) -> list[str]:
        return [each["id"] for each in reader.get(f"/articles?{asked}").json["items"]]

    assert shown("show=matched") == [str(told)]
    assert shown("show=unmatched") == [str(silent)]
    assert shown("show=all") == [str(silent), str(told)]
    assert shown("show=unmatched&words=banjir") == [str(silent)]
    assert shown("show=matched&words=banjir") == []
    assert reader.get("/articles?show=matched&q=gempa").status == 422
