"""PURE. What is remarkable about a feed that answers, in one sentence each: what needs a look, and what is good to
know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.letter import plain_text

Row = Mapping[str, Any]
_LONGEST = 160


def remarks(feed: Row, now: datetime) -> list[str]:
    """What needs a look in a row of `feed_list`; the more harmful first."""
    found = []
    if feed.get("silence"):
        found.append(silence_in_words(feed, now))
    if feed.get("gap") and feed["gap"]["state"] != "filled":
        found.append(gap_in_words(feed["gap"], now))
    return found


def notes(feed: Row, now: datetime) -> list[str]:
    """What is good to know about it: what was brought back, and that its hub tells of news."""
    found = []
    if feed.get("gap") and feed["gap"]["state"] == "filled":
        found.append(gap_in_words(feed["gap"], now))
    hub = feed.get("websub")
    if hub and hub["live_until"] and hub["live_until"] > now:
        found.append("its hub tells of news")
    return found


def silence_in_words(feed: Row, now: datetime) -> str:
    """ "normally 14 entries by now, none since 07:12 UTC although it answers (HTTP 200)"."""
    silence = feed["silence"]
    entries = _entries(silence["missing"])
    answer = f" although it answers (HTTP {feed['last_status']})" if feed.get("last_status") else ""
    return f"normally {entries} by now, none since {_clock(silence['since'], now)} UTC{answer}"


def gap_in_words(gap: Row, now: datetime) -> str:
    """ "up to 12 entries may have been missed between 10:02 and 10:31 UTC; 9 recovered from page 2"."""
    between = f"between {_clock(gap['since'], now)} and {_clock(gap['until'], now)} UTC"
    recovered = f"{gap['recovered']:,} recovered from {gap['how']}" if gap["recovered"] else ""
    if gap["state"] == "filled":
        return f"{_entries(gap['recovered'])} slipped through {between}, all recovered from {gap['how']}"
    most = "1 entry" if gap["at_most"] == 1 else f"up to {_entries(gap['at_most'])}"
    missed = f"{most} may have been missed {between}"
    if gap["state"] == "open":
        return "; ".join(filter(None, (missed, recovered, "Pantau is looking for them")))
    reason = plain_text(gap["reason"] or "", _LONGEST)
    return f"{missed}; {recovered or 'none recovered'}" + (f" ({reason})" if reason else "")


def _entries(n: int) -> str:
    return "1 entry" if n == 1 else f"{n:,} entries"


def _clock(at: datetime, now: datetime) -> str:
    """The time, with its date where that is not today's."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%d %b} {at:%H:%M}".lstrip("0")
