"""The stream of events and the page of the stream, on real servers."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import uvicorn
from sqlalchemy import text

from ops.dashboard import live
from ops.dashboard.app import build
from ops.dashboard.serving import Server
from worker.secrets import Secret

pytestmark = pytest.mark.servers


class Stream:
    """Somebody who listens, as a browser would."""

    def __init__(self, site: Any, cookies: dict[str, str], query: str = "", **headers: str) -> None:
        parts = urlsplit(site.address)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        sent = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", f"/live/events{query}", headers=sent)
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, Any]:
        """The next event, with its id."""
        found: dict[str, Any] = {}
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            if line.startswith("id: "):
                found["id"] = int(line[4:])
            elif line.startswith("data: "):
                found |= json.loads(line[6:])
            elif line == "\n" and "kind" in found:
                return found

    def until(self, kind: str) -> dict[str, Any]:
        while (found := self.next())["kind"] != kind:
            pass
        return found

    def rest(self) -> bytes:
        return self.answer.read()

    def close(self) -> None:
        sock = self.connection.sock
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
        self.answer.close()
        self.connection.close()


@pytest.fixture
def listen(site: Any) -> Iterator[Any]:
    """Opens streams as somebody who is logged in, and closes them."""
    visitor, opened = site.known_visitor(), []

    def open_stream(query: str = "?age=0", **headers: str) -> Stream:
        stream = Stream(site, visitor.cookies, query, **headers)
        opened.append(stream)
        return stream

    open_stream.visitor = visitor  # type: ignore[attr-defined]
    yield open_stream
    for stream in opened:
        stream.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY_S", 0.1)
    monkeypatch.setattr(live, "STANDING_S", 0.2)
    monkeypatch.setattr(live, "VERDICT_S", 0.2)


def test_strangers_do_not_listen(site: Any) -> None:
    assert site.visitor().get("/live/events").status == 401
    assert site.visitor().get("/live").status == 303


def test_an_article_is_told_of_as_soon_as_it_is_read(listen: Any, world: Any) -> None:
    stream = listen()
    assert stream.answer.status == 200
    assert stream.answer.headers["content-type"].startswith("text/event-stream")
    assert "no-store" in stream.answer.headers["cache-control"]
    assert stream.answer.readline() == b"retry: 3000\n"
    with world() as news:
        news.article(news.feed(), "Berita baru")
    began = time.monotonic()
    told = stream.until("articles")
    assert told["n"] == 1
    assert time.monotonic() - began < 60
    assert abs(told["id"] / 1000 - time.time()) < 30


@contextmanager
def unsteady(engine: Any) -> Iterator[None]:
    """Feeds fail and answer again, as long as somebody waits to hear of it: which is told first is nobody's promise."""
    over = threading.Event()

    def change() -> None:
        for state in cycle(("failing", "ok")):
            with engine.begin() as connection:
                connection.execute(text("UPDATE feeds SET state = :state"), {"state": state})
            if over.wait(1):
                return

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_what_becomes_of_messages_and_feeds_is_told(listen: Any, world: Any, engine: Any) -> None:
    with world() as news:
        news.tick()
        news.story()
    stream = listen("?age=0")
    stream.until("deliveries")  # of the last seconds: they may be younger than the page
    with unsteady(engine):
        stream.until("feeds")
        stream.until("verdict")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO circuits (name, reason, probe_at) VALUES ('sender:smtp', 'x', now())")
        )
    stream.until("deliveries")


def test_an_article_that_is_committed_late_is_not_missed(
    site: Any, listen: Any, world: Any, engine: Any
) -> None:
    with world() as news:
        feed = news.feed()
    stream = listen()
    # the stream begins before the first look, and what is there by then and an hour old is no news
    wait_for(lambda: app_watch(site).looks > 0, 60)
    late = engine.connect()
    try:
        late.execute(text("SELECT nextval(pg_get_serial_sequence('articles', 'id'))"))
        slow = type(news)(late, news.now)
        slow.article(feed, "Committed last", age_s=3600)
        with world() as news:
            news.article(feed, "Committed first", age_s=3600)
        stream.until("articles")
        late.commit()
        stream.until("articles")
    finally:
        late.close()


def test_who_comes_back_is_told_of_what_came_meanwhile(listen: Any, world: Any) -> None:
    listen()  # somebody listens all the time
    with world() as news:
        news.article(news.feed(), "While nobody of his listened", age_s=2)
    heard = int(time.time() * 1000) - 5_000
    assert listen("", last_event_id=str(heard)).until("articles")["n"] == 1


def test_a_page_that_is_older_than_its_stream_is_told_of_what_came_between(listen: Any, world: Any) -> None:
    with world() as news:
        news.article(news.feed(), "After the page, before the stream", age_s=8)
    assert listen("?age=6000").until("articles")


def test_two_web_processes_tell_the_same(listen: Any, make_site: Any, database: Secret, world: Any) -> None:
    other = make_site(database)
    first, second = listen(), Stream(other, listen.visitor.cookies)
    with world() as news:
        news.article(news.feed(), "For both")
    assert first.until("articles")
    assert second.until("articles")
    second.close()


def test_a_stream_ends_with_its_session(listen: Any, engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.2)
    stream = listen()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM sessions"))
    began = time.monotonic()
    stream.rest()
    assert time.monotonic() - began < 5
    assert listen().answer.status == 401


def test_nobody_looks_while_nobody_listens(site: Any, listen: Any) -> None:
    watch = app_watch(site)
    watch.linger_s = 0.3
    assert watch.looks == 0
    stream = listen()
    wait_for(lambda: watch.looks > 2)
    stream.close()
    wait_for(lambda: not watch.listeners)
    time.sleep(1.0)
    looked = watch.looks
    time.sleep(0.5)
    assert watch.looks == looked
    listen()
    wait_for(lambda: watch.looks > looked)


def test_only_so_many_listen(site: Any, listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_EACH", 2)
    listen(), listen()
    wait_for(lambda: len(app_watch(site).listeners) == 2)
    refused = listen()
    assert refused.answer.status == 503
    assert refused.answer.headers["retry-after"] == "60"


def test_whoever_does_not_read_is_sent_away_and_the_others_hear(site: Any) -> None:
    listener = live.Listener("session")
    for _ in range(500):
        listener.tell(b"data: x\n\n")
    assert listener.queue.qsize() <= 201
    assert any(listener.queue.get_nowait() is None for _ in range(listener.queue.qsize()))


def test_a_database_that_was_away_is_made_up_for(
    listen: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = listen()
    wait_for(lambda: app_watch(site).looks > 1)
    asked = live.stream.look

    def silent(*_: Any) -> Any:
        raise live.DatabaseSilent

    monkeypatch.setattr(live.stream, "look", silent)
    time.sleep(0.4)
    monkeypatch.setattr(live.stream, "look", asked)
    assert {stream.next()["kind"] for _ in range(6)} == set(live.KINDS)


def test_the_process_stops_at_once_though_somebody_listens(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_FIRST_LOOK_S", 3600)
    visitor = site.known_visitor()
    config = uvicorn.Config(build(site.context), host="127.0.0.1", port=0, log_config=None, ws="none")
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started)
    site.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    stream = Stream(site, visitor.cookies)
    assert stream.answer.status == 200
    began = time.monotonic()
    server.should_exit = True
    stream.rest()
    stream.close()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 3


class NeverLooks:
    """The context of a process whose database does not answer."""

    async def ask(self, _: Any) -> Any:
        await asyncio.Event().wait()


async def ended(before: bool, monkeypatch: pytest.MonkeyPatch) -> live.Listener:
    """Somebody who began to listen before, or after, the process ended its streams."""
    monkeypatch.setattr(live, "_FIRST_LOOK_S", 3600)
    watch, listener = live.Watch(cast(Any, NeverLooks())), live.Listener("session")
    if not before:
        watch.close()
    joining = asyncio.create_task(watch.join(listener))
    await asyncio.sleep(0)
    if before:
        watch.close()
    async with asyncio.timeout(60):
        await joining
    return listener


@pytest.mark.parametrize("before", [True, False])
def test_no_stream_outlives_its_process(before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = asyncio.run(ended(before, monkeypatch))
    assert listener.queue.get_nowait() is None


def app_watch(site: Any) -> Any:
    return site.watch


def wait_for(true: Any, within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


# The page


def test_an_empty_stream_says_what_to_do(site: Any) -> None:
    page = site.known_visitor().get("/live").text
    assert "No article has been read yet" in page
    assert "pantau feeds add" in page


def test_articles_stand_newest_first_with_what_matched_marked(site: Any, world: Any) -> None:
    with world() as news:
        news.article(news.feed(), "Tanpa topik", age_s=90)
        news.story("Rusia gempur Kiev")
    page = site.known_visitor().get("/live").text
    assert page.index("gempur Kiev") < page.index("Tanpa topik")
    assert "<mark>Rusia</mark> gempur Kiev" in page
    assert "sekretaris <mark>NATO</mark> kemarin" in page
    assert "told on 1 channel" in page
    assert 'data-row href="/articles/' in page


def test_what_is_sifted_stands_in_the_address(site: Any, world: Any, engine: Any) -> None:
    with world() as news:
        feed = news.feed()
        news.article(feed, "Lain sumber")
        news.story("Rusia gempur Kiev")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE articles SET source = 'Lain', language = 'su' WHERE title = 'Lain sumber'")
        )
        topic = connection.execute(text("SELECT name FROM topics")).scalar_one().replace(" ", "+")
    visitor = site.known_visitor()
    for query, has in (
        ("source=Lain", (True, False)),
        ("language=su", (True, False)),
        ("matched=1", (False, True)),
        (f"topic={topic}", (False, True)),
        ("topic=none+of+ours", (False, False)),
        ("source=Lain&matched=1", (False, False)),
    ):
        page = visitor.get(f"/live?{query}").text
        assert ("Lain sumber" in page, "gempur Kiev" in page) == has, query
    assert "No article fits" in visitor.get("/live?source=Lain&matched=1").text


def test_the_stream_goes_on_with_a_cursor(site: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
        numbers = [news.article(feed, f"Berita {n}") for n in range(70)]
    visitor = site.known_visitor()
    first = visitor.get("/live").text
    assert f'href="/live?before={numbers[20]}"' in first
    second = visitor.get(f"/live?before={numbers[20]}").text
    assert f'id="a{numbers[19]}"' in second
    assert f'id="a{numbers[20]}"' not in second
    assert "data-live-list" not in second
    assert "Go to the newest" in second


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=-1",
        "before=" + "9" * 30,
        "topic=%00",
        "source=" + "x" * 900,
        "matched=%22%3E",
        "before=\u0663",
    ],
)
def test_an_address_of_nonsense_is_no_error(site: Any, query: str) -> None:
    from urllib.parse import quote

    assert site.known_visitor().get("/live?" + quote(query, safe="=%")).status == 200


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202egnp.exe",
    "{{ 7*7 }}",
    "x" * 5000,
]


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_words_stay_words(site: Any, world: Any, engine: Any, title: str) -> None:
    with world() as news:
        article = news.article(news.feed(title), title, url="javascript:alert(1)", body=title)
        news.match(article, [["title", 0, 4, title[:4]]], {"field": "body", "text": title, "marks": [[0, 4]]})
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE articles SET source = :t, language = :l"), {"t": title, "l": title[:40]}
        )
        connection.execute(text("UPDATE topics SET name = :t"), {"t": title})
    page = site.known_visitor().get("/live").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert "\u202e" not in page.split('<ol id="stream"')[1]
    assert len(page) < 60_000


def test_who_has_the_page_already_is_told_so(site: Any, world: Any) -> None:
    visitor = site.known_visitor()
    first = visitor.get("/live?before=1")
    assert visitor.get("/live?before=1", if_none_match=first.headers["etag"]).status == 304


def test_colours_are_chosen_and_kept_in_a_cookie(site: Any) -> None:
    visitor = site.known_visitor()
    page = visitor.get("/live?matched=1")
    assert "data-look" not in page.text
    went = visitor.post("/look", {"csrf": page.csrf, "look": "dark", "back": "/live?matched=1"})
    assert (went.status, went.headers["location"]) == (303, "/live?matched=1")
    assert '<html lang="en" data-look="dark">' in visitor.get("/").text
    visitor.post("/look", {"csrf": page.csrf, "look": "", "back": "https://evil.example/"})
    assert "data-look" not in visitor.get("/").text
    visitor.cookies["pantau_look"] = '"><script>'
    assert "data-look" not in visitor.get("/").text
    assert visitor.post("/look", {"csrf": "wrong", "look": "dark"}).status == 403
    assert site.visitor().post("/look", {"look": "dark"}).headers["location"].startswith("/login")
