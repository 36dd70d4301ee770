"""PURE. From what the database tells to the figures of /metrics: the same `Overview` that `pantau status` prints, the
last audit, and counters of what has happened since this process began."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ops.measures import NAMED, Labels, Samples, Spread, word
from ops.self_test import age_s, took_s, trouble
from ops.store.audit import Audit
from ops.store.day import Lag
from ops.store.measuring import Happened, Mark
from ops.store.overview import Overview
from ops.verdict import verdict

_WORDS = {"reason"}
"""Labels of which only the first word is told."""


@dataclass(slots=True)
class Counted:
    """Counters of one process. They begin with it at nothing, as Prometheus expects of counters, and never go back,
    whatever is deleted from the database. `until` is up to when everything is counted."""

    until: datetime
    marks: Sequence[Mark] = ()
    values: dict[str, dict[Labels, float]] = field(default_factory=dict)
    spreads: dict[str, Spread] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for measure in NAMED.values():
            if measure.kind == "histogram":
                self.spreads[measure.name] = Spread()
        for news in ("news", "backlog"):
            for text in ("page", "feed"):
                self._count("pantau_articles_read_total", (news, text), 0)
        self._count("pantau_matches_total", (), 0)

    def take(self, happened: Happened) -> None:
        """Counts what has happened since the last time."""
        for row in happened.rows:
            if row.name in self.spreads:
                self.spreads[row.name].add(int(row.a), row.n, float(row.seconds))
            else:
                self._count(row.name, _labels(row.name, (row.a, row.b, row.c)), row.n)
        self.until, self.marks = happened.until, happened.marks

    def _count(self, name: str, labels: Labels, n: float) -> None:
        under = self.values.setdefault(name, {})
        under[labels] = under.get(labels, 0.0) + n


def samples(
    now: Overview, standing: Sequence[Any], counted: Counted, ledger: Audit | None, version: str | None
) -> Samples:
    """Everything that is told while the database answers."""
    told = Samples(
        {name: dict(values) for name, values in counted.values.items()}, spreads=dict(counted.spreads)
    )
    told.put("pantau_database_up", 1)
    if version is not None:
        told.put("pantau_build_info", 1, version)
    _overview(told, now)
    for row in standing:
        told.put(row.name, row.n, *_labels(row.name, (row.a, row.b)))
    if ledger is not None:
        _ledger(told, ledger)
    return told


def silent(version: str | None) -> Samples:
    """What is told while the database does not answer: that it does not."""
    told = Samples()
    told.put("pantau_database_up", 0)
    if version is not None:
        told.put("pantau_build_info", 1, version)
    return told


def _labels(name: str, values: Sequence[str | None]) -> Labels:
    """The label values of a row; reasons as words, since what follows them may be a stranger's."""
    said = zip(NAMED[name].labels, values, strict=False)
    return tuple(word(value) if label in _WORDS else value or "none" for label, value in said)


def _overview(told: Samples, now: Overview) -> None:
    level, _ = verdict(now)
    for each in ("ok", "slow", "bad"):
        told.put("pantau_verdict", each == level, each)
    told.put("pantau_beat_age_seconds", math.inf if now.tick_age_s is None else now.tick_age_s)
    _self_test(told, now)
    for worker, disk in {
        disk.worker: disk for disk in reversed(now.disks)
    }.items():  # the fullest of each counts
        told.put("pantau_disk_free_bytes", disk.free, worker)
        told.put("pantau_disk_size_bytes", disk.size, worker)
    told.put("pantau_feeds_failing_at_once", 0 if now.fallen is None else now.fallen.n)
    for state, n in ({"new": 0, "ok": 0, "failing": 0, "gone": 0, "paused": 0} | dict(now.feeds)).items():
        told.put("pantau_feeds", n, state)
    for desk, queue in now.desks.items():
        told.put("pantau_queue_waiting", queue.waiting, desk)
        told.put("pantau_queue_oldest_seconds", queue.oldest_s, desk)
        told.put("pantau_desk_done_last_hour", queue.done_1h, desk)
    _lag(told, "pantau_seen_to_sent_last_day_seconds", now.seen_to_sent)
    _lag(told, "pantau_published_to_sent_last_day_seconds", now.published_to_sent)
    for name, value in {
        "pantau_feeds_silent": now.silent,
        "pantau_feeds_gapped": now.gapped,
        "pantau_feeds_pushed": now.pushed,
        "pantau_entries_missed_last_day": now.missed,
        "pantau_hosts_cooling": len(now.cooling),
        "pantau_entries_set_aside": now.set_aside,
        "pantau_pages_due_again": now.pages_due_again,
        "pantau_articles_last_day": now.articles_24h,
        "pantau_articles_matched_last_day": now.matched_24h,
        "pantau_deliveries_sent_last_day": now.sent_24h,
        "pantau_deliveries_held": now.held,
        "pantau_deliveries_failed_last_day": now.failed_24h,
        "pantau_deliveries_in_doubt": now.in_doubt,
        "pantau_deliveries_in_doubt_last_day": now.in_doubt_24h,
        "pantau_channels_paused": len(now.pauses),
    }.items():
        told.put(name, value)


def _self_test(told: Samples, now: Overview) -> None:
    test = now.self_test
    if test is None:
        return
    age, stopped = age_s(test, now.at), trouble(test, now.at)
    told.put("pantau_self_test_age_seconds", math.inf if age is None else age)
    for desk, spent in (took_s(test.through) if test.through is not None else {}).items():
        told.put("pantau_self_test_seconds", spent, desk)
    for desk in ("tick", "poll", "read", "plan", "send"):
        told.put("pantau_self_test_stopped", stopped is not None and stopped.step == desk, desk)


def _lag(told: Samples, name: str, lag: Lag) -> None:
    for share, value in (("0.5", lag.p50), ("0.95", lag.p95)):
        if value is not None:
            told.put(name, value, share)


def _ledger(told: Samples, ledger: Audit) -> None:
    for state in ("sent", "suppressed", "expired", "waiting", "held", "failed", "in_doubt"):
        told.put("pantau_alerts", getattr(ledger, state), state)
    told.put("pantau_alerts_lost", ledger.lost)
    told.put("pantau_alerts_doubled", ledger.doubled)
    told.put("pantau_possible_repeats", ledger.possible_repeats)
