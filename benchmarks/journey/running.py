"""A peer at work: started for each round, or running all the while; what that cost, and how it is killed."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from benchmarks.journey.outside import Outside
from benchmarks.journey.peers.pantau import Pantau
from benchmarks.journey.peers.peer import Peer
from benchmarks.reading.processes import cpu_by_part, cpu_seconds, kill, megabytes

LOOK_S = 0.02
SAMPLE_S = 0.5
MIB = 1.048576
"""Of 10^6 bytes, as `megabytes` counts."""


@dataclass(frozen=True)
class Spent:
    """One round: `asked` so many polls in so many seconds, for so much of the processor."""

    wall_s: float
    cpu_s: float
    asked: int
    parts: dict[str, float] = field(default_factory=dict)


class TooLong(Exception):
    """A peer did not get done in the time it had."""


@dataclass
class Work:
    """What both ways of running share: the peer's folder, its start, and the most memory it took."""

    world: Outside
    place: Path
    patience_s: float
    peak_mib: float = 0.0

    def _start(self, peer: Peer, *, first: bool) -> subprocess.Popen[bytes]:
        with (self.place / "output.log").open("ab") as log:
            environ = {name: value for name, value in (os.environ | peer.environ()).items() if value}
            return subprocess.Popen(  # noqa: S603
                list(peer.command(first=first)),
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _until(self, done: Callable[[], bool], limit_s: float | None = None) -> bool:
        """Waits for something; says whether it came to pass in time."""
        until = time.monotonic() + (self.patience_s if limit_s is None else limit_s)
        while not done():
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_S)
        return True

    def _half(self, peer: Peer, tokens: Collection[str]) -> bool:
        """Whether half of the news was told; for whoever tells nobody, whether half of the feeds were asked."""
        state = self.world.state()
        if peer.tells in ("mail", "webhook"):
            return state["told"] * 2 >= len(tokens)
        return state["feeds_asked"] * 2 >= len(self.world.places.feeds)

    def _weigh(self, pid: int) -> None:
        self.peak_mib = max(self.peak_mib, megabytes(pid) / MIB)

    def _tail(self) -> str:
        return (self.place / "output.log").read_text(errors="replace")[-1500:]


@dataclass
class Rounds(Work):
    """It is started once a round and ends by itself."""

    peer: Peer = field(kw_only=True)

    def begin(self) -> Spent:
        """The first sync: it takes in what is there."""
        return self._round(first=True)

    def quiet(self) -> Spent:
        """A round in which nothing is new."""
        return self._round()

    def news(self, tokens: Collection[str]) -> Spent:  # noqa: ARG002
        """A round in which these are new."""
        return self._round()

    def killed(self, tokens: Collection[str]) -> None:
        """A round that is killed in its middle."""
        self.world.mark()
        process = self._start(self.peer, first=False)
        self._until(lambda: self._half(self.peer, tokens) or process.poll() is not None)
        kill(process.pid)
        process.wait()

    def mend(self, tokens: Collection[str]) -> None:  # noqa: ARG002
        """Two healthy rounds."""
        self._round()
        self._round()

    def end(self) -> None:
        """Nothing runs."""

    def _round(self, *, first: bool = False) -> Spent:
        self.world.mark()
        began = time.monotonic()
        process = self._start(self.peer, first=first)
        ended, late = Event(), Event()
        watch = Thread(target=self._watch, args=(process.pid, ended, late))
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            ended.set()
            watch.join()
            if process.returncode is None:
                kill(process.pid)
        if late.is_set():
            raise TooLong(f"a round took more than {self.patience_s:g} s")
        return Spent(wall, usage.ru_utime + usage.ru_stime, self.world.state()["asked"])

    def _watch(self, pid: int, ended: Event, late: Event) -> None:
        until = time.monotonic() + self.patience_s
        while not ended.wait(SAMPLE_S / 5):
            self._weigh(pid)
            if time.monotonic() > until:
                late.set()
                kill(pid)
                return


@dataclass
class Always(Work):
    """It runs all the while and asks each feed when it is due."""

    peer: Pantau = field(kw_only=True)
    window_s: float = field(kw_only=True)
    process: subprocess.Popen[bytes] | None = field(default=None, kw_only=True)

    def begin(self) -> Spent:
        """From nothing until each feed was asked and all that stood in them is read, without pages: thirty of each
        site would take its pace's time. Then with pages, where they are wanted."""
        self.world.mark()
        began = time.monotonic()
        self._up(first=True)
        if not self._until(self._settled):
            raise TooLong(f"the first sync took more than {self.patience_s:g} s")
        return Spent(
            time.monotonic() - began, cpu_seconds(self._pid), self.world.state()["asked"], self._parts()
        )

    def quiet(self) -> Spent:
        """A while in which nothing is new."""
        return self._meanwhile(lambda: time.sleep(max(self.window_s, self.peer.every_s)))

    def news(self, tokens: Collection[str]) -> Spent:
        """From the news until all of it is told, and each feed was asked once more."""

        def told() -> None:
            self._until(lambda: self._told(tokens))
            time.sleep(self.peer.every_s)

        return self._meanwhile(told)

    def killed(self, tokens: Collection[str]) -> None:
        """All its processes, servers and all, end at once in the middle of the news."""
        self._until(lambda: self._half(self.peer, tokens))
        kill(self._pid)
        assert self.process
        self.process.wait()
        self._up(first=False)

    def mend(self, tokens: Collection[str]) -> None:
        """Until all of it is told, at most as long as patience lasts; then each feed twice more."""
        self._until(lambda: self._told(tokens))
        time.sleep(2 * min(self.peer.every_s, self.window_s))

    def end(self) -> None:
        """Stops it as people do."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                kill(self.process.pid)
                self.process.wait()

    @property
    def _pid(self) -> int:
        assert self.process
        return self.process.pid

    def _up(self, *, first: bool) -> None:
        log = self.place / "output.log"
        seen = log.stat().st_size if log.exists() else 0
        self.process = self._start(self.peer, first=first)
        if not self._until(lambda: b"ready http" in log.read_bytes()[seen:] or self._ended(), 180):
            raise TooLong(f"it was not ready after 180 s: {self._tail()}")
        if self._ended():
            raise TooLong(f"it ended: {self._tail()}")

    def _ended(self) -> bool:
        assert self.process
        return self.process.poll() is not None

    def _told(self, tokens: Collection[str]) -> bool:
        return self.world.state()["told"] >= len(tokens)

    def _settled(self) -> bool:
        time.sleep(SAMPLE_S)
        self._weigh(self._pid)
        asked_all = self.world.state()["feeds_asked"] == len(self.world.places.feeds)
        return asked_all and self.peer.unread() == 0

    def _parts(self) -> dict[str, float]:
        return cpu_by_part(self._pid)

    def _meanwhile(self, something: Callable[[], None]) -> Spent:
        self.world.mark()
        began, before, parts = time.monotonic(), cpu_seconds(self._pid), self._parts()
        something()
        asked, wall = self.world.state()["asked"], time.monotonic() - began
        spent = cpu_seconds(self._pid) - before
        self._weigh(self._pid)
        return Spent(
            wall, spent, asked, {name: after - parts.get(name, 0.0) for name, after in self._parts().items()}
        )


def at_work(peer: Peer, world: Outside, place: Path, patience_s: float, window_s: float) -> Rounds | Always:
    """The way in which this peer runs."""
    if isinstance(peer, Pantau):
        return Always(world, place, patience_s, peer=peer, window_s=window_s)
    return Rounds(world, place, patience_s, peer=peer)
