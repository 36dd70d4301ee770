"""A machine with Pantau on it, a newsroom that the code has never seen, a Slack hook and a mailbox: all real
processes and sockets on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.children import children_of
from ops.newsroom import (
    Expectation,
    Furniture,
    MailSink,
    Newsroom,
    Outlet,
    Schedule,
    SlackSink,
    Story,
    running,
)

HOOK = "/services/T0/B0/journey"
MAILBOX = "dewi@risk.example"
FILLER = (
    "Laporan itu disusun dari keterangan tiga orang yang hadir dan catatan rapat yang dibagikan kepada wartawan.",
    "Sampai berita ini ditulis, belum ada tanggapan resmi dari kementerian yang dimintai keterangan.",
    "Para pelaku usaha berharap keputusan diambil sebelum akhir pekan agar kapal tidak tertahan di pelabuhan.",
)


def piece(slug: str, title: str, *paragraphs: str, related: tuple[str, ...] = (), age: Any = None) -> Story:
    """An article with furniture around it and enough ordinary words to be one."""
    return Story(
        slug=slug,
        outlet="sentra",
        title=title,
        paragraphs=(*FILLER, *paragraphs, *FILLER),
        age=age,
        furniture=Furniture(editor="Sari Utami", source="Kantor Berita Samudra", related=related),
        expected=Expectation(),
    )


@dataclass
class Machine:
    """One installation: `start` and `stop` its `up`, run commands against it."""

    data_dir: Path
    environ: dict[str, str]
    watchlist: Path
    process: subprocess.Popen[str] | None = None
    address: str = ""
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        declared = ("--watchlist", str(self.watchlist)) if self.watchlist.exists() else ()
        with (self.data_dir.parent / f"up-{self.starts}.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops", "up", *declared, "--port", "0"],
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.data_dir.parent,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), self.log()[-3000:]
        self.address = line.removeprefix("ready ").strip()

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Stops it; returns the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return time.monotonic() - began

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=check,
            cwd=self.data_dir.parent,
        )

    def audit(self) -> dict[str, int]:
        return dict(json.loads(self.run("audit", "--json", check=False).stdout))

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.run("status", "--json").stdout))

    def pids(self, words: str) -> list[int]:
        """Our processes whose command line has these words."""
        assert self.process is not None
        return [pid for pid, command in children_of(self.process.pid).items() if words in command]

    def kill(self, words: str) -> None:
        for pid in self.pids(words):
            os.kill(pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The end of the log, without the servers' chatter."""
        lines = self.log().splitlines() if self.starts else []
        return "\n".join(line[:300] for line in lines if not line.startswith(("postgres", "valkey")))[
            -12_000:
        ]

    def log(self) -> str:
        return (self.data_dir.parent / f"up-{self.starts}.log").read_text(errors="replace")


@dataclass
class World:
    """The newsroom, the receivers and the machine that watches."""

    newsroom: Newsroom
    site: str
    slack: SlackSink
    mail: MailSink
    machine: Machine
    hook: str = ""
    titles: list[str] = field(default_factory=list)

    def slack_told(self, slug: str) -> int:
        return sum(f"/{slug}" in link for message in self.slack.accepted for link in message.receipt.links)

    def mail_told(self, slug: str) -> int:
        return sum(
            f"/{slug}" in link for message in self.mail.accepted for r in message.receipts for link in r.links
        )

    def told_everywhere(self, slug: str) -> bool:
        return self.slack_told(slug) >= 1 and self.mail_told(slug) >= 1


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float, str], None]:
    return wait_for


@pytest.fixture
def story() -> Callable[..., Story]:
    return piece


SENTRA = Outlet("sentra", "Sentra Niaga", "id")


@pytest.fixture
def world() -> Iterator[Callable[..., World]]:
    """Makes a world from stories; everything ends with the test."""
    with worlds() as make:
        yield make


@contextmanager
def worlds() -> Iterator[Callable[..., World]]:
    """Makes a world from stories; everything ends with the block."""
    # not tmp_path: its parents are closed to the account that the servers run as
    place = Path(tempfile.mkdtemp(prefix="pantau-journey-"))
    place.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)

        def make(
            stories: tuple[Story, ...],
            *,
            slack: SlackSink | None = None,
            mail: MailSink | None = None,
            subscription: str = "",
            slack_room: str = "",
            outlets: tuple[Outlet, ...] = (SENTRA,),
            more: Mapping[str, str] | None = None,
        ) -> World:
            newsroom = Newsroom(Schedule(outlets, stories))
            slack, mail = slack or SlackSink(), mail or MailSink()
            site = stack.enter_context(running(newsroom.app()))
            hooks = stack.enter_context(running(slack.app()))
            smtp = stack.enter_context(mail.listening())
            watchlist = place / "watchlist.toml"
            hook, group = f'slack = "{hooks}{HOOK}"', "off"
            if slack_room:
                hook, group = f'slack_channel = "{slack_room}"', "story"
            feeds = "".join(
                f'[[feed]]\nurl = "{site}{each.feed_path}"\nname = "{each.name}"\nevery = "5s"\n'
                for each in outlets
            )
            watchlist.write_text(f'''
{feeds}[[topic]]
name = "Ukraina"
query = "@ukraine"
[[topic]]
name = "NATO"
query = "@nato"
[[channel]]
name = "meja"
{hook}
[[channel]]
name = "dewi"
email = "{MAILBOX}"
[[subscription]]
topics = ["Ukraina", "NATO"]
channels = ["meja", "dewi"]
cap_per_hour = 500
group = "{group}"
{subscription}
''')
            data_dir = place / "data"
            environ = {k: v for k, v in os.environ.items() if not k.startswith("PANTAU_")} | {
                "PANTAU_DATA_DIR": str(data_dir),
                "PANTAU_ALLOW_NETS": "127.0.0.0/8",
                "PANTAU_SMTP_URL": smtp.url,
                "PANTAU_MAIL_FROM": "Pantau <pantau@watch.example>",
                "PANTAU_ADMIN_PASSWORD": "correct horse battery",
                **(more or {}),
            }
            machine = Machine(data_dir, environ, watchlist)
            stack.callback(lambda: print(machine.last_words()))  # shown by pytest where a test fails
            stack.callback(lambda: machine.process and machine.process.poll() is None and machine.stop())
            return World(newsroom, site, slack, mail, machine, f"{hooks}{HOOK}")

        yield make
