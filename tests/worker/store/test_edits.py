"""Entries that their feed changes: read again, told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.desks.plan import plan
from worker.desks.poll import poll
from worker.desks.read import read
from worker.feeds.texts import markup_hash
from worker.model import Entry, Words
from worker.rereading import text_hash
from worker.store import edits
from worker.store.edits import WATCHED, note_edits
from worker.wire import Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
FEED, URL = "https://news.example/rss", "https://news.example/2026/ledakan"
FILLER = "Perundingan di Jenewa berlangsung hingga larut malam tanpa hasil yang diumumkan kepada wartawan."


def rss(title, summary):
    item = f"<item><title>{title}</title><link>{URL}</link><description>{summary}</description></item>"
    return f"<rss version='2.0'><channel><title>Harian</title>{item}</channel></rss>".encode()


def page(*paragraphs):
    body = "".join(f"<p>{each}</p>" for each in (FILLER, *paragraphs, "Para pengamat menilai berbeda."))
    return f"<html><body><article>{body}</article></body></html>".encode()


class Web:
    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def ask(self, request):
        self.asked.append(request.url)
        return Reply(200, {"content-type": "text/html"}, self.answers[request.url], request.url)


@pytest.fixture
def world(rows, kit):
    """A feed of one entry and its page, as they stand now; each look at them polls, reads and plans."""
    rows.feed(url=FEED, name="Harian", created_at=NOW - timedelta(days=1), full_text=True, last_ok_at=NOW)
    rows.topic("Ledakan", "ledakan")
    rows.topic("NATO", "nato")
    rows.channel("desk")
    rows.channel("risk", to="https://hooks.example/risk")
    rows.subscription(("Ledakan", "NATO"), ("desk",))
    rows.subscription(("NATO",), ("risk",))

    def look(title, summary, *paragraphs):
        rows.change("UPDATE feeds SET next_poll_at = now()")
        kit.web = Web({FEED: rss(title, summary), URL: page(*paragraphs)})
        asyncio.run(poll(kit, seconds=1))
        asyncio.run(read(kit, seconds=1))
        plan(kit)
        rows.change("UPDATE deliveries SET state = 'sent', ended_at = now()")
        return rows.all(
            "SELECT t.name, c.name, coalesce(a.suppressed, 'told') FROM alerts a JOIN matches m ON m.id = a.match_id "
            "JOIN topics t ON t.id = m.topic_id JOIN channels c ON c.id = a.channel_id ORDER BY a.id"
        )

    return look


FIRST = [("Ledakan", "desk", "told")]
BOTH = [*FIRST, ("NATO", "desk", "already_told"), ("NATO", "risk", "told")]


def test_a_stub_that_grows_is_read_again_and_repeats_nothing(world, rows, kit):
    assert world("Ledakan di pelabuhan", "Kabar menyusul.", "Ledakan terdengar.") == FIRST
    assert world("Ledakan di pelabuhan: NATO bersiaga", "Rincian.", "Ledakan terdengar.") == BOTH
    assert rows.one("SELECT title FROM articles") == "Ledakan di pelabuhan: NATO bersiaga"
    assert rows.one("SELECT title FROM readings") == "Ledakan di pelabuhan"
    assert rows.one("SELECT edits, page_due_at FROM entries") == (1, None)
    assert rows.one("SELECT count(*) FROM articles") == 1


def test_what_stays_as_it_was_is_not_read_again(world, kit, rows):
    world("Ledakan", "5 komentar", "Ledakan terdengar.")
    assert world("Ledakan", "6 komentar", "NATO bersiaga.") == FIRST
    assert kit.web.asked == [FEED]
    assert rows.one("SELECT edits FROM entries") == 0


def test_an_edit_that_leaves_the_page_as_it_was_leaves_the_article(world, rows):
    world("Ledakan", "Kabar menyusul.", "Ledakan terdengar.")
    world("Ledakan", "Kabar lain.", "Ledakan terdengar.")
    assert rows.one("SELECT edits, page_due_at FROM entries") == (1, None)
    assert rows.one("SELECT count(*) FROM readings") == 0


def test_a_second_edit_within_minutes_waits_for_its_time(world, rows, kit):
    world("Ledakan", "satu", "Ledakan terdengar.")
    world("Ledakan", "dua", "Ledakan terdengar.")
    assert world("Ledakan", "tiga", "NATO bersiaga.") == FIRST
    assert rows.one("SELECT round(extract(epoch FROM page_due_at - now()) / 60), edits FROM entries") == (
        5,
        2,
    )
    assert world("Ledakan", "empat", "NATO bersiaga.") == FIRST
    assert rows.one("SELECT summary, edits FROM entries") == ("empat", 2)  # it goes along
    rows.change("UPDATE entries SET page_due_at = now(), edited_at = now()")
    assert world("Ledakan", "empat", "NATO bersiaga.") == BOTH


def test_an_edit_of_an_article_whose_page_was_never_had_is_matched_by_its_words(world, rows, kit):
    rows.change("UPDATE feeds SET full_text = false")
    assert world("Ledakan", "Kabar menyusul.") == FIRST
    assert world("Ledakan", "NATO bersiaga.") == BOTH
    assert rows.one("SELECT body FROM articles") == "NATO bersiaga."


def entry_in(rows, **facts):
    feed = rows.feed()
    article = rows.article(feed)
    usual = {"state": "read", "article_id": article, "text_hash": b"another"}
    return rows.entry(feed, **{**usual, **facts})


@pytest.mark.parametrize(
    "facts",
    [
        {"state": "new", "article_id": None},
        {"state": "failed"},
        {"reason": "same_article"},
        {"seen_at": NOW - WATCHED},
        {"edits": 8, "edited_at": NOW - timedelta(days=1)},
    ],
    ids=["is not read yet", "was set aside", "another feed brought it", "is old", "was edited often"],
)
def test_no_edit_counts_of_an_entry_that(database, rows, facts):
    entry = entry_in(rows, **facts)
    assert noted(database, entry, Entry(None, None, "New")) == 0
    assert rows.one("SELECT text_hash FROM entries") == b"another"


AGAIN = Entry(None, None, "New", (Words("<p>Sama</p>", "text/html"),))


def noted(database, entry, told):
    with database.begin() as connection:
        return note_edits(connection, {entry: told}, NOW)


def test_markup_that_is_as_it_was_is_not_read(database, rows, monkeypatch):
    entry = entry_in(rows)
    assert noted(database, entry, AGAIN) == 1
    monkeypatch.setattr(edits, "in_words", None)
    assert noted(database, entry, AGAIN) == 0


def test_other_markup_around_the_same_text_is_no_edit_and_not_noted(database, rows):
    entry = entry_in(rows)
    assert noted(database, entry, AGAIN) == 1
    before = rows.one("SELECT markup_hash, edits FROM entries")
    assert noted(database, entry, replace(AGAIN, summaries=(Words("<p>Sama</p><img>", "text/html"),))) == 0
    assert rows.one("SELECT markup_hash, edits FROM entries") == before


def test_an_entry_of_a_version_that_kept_no_mark_of_its_markup_gets_one(database, rows):
    entry = entry_in(rows, text_hash=text_hash("New", "Sama", ""))
    assert noted(database, entry, AGAIN) == 0
    assert rows.one("SELECT markup_hash, page_due_at FROM entries") == (markup_hash(AGAIN), None)


def test_an_entry_of_a_version_that_kept_no_mark_gets_one_and_is_not_read_again(database, rows):
    entry = entry_in(rows, text_hash=None)
    assert noted(database, entry, Entry(None, None, "New")) == 0
    assert rows.one("SELECT length(text_hash), page_due_at FROM entries") == (8, None)
