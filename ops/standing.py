"""PURE. How everything does, as an object for programs."""

from __future__ import annotations

from typing import Any

from ops.self_test import age_s, took_s, trouble
from ops.store.overview import Overview
from ops.verdict import verdict


def status_json(now: Overview) -> dict[str, Any]:
    """The verdict, and the figures that it comes from."""
    level, sentence = verdict(now)
    return {
        "verdict": sentence,
        "level": level,
        "at": now.at,
        "feeds": {"ok": 0, "failing": 0, "new": 0, "gone": 0, "paused": 0, **now.feeds},
        "silent": now.silent,
        "gaps": {"feeds": now.gapped, "missed_at_most": now.missed, "recovered": now.recovered},
        "pushed": now.pushed,
        "desks": now.desks,
        "latency": {"seen_to_sent": now.seen_to_sent, "published_to_sent": now.published_to_sent},
        "entries": {"set_aside": now.set_aside, "pages_due_again": now.pages_due_again},
        "articles_24h": now.articles_24h,
        "matched_24h": now.matched_24h,
        "sent_24h": now.sent_24h,
        "deliveries": {"held": now.held, "failed": now.failed, "in_doubt": now.in_doubt},
        "circuits": now.circuits,
        "cooling": now.cooling,
        "tick_age_s": now.tick_age_s,
        "self_test": _self_test(now),
        "disks": now.disks,
        "feeds_failing_at_once": now.fallen,
    }


def _self_test(now: Overview) -> dict[str, Any] | None:
    """None where it is off."""
    test = now.self_test
    if test is None:
        return None
    stopped = trouble(test, now.at)
    return {
        "age_s": age_s(test, now.at),
        "took_s": None if test.through is None else took_s(test.through),
        "every_s": test.newest.every_s,
        "stopped_at": None if stopped is None else stopped.step,
        "reason": None if stopped is None else stopped.reason,
    }
