"""Pages that are tried again, on a real database: what they add is told once, to those who had not heard."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from alerts.desks.plan import plan
from worker.desks.read import read
from worker.robots import Forbidden
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
URL = "https://news.example/2026/perundingan"
TIMEOUT = Failure("timeout", "no page")
FILLER = "Perundingan di Jenewa berlangsung hingga larut malam tanpa hasil yang diumumkan kepada wartawan."
TEXT = f"{FILLER} Sekjen NATO menyatakan bahwa pertemuan berikutnya akan digelar awal bulan depan di Brussel."


def page(*paragraphs, head=""):
    body = "".join(
        f"<p>{each}</p>" for each in (FILLER, *paragraphs, "Para pengamat menilai kedua pihak berbeda.")
    )
    return f"<html><head>{head}</head><body><article>{body}</article></body></html>".encode()


class Web:
    """Answers by address; what it does not know is not there."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def ask(self, request):
        self.asked.append(request.url)
        answer = self.answers.get(request.url, Reply(404, {}, b"", request.url))
        if isinstance(answer, bytes):
            return Reply(200, {"content-type": "text/html"}, answer, request.url)
        return answer


@pytest.fixture
def work(kit):
    """Lets the read desk work once, with this answer at the article's address, or answers by address."""

    def once(answer=None, **facts):
        kit.web = Web(answer if isinstance(answer, dict) else {URL: answer or TIMEOUT})
        return asyncio.run(read(kit, seconds=20))

    return once


@pytest.fixture
def feed(rows):
    return rows.feed(url="https://news.example/rss", name=None, created_at=NOW - timedelta(hours=1))


@pytest.fixture
def told_short(rows, feed, work, kit):
    """An article whose page was not had: the topic Ukraina found it in the feed's own words, and was told."""
    rows.topic("Ukraina", "ukraina")
    rows.topic("NATO", "nato")
    rows.channel("desk")
    rows.subscription(("Ukraina", "NATO"), ("desk",))
    rows.entry(feed, link=URL, title="Perundingan", summary="Ukraina dan Rusia bertemu.")
    work()
    plan(kit)
    rows.change("UPDATE deliveries SET state = 'sent', ended_at = now()")


def due_now(rows):
    rows.change("UPDATE entries SET page_due_at = now() WHERE page_due_at IS NOT NULL")


def alerts(rows):
    return rows.all(
        "SELECT t.name, c.name, coalesce(a.suppressed, 'told') FROM alerts a JOIN matches m ON m.id = a.match_id "
        "JOIN topics t ON t.id = m.topic_id JOIN channels c ON c.id = a.channel_id ORDER BY a.id"
    )


def test_a_page_that_was_not_had_is_due_again_in_a_minute(rows, told_short):
    assert rows.one("SELECT page_due_at - read_at, page_tries, state FROM entries, articles") == (
        *(timedelta(minutes=1), 1, "read"),
    )
    assert rows.one("SELECT summary_only, page_problem FROM articles") == (True, "timeout: no page")
    assert alerts(rows) == [("Ukraina", "desk", "told")]


def test_before_it_is_due_nobody_asks_for_it(kit, told_short, work):
    assert work(page(TEXT)) == 0
    assert kit.web.asked == []


def test_what_the_page_adds_is_told_to_no_channel_twice(rows, told_short, work, kit):
    due_now(rows)
    assert work(page(TEXT)) == 1
    assert rows.one(
        "SELECT body LIKE '%Sekjen NATO%', summary_only, page_problem, reread_at IS NOT NULL FROM articles"
    ) == (*(True, False, None, True),)
    assert rows.one("SELECT page_due_at, attempts, lease_until < now() FROM entries") == (None, 0, True)
    plan(kit)
    assert alerts(rows) == [("Ukraina", "desk", "told"), ("NATO", "desk", "already_told")]


def test_a_channel_that_had_not_heard_hears_of_what_the_page_adds(rows, told_short, work, kit):
    rows.channel("risk", to="https://hooks.example/risk")
    rows.subscription(("NATO",), ("risk",))
    due_now(rows)
    work(page(TEXT))
    plan(kit)
    assert alerts(rows)[1:] == [("NATO", "desk", "already_told"), ("NATO", "risk", "told")]


def test_what_was_read_before_is_kept(rows, told_short, work):
    read_at = rows.one("SELECT read_at FROM articles")
    due_now(rows)
    work(page(TEXT))
    kept = rows.one("SELECT read_at, body, method, summary_only, page_problem FROM readings")
    assert kept == (read_at, "Ukraina dan Rusia bertemu.", "feed", True, "timeout: no page")
    assert rows.one("SELECT read_at FROM articles") == read_at  # whoever subscribed since hears of newer ones


def test_a_match_keeps_its_sentence_and_its_places_follow_the_text(rows, told_short, work):
    due_now(rows)
    work(page("Delegasi Ukraina tiba lebih dulu di Jenewa pada hari Minggu malam."))
    assert rows.one("SELECT hits->0->>3, quote->>'text' FROM matches") == (
        *("Ukraina", "Delegasi Ukraina tiba lebih dulu di Jenewa pada hari Minggu malam."),
    )


def test_a_match_that_only_the_feeds_words_had_keeps_its_sentence_and_loses_its_places(
    rows, told_short, work
):
    due_now(rows)
    work(page(TEXT))
    assert rows.one(
        "SELECT hits, quote->>'text' FROM matches JOIN topics t ON t.id = topic_id WHERE name = 'Ukraina'"
    ) == (*([], "Ukraina dan Rusia bertemu."),)


def test_a_topic_made_meanwhile_that_touches_both_texts_finds_an_older_article(rows, told_short, work):
    rows.topic("Rusia", "rusia")
    due_now(rows)
    work(page(TEXT, "Delegasi Rusia tiba."))
    assert rows.all("SELECT t.name FROM matches m JOIN topics t ON t.id = topic_id ORDER BY m.id") == [
        ("Ukraina",),
        ("NATO",),
    ]


def test_a_page_that_is_never_had_is_let_be_after_four_more_tries(rows, told_short, work):
    for tries in range(1, 5):
        assert rows.one("SELECT page_tries FROM entries") == tries
        due_now(rows)
        assert work() == 1
    assert rows.one("SELECT page_tries, page_due_at FROM entries") == (5, None)
    assert rows.one("SELECT count(*) FROM readings") == 0
    assert alerts(rows) == [("Ukraina", "desk", "told")]


def test_a_reading_that_breaks_off_leaves_everything_as_it_was_and_comes_again(
    rows, told_short, work, monkeypatch
):
    import worker.store.rereading as store

    real, broken, seen = store.match_rows, [], []

    def breaks_once(*found):
        if not broken:
            broken.append(True)
            raise KeyError("odd")
        seen.append(rows.one("SELECT summary_only, (SELECT count(*) FROM readings) FROM articles"))
        return real(*found)

    monkeypatch.setattr(store, "match_rows", breaks_once)
    due_now(rows)
    assert work(page(TEXT)) == 2
    assert seen[0] == (True, 0)
    assert rows.one("SELECT summary_only, (SELECT count(*) FROM readings) FROM articles") == (False, 1)


def test_a_second_feed_whose_page_is_had_completes_the_article(rows, told_short, work, kit):
    other = rows.feed(name="Agensi")
    rows.entry(other, link=URL, title="Perundingan")
    assert work(page(TEXT)) >= 1
    assert work(page(TEXT)) <= 1
    assert rows.one("SELECT count(*) FROM articles") == 1
    assert rows.one("SELECT body LIKE '%Sekjen NATO%' FROM articles")
    plan(kit)
    assert alerts(rows) == [("Ukraina", "desk", "told"), ("NATO", "desk", "already_told")]
    due_now(rows)  # the first feed's entry has nothing left to try for
    assert work(page(TEXT)) == 0
    assert rows.one("SELECT count(*) FROM readings") == 1


def test_what_robots_txt_forbids_is_not_asked_for_and_not_tried_again(rows, feed, work, kit):
    rows.topic()
    rows.entry(feed, link=URL, summary="NATO met.")

    async def forbids(url):
        return Forbidden("Disallow: /2026")

    kit.forbids = forbids
    work(page(TEXT))
    assert kit.web.asked == []
    assert rows.one("SELECT summary_only, page_problem FROM articles") == (
        True,
        "robots.txt forbids (Disallow: /2026)",
    )
    assert rows.one("SELECT page_due_at FROM entries") is None
    assert rows.one("SELECT count(*) FROM matches") == 1


def test_what_robots_txt_allows_is_read(rows, feed, work, kit):
    rows.entry(feed, link=URL)
    asked = []

    async def forbids(url):
        asked.append(url)

    kit.forbids = forbids
    work(page(TEXT))
    assert asked == [URL] == kit.web.asked
    assert not rows.one("SELECT summary_only FROM articles")


def test_an_aggregators_link_leads_to_the_publishers_article_and_is_kept_as_the_way(rows, feed, work, kit):
    rows.topic()
    rows.entry(feed, link=URL)
    work(page(TEXT))
    alerts_feed = rows.feed(name="Google Alerts")
    rows.entry(alerts_feed, link=f"https://www.google.com/url?rct=j&url={URL}?utm_source=x&ct=ga")
    work({f"{URL}?utm_source=x": page(TEXT)})
    assert rows.one("SELECT count(*) FROM articles") == 1
    assert rows.all("SELECT reason FROM entries ORDER BY id") == [(None,), ("same_article",)]


def test_a_redirector_is_followed_to_the_article(rows, feed, work, kit):
    rows.entry(feed, link="https://t.co/x1")
    hop = b'<meta http-equiv="refresh" content="0;url=https://news.example/go">'
    onward = b"<meta http-equiv='refresh' content='0;url=/2026/perundingan'>"
    work({"https://t.co/x1": hop, "https://news.example/go": onward, URL: page(TEXT)})
    assert rows.one("SELECT identity, url, via, body LIKE '%Sekjen NATO%' FROM articles") == (
        URL,
        URL,
        "t.co",
        True,
    )
    assert rows.one("SELECT notes->'asked' FROM articles") == [
        "https://t.co/x1",
        "https://news.example/go",
        URL,
    ]


def test_a_third_redirector_is_followed_no_more(rows, feed, work, kit):
    def hop(n):
        return f'<meta http-equiv="refresh" content="0;url=https://news.example/{n + 1}">'.encode()

    rows.entry(feed, link="https://news.example/1")
    work({f"https://news.example/{n}": hop(n) for n in range(1, 9)})
    assert kit.web.asked == [f"https://news.example/{n}" for n in (1, 2, 3)]
    assert rows.one("SELECT summary_only FROM articles")


def test_an_article_of_several_pages_is_one_text(rows, feed, work, kit):
    rows.topic()
    rows.entry(feed, link=URL)
    pages = {
        f"{URL}{'' if n == 1 else f'/{n}'}": page(
            f"Bagian {n} dari laporan panjang ini disusun dari keterangan para delegasi yang hadir di sana.",
            *(
                ["Sekjen NATO hadir pada hari terakhir dan berbicara kepada wartawan selama satu jam."]
                if n == 3
                else []
            ),
            head=f'<link rel="next" href="{URL}/{n + 1}">',
        )
        for n in range(1, 9)
    }
    work(pages)
    assert kit.web.asked == list(pages)[:6]
    body = rows.one("SELECT body FROM articles")
    assert [f"Bagian {n}" in body for n in range(1, 8)] == [True] * 6 + [False]
    assert body.count(FILLER) == 1
    assert rows.one("SELECT count(*) FROM matches") == 1


def test_a_further_page_that_is_not_had_leaves_those_before_it(rows, feed, work):
    rows.entry(feed, link=URL)
    work({URL: page(TEXT, head=f'<link rel="next" href="{URL}/2">'), f"{URL}/2": TIMEOUT})
    assert rows.one("SELECT body LIKE '%Sekjen NATO%', summary_only, page_problem FROM articles") == (
        True,
        False,
        None,
    )


def test_an_amp_twin_is_the_same_article(rows, feed, work):
    rows.entry(feed, link=URL)
    rows.entry(rows.feed(), link=f"{URL}/amp")
    twin = page(TEXT, head=f'<link rel="canonical" href="{URL}">')
    work({URL: page(TEXT), f"{URL}/amp": twin})
    assert rows.one("SELECT identity FROM articles") == URL


def test_what_a_site_repeats_in_its_articles_touches_no_topic(rows, feed, work, kit):
    rows.topic()
    plea = "Redaksi kami adalah anggota jaringan pemantau NATO di Asia Tenggara sejak 2011."
    for n in range(8):
        own = f"Laporan ke-{n} hari ini memuat {n} hal lain yang sama sekali berbeda dari laporan sebelumnya."
        rows.entry(feed, link=f"{URL}-{n}")
        work({f"{URL}-{n}": page(own, plea)})
    kept = rows.one("SELECT array_agg(body LIKE '%anggota jaringan%' ORDER BY id) FROM articles")
    assert kept[:4] == [True] * 4
    assert kept[6:] == [False] * 2
    assert rows.one("SELECT count(*) FROM matches") == sum(kept)
    assert rows.one("SELECT notes ? 'repeated' FROM articles ORDER BY id DESC LIMIT 1")
    assert rows.one("SELECT max(articles) FROM blocks WHERE print <> 0") == 8


def test_the_same_article_read_again_does_not_make_its_paragraphs_repeated(rows, feed, work):
    for _ in range(6):
        rows.entry(rows.feed(), link=URL)
        work(page(TEXT))
    assert rows.one("SELECT max(articles) FROM blocks") == 1
