"""A while of an installation at work: what it did, how late, and what that took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks import stored
from benchmarks.matching.measure import within
from benchmarks.scale.database import ALWAYS_MS, RATE, Counters, counters, looks, plan_of
from benchmarks.scale.installation import Installation
from benchmarks.scale.room import Room
from benchmarks.scale.statements import Cost, costs, logged

_DEAREST = 8


@dataclass(frozen=True)
class Moment:
    """Everything that is counted, as it stood."""

    at: float
    cpu: Mapping[str, float]
    room_s: float
    counters: Counters
    counted: Mapping[str, Any]
    log: int


def moment(house: Installation, newsroom: Room) -> Moment:
    """Now."""
    return Moment(
        time.time(),  # noqa: TID251  the measurement's own clock
        house.cpu_s(),
        newsroom.cpu_s(),
        counters(house.database),
        newsroom.counted(),
        house.log.stat().st_size,
    )


def idle(house: Installation, seconds: float) -> dict[str, float]:
    """CPU milliseconds a second of each part while nothing is due."""
    before, began = house.cpu_s(), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    return {name: 1000 * (after - before.get(name, 0.0)) / took for name, after in house.cpu_s().items()}


def watched(house: Installation, newsroom: Room, seconds: float) -> dict[str, Any]:
    """What happened in so many seconds."""
    before = moment(house, newsroom)
    time.sleep(seconds)
    after = moment(house, newsroom)
    took = after.at - before.at
    late, messages = _logged(house, before.log)
    found = {
        "seconds": took,
        "polls": len(late),
        "late_s": _spread(late),
        "cpu_ms": {name: 1000 * (value - before.cpu.get(name, 0.0)) for name, value in after.cpu.items()},
        "newsroom_ms": 1000 * (after.room_s - before.room_s),
        "newsroom": {
            name: value - before.counted.get(name, 0)
            for name, value in after.counted.items()
            if isinstance(value, int) and name != "most_at_once"
        },
        "mb": house.mb(),
        **_database(before.counters, after.counters),
        **_told(house.database, before.at, after.at),
        "looks_ms": looks(house.database),
    }
    dearest = costs(messages, RATE, ALWAYS_MS)
    found["statements"] = [_as_told(cost, took) for cost in dearest[:_DEAREST]]
    found["slowest"] = _slowest(house.database, dearest)
    return found


def _logged(house: Installation, since: int) -> tuple[list[float], list[str]]:
    late: list[float] = []
    server: list[str] = []
    for told in house.lines(since):
        if told.get("event") == "polled":
            late.append(float(str(told["late_s"])))
        elif told.get("process") == "postgres":
            server.append(str(told["event"]))
    return late, list(logged(server))


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "p50": within(0.5, values) if values else 0.0,
        "p95": within(0.95, values) if values else 0.0,
        "most": max(values, default=0.0),
    }


def _as_told(cost: Cost, seconds: float) -> dict[str, Any]:
    return {
        "statement": cost.statement,
        "in_short": cost.in_short,
        "ms_per_s": cost.total_ms / seconds,
        "per_s": cost.asked / seconds,
        "mean_ms": cost.mean_ms,
        "most_ms": cost.most_ms,
    }


def _slowest(url: str, found: list[Cost]) -> dict[str, Any] | None:
    """The statement that took longest, with its plan. What only waits has none."""
    planned = (cost for cost in found if not cost.only_waits)
    slowest = max(planned, key=lambda cost: cost.most_ms, default=None)
    if slowest is None:
        return None
    told = {"statement": slowest.statement, "in_short": slowest.in_short, "most_ms": slowest.most_ms}
    return told | {"plan": plan_of(url, slowest.statement)}


def _database(before: Counters, after: Counters) -> dict[str, Any]:
    hit, read = (after.database[name] - before.database[name] for name in ("blks_hit", "blks_read"))
    return {
        "database_bytes": after.bytes,
        "hit_rate": hit / max(hit + read, 1),
        "blocks_read": read,
        "commits": after.database["xact_commit"] - before.database["xact_commit"],
        "wal": {name: value - before.wal[name] for name, value in after.wal.items()},
        "tables": {
            name: {
                **{
                    key: value - before.tables[name][key]
                    for key, value in row.items()
                    if key.startswith("n_tup")
                },
                "dead": row["n_dead_tup"],
                "autovacuums": row["autovacuum_count"] - before.tables[name]["autovacuum_count"],
                "mb": row["table_bytes"] / 1e6,
                "mb_of_indexes": row["index_bytes"] / 1e6,
                "mb_grown": (row["table_bytes"] - before.tables[name]["table_bytes"]) / 1e6,
            }
            for name, row in after.tables.items()
        },
    }


def _told(url: str, since: float, until: float) -> dict[str, Any]:
    span = {"since": datetime.fromtimestamp(since, UTC), "until": datetime.fromtimestamp(until, UTC)}
    with stored.straight(url, autocommit=True) as direct:
        articles = direct.execute(_ARTICLES, span).fetchall()
        waits = [row[0] for row in direct.execute(_WAITS, span)]
        matches = direct.execute(_MATCHES, span).fetchall()[0][0]
    read = [row[0] for row in articles]
    return {
        "articles": len(read),
        "read_s": _spread(read),
        "matches": matches,
        "told": len(waits),
        "told_s": _spread(waits),
    }


_ARTICLES = """
SELECT extract(epoch FROM read_at - seen_at)::float FROM articles WHERE read_at > %(since)s AND read_at <= %(until)s"""
_MATCHES = """
SELECT count(*) FROM matches m JOIN articles r ON r.id = m.article_id
WHERE r.read_at > %(since)s AND r.read_at <= %(until)s"""
_WAITS = """
SELECT extract(epoch FROM d.ended_at - r.seen_at)::float
FROM deliveries d JOIN delivery_articles da ON da.delivery_id = d.id JOIN articles r ON r.id = da.article_id
WHERE d.state = 'sent' AND d.kind = 'article' AND d.ended_at > %(since)s AND d.ended_at <= %(until)s"""
