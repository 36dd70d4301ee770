"""PURE. How long a silence holds and a subscription snoozes: the same for commands, pages and programs."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.errors import BadInput

LONGEST_SILENCE = timedelta(days=366)
SHORTEST_SNOOZE, LONGEST_SNOOZE = timedelta(minutes=1), timedelta(days=7)


def silence_end(begin: datetime, end: datetime) -> datetime:
    """The end of a silence. Raises BadInput for one that is too far off."""
    if end - begin > LONGEST_SILENCE:
        raise BadInput(
            "a silence lasts a year at most; to hear of something no more, take it out of the subscription "
            '(a source: sources = ["-name"])'
        )
    return end


def snooze_span(span: timedelta, said: str) -> timedelta:
    """How long a subscription snoozes; `said` is what somebody wrote. Raises BadInput for what is too short or long."""
    if not SHORTEST_SNOOZE <= span <= LONGEST_SNOOZE:
        raise BadInput(
            f'a snooze lasts from 1m to 7d, and "{said}" does not; to hear nothing for longer, '
            "pause the subscription (what is kept expires after 7 days)"
        )
    return span
