"""A process is killed for real at every named point of polling, reading and planning: what it leaves behind, and that
whoever comes next makes of it one article, told once. Sending has its own: tests/alerts/test_crashpoints.py."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.desks.plan import plan
from worker import crashpoint
from worker.desks.poll import poll
from worker.desks.read import read
from worker.kit import Kit
from worker.secrets import Secret
from worker.store.engine import open_engine
from worker.wire import Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
SITE = "https://news.example"
ITEM = f"<item><title>Kyiv</title><link>{SITE}/kyiv</link><pubDate>{NOW:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
RSS = f"<rss version='2.0'><channel><title>Harian</title>{ITEM}</channel></rss>".encode()
WORDS = "Perundingan di Jenewa berlangsung hingga larut malam tanpa hasil, dan NATO menanggapi. " * 4
PAGE = f"<html><body><article><p>{WORDS}</p></article></body></html>".encode()


class Web:
    """Answers with the feed or the page."""

    async def ask(self, request: Any) -> Reply:
        body = RSS if request.url.endswith("/rss") else PAGE
        return Reply(200, {"content-type": "text/html", "etag": '"1"'}, body, request.url)


WORK: dict[str, Callable[[Kit], Any]] = {
    "poll": lambda kit: asyncio.run(poll(kit, seconds=0.5)),
    "read": lambda kit: asyncio.run(read(kit, seconds=0.5)),
    "plan": plan,
}
DESKS = tuple(WORK)


@pytest.fixture
def work(kit: Kit, database_url: Secret) -> Callable[..., None]:
    """Lets a desk work: here, or in a process of its own that dies at a point."""

    def run(desk: str, dies_at: str = "") -> None:
        kit.web = Web()  # type: ignore[assignment]
        if not dies_at:
            WORK[desk](kit)
            return
        child = os.fork()
        if child == 0:
            with suppress(BaseException):
                crashpoint._name, crashpoint._left = dies_at, 1
                engine = open_engine(database_url)
                WORK[desk](
                    Kit(engine=engine, web=kit.web, keys=kit.keys, clock=kit.clock, settled=lambda _: 0)
                )
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL

    return run


# what is there after the death: the feed has validators, entries that are new and read, matches new and planned,
# deliveries
NOTHING = (False, 0, 0, 0, 0, 0)
POLLED = (True, 1, 0, 0, 0, 0)
READ = (True, 0, 1, 1, 0, 0)
PLANNED = (True, 0, 1, 0, 1, 1)
LEFT = """
    SELECT (SELECT etag IS NOT NULL FROM feeds),
           (SELECT count(*) FROM entries WHERE state = 'new'), (SELECT count(*) FROM entries WHERE state = 'read'),
           (SELECT count(*) FROM matches WHERE state = 'new'), (SELECT count(*) FROM matches WHERE state = 'planned'),
           (SELECT count(*) FROM deliveries)
"""
TABLE = {
    "poll_after_claim": NOTHING,
    "poll_after_fetch": NOTHING,
    "poll_before_commit": NOTHING,
    "poll_after_commit": POLLED,
    "read_after_claim": POLLED,
    "read_after_extraction": POLLED,
    "read_before_commit": POLLED,
    "read_after_commit": READ,
    "plan_after_claim": READ,
    "plan_before_commit": READ,
    "plan_after_commit": PLANNED,
}


@pytest.mark.parametrize(("point", "left"), TABLE.items(), ids=TABLE)
def test_a_desk_that_is_killed_leaves_all_of_a_step_or_nothing_and_the_next_one_goes_on(
    rows: Any, work: Any, point: str, left: tuple[Any, ...]
) -> None:
    rows.feed(url=f"{SITE}/rss", name=None, created_at=NOW - timedelta(hours=1))
    rows.topic()
    rows.channel()
    rows.subscription()
    dying = point.partition("_")[0]
    for desk in DESKS[: DESKS.index(dying)]:
        work(desk)
    work(dying, dies_at=point)
    assert rows.one(LEFT) == left
    late = "SELECT coalesce(max(lease_until) - now(), '0') <= interval '60 s' FROM {}"
    assert all(rows.one(late.format(table)) for table in ("feeds", "entries"))  # nobody waits for longer
    for table in ("feeds", "entries"):
        rows.change(f"UPDATE {table} SET lease_until = 'epoch'")
    rows.change("UPDATE hosts SET leases = '{}'")
    for desk in DESKS:
        work(desk)
        work(desk)
    assert rows.one(LEFT) == PLANNED
    assert rows.one("SELECT count(*) FROM articles") == rows.one("SELECT count(*) FROM alerts") == 1
    assert rows.one("SELECT state, possible_repeat FROM deliveries") == ("ready", False)
