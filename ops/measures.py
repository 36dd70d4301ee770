"""PURE. What can be measured of an installation, under which names, and how machines read it.

Names follow https://prometheus.io/docs/practices/naming/. No label holds a feed, a topic, a channel's name or an
address: their number has no bound, and who may read figures need not know what is watched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, cast

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics

Kind = Literal["gauge", "counter", "histogram"]
Labels = tuple[str, ...]

BUCKETS_S = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 7200.0)
"""Where the histograms of seconds are cut; what takes longer than the last is counted under +Inf."""

_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Measure:
    """One name: what it counts, and by what it is told apart."""

    name: str
    kind: Kind
    help: str
    labels: Labels = ()


MEASURES: Sequence[Measure] = (
    Measure("pantau_build_info", "gauge", "The version that serves this page; always 1.", ("version",)),
    Measure("pantau_database_up", "gauge", "1 while the database answers; without it nothing else is told."),
    Measure(
        "pantau_verdict", "gauge", "1 at the level of the verdict (ok, slow, bad), 0 at others.", ("level",)
    ),
    Measure(
        "pantau_beat_age_seconds", "gauge", "Since the beat last ticked, once a second; +Inf: it never has."
    ),
    Measure(
        "pantau_self_test_age_seconds",
        "gauge",
        "Since a self-test came through; +Inf: none has. Missing: it is off.",
    ),
    Measure("pantau_self_test_seconds", "gauge", "How long it took then, by desk.", ("desk",)),
    Measure("pantau_self_test_stopped", "gauge", "1 at the desk at which the self-test stays.", ("desk",)),
    Measure(
        "pantau_workers", "gauge", "Workers alive by name: those with a sign of life in 60 s.", ("worker",)
    ),
    Measure(
        "pantau_disk_free_bytes", "gauge", "Free where a worker's data directory is, at least.", ("worker",)
    ),
    Measure("pantau_disk_size_bytes", "gauge", "The size of that disk.", ("worker",)),
    Measure("pantau_leases", "gauge", "Rows that a desk works on right now.", ("desk",)),
    Measure("pantau_queue_waiting", "gauge", "Rows that are due at a desk.", ("desk",)),
    Measure("pantau_queue_oldest_seconds", "gauge", "Since the oldest of them fell due.", ("desk",)),
    Measure(
        "pantau_desk_done_last_hour", "gauge", "Feeds polled, articles read, … in the last hour.", ("desk",)
    ),
    Measure("pantau_feeds", "gauge", "Feeds by state (new, ok, failing, gone, paused).", ("state",)),
    Measure(
        "pantau_feeds_failing_at_once",
        "gauge",
        "Feeds that answered within a week and fail now, where so many are no coincidence; else 0.",
    ),
    Measure("pantau_feeds_silent", "gauge", "Feeds that answer and have brought nothing for unusually long."),
    Measure("pantau_feeds_gapped", "gauge", "Feeds that may have lost entries in the last 24 hours."),
    Measure("pantau_feeds_pushed", "gauge", "Feeds whose hub tells of news (WebSub)."),
    Measure(
        "pantau_entries_missed_last_day", "gauge", "Entries that may have been missed, at most, in 24 hours."
    ),
    Measure("pantau_hosts_cooling", "gauge", "Sites that are left alone for a while because they refuse us."),
    Measure("pantau_entries_set_aside", "gauge", "Entries whose page broke its reader three times."),
    Measure("pantau_pages_due_again", "gauge", "Pages that could not be had and are tried again."),
    Measure("pantau_articles_last_day", "gauge", "Articles read in the last 24 hours."),
    Measure(
        "pantau_articles_matched_last_day", "gauge", "Articles that matched a topic in the last 24 hours."
    ),
    Measure(
        "pantau_articles_read_total",
        "counter",
        "Articles read; what was in a feed when it was added is backlog, the text is the page's or the feed's.",
        ("news", "text"),
    ),
    Measure("pantau_matches_total", "counter", "Matches (article x topic) made as articles were read."),
    Measure(
        "pantau_alerts_decided_total",
        "counter",
        "Decisions (match x subscription x channel): told or suppressed, and why.",
        ("outcome", "reason"),
    ),
    Measure(
        "pantau_deliveries",
        "gauge",
        "Deliveries that are not over or need a person, by kind of channel and state.",
        ("channel_kind", "state"),
    ),
    Measure("pantau_deliveries_held", "gauge", "Deliveries that wait because a channel or sender is closed."),
    Measure("pantau_deliveries_failed_last_day", "gauge", "Deliveries that failed in the last 24 hours."),
    Measure(
        "pantau_deliveries_in_doubt", "gauge", "Deliveries whose answer was lost, for a person to judge."
    ),
    Measure("pantau_deliveries_in_doubt_last_day", "gauge", "Of these, those of the last 24 hours."),
    Measure("pantau_deliveries_sent_last_day", "gauge", "Messages sent in the last 24 hours."),
    Measure(
        "pantau_deliveries_ended_total",
        "counter",
        "Deliveries that came to an end (sent, failed, expired, suppressed).",
        ("channel_kind", "kind", "state"),
    ),
    Measure(
        "pantau_attempts_total",
        "counter",
        "Attempts at deliveries by what the answer meant, and the reason's word.",
        ("channel_kind", "verdict", "reason"),
    ),
    Measure(
        "pantau_published_to_sent_seconds",
        "histogram",
        "From an article's publication, as its feed or page says, until its message was accepted.",
    ),
    Measure(
        "pantau_seen_to_sent_seconds",
        "histogram",
        "From when Pantau saw an article until its message was accepted, without waits that were asked for.",
    ),
    Measure(
        "pantau_published_to_sent_last_day_seconds",
        "gauge",
        "The same over the last 24 hours, as `pantau status` says it.",
        ("share",),
    ),
    Measure(
        "pantau_seen_to_sent_last_day_seconds",
        "gauge",
        "The same over the last 24 hours, as `pantau status` says it.",
        ("share",),
    ),
    Measure(
        "pantau_circuits_open",
        "gauge",
        "Channels and senders that let nothing through, by what they are and why.",
        ("channel_kind", "reason"),
    ),
    Measure(
        "pantau_channels_paused", "gauge", "Channels whose receiver asked us to wait, with messages waiting."
    ),
    Measure("pantau_channels", "gauge", "Channels that stand.", ("channel_kind",)),
    Measure("pantau_topics", "gauge", "Topics that stand."),
    Measure("pantau_subscriptions", "gauge", "Subscriptions that stand."),
    Measure("pantau_stories_live", "gauge", "Stories that an article joined or began in the last 48 hours."),
    Measure("pantau_alerts", "gauge", "Alerts by state, as of the last audit.", ("state",)),
    Measure("pantau_alerts_lost", "gauge", "Alerts in no state, as of the last audit. Promised to be 0."),
    Measure(
        "pantau_alerts_doubled", "gauge", "Alerts accepted twice, as of the last audit. Promised to be 0."
    ),
    Measure(
        "pantau_possible_repeats", "gauge", "Messages sent again because an answer was lost, marked as such."
    ),
    Measure("pantau_database_size_bytes", "gauge", "The database on disk."),
    Measure(
        "pantau_table_rows", "gauge", "Rows of a table, as PostgreSQL's statistics estimate them.", ("table",)
    ),
    Measure("pantau_table_size_bytes", "gauge", "A table with its indexes on disk.", ("table",)),
    Measure("pantau_look_seconds", "gauge", "How long the database took for the figures that stand here."),
)
"""Everything that /metrics tells, in the order of the overview: first what would hurt most."""

NAMED: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}


@dataclass(slots=True)
class Spread:
    """A histogram of seconds that only grows: how many fell into each of BUCKETS_S (not added up) and beyond, and
    their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    sum_s: float = 0.0

    def add(self, place: int, n: int, seconds: float) -> None:
        """Counts `n` more in the bucket at `place`."""
        self.counts[place] += n
        self.sum_s += seconds


@dataclass(slots=True)
class Samples:
    """The figures of one moment: for each name of MEASURES its value by label values, or its Spread."""

    values: dict[str, dict[Labels, float]] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)

    def put(self, name: str, value: float, *labels: str) -> None:
        """Says one figure; several under the same labels are added up."""
        assert len(labels) == len(NAMED[name].labels), name
        under = self.values.setdefault(name, {})
        under[labels] = under.get(labels, 0.0) + value


def word(reason: str | None) -> str:
    """The first word of a reason as the ledger writes it ("tries_again: dns" → "tries_again"): ours alone.
    Whatever does not look like one of our words may be a stranger's and is "other"."""
    first = (reason or "").partition(":")[0].strip()
    return first if _WORD.fullmatch(first) else "other" if first else "none"


class _Collector(Protocol):
    def collect(self) -> Iterable[Metric]: ...


@dataclass(frozen=True, slots=True, eq=False)  # the registry keeps it by identity
class _Once:
    samples: Samples

    def collect(self) -> Iterable[Metric]:
        for measure in MEASURES:
            if (family := _family(measure, self.samples)) is not None:
                yield family


def exposition(samples: Samples, accept: str) -> tuple[bytes, str]:
    """The figures, with those of the process that serves them, as `accept` wants them; and their media type."""
    registry = CollectorRegistry()
    registry.register(cast(_Collector, _Once(samples)))
    ProcessCollector(registry=registry)
    if "application/openmetrics-text" in accept.lower():
        text: bytes = openmetrics.generate_latest(registry, version="1.0.0")  # type: ignore[no-untyped-call]
        return text, "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


def _family(measure: Measure, samples: Samples) -> Metric | None:
    if measure.kind == "histogram":
        spread = samples.spreads.get(measure.name)
        return None if spread is None else _histogram(measure, spread)
    values = samples.values.get(measure.name)
    if not values:
        return None
    made = CounterMetricFamily if measure.kind == "counter" else GaugeMetricFamily
    family = made(measure.name, measure.help, labels=measure.labels)
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family


def _histogram(measure: Measure, spread: Spread) -> HistogramMetricFamily:
    bounds = [*(str(bound) for bound in BUCKETS_S), "+Inf"]
    added_up = [sum(spread.counts[: n + 1]) for n in range(len(bounds))]
    buckets = list(zip(bounds, map(float, added_up), strict=True))
    family = HistogramMetricFamily(measure.name, measure.help)
    family.add_metric([], buckets, spread.sum_s)
    return family
