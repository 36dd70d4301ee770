"""The way of one peer: first sync, news, quiet, then what goes wrong; and what came of it."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from statistics import median
from typing import Any

from benchmarks.journey import paper
from benchmarks.journey.outside import Outside, Report, ill_formed, outside
from benchmarks.journey.peers.peer import Peer
from benchmarks.journey.running import Always, Rounds, Spent, TooLong, at_work
from benchmarks.matching.measure import within

SEED = 8
NEWS, MANY, SOME = 0.05, 0.4, 0.16
"""Shares of the feeds that have news: in a healthy round, before a kill and with refusals, with the poison."""
REFUSED = 20
"""One message in so many is refused."""


@dataclass(frozen=True)
class Setting:
    """How far to go: so many feeds, news rounds and quiet ones; `faults` or not; seconds of patience for a step, and
    for how long what always runs is watched while nothing is new."""

    feeds: int
    news: int
    quiet: int
    faults: bool
    patience_s: float
    window_s: float
    slow_s: float = paper.SLOW_S


def journey(peer: Peer, setting: Setting, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Everything measured of one peer; `missing` or `gave_up` say why there is nothing, or not all."""
    found: dict[str, Any] = {"peer": peer.name, "tells": peer.tells, "load": [os.getloadavg()[0]]}
    if missing := peer.missing():
        return found | {"missing": missing}
    with _folder() as place, outside(setting.feeds, setting.slow_s) as world:
        peer.prepare(place, world.places)
        found["version"] = peer.version()
        work = at_work(peer, world, place, setting.patience_s, setting.window_s)
        try:
            _Way(peer, setting, world, work, found, say).go()
        except TooLong as trouble:
            found["gave_up"] = str(trouble)
        finally:
            work.end()
        found["peak_mib"] = work.peak_mib
    found["load"].append(os.getloadavg()[0])
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="pantau-journey-"))
    place.chmod(0o711)  # the account that bundled servers run as must reach what lies in it
    try:
        yield place
    finally:
        rmtree(place, ignore_errors=True)


@dataclass
class _Way:
    """One peer's way; what is found stands in `found` as soon as it is known."""

    peer: Peer
    setting: Setting
    world: Outside
    work: Rounds | Always
    found: dict[str, Any]
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self.dice = random.Random(SEED)

    def go(self) -> None:
        """All of it, in order."""
        self.say("first sync")
        self.found["first"] = asdict(self.work.begin())
        known = self.peer.known()
        ill = ill_formed(self.setting.feeds)
        self.found["ill"] = {"of": len(ill), "known": len(ill & known)}
        self.work.mend(())
        self._healthy()
        if self.setting.faults and self.peer.faults:
            self._faults()

    def _healthy(self) -> None:
        self.say(
            "news that counts for nothing"
        )  # what always runs still loads what it needs for its first news
        self.work.news(self._publish(NEWS))
        news, tokens = [], set()
        for n in range(self.setting.news):
            self.say(f"news {n + 1}")
            fresh = self._publish(NEWS)
            news.append(self.work.news(fresh))
            tokens |= fresh
        quiet = []
        for n in range(self.setting.quiet):
            self.say(f"quiet {n + 1}")
            quiet.append(self.work.quiet())
        self.found |= cost(news, quiet, len(tokens))
        self.found |= self._reached(tokens)

    def _faults(self) -> None:
        self.say("kill")
        tokens = self._publish(MANY)
        self.work.killed(tokens)
        self.work.mend(tokens)
        self.found["kill"] = self._came_of(tokens)
        if self.peer.tells == "nobody":
            return
        self.say("refusals")
        self.world.receivers(refuse_every=REFUSED)
        tokens = self._publish(MANY)
        self.work.news(tokens)
        self.world.receivers()
        self.work.mend(tokens)
        self.found["refusals"] = self._came_of(tokens)
        self.say("poison")
        tokens = self._publish(SOME)
        poison = sorted(tokens)[len(tokens) // 2]
        self.world.receivers(poison=poison)
        others = tokens - {poison}
        self.work.news(others)
        self.work.mend(others)
        self.found["poison"] = self._came_of(others)

    def _publish(self, share: float) -> set[str]:
        """One to three entries in so many feeds, a slow and an ill-formed one always among them."""
        feeds = [feed for feed in range(self.setting.feeds) if paper.kind(feed) != "gone"]
        chosen = set(self.dice.sample(feeds, max(2, round(share * len(feeds)))))
        for wanted in ("slow", "ill"):
            chosen |= {next(iter(feed for feed in feeds if paper.kind(feed) == wanted), feeds[0])}
        return set(self.world.publish({feed: self.dice.randint(1, 3) for feed in sorted(chosen)}))

    def _reached(self, tokens: Collection[str]) -> dict[str, Any]:
        """How soon and whether the news of healthy rounds reached somebody; for whoever tells nobody, its store."""
        if self.peer.tells in ("nobody", "nothing"):
            missed = set(tokens) - self.peer.known() if self.peer.tells == "nobody" else set()
            return {"missed": len(missed), "of": len(tokens), "missed_ill": _of_ill_formed(missed)}
        report = self.world.report()
        missed = set(report.lost(tokens))
        return {
            "missed": len(missed),
            "of": len(tokens),
            "missed_ill": _of_ill_formed(missed),
            "doubled": report.doubled(tokens),
            "published_told": _spread(report.waits(tokens, report.published)),
            "served_told": _spread(report.waits(tokens, report.served)),
            "pages": report.answers.get("pages", 0),
        }

    def _came_of(self, tokens: Collection[str]) -> dict[str, int]:
        if self.peer.tells == "nobody":
            return {"of": len(tokens), "lost": len(set(tokens) - self.peer.known())}
        report: Report = self.world.report()
        lost = report.lost(tokens)
        return {
            "of": len(tokens),
            "lost": len(lost),
            "lost_ill": _of_ill_formed(lost),
            "doubled": report.doubled(tokens),
        }


def cost(news: Sequence[Spent], quiet: Sequence[Spent], tokens: int) -> dict[str, Any]:
    """PURE. Milliseconds of the processor for a feed without news, and for a new entry beyond that."""
    a_poll = median(each.cpu_s / max(each.asked, 1) for each in quiet)
    beyond = sum(each.cpu_s - a_poll * each.asked for each in news)
    parts: dict[str, float] = {}
    for each in quiet:
        for name, seconds in each.parts.items():
            parts[name] = parts.get(name, 0.0) + 1000 * seconds / max(sum(q.asked for q in quiet), 1)
    return {
        "quiet": [asdict(each) for each in quiet],
        "news": [asdict(each) for each in news],
        "polls_per_s": median(each.asked / each.wall_s for each in quiet),
        "cpu_ms_per_poll": 1000 * a_poll,
        "cpu_ms_per_poll_by_part": parts,
        "cpu_ms_per_new": 1000 * beyond / max(tokens, 1),
        "cpu_ms_per_new_by_part": _beyond_by_part(news, parts, tokens),
    }


def _beyond_by_part(news: Sequence[Spent], a_poll_ms: dict[str, float], tokens: int) -> dict[str, float]:
    names = {name for each in news for name in each.parts}
    return {
        name: sum(1000 * each.parts.get(name, 0.0) - a_poll_ms.get(name, 0.0) * each.asked for each in news)
        / max(tokens, 1)
        for name in sorted(names)
    }


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"p50": within(0.5, seconds), "p95": within(0.95, seconds)} if seconds else {}


def _of_ill_formed(tokens: Collection[str]) -> int:
    return sum(paper.kind(int(token[3:7])) == "ill" for token in tokens)
