"""The order of work at the read desk, its leases, and readers that are killed in the middle of a batch."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from worker.desks import pages, parts, reader
from worker.desks import read as desk
from worker.desks.read import read
from worker.kit import Kit
from worker.store import claims
from worker.store.engine import open_engine
from worker.wire import Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
FILLER = "Perundingan di Jenewa berlangsung hingga larut malam tanpa hasil yang diumumkan kepada wartawan."


def page(*paragraphs):
    body = "".join(
        f"<p>{each}</p>" for each in (FILLER, *paragraphs, "Para pengamat menilai kedua pihak berbeda.")
    )
    return f"<html><body><article>{body}</article></body></html>".encode()


class Web:
    """Answers with the page of this name, at once or when the test lets it."""

    def __init__(self, answers, gates=None):
        self.answers, self.gates, self.asked = answers, gates or {}, []

    async def ask(self, request):
        name = request.url.rpartition("/")[2]
        self.asked.append(name)
        if name in self.gates:
            await self.gates[name].wait()
        answer = self.answers.get(name, Reply(404, {}, b"", request.url))
        if isinstance(answer, bytes):
            return Reply(200, {"content-type": "text/html"}, answer, request.url)
        return answer


@pytest.fixture
def feed(rows):
    return rows.feed(url="https://news.example/rss", name="Harian")


@pytest.fixture
def bring(rows, feed):
    def entry(name, **facts):
        return rows.entry(feed, link=f"https://news.example/{name}", title=name, **facts)

    return entry


async def until(holds):
    """Waits while the desk works; a test that waits in vain ends by its own time limit."""
    while not holds():  # noqa: ASYNC110  it is the database that changes
        await asyncio.sleep(0.01)


def read_in_order(rows):
    return [title for (title,) in rows.all("SELECT title FROM articles ORDER BY id")]


def test_pages_that_a_topic_touches_are_read_before_the_others_and_in_the_end_all_are(rows, bring, kit):
    rows.topic()
    names = [f"{n:02}" for n in range(20)]
    for name in names:
        bring(name)
    touched = {"07", "13", "19"}
    kit.web = Web({name: page("NATO hadir." if name in touched else "Hujan turun.") for name in names})
    assert asyncio.run(read(kit, seconds=20)) == 20
    order = read_in_order(rows)
    assert order[:3] == ["07", "13", "19"]
    assert sorted(order) == names
    assert rows.one("SELECT count(*) FROM entries WHERE attempts > 1") == 0


def test_news_goes_before_what_stood_in_a_feed_when_it_was_added(rows, bring, kit):
    rows.topic()
    for n in range(40):
        bring(f"old{n}", backlog=True)
    for n in range(4):
        bring(f"new{n}")
    answers = {f"{kind}{n}": page("NATO hadir.") for kind in ("old", "new") for n in range(40)}
    kit.web = Web(answers)
    asyncio.run(read(kit, seconds=20))
    assert read_in_order(rows)[:4] == [f"new{n}" for n in range(4)]
    assert len(read_in_order(rows)) == 44


def test_a_page_that_comes_late_holds_up_no_other(rows, bring, kit):
    async def late():
        gate = asyncio.Event()
        kit.web = Web({"slow": page("satu"), "quick": page("dua")}, {"slow": gate})
        reading = asyncio.create_task(read(kit, seconds=20))
        await until(lambda: rows.one("SELECT count(*) FROM articles") == 1)
        gate.set()
        await reading

    bring("slow")
    bring("quick")
    asyncio.run(late())
    assert read_in_order(rows) == ["quick", "slow"]


def test_news_whose_page_does_not_come_in_time_is_matched_with_its_feeds_words(rows, bring, kit, monkeypatch):
    monkeypatch.setattr(pages, "NEWS_DEADLINE_S", 0.05)
    rows.topic()
    bring("slow", summary="NATO hadir.")
    bring("old", summary="NATO hadir.", backlog=True)

    async def once():
        gates = {"slow": asyncio.Event(), "old": asyncio.Event()}
        kit.web = Web({"old": page("Hujan.")}, gates)
        asyncio.get_running_loop().call_later(0.3, gates["old"].set)
        await read(kit, seconds=20)

    asyncio.run(once())
    assert rows.all("SELECT title, summary_only, page_problem FROM articles ORDER BY title") == [
        ("old", False, None),
        ("slow", True, "timeout: no page within 0 s"),
    ]


def test_news_finds_places_that_backlog_may_not_take(rows, bring, kit):
    for n in range(desk.ROOM * 2):
        bring(f"old{n}", backlog=True)

    async def once():
        gate = asyncio.Event()
        kit.web = Web({}, {f"old{n}": gate for n in range(desk.ROOM * 2)})
        reading = asyncio.create_task(read(kit, seconds=20))
        await until(lambda: len(kit.web.asked) == desk.SLOW_ROOM)
        bring("new")
        await until(lambda: "new" in kit.web.asked)
        assert len(kit.web.asked) == desk.SLOW_ROOM + 1
        gate.set()
        await reading

    asyncio.run(once())
    assert rows.one("SELECT count(*) FROM articles") == desk.ROOM * 2 + 1


def test_a_full_pile_claims_no_more_until_it_is_read(rows, bring, kit, monkeypatch):
    monkeypatch.setattr(desk, "MOST_WAITING_BYTES", 3_000)
    held = []
    monkeypatch.setattr(
        desk.Reader, "look", lambda self, sheet: held.append(len(rows_leased(rows))) or _see(sheet)
    )
    for n in range(60):
        bring(f"{n}")
    kit.web = Web({f"{n}": page("x" * 400) for n in range(60)})
    asyncio.run(read(kit, seconds=5))
    assert rows.one("SELECT count(*) FROM articles") == 60
    assert max(held) <= desk.ROOM + 8


def rows_leased(rows):
    return rows.all("SELECT id FROM entries WHERE state = 'new' AND lease_until > now()")


def _see(sheet):
    sheet.look = "untouched"


def test_a_reader_keeps_the_leases_of_what_waits(rows, bring, kit, monkeypatch):
    monkeypatch.setattr(desk, "RENEW_S", 0.05)
    bring("slow")

    async def once():
        gate = asyncio.Event()
        kit.web = Web({"slow": page("satu")}, {"slow": gate})
        reading = asyncio.create_task(read(kit, seconds=20))
        await asyncio.sleep(0.1)
        rows.change("UPDATE entries SET lease_until = now()")
        await asyncio.sleep(0.5)
        assert rows.one("SELECT lease_until > now() + interval '20 seconds' FROM entries")
        gate.set()
        await reading

    asyncio.run(once())


def test_leases_that_were_lost_stay_lost(database, rows, bring):
    bring("a")
    with database.begin() as connection:
        (old,) = claims.claim_unread(connection, 1, lease_s=0)
        (new,) = claims.claim_unread(connection, 1, lease_s=5)
        claims.renew(connection, [old])
    assert rows.one("SELECT lease_until < now() + interval '10 seconds' FROM entries")
    with database.begin() as connection:
        claims.renew(connection, [new])
    assert rows.one("SELECT lease_until > now() + interval '20 seconds' FROM entries")


def test_a_mark_passes_from_one_entry_to_the_next(database, rows, bring):
    for name in "ab":
        bring(name)
    with database.begin() as connection:
        first, second = claims.claim_unread(connection, 2)
        claims.begin_reading(connection, first)
        claims.begin_reading(connection, second, unharmed=first)
    assert rows.all("SELECT attempts FROM entries ORDER BY id") == [(0,), (1,)]


def test_an_error_in_reading_counts_for_its_entry_alone(rows, bring, kit, monkeypatch):
    real = reader.article_of

    def breaks(entry, had):
        if entry.title == "bad":
            raise KeyError("odd")
        return real(entry, had)

    monkeypatch.setattr(reader, "article_of", breaks)
    for name in ("a", "bad", "b"):
        bring(name)
    kit.web = Web({name: page(name) for name in ("a", "bad", "b")})
    asyncio.run(read(kit, seconds=5))
    assert rows.all("SELECT title, state, reason FROM entries ORDER BY id") == [
        ("a", "read", None),
        ("bad", "failed", "reading it failed without its page, too"),
        ("b", "read", None),
    ]


def _exit():
    os._exit(1)


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


def _eat_memory():
    # A quarter of a gigabyte more than this process has, which is the whole test run's and may be large.
    had = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (had + 2**28, limits[1]))
    eaten = []
    try:
        while True:
            eaten.append(bytearray(2**24))
    finally:  # a thread that gets no memory to begin with is waited for for ever
        eaten.clear()
        resource.setrlimit(resource.RLIMIT_AS, limits)


DEATHS = {"it ends": _exit, "it is killed": _kill}


def read_in_a_child(kit, web, dies):
    """Lets a process of its own read, in which a page about poison does what `dies` does; whether it survived."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            real = parts.read_article
            parts.read_article = lambda page: dies() if page.url.endswith("poison") else real(page)
            engine = open_engine(kit.database)
            mine = Kit(engine=engine, web=web, keys=kit.keys, clock=kit.clock, settled=lambda _: None)
            asyncio.run(read(mine, seconds=20))
            os._exit(0)
        os._exit(3)
    _, status = os.waitpid(child, 0)
    return status == 0


@pytest.fixture
def poisoned(rows, bring, kit, database_url):
    """Six entries, the page of the third of which ends its reader; and who reads them."""
    names = ["a", "b", "poison", "c", "d", "e"]
    rows.topic()
    for name in names:
        bring(name, summary="NATO hadir.")
    web = Web({name: page(f"NATO hadir di {name}.") for name in names})

    class Where:
        database, keys, clock = database_url, kit.keys, kit.clock

    def work(dies):
        survived = read_in_a_child(Where, web, dies)
        rows.change("UPDATE entries SET lease_until = 'epoch'")  # as if its leases had run out
        return survived

    return work


@pytest.mark.parametrize("dies", DEATHS.values(), ids=DEATHS.keys())
def test_a_page_that_ends_its_reader_is_set_aside_after_three_and_its_neighbours_are_read(
    poisoned, rows, dies
):
    ends = []
    while not ends or not ends[-1]:
        ends.append(poisoned(dies))
        blamed = rows.all("SELECT title FROM entries WHERE attempts > 0 AND state = 'new'")
        assert blamed in ([], [("poison",)])
        assert len(ends) < 9
    assert ends == [False, False, False, True]
    assert rows.all("SELECT title, state, reason FROM entries WHERE state <> 'read'") == [
        ("poison", "failed", "reading its page failed 3 times")
    ]
    assert rows.one("SELECT count(*) FROM entries WHERE attempts > 1 AND title <> 'poison'") == 0
    told = rows.all("SELECT r.title FROM matches JOIN articles r ON r.id = article_id ORDER BY r.title")
    assert told == [(name,) for name in ("a", "b", "c", "d", "e", "poison")]  # its feed's words are not lost


def test_a_page_that_eats_all_memory_is_done_without(poisoned, rows):
    assert poisoned(_eat_memory)
    assert rows.all("SELECT title, page_problem FROM articles WHERE summary_only") == [
        ("poison", "the page could not be read (MemoryError)")
    ]
    assert rows.one("SELECT count(*) FROM matches") == 6


def test_a_suspect_comes_when_nothing_is_held_that_it_could_take_along(rows, bring, kit, monkeypatch):
    bring("suspect", attempts=1)
    for n in range(5):
        bring(f"{n}")
    together = []
    real = reader.Reader.read

    async def watched(self, sheet):
        together.append((sheet.entry.title, len(rows_leased(rows))))
        return await real(self, sheet)

    monkeypatch.setattr(reader.Reader, "read", watched)
    kit.web = Web({name: page(name) for name in ("suspect", *"01234")})
    asyncio.run(read(kit, seconds=20))
    assert ("suspect", 1) in together
    assert rows.one("SELECT count(*) FROM articles") == 6


def test_a_reader_that_is_told_to_stop_gives_back_what_it_holds(rows, bring, kit):
    rows.topic()
    names = [f"{n}" for n in range(12)]
    for name in names:
        bring(name)

    async def stopped():
        gate = asyncio.Event()
        kit.web = Web({name: page(f"NATO di {name}.") for name in names}, {"11": gate})
        kit.stopping = lambda: rows.one("SELECT count(*) FROM articles") >= 3
        await read(kit, seconds=60)

    asyncio.run(stopped())
    assert rows.one("SELECT count(*) FROM articles") == 3
    assert rows.one("SELECT count(*) FROM entries WHERE attempts > 0 AND state = 'new'") == 0
    assert rows_leased(rows) == []
    kit.stopping, kit.web.gates = (lambda: False), {}
    assert asyncio.run(read(kit, seconds=60)) == 9
    assert rows.one("SELECT count(*) FROM matches") == 12


def test_trouble_with_the_database_ends_the_work_and_is_told(rows, bring, kit, monkeypatch):
    from worker.store.engine import DatabaseTrouble

    for n in range(3):
        bring(f"{n}")
    kit.web = Web({f"{n}": page(f"{n}") for n in range(3)})

    def gone(*_args, **_facts):
        raise DatabaseTrouble("", {}, Exception())

    monkeypatch.setattr(reader.entries, "settle_reading", gone)
    with pytest.raises(DatabaseTrouble):
        asyncio.run(read(kit, seconds=20))
    monkeypatch.undo()
    rows.change("UPDATE entries SET lease_until = 'epoch'")
    asyncio.run(read(kit, seconds=20))
    assert rows.one("SELECT count(*) FROM articles") == 3


def test_a_suspects_page_that_is_tried_again_is_let_be_after_three(rows, feed, kit):
    article = rows.article(feed, summary_only=True, method="feed")
    rows.entry(
        feed,
        link="https://news.example/a",
        state="read",
        article_id=article,
        attempts=3,
        page_due_at=NOW - timedelta(seconds=20),
        page_tries=1,
    )
    kit.web = Web({"a": page("NATO")})
    asyncio.run(read(kit, seconds=20))
    assert kit.web.asked == []
    assert rows.one("SELECT state, reason, page_due_at FROM entries") == (
        "failed",
        "reading its page failed 3 times",
        None,
    )
