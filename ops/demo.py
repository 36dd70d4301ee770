"""`pantau demo`: the whole job on a built-in sample newsroom, offline, on the real servers.

The newsroom, a Slack (which answers 429 once, and loses an answer once) and a mail server live in this process; Pantau
itself runs as it always does, in processes of its own. At the end what the receivers got is held against what
the newsroom published, and against Pantau's own ledger.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from ops import kit
from ops.children import children_of
from ops.lockfile import hold
from ops.newsroom import (
    Accept,
    HangUp,
    MailMessage,
    MailSink,
    Newsroom,
    Refuse,
    RoomMessage,
    Script,
    SlackApi,
    running,
    sample,
)
from ops.newsroom.tally import Receipt, first_told, tellings
from ops.places import settle
from ops.servers import discard
from ops.store.audit import Audit, audit
from ops.store.proof import matched_pairs, waiting_backlog
from ops.watchlist import (
    DeclaredChannel,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    Given,
    Watchlist,
    write_watchlist,
)
from worker.errors import Unavailable
from worker.secrets import Secret
from worker.settings import Settings
from worker.store.engine import open_engine

MAILBOX = "rina@newsroom.example"
ROOM = "C0NEWSROOM"
PUBLISH_EVERY_S = 1.5
POLL_EVERY_S = 5.0
READY_WITHIN_S = 90.0
DRAINED_WITHIN_S = 150.0
MISHAPS = (Accept(), Refuse(429, "ratelimited", 2), Accept(), HangUp(accepted=True))
"""What Slack does to the first messages: it takes one, asks for a pause, takes one, and takes one without saying so."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the demo showed: the receivers' count held against the newsroom's truth and Pantau's ledger."""

    articles: int
    matches: int
    wrong_matches: int
    missed_matches: int
    deliveries: int
    lost: int
    doubled: int
    possible_repeats: int
    median_s: float | None
    p95_s: float | None
    ledger: Audit

    @property
    def sound(self) -> bool:
        """Whether the promise held."""
        return self.lost == 0 and self.doubled == 0 and self.ledger.sound


@dataclass(slots=True)
class Stage:
    """The world around Pantau while the demo runs."""

    newsroom: Newsroom
    slack: SlackApi
    mail: MailSink
    site: str
    environ: Mapping[str, str]
    data_dir: Path
    address: str = ""
    began: datetime = field(default_factory=kit.clock)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Everything the receivers accepted."""
        return (*self.slack.receipts, *self.mail.receipts)


def play(settings: Settings, *, once: bool, chaos: bool, tell: Callable[[str], None]) -> Proof | None:
    """Runs the demo; returns the proof, or None where it was left running until interrupted. SIGTERM ends it as Ctrl-C
    does: what it has started ends with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _stage(settings, tell) as stage, _pantau(stage) as process:
        stage.address = _ready(process, stage)
        tell(f"dashboard  {stage.address}   account admin, password {stage.environ['PANTAU_ADMIN_PASSWORD']}")
        tell(f"newsroom   {stage.site}   {len(stage.newsroom.schedule.outlets)} outlets in four languages")
        tell("")
        _publish(stage, process, chaos=chaos, tell=tell)
        proof = _drain(stage)
        _tell_proof(proof, tell)
        if once:
            return proof
        tell(f"\nStill watching: {stage.address} shows it all. Ctrl-C ends the demo.")
        process.wait()
    return None


@contextmanager
def _stage(settings: Settings, tell: Callable[[str], None]) -> Iterator[Stage]:
    data_dir = settings.data_dir / "demo"
    with hold(data_dir):  # a second demo beside a running one is refused here
        discard(settle(data_dir, os.environ))
        shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(parents=True, mode=0o711, exist_ok=True)
    newsroom = Newsroom(sample(), clock=kit.clock)
    teller = _Teller(newsroom, tell)
    slack = SlackApi(Script(anybody=MISHAPS), clock=kit.clock, heard=teller.slack)
    mail = MailSink(heard=teller.mail)
    with running(newsroom.app()) as site, running(slack.app()) as workspace, mail.listening() as smtp:
        declared = _watchlist(newsroom, site)
        (data_dir / "watchlist.toml").write_text(write_watchlist(declared), encoding="utf-8")
        environ = _environ(settings, data_dir, smtp.url)
        environ |= {"PANTAU_SLACK_API": f"{workspace}/api", "PANTAU_SLACK_TOKEN": slack.token}
        yield Stage(newsroom, slack, mail, site, environ, data_dir)


def _watchlist(newsroom: Newsroom, site: str) -> Watchlist:
    schedule = newsroom.schedule
    topics = tuple(schedule.topics)
    return Watchlist(
        feeds=tuple(
            DeclaredFeed(f"{site}{outlet.feed_path}", outlet.name, POLL_EVERY_S)
            for outlet in schedule.outlets
        ),
        topics=tuple(DeclaredTopic(name, query) for name, query in schedule.topics.items()),
        channels=(
            DeclaredChannel("newsroom", "slack_bot", Given(Secret(ROOM))),
            DeclaredChannel("rina", "email", Given(Secret(MAILBOX))),
        ),
        subscriptions=(
            DeclaredSubscription(
                "newsroom, story by story", topics, ("newsroom",), timezone="Asia/Jakarta", cap_per_hour=500
            ),
            DeclaredSubscription(
                "rina, each article",
                topics,
                ("rina",),
                timezone="Asia/Jakarta",
                cap_per_hour=500,
                group="off",
            ),
        ),
    )


def _environ(settings: Settings, data_dir: Path, smtp: str) -> dict[str, str]:
    """Pantau's environment: nothing of the user's own installation reaches the demo."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PANTAU_")}
    return kept | {
        "PANTAU_DATA_DIR": str(data_dir),
        "PANTAU_ALLOW_NETS": "127.0.0.0/8",
        "PANTAU_SMTP_URL": smtp,
        "PANTAU_MAIL_FROM": "Pantau <pantau@newsroom.example>",
        "PANTAU_ADMIN_PASSWORD": "pantau-demo",
        "PANTAU_HOST": "127.0.0.1",
        "PANTAU_PORT": str(settings.port),
        "PANTAU_LOG": "console",
    }


@contextmanager
def _pantau(stage: Stage) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "ops", "up", "--watchlist", str(stage.data_dir / "watchlist.toml")]
    with (stage.data_dir / "pantau.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603  our own command
            command, env=dict(stage.environ), stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _ready(process: subprocess.Popen[str], stage: Stage) -> str:
    assert process.stdout is not None
    stalled = threading.Timer(READY_WITHIN_S, process.kill)
    stalled.start()
    line = process.stdout.readline()
    stalled.cancel()
    if not line.startswith("ready "):
        log = (stage.data_dir / "pantau.log").read_text(encoding="utf-8", errors="replace")
        raise Unavailable("Pantau did not start; its last words:\n" + "\n".join(log.splitlines()[-15:]))
    return line.removeprefix("ready ").strip()


def _publish(
    stage: Stage, process: subprocess.Popen[str], *, chaos: bool, tell: Callable[[str], None]
) -> None:
    killer = threading.Timer(PUBLISH_EVERY_S * 6, _kill_some, (process.pid, tell))
    if chaos:
        killer.start()
    asyncio.run(stage.newsroom.run(every=PUBLISH_EVERY_S))
    killer.cancel()


def _kill_some(supervisor: int, tell: Callable[[str], None]) -> None:
    """SIGKILL, without warning, for the workers that read and send, and for Valkey with all its queues."""
    for name in ("--name send", "--name read", "valkey-server"):
        for pid, command in children_of(supervisor).items():
            if name in command:
                tell(f"  ✂  kill -9 {pid}  ({name.removeprefix('--name ')})")
                os.kill(pid, signal.SIGKILL)
        time.sleep(PUBLISH_EVERY_S * 3)


def _drain(stage: Stage) -> Proof:
    """Waits until everything that was published has been told, or the patience ends; then counts."""
    engine = open_engine(Secret(_database_of(stage)), pooled=False)
    until = time.monotonic() + DRAINED_WITHIN_S
    while True:
        with engine.begin() as connection:
            ledger = audit(connection)
        with engine.begin() as connection:
            found, articles = matched_pairs(connection)
            quiet = waiting_backlog(connection) == 0
        proof = _proof(stage, ledger, found, articles)
        everything = articles == len(stage.newsroom.schedule.stories) and quiet and not ledger.waiting
        if (everything and proof.lost == 0) or time.monotonic() > until:
            return proof
        time.sleep(0.5)


def _database_of(stage: Stage) -> str:
    settings = kit.settings_of({"PANTAU_DATA_DIR": str(stage.data_dir), "HOME": os.environ.get("HOME", "/")})
    return kit.database(settings).reveal()


def _proof(stage: Stage, ledger: Audit, found: set[tuple[str, str]], articles: int) -> Proof:
    newsroom, schedule = stage.newsroom, stage.newsroom.schedule
    matched = {(slug, topic) for url, topic in found if (slug := newsroom.slug_of(url))}
    told = tellings(stage.receipts, stage.site)
    by_slug: dict[tuple[str, str], int] = {}
    for (to, link), n in told.items():
        if (slug := newsroom.slug_of(link)) is not None:
            by_slug[to, slug] = by_slug.get((to, slug), 0) + n
    wanted = {(to, slug) for slug, _ in schedule.truth for to in (ROOM, MAILBOX)}
    lags = sorted(_lags(stage))
    return Proof(
        articles=articles,
        matches=len(matched & schedule.truth),
        wrong_matches=len(matched - schedule.truth),
        missed_matches=len(schedule.truth - matched),
        deliveries=len(stage.receipts),
        lost=len(wanted - by_slug.keys()) + ledger.lost,
        doubled=sum(n > 1 for n in by_slug.values()) + ledger.doubled,
        possible_repeats=ledger.possible_repeats,
        median_s=round(median(lags), 2) if lags else None,
        p95_s=round(lags[min(len(lags) - 1, int(0.95 * len(lags)))], 2) if lags else None,
        ledger=ledger,
    )


def _lags(stage: Stage) -> Iterator[float]:
    """Seconds from publication to the first alert, for what was published while Pantau watched."""
    upcoming = {story.slug for story in stage.newsroom.schedule.upcoming}
    published = stage.newsroom.published
    for link, at in first_told(stage.receipts, stage.site).items():
        slug = stage.newsroom.slug_of(link)
        if slug in upcoming:
            yield (at - published[slug]).total_seconds()


def _tell_proof(proof: Proof, tell: Callable[[str], None]) -> None:
    told = proof
    median_s = "–" if told.median_s is None else f"{told.median_s:.1f} s"
    p95_s = "–" if told.p95_s is None else f"{told.p95_s:.1f} s"
    tell("")
    tell(f"articles read           {told.articles}")
    tell(
        f"matches                 {told.matches} right, {told.wrong_matches} wrong, {told.missed_matches} missed"
    )
    tell(
        f"messages delivered      {told.deliveries}  (Slack answered 429 once, and lost one answer, on purpose)"
    )
    tell(f"lost                    {told.lost}")
    tell(f"doubled                 {told.doubled}   possible repeats marked: {told.possible_repeats}")
    tell(
        f"publication → alert     median {median_s}, 95 % within {p95_s}  (feeds are polled every {POLL_EVERY_S:.0f} s)"
    )
    ledger = told.ledger
    tell(
        f"ledger                  {ledger.alerts} alerts: {ledger.sent} sent, {ledger.suppressed} suppressed, "
        f"{ledger.waiting} waiting, {ledger.failed} failed, {ledger.in_doubt} in doubt"
    )


class _Teller:
    """Prints a live line for each message that a receiver accepted."""

    def __init__(self, newsroom: Newsroom, tell: Callable[[str], None]) -> None:
        self._newsroom, self._tell = newsroom, tell

    def slack(self, message: RoomMessage) -> None:
        """A message in the channel, or below one; that a message was updated makes no line."""
        if not message.edited:
            self._line("reply" if message.thread else "slack", message.receipt)

    def mail(self, message: MailMessage) -> None:
        """A mail."""
        for receipt in message.receipts:
            self._line("mail", receipt)

    def _line(self, channel: str, receipt: Receipt) -> None:
        slugs = {slug for link in receipt.links if (slug := self._newsroom.slug_of(link))}
        if len(slugs) != 1:
            there = slugs <= {story.slug for story in self._newsroom.schedule.backlog}
            said = "that were there before" if there else "of one story"
            self._tell(f"{receipt.at:%H:%M:%S}  {channel:<6} {'summary':>8}  {len(slugs)} articles {said}")
            return
        story = self._newsroom.schedule.story(slugs.pop())
        lag = (receipt.at - self._newsroom.published[story.slug]).total_seconds()
        words = ", ".join(sorted({word for found in story.expected.words.values() for word in found}))
        self._tell(
            f"{receipt.at:%H:%M:%S}  {channel:<6} {lag:6.1f} s  {story.title[:64]:<64}  {_reverse(words)}"
        )


def _reverse(words: str) -> str:
    return f"\x1b[7m{words}\x1b[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else f"[{words}]"
