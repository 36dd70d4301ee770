"""One long-lived world under attack: a press that never stops, ears that count, and what must hold after each fault.

A fault is done, its own behaviour is looked at, and then an article that is published from now on has to be told
(`Siege.news_flows`). At the end `Siege.proof` holds the receivers, the ledger and the press against each other.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from ops.newsroom import MailSink, Newsroom, Outlet, SlackSink, Story
from ops.newsroom.model import Manners
from ops.store.audit import Audit, audit
from tests.journeys.conftest import World, piece, wait_for
from worker.store.engine import DatabaseTrouble, Engine

OUTLETS = tuple(
    Outlet(slug, f"Harian {slug.title()}", "id", window=400, page_manners=Manners(delay_s=delay))
    for slug, delay in (("utara", 0.0), ("selatan", 0.0), ("lambat", 0.7))
)
"""The pages of the third take their time, so that somebody is always in the middle of an article."""

EVERY_S = 2.0
"""Between two articles. A hook takes a message a second, so that what an outage has kept back can be made good."""

PROMISED_S = {"feeds": 60, "entries": 30, "deliveries": 45}
"""How long a lease lasts at most, by table (`LEASE_S` of their stores)."""

OURS_S = 2.0


def stories(count: int, name: str = "kabar") -> tuple[Story, ...]:
    """Articles that both topics touch, shared out among the outlets."""
    return tuple(
        replace(
            piece(f"{name}-{n:04}", f"Kabar {n} dari Ukraina", f"NATO menanggapi laporan nomor {n}."),
            outlet=OUTLETS[n % len(OUTLETS)].slug,
        )
        for n in range(count)
    )


class Ears:
    """How often each article was told on each channel, counted as the messages come."""

    def __init__(self, slack: type[SlackSink]) -> None:
        self.told: dict[str, Counter[str]] = {"meja": Counter(), "dewi": Counter()}
        self.first: dict[tuple[str, str], float] = {}
        self.slack = slack(heard=lambda message: self._hear("meja", message.receipt.links))
        self.mail = MailSink(
            heard=lambda message: self._hear("dewi", {link for r in message.receipts for link in r.links})
        )

    def _hear(self, channel: str, links: Any) -> None:
        slugs = {urlsplit(link).path.rpartition("/")[2] for link in links}
        self.told[channel].update(slugs)
        for slug in slugs:
            self.first.setdefault((channel, slug), time.monotonic())

    def waited(self, published: Mapping[str, float]) -> list[float]:
        """How many seconds each of them took to the last of the channels."""
        return [
            max(self.first[channel, slug] for channel in self.told) - at for slug, at in published.items()
        ]

    def heard(self, slug: str) -> bool:
        """Whether every channel has it."""
        return all(told[slug] for told in self.told.values())

    def missing(self, slugs: Sequence[str]) -> list[str]:
        """What some channel has not heard."""
        return [slug for slug in slugs if not self.heard(slug)]

    def copies(self, slugs: Sequence[str]) -> set[tuple[str, str]]:
        """What a channel has heard more than once."""
        return {(channel, slug) for channel, told in self.told.items() for slug in slugs if told[slug] > 1}


class Press(threading.Thread):
    """Publishes one article after another until it is told to stop."""

    def __init__(self, newsroom: Newsroom, slugs: Sequence[str], every_s: float = EVERY_S) -> None:
        super().__init__(name="press", daemon=True)
        self.newsroom, self.slugs, self.every_s = newsroom, list(slugs), every_s
        self.published: list[str] = []
        self.at: dict[str, float] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        for slug in self.slugs:
            if self.ended.is_set():
                return
            self.newsroom.publish(slug)
            self.at[slug] = time.monotonic()
            self.published.append(slug)
            self.ended.wait(self.every_s)

    def end(self) -> None:
        self.ended.set()
        if self.ident is not None:  # it has begun
            self.join(timeout=30)


@dataclass
class Siege:
    """A world, what is published into it, what its receivers hear, and a way into its database of our own."""

    world: World
    ears: Ears
    press: Press
    engine: Engine
    patient: bool = False
    faults: list[str] = field(default_factory=list)

    def one(self, query: str) -> Any:
        with self.engine.connect() as connection:
            row = connection.execute(text(query)).one()
        return row[0] if len(row) == 1 else tuple(row)

    def reached(self, query: str) -> Any:
        """As `one`, but None while the database does not answer."""
        try:
            return self.one(query)
        except DatabaseTrouble:
            return None

    def leases_end(self) -> None:
        """No lease is longer than was promised; then their time is over. In the long form it passes by itself."""
        if self.patient:
            return
        for table, longest in PROMISED_S.items():
            late = (
                f"SELECT coalesce(extract(epoch FROM max(lease_until) - clock_timestamp()), 0) FROM {table}"
            )
            assert self.one(late) <= longest, table
        time.sleep(OURS_S)  # whoever lives ends what it is doing: what is held for longer is held by the dead
        with self.engine.begin() as connection:
            for table, longest in PROMISED_S.items():
                held = f"lease_until > now() AND lease_until < now() + interval '{longest - OURS_S + 0.2} s'"
                connection.execute(text(f"UPDATE {table} SET lease_until = 'epoch' WHERE {held}"))
            connection.execute(text("UPDATE hosts SET leases = '{}'"))

    def news_flows(self, what: str, seconds: float = 120) -> None:
        """What is published from now on is told everywhere."""
        before = len(self.press.published)
        began = time.monotonic()
        wait_for(lambda: len(self.press.published) > before, 30, "the press works")
        slug = self.press.published[before]
        wait_for(lambda: self.ears.heard(slug), seconds + (60 if self.patient else 0), f"{slug} after {what}")
        self.faults.append(f"{what}: news flows after {time.monotonic() - began:.1f} s")

    def ledger(self) -> Audit:
        with self.engine.connect() as connection:
            return audit(connection)

    def proof(self, seconds: float = 150) -> Audit:
        """Everything that was published is told, nobody is told twice without its being said, and the ledger of
        Pantau counts what the receivers have counted."""
        self.press.end()
        published = self.press.published
        try:
            wait_for(lambda: not self.ears.missing(published), seconds, "every article is told")
            wait_for(lambda: self.ledger().waiting == 0, seconds, "nothing waits")
        except AssertionError:
            print("not told:", self.ears.missing(published), self.ledger())
            raise
        found = self.ledger()
        assert (found.lost, found.doubled, found.failed) == (0, 0, 0), found
        assert self.ears.copies(published) <= self.marked(), found
        # whose answer was lost twice; it has been told, as all
        assert (
            self.one("SELECT count(*) FROM deliveries WHERE state = 'unknown' AND NOT possible_repeat") == 0
        )
        assert self.one("SELECT count(*) FROM articles") == len(published)
        assert self.one("SELECT count(*) FROM entries WHERE state <> 'read'") == 0
        print(f"{len(published)} articles, {found}", *self.faults, sep="\n")
        return found

    def marked(self) -> set[tuple[str, str]]:
        """What may have been told twice, as the ledger says: channel and article of each message that is marked."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                text("""SELECT c.name, r.url FROM deliveries d JOIN channels c ON c.id = d.channel_id
                        JOIN delivery_articles da ON da.delivery_id = d.id
                        JOIN articles r ON r.id = da.article_id WHERE d.possible_repeat""")
            )
            return {(row.name, urlsplit(row.url).path.rpartition("/")[2]) for row in rows}


@contextmanager
def under_siege(
    make: Callable[..., World],
    engine: Callable[[World], Engine],
    *,
    count: int,
    patient: bool,
    slack: type[SlackSink] = SlackSink,
    **more: Any,
) -> Iterator[Siege]:
    """A world whose press is ready; the caller starts what watches it, then the press."""
    ears = Ears(slack)
    pieces = stories(count)
    world = make(pieces, slack=ears.slack, mail=ears.mail, outlets=OUTLETS, **more)
    press = Press(world.newsroom, [story.slug for story in pieces])
    siege = Siege(world, ears, press, engine(world), patient)
    try:
        yield siege
    finally:
        press.end()
        siege.engine.dispose()
