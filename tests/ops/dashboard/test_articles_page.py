"""Stored articles on real servers: found, looked at, judged, read again; and why somebody heard of one or did not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from ops import access
from ops.dashboard.rereading import Rereading, read_now
from ops.store import accounts
from ops.store.schema import audit_log, extraction_reports
from worker.store.schema import articles, entries, entry_keys, feeds, matches, topics

pytestmark = pytest.mark.servers

PASSWORD = "a long enough password"
HOSTILE = "<script>alert(1)</script>\u202e\"'><img src=x onerror=alert(2)>{{ 7*7 }}"
URL = "https://kabar.example/2026/gempa"


class Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Mapping[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def nothing_runs_in(html: str) -> None:
    """No element of a stranger's making, no link out of our hands, no sign that turns text around."""
    main = html[html.index("<main") : html.index("</main>")]
    for tag, attrs in Elements(main).found:
        assert tag not in ("script", "img", "style", "iframe"), tag
        assert not any(name.startswith("on") or name == "style" for name in attrs)
        assert (attrs.get("href") or "/").startswith(("/", "#", "https://"))
        if (attrs.get("href") or "").startswith("https://"):
            assert attrs.get("rel") == "noopener noreferrer"
    assert "\u202e" not in main
    assert "&gt;{{ 7*7 }}" in main


@pytest.fixture
def people(engine: Engine) -> None:
    with engine.begin() as connection:
        for name, role in (("vera", "viewer"), ("edi", "editor")):
            if accounts.find_user(connection, name) is None:
                accounts.add_user(connection, name, access.hash_password(PASSWORD), role)


def visitor(site: Any, name: str) -> Any:
    known = site.visitor()
    assert known.log_in(name).status == 303
    return known


def article(news: Any, title: str = "Gempa di Palu", *, feed: int | None = None, **facts: Any) -> int:
    number: int = news.article(feed or news.feed(), title, url=URL)
    if facts:
        news.connection.execute(update(articles).where(articles.c.id == number).values(**facts))
    return number


def matched(news: Any, number: int, name: str = "Gempa", query: str = "gempa", at: int = 0) -> int:
    topic = news.put(topics, name=name, query=query)
    hits = [["title", at, at + 5, "Gempa"]]
    quote = {"field": "body", "text": "", "marks": []}
    return int(news.put(matches, topic_id=topic, article_id=number, hits=hits, quote=quote, state="planned"))


def entry(news: Any, number: int | None, feed: int, **facts: Any) -> int:
    values = {"feed_id": feed, "guid": URL, "link": URL, "title": "Gempa", "summary": "", "content": "", "authors": [],
              "tags": [], "seen_at": news.now, "backlog": False, "state": "read", "article_id": number}  # fmt: skip
    return int(news.put(entries, **{**values, **facts}))


def titles(page: Any) -> list[str]:
    found = re.findall(r'class="headline"[^>]*>\s*<a href="/articles/\d+">(.*?)</a>', page.text, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", "", each).split()) for each in found]


def audited(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.begin() as connection:
        rows = connection.execute(select(audit_log.c.who, audit_log.c.what, audit_log.c.kind))
        return [tuple(row) for row in rows if row.what not in ("logged in", "logged out")]


def test_without_an_article_it_says_what_to_do_first(site: Any) -> None:
    page = site.known_visitor().get("/articles")
    assert page.status == 200
    assert "No article was read yet." in page.text
    assert "pantau feeds add https://news.example.org" in page.text
    assert re.search(r'<a href="/articles"[^>]* aria-current="page"', page.text)


def test_only_people_may_look(site: Any) -> None:
    for path in ("/articles", "/articles/1", "/articles/1/reading", "/why?url=x", "/stories", "/stories/1"):
        assert site.visitor().get(path).status == 303, path


@pytest.fixture
def paper(world: Any) -> None:
    """Six articles of two feeds, in two languages; two matched, one of which was told, one was reported."""
    with world() as news:
        south, north = news.feed("Kabar Selatan"), news.feed("Nordic Wire")
        told = article(
            news, "Gempa mengguncang Palu", feed=south, body="Warga Palu mengungsi. Kata NATO pagi ini."
        )
        news.delivery(told, matched(news, told), news.channel("desk"))
        silent = article(news, "Gempa susulan di Donggala", feed=south, body="BMKG mencatat gempa susulan.")
        topic = news.connection.execute(select(topics.c.id)).scalar_one()
        news.put(matches, topic_id=topic, article_id=silent, hits=[], quote={"field": "title", "text": "", "marks": []},
                 state="planned")  # fmt: skip
        article(news, "Harga nikel naik", feed=south, body="Bursa London pagi ini.")
        yesterday = news.now - timedelta(days=2)
        article(
            news, "Землетрясение в Палу", feed=north, language="ru", body="НАТО молчит.", read_at=yesterday
        )
        article(
            news, "Nickel slips in London", feed=north, language="en", body="A quake was felt in Palu, too."
        )
        bad = article(news, "Berlangganan sekarang", feed=north, body="Masuk untuk membaca.")
        news.put(extraction_reports, article_id=bad, said_by="edi", said="only the wall", method="fast")


def test_articles_are_found_by_words_feed_topic_language_day_and_what_became_of_them(
    site: Any, world: Any, paper: None
) -> None:
    reader = site.known_visitor()
    with world() as news:
        before = f"{news.now - timedelta(days=2):%Y-%m-%d}"
    palu, susulan, nikel = "Gempa mengguncang Palu", "Gempa susulan di Donggala", "Harga nikel naik"
    russian, english, wall = "Землетрясение в Палу", "Nickel slips in London", "Berlangganan sekarang"
    for asked, found in {
        "": [wall, english, russian, nikel, susulan, palu],
        "words=palu": [english, palu],
        "words=PALU": [english, palu],
        "words=%D0%BD%D0%B0%D1%82%D0%BE": [russian],
        "words=%22pagi+ini%22": [nikel, palu],
        "words=gempa+-donggala": [palu],
        "words=nikel+or+nickel": [english, nikel],
        "words=gemp": [],
        "feed=nordic": [wall, english, russian],
        "feed=Nordic+Wire&words=palu": [english],
        "topic=Gempa": [susulan, palu],
        "topic=Gempa&words=donggala": [susulan],
        "language=ru": [russian],
        "language=id&feed=nordic": [wall],
        "show=matched": [susulan, palu],
        "show=unmatched": [wall, english, russian, nikel],
        "show=unmatched&words=palu": [english],
        "show=reported": [wall],
        f"day={before}": [russian],
        f"day={before}&words=palu": [],
        "words=palu+%26+%7C+%21+%3A*+%27": [english, palu],
    }.items():
        page = reader.get(f"/articles?{asked}")
        assert page.status == 200
        assert titles(page) == found, asked


def test_what_cannot_be_sought_is_said(site: Any, paper: None) -> None:
    reader = site.known_visitor()
    for asked, words in {
        "words=-palu": "Write at least one word",
        "words=%21%21+...": "Write at least one word",
        "feed=nobody": "No feed has this in its name.",
        "topic=nothing": "No topic has this name.",
        "words=zzzz": "No stored article is like that.",
    }.items():
        assert words in reader.get(f"/articles?{asked}").text, asked


def test_rows_tell_who_heard_or_that_nobody_did(site: Any, paper: None) -> None:
    page = site.known_visitor().get("/articles?show=matched")
    assert "<bdi>desk</bdi> sent" in page.text
    assert page.text.count("told to nobody") == 1
    assert "<mark>Gempa</mark> mengguncang Palu" in page.text
    assert '<a class="topic" href="/articles?topic=Gempa"><bdi>Gempa</bdi></a>' in page.text


def test_long_lists_go_on_where_they_ended(site: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
        for n in range(60):
            article(news, f"Berita {n:02}", feed=feed, body="sama")
        news.connection.execute(text("ANALYZE articles"))
    reader = site.known_visitor()
    for asked in ("", "words=sama", "language=id", "feed=Kabar"):
        first = reader.get(f"/articles?{asked}")
        (further,) = re.findall(r'class="further"><a class="button" href="([^"]+)"', first.text)
        second = reader.get(further.replace("&amp;", "&"))
        assert [*titles(first), *titles(second)] == [f"Berita {n:02}" for n in reversed(range(60))], asked
        assert "Show older" not in second.text


def test_an_article_shows_its_text_its_way_and_who_heard_of_it(site: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar Selatan")
        number = article(
            news, feed=feed, body="Kata BMKG.\n\nGempa lagi.", authors=["Rina"], method="json-ld"
        )
        match = matched(news, number)
        matched(news, number, "Palu", "palu")
        news.attempt(news.delivery(number, match, news.channel("desk")), 1, "sent", "200 ok")
        entry(news, number, feed)
    page = site.known_visitor().get(f"/articles/{number}").text
    words = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "<mark>Gempa</mark> di Palu" in page
    assert '<p dir="auto">Kata BMKG.</p>' in page
    for shown in (
        "Told desk at ",
        "Published",
        "+40 s",
        "23 characters, taken from what the page states in JSON-LD",
        "Rina",
        "gempa: Gempa",
        "no subscription hears of it",
        "200 ok",
        "Kabar Selatan",
    ):
        assert shown in words, shown
    assert 'rel="noopener noreferrer">Open it at the source' in page
    assert f'href="{URL}"' in page
    assert re.search(r'href="/deliveries/[0-9a-f-]{36}"', page)


def test_a_topic_that_was_asked_for_says_why_it_did_not_match(site: Any, world: Any) -> None:
    with world() as news:
        number = article(news)
        matched(news, number)
        news.put(topics, name="Pemilu", query="pemilu OR pilkada")
    reader = site.known_visitor()
    asked = reader.get(f"/articles/{number}?topic=Pemilu").text
    assert "Silent: the topic Pemilu needs one of pemilu, pilkada" in asked
    assert "pilkada: not in title or body" in asked
    unknown = reader.get(f"/articles/{number}?topic=Nobody").text
    assert "No topic is called “Nobody”." in unknown
    everything = reader.get(f"/articles/{number}?hold=all").text
    assert "1 stay silent" in everything


def test_what_is_no_article_is_not_found(site: Any) -> None:
    reader = site.known_visitor()
    for number in ("1", "0", "9" * 40):
        assert reader.get(f"/articles/{number}").status == 404, number
    assert reader.get("/articles/one").status == 404


def test_strangers_words_stay_words(site: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed(HOSTILE)
        number = article(news, HOSTILE, feed=feed, body=HOSTILE, source=HOSTILE, authors=[HOSTILE],
                         summary_only=True, page_problem=HOSTILE, url=f"javascript:{HOSTILE}")  # fmt: skip
        news.connection.execute(update(articles).values(language=HOSTILE[:30]))
        match = matched(news, number, HOSTILE, "alert")
        news.attempt(news.delivery(number, match, news.channel(HOSTILE)), 1, "never", HOSTILE)
        entry(news, number, feed, reason=HOSTILE)
        news.put(extraction_reports, article_id=number, said_by=HOSTILE, said=HOSTILE, method="fast")
    reader = site.known_visitor()
    for path in (
        "/articles",
        "/articles?words=alert",
        f"/articles/{number}",
        f"/articles/{number}?topic=%3Cscript%3Ealert(1)%3C/script%3E",
    ):
        nothing_runs_in(reader.get(path).text)
    assert "<mark>alert</mark>" in reader.get("/articles?words=alert").text
    asked = reader.get(
        "/why?url=https://x.example/%3Cscript%3Ealert(1)%3C/script%3E%3E%7B%7B+7*7+%7D%7D"
    ).text
    nothing_runs_in(asked)


def test_who_looks_only_may_not_judge_report_or_read_again(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        number = article(news)
        news.delivery(number, matched(news, number), news.channel())
    vera = visitor(site, "vera")
    page = vera.get(f"/articles/{number}")
    assert "Read the page again" not in page.text
    assert "<textarea" not in page.text
    token = page.csrf
    for act in ("word", "report", "retry", "read-again"):
        assert vera.post(f"/articles/{number}/{act}", {"csrf": token, "said": "x"}).status == 403, act
    assert visitor(site, "edi").post(f"/articles/{number}/report", {"csrf": "x", "said": "x"}).status == 403
    assert audited(engine) == []


def test_what_somebody_says_of_an_article_is_kept_beside_its_message(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        number, other = article(news), article(news, "Lain")
        match = matched(news, number)
        delivery = news.delivery(number, match, news.channel("desk"))
        key = news.connection.execute(
            text("SELECT key FROM deliveries WHERE id = :id"), {"id": delivery}
        ).scalar_one()
    edi = visitor(site, "edi")
    fields = {"csrf": edi.get(f"/articles/{number}").csrf, "delivery": str(key)}
    for word, said in (("yes", "relevant"), ("no", "not relevant")):
        gone = edi.post(f"/articles/{number}/word", {**fields, "relevant": word})
        assert gone.status == 303
        page = edi.get(gone.headers["location"]).text
        assert f"Noted: {said}." in page
        assert f"You said: {said}" in page
        assert re.findall(r'value="(yes|no)" aria-pressed="true"', page) == [word]
    assert "edi</bdi>: not relevant" in visitor(site, "vera").get(f"/articles/{number}").text
    assert edi.post(f"/articles/{other}/word", {**fields, "relevant": "yes"}).status == 404
    assert edi.post(f"/articles/{number}/word", {**fields, "delivery": "x", "relevant": "yes"}).status == 404
    assert audited(engine) == [("edi", "judged", "article")] * 2


def test_a_text_that_was_read_badly_is_reported_and_listed(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        number = article(news)
    edi = visitor(site, "edi")
    fields = {"csrf": edi.get(f"/articles/{number}").csrf}
    empty = edi.post(f"/articles/{number}/report", {**fields, "said": "  \n "})
    assert empty.status == 422
    assert "Say in a few words what is wrong" in empty.text
    long = edi.post(f"/articles/{number}/report", {**fields, "said": "<b>kata" + " x" * 600})
    assert long.status == 422
    assert "At most 1,000 characters; this has 1,207." in long.text
    assert "&lt;b&gt;kata x x" in long.text
    assert audited(engine) == []
    gone = edi.post(f"/articles/{number}/report", {**fields, "said": "the second half is missing"})
    assert gone.status == 303
    assert "the second half is missing" in edi.get(gone.headers["location"]).text
    edi.post(f"/articles/{number}/report", {**fields, "said": "the end is missing"})
    page = edi.get(f"/articles/{number}").text
    assert "the end is missing" in page
    assert "the second half" not in page
    assert titles(edi.get("/articles?show=reported")) == ["Gempa di Palu"]
    assert audited(engine) == [("edi", "reported", "article")] * 2
    with engine.begin() as connection:
        connection.execute(update(articles).values(method="site"))
    assert "of an earlier reading" in edi.get(f"/articles/{number}").text


def test_a_page_that_was_not_had_can_be_tried_at_once(
    site: Any, world: Any, people: None, engine: Engine
) -> None:
    with world() as news:
        feed = news.feed()
        number = article(news, feed=feed, summary_only=True, page_problem="status 403")
        late = entry(news, number, feed, page_tries=2, page_due_at=news.now + timedelta(hours=5))
        full = article(news, "Lain", feed=feed, url="https://kabar.example/lain")
    edi = visitor(site, "edi")
    page = edi.get(f"/articles/{number}")
    assert "its page was not had (status 403)" in page.text
    gone = edi.post(f"/articles/{number}/retry", {"csrf": page.csrf})
    assert "Its page is tried again within seconds." in edi.get(gone.headers["location"]).text
    with engine.begin() as connection:
        due = connection.execute(select(entries.c.page_due_at).where(entries.c.id == late)).scalar_one()
        assert due <= connection.execute(text("SELECT now()")).scalar_one()
    nothing = edi.post(f"/articles/{full}/retry", {"csrf": page.csrf})
    assert nothing.headers["location"].endswith("did=not-due")
    assert edi.post("/articles/999999/retry", {"csrf": page.csrf}).status == 404
    assert audited(engine) == [("edi", "retried", "article")]


def test_a_page_is_read_again_to_be_looked_at(
    make_site: Any, database: Any, world: Any, people: None, engine: Engine
) -> None:
    asked: list[str] = []

    async def read(url: str) -> Mapping[str, Any] | None:
        asked.append(url)
        return None if len(asked) > 1 else {
            "url": url, "fetched": {"status": 200}, "page": {"method": "extracted"},
            "article": {"article": {"title": HOSTILE, "language": "id"}, "authors": []}, "words": 2, "page_words": 5,
            "seen": [["Menu utama", False], ["Gempa lagi.", True]], "topics": [], "sentence": "It can be read.",
        }  # fmt: skip

    site = make_site(database, rereading=Rereading(read=read))
    with world() as news:
        number = article(news)
        unlinked = article(news, "Lain", url="javascript:alert(1)")
    edi = visitor(site, "edi")
    token = {"csrf": edi.get(f"/articles/{number}").csrf}
    assert edi.get(f"/articles/{number}/reading").headers["location"].endswith("did=not-kept")
    gone = edi.post(f"/articles/{number}/read-again", token)
    assert gone.headers["location"] == f"/articles/{number}/reading"
    page = visitor(site, "vera").get(f"/articles/{number}/reading").text
    assert asked == [URL]
    assert 'class="left"><span class="unseen">Left out: </span>Menu utama' in page
    assert '<p dir="auto">Gempa lagi.</p>' in page
    nothing_runs_in(page)
    failed = edi.post(f"/articles/{number}/read-again", token)
    assert "could not be read in time" in edi.get(failed.headers["location"]).text
    assert edi.post(f"/articles/{unlinked}/read-again", token).status == 404
    assert audited(engine) == [("edi", "read again", "article")] * 2


def test_the_reading_is_the_commands_own() -> None:
    reading = asyncio.run(read_now("http://127.0.0.1:9/nobody"))
    assert reading is not None
    assert reading["sentence"].startswith("It cannot be read: ")


def test_an_address_leads_to_its_article_or_says_why_there_is_none(site: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed("Harian Contoh", url="https://news.example.id/rss")
        number = article(news, feed=feed)
        news.connection.execute(update(articles).values(identity=URL))
        failed = entry(
            news, None, feed, state="failed", reason="its page is no article", link="https://a.example/b"
        )
        news.connection.execute(
            entry_keys.insert().values(feed_id=feed, key="https://a.example/b", entry_id=failed)
        )
    reader = site.known_visitor()
    assert reader.get(f"/why?url={URL}").headers["location"] == f"/articles/{number}"
    assert reader.get(f"/why?url={URL}%3Futm_source=x").headers["location"] == f"/articles/{number}"
    assert reader.get("/why?url=+").headers["location"] == "/articles"
    unknown = reader.get("/why?url=https://www.example.id/elsewhere").text
    assert "Unknown: no feed has brought an entry with this address." in unknown
    assert "Harian Contoh" in unknown
    assert "pantau why --fetch https://www.example.id/elsewhere</code>" in unknown
    nowhere = reader.get("/why?url=not%20an%20address").text
    assert "No feed of that site is watched" in nowhere


def test_feeds_by_the_hundred_share_a_part_of_their_name(site: Any, world: Any) -> None:
    with world() as news:
        for n in range(30):
            feed = news.feed(f"Kabar {n}")
        article(news, "Terakhir", feed=feed)
        exact = news.feed("Kabar")
        article(news, "Persis", feed=exact)
    assert titles(site.known_visitor().get("/articles?feed=kabar"))[0] == "Persis"
    with world() as news:
        news.connection.execute(update(feeds).where(feeds.c.id == exact).values(removed_at=news.now))
    assert "Persis" in site.known_visitor().get("/articles?feed=Kabar").text
