"""What programs hear: everything, in whichever order it appears, and again after a break."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text, update

from ops.api.listening import MOST_EACH, Memory
from ops.store import happened
from ops.store.schema import tokens
from ops.windows import OVERLAP_S

pytestmark = pytest.mark.servers

PATIENCE_S = 30


@dataclass
class Heard:
    """A stream that is being read; `told` are its events."""

    status: int
    told: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    ended: threading.Event = field(default_factory=threading.Event)
    body: str = ""

    def wait_for(self, many: int) -> list[tuple[str, str, dict[str, Any]]]:
        with self.came:
            assert self.came.wait_for(lambda: len(self.told) >= many, PATIENCE_S), self.told
            return list(self.told)


@contextmanager
def listening(site: Any, token: str, **headers: str) -> Iterator[Heard]:
    address = urlsplit(site.address)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
    known = {"authorization": f"Bearer {token}"} if token else {}
    line.request("GET", "/api/v1/events", headers={**known, **headers})
    answer = line.getresponse()
    heard = Heard(answer.status)
    if answer.status != 200:
        heard.body = answer.read().decode()
        yield heard
        line.close()
        return
    assert answer.getheader("content-type", "").startswith("text/event-stream")

    def read() -> None:
        said: dict[str, str] = {}
        try:
            while line_of := answer.readline().decode():
                name, _, value = line_of.rstrip("\n").partition(": ")
                if name:
                    said[name] = value
                elif "data" in said:
                    with heard.came:
                        heard.told.append((said["id"], said["event"], json.loads(said["data"])))
                        heard.came.notify_all()
                    said = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):  # we hung up
            pass
        heard.ended.set()

    # the answer's first bytes say that everything from here on is heard
    assert answer.readline() == b"retry: 3000\n"
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield heard
    finally:
        if line.sock is not None:
            line.sock.shutdown(2)
        line.close()
        reader.join(PATIENCE_S)


def test_a_program_hears_of_matches_alerts_and_endings(site: Any, token_of: Any, world: Any) -> None:
    token = token_of("read")
    with world() as news:
        news.story()
    with listening(site, token) as heard:
        with world() as news:
            article = news.article(news.feed("Kabar"), "Nikel \u202e<b>naik")
            match = news.match(article, [], {"field": "title", "text": "", "marks": []})
            news.delivery(article, match, news.channel("second"), "failed", reason="refused")
        told = heard.wait_for(3)
    kinds = {kind: data for _, kind, data in told}
    assert set(kinds) == {"match", "alert", "delivery"}
    assert (kinds["alert"]["channel"], kinds["alert"]["suppressed"]) == ("second", None)
    assert (kinds["match"]["id"], kinds["match"]["article_id"]) == (str(match), str(article))
    assert kinds["match"]["title"] == "Nikel <b>naik"
    assert (kinds["delivery"]["state"], kinds["delivery"]["reason"]) == ("failed", "refused")
    assert kinds["delivery"]["articles"] == [str(article)]


def test_what_happened_while_nobody_listened_is_told_afterwards(site: Any, token_of: Any, world: Any) -> None:
    token = token_of("read")
    feed = None

    def matched(*titles: str) -> set[str]:
        nonlocal feed
        with world() as news:
            feed = feed or news.feed("Kabar")
            return {
                str(news.match(news.article(feed, title), [], {"field": "title", "text": "", "marks": []}))
                for title in titles
            }

    with listening(site, token) as heard:
        first = matched("one")
        (last, _, _), *_ = heard.wait_for(1)
    missed = matched("two", "three")
    with listening(site, token, **{"last-event-id": last}) as heard:
        told = heard.wait_for(3)
        assert {data["id"] for _, _, data in told} == first | missed
        fourth = matched("four")
        assert {data["id"] for _, _, data in heard.wait_for(4)} == first | missed | fourth


def test_a_row_that_appears_behind_a_higher_one_is_heard(engine: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar")
        articles = [news.article(feed, f"n{n}") for n in range(3)]
        topic = news.connection.execute(
            text("INSERT INTO topics (name, query) VALUES ('N', 'n') RETURNING id")
        ).scalar()
    insert = text(
        "INSERT INTO matches (topic_id, article_id, hits, quote) VALUES (:t, :a, '[]', '{}') RETURNING id"
    )
    with engine.begin() as connection:
        memory = Memory.from_now(connection, 0.0)
    with engine.connect() as slow:
        late = slow.execute(insert, {"t": topic, "a": articles[0]}).scalar()
        with engine.begin() as quick:
            soon = quick.execute(insert, {"t": topic, "a": articles[1]}).scalar()
        with engine.begin() as connection:
            assert [row["id"] for _, row in memory.take(connection, 1.0)] == [soon]
        slow.commit()
    assert late < soon
    with engine.begin() as connection:
        assert [row["id"] for _, row in memory.take(connection, 2.0)] == [late]
        assert memory.take(connection, 3.0) == []
        before = memory.id
        assert memory.take(connection, 3.0 + OVERLAP_S) == []
        assert memory.id != before
        assert Memory.from_id(memory.id).take(connection, 0.0) == []
        assert [row["id"] for _, row in Memory.from_id(before).take(connection, 0.0)] == [late, soon]


def test_a_long_absence_is_made_up_for_in_pieces(engine: Any, world: Any, monkeypatch: Any) -> None:
    """Old rows do not pile up in the memory: nothing can appear below them any more."""
    monkeypatch.setattr(happened, "MOST", 3)
    with world() as news:
        feed = news.feed("Kabar")
        numbers = [
            news.match(news.article(feed, f"n{n}"), [], {"field": "title", "text": "", "marks": []})
            for n in range(8)
        ]
        news.connection.execute(text("UPDATE matches SET created_at = now() - interval '1 hour'"))
    memory, told = Memory.from_id("0.0.0"), []
    with engine.begin() as connection:
        for look in range(4):
            told += [row["id"] for _, row in memory.take(connection, float(look))]
            assert len(memory.windows["match"].seen) <= 3
    assert told == numbers


def test_a_delivery_that_is_sent_again_ends_again(engine: Any, world: Any) -> None:
    with world() as news:
        delivery = news.story()
    memory = Memory.from_id("0.0.0")
    ends = text("UPDATE deliveries SET ended_at = clock_timestamp() WHERE id = :id")
    with engine.begin() as connection:
        told = [row["id"] for kind, row in memory.take(connection, 0.0) if kind == "delivery"]
        assert told == [delivery]
        connection.execute(ends, {"id": delivery})
        assert [row["id"] for _, row in memory.take(connection, 1.0)] == [delivery]
        assert memory.take(connection, 2.0) == []


def test_few_streams_for_each_and_only_for_who_is_let_in(
    site: Any, token_of: Any, engine: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ops.api.listening.HEARTBEAT_S", 0.0)
    assert site.visitor().get("/api/v1/events").status == 401
    token = token_of("read")
    with ExitStack() as several:
        streams = [several.enter_context(listening(site, token)) for _ in range(MOST_EACH)]
        assert {stream.status for stream in streams} == {200}
        with listening(site, token) as refused:
            assert (refused.status, json.loads(refused.body)["status"]) == (429, 429)
        with engine.begin() as connection:
            connection.execute(update(tokens).values(revoked_at=text("now()")))
        site.steady.seconds += 1
        assert all(stream.ended.wait(PATIENCE_S) for stream in streams)
    with listening(site, token) as refused:
        assert refused.status == 401
    with listening(site, token_of("read"), **{"last-event-id": "nonsense"}) as refused:
        assert refused.status == 422


def test_who_hangs_up_makes_room(site: Any, token_of: Any) -> None:
    token = token_of("read")
    for _ in range(3):
        with ExitStack() as several:
            streams = [several.enter_context(listening(site, token)) for _ in range(MOST_EACH)]
            assert {stream.status for stream in streams} == {200}
        until = time.monotonic() + PATIENCE_S
        while not _may_listen(site, token) and time.monotonic() < until:
            time.sleep(0.2)


def _may_listen(site: Any, token: str) -> bool:
    with ExitStack() as several:
        streams = [several.enter_context(listening(site, token)) for _ in range(MOST_EACH)]
        return all(stream.status == 200 for stream in streams)


def test_a_browser_may_listen_as_long_as_somebody_is_logged_in(
    site: Any, token_of: Any, world: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ops.api.listening.HEARTBEAT_S", 0.0)
    visitor = site.known_visitor()
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    with listening(site, "", cookie=cookie) as heard:
        with world() as news:
            news.story()
        heard.wait_for(3)
        site.steady.seconds += 1
        with world() as news:
            news.connection.execute(text("DELETE FROM sessions"))
        assert heard.ended.wait(PATIENCE_S)


def test_streams_end_when_the_process_does(site: Any, token_of: Any) -> None:
    with listening(site, token_of("read")) as stream:
        site.watch.closed = True
        assert stream.ended.wait(PATIENCE_S)


def test_who_begins_to_listen_hears_of_nothing_old(engine: Any, world: Any, monkeypatch: Any) -> None:
    """Several deliveries that ended in the same moment as the oldest that is remembered are old as well."""
    monkeypatch.setattr(happened, "MOST", 2)
    with world() as news:
        feed = news.feed("Kabar")
        for n in range(5):
            article = news.article(feed, f"n{n}")
            match = news.match(article, [], {"field": "title", "text": "", "marks": []})
            news.delivery(article, match, news.channel(f"c{n}"))
        news.connection.execute(text("UPDATE deliveries SET ended_at = '2026-01-01T00:00:00Z'"))
    with engine.begin() as connection:
        memory = Memory.from_now(connection, 0.0)
        assert memory.take(connection, 1.0) == []
        last = connection.execute(text("SELECT max(id) FROM deliveries")).scalar()
        connection.execute(text("UPDATE deliveries SET ended_at = now() WHERE id = :id"), {"id": last})
        assert [row["id"] for _, row in memory.take(connection, 2.0)] == [last]
