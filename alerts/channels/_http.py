"""What all channels that speak HTTP agree on: when to come back, and what no answer means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from alerts.channel import Blocked, Later, Unsure, Verdict
from alerts.letter import plain_text, safe_link
from worker.wire import Failure, Reply

SHORTEST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)
_SECONDS = re.compile(r"([+-]?)(\d+(?:\.\d*)?)")
_CODE = re.compile(r"[a-z][a-z_]{1,60}")
# Nobody but the owner of the channel can mend an address that we may not, or can not, reach.
_MISADDRESSED = ("bad_url", "blocked", "redirects")


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the receiver asks us to wait, between a second and an hour; None where it does not say.

    Seconds (also with a fraction) or a date, which counts from the answer's own Date, so that our clock does
    not matter (RFC 9110, 10.2.3 and 6.6.1).
    """
    text = headers.get("retry-after", "").strip()
    seconds = _SECONDS.fullmatch(text)
    if seconds is None:
        until, since = _date(text), _date(headers.get("date", ""))
        return None if until is None or since is None else _clamped(until - since)
    wholly = 0.0 if seconds[1] == "-" else min(float(seconds[2][:12]), LONGEST_PAUSE.total_seconds())
    return _clamped(timedelta(seconds=wholly))


def _clamped(pause: timedelta) -> timedelta:
    return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def answer_code(reply: Reply) -> str:
    """The receiver's own error word ("no_service"), or the bare status: pages of HTML, or an echo of our
    address, do not belong in a ledger."""
    word = reply.body[:200].decode("ascii", "replace").strip()
    return word if _CODE.fullmatch(word) else f"http_{reply.status}"


def judge_failure(failure: Failure) -> Verdict:
    """What it means that no answer came: sure before the request was written, unsure afterwards."""
    if failure.reason in _MISADDRESSED:
        return Blocked(failure.reason, "channel")
    return Unsure(failure.reason) if failure.written else Later(failure.reason)


def judge_gone(reply: Reply) -> Blocked | None:
    """A redirect (we follow none with a message), or a target closed to us: its owner must mend it. 501 is said by
    servers that take no POST at all, such as one of mere files."""
    gone = reply.status in (401, 403, 404, 405, 410, 501) or 300 <= reply.status < 400
    return Blocked(answer_code(reply), "channel") if gone else None


def complaint_about(to: str) -> str | None:
    """Why `to` can not be posted to, as a sentence that does not show it; None if it can."""
    if safe_link(to) == to and to.isascii():
        return None
    shown = plain_text(to.partition("://")[0], 12)
    return (
        f'the address (it starts with "{shown}") is none that can be posted to; '
        "write https://, a host and a path, without blanks, user name or password"
    )
