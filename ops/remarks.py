"""PURE. What is remarkable about a feed that answers, in one sentence each: what needs a look, and what is good to
know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from alerts.letter import plain_text
from ops.said import Said, joined, said, said_n
from worker.polling import LETTERS_KEPT

Row = Mapping[str, Any]
Beat = Literal["news", "same", "failed", "cooling"]
_LONGEST = 160


def remarks(feed: Row, now: datetime) -> list[Said]:
    """What needs a look in a row of `feed_list`; the more harmful first."""
    found = []
    if feed.get("silence"):
        found.append(silence_in_words(feed, now))
    if feed.get("gap") and feed["gap"]["state"] != "filled":
        found.append(gap_in_words(feed["gap"], now))
    return found


def notes(feed: Row, now: datetime) -> list[Said]:
    """What is good to know about it: what was brought back, and that its hub tells of news."""
    found = []
    if feed.get("gap") and feed["gap"]["state"] == "filled":
        found.append(gap_in_words(feed["gap"], now))
    hub = feed.get("websub")
    if hub and hub["live_until"] and hub["live_until"] > now:
        found.append(said("its hub tells of news"))
    return found


_BEATS: Mapping[str, Beat] = {"n": "news", "u": "same", "f": "same", "e": "failed", "c": "cooling"}


def beats(polls: str) -> list[Beat]:
    """How the last polls of a feed ended, the newest last, from what its row remembers of them; "cooling": its site put
    it off."""
    return [_BEATS.get(letter, "same") for letter in polls[-LETTERS_KEPT:]]


def silence_in_words(feed: Row, now: datetime) -> Said:
    """ "normally 14 entries by now, none since 07:12 UTC although it answers (HTTP 200)"."""
    silence = feed["silence"]
    entries, since = _entries(silence["missing"]), _clock(silence["since"], now)
    if not feed.get("last_status"):
        return said("normally {entries} by now, none since {time} UTC", entries=entries, time=since)
    return said(
        "normally {entries} by now, none since {time} UTC although it answers (HTTP {status})",
        entries=entries,
        time=since,
        status=feed["last_status"],
    )


def gap_in_words(gap: Row, now: datetime) -> Said:
    """ "up to 12 entries may have been missed between 10:02 and 10:31 UTC; 9 recovered from page 2"."""
    times = {"since": _clock(gap["since"], now), "until": _clock(gap["until"], now)}
    if gap["state"] == "filled":
        return said(
            "{entries} slipped through between {since} and {until} UTC, all recovered from {source}",
            entries=_entries(gap["recovered"]),
            source=gap["how"],
            **times,
        )
    missed = said_n(
        "{n} entry may have been missed between {since} and {until} UTC",
        "up to {n} entries may have been missed between {since} and {until} UTC",
        gap["at_most"],
        **times,
    )
    recovered = _recovered(gap)
    if gap["state"] == "open":
        return joined((missed, recovered, said("Pantau is looking for them")), "; ")
    reason = plain_text(gap["reason"] or "", _LONGEST)
    found = joined((missed, recovered or said("none recovered")), "; ")
    return said("{what} ({detail})", what=found, detail=reason) if reason else found


def _recovered(gap: Row) -> Said | str:
    if not gap["recovered"]:
        return ""
    return said("{n} recovered from {source}", n=f"{gap['recovered']:,}", source=gap["how"])


def _entries(n: int) -> Said:
    return said_n("{n} entry", "{n} entries", n)


def _clock(at: datetime, now: datetime) -> str:
    """The time, with its date where that is not today's."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%d %b} {at:%H:%M}".lstrip("0")
