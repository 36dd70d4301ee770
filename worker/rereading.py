"""PURE. When a page that could not be had is tried again, and what a later reading adds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from worker.feeds.schedule import retry_after_s
from worker.model import Finding, TopicId
from worker.reading import Forbidden, PageAnswer, is_html
from worker.wire import Failure, Reply

LONGEST_WAIT = timedelta(hours=6)
"""The most that a server's Retry-After may ask for: what is read later is news no more."""

Waits = tuple[timedelta, ...]

_SOON: Waits = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
_BEFORE_ITS_PAGE: Waits = (timedelta(minutes=5), timedelta(minutes=30))
_SELDOM: Waits = (timedelta(minutes=30), timedelta(hours=2))
_NEVER: Waits = ()

_PASSING = ("dns", "refused", "timeout", "reset")
_ODD = ("tls", "protocol", "redirects")


def waits_after(answer: PageAnswer) -> Waits:
    """How long to wait before each further try for a page that was not had, or held no article.

    Troubles that pass by themselves are tried soon and four times; a page that is not there yet twice, since feeds
    are often quicker than the pages they name; a refusal, a wall or a page without an article twice and late, in
    case it was meant for a moment; what will not change, never.
    """
    match answer:
        case Failure(reason) if reason in _PASSING:
            return _SOON
        case Failure(reason) if reason in _ODD:
            return _SELDOM
        case Reply(status) if status in (408, 425, 429) or status >= 500:
            return _SOON
        case Forbidden(for_now=True):
            return _SOON
        case Reply(status=404):
            return _BEFORE_ITS_PAGE
        case Reply(status=403):
            return _SELDOM
        case Reply(status=200) if is_html(answer):
            return _SELDOM
        case Reply() | Failure() | Forbidden() | None:
            return _NEVER


def next_try(answer: PageAnswer, tries: int, now: datetime) -> datetime | None:
    """When the page is tried again after this answer, with `tries` in vain before it; None: it is let be. What the
    server asks for (Retry-After) counts where it is later."""
    waits = waits_after(answer)
    if tries >= len(waits):
        return None
    asked = _asked_for(answer, now)
    return now + max(waits[tries], min(asked, LONGEST_WAIT))


def _asked_for(answer: PageAnswer, now: datetime) -> timedelta:
    if not isinstance(answer, Reply) or answer.status not in (429, 503):
        return timedelta(0)
    return timedelta(seconds=retry_after_s(answer.headers.get("retry-after"), now) or 0.0)


def added(found: Sequence[Finding], before: Collection[TopicId]) -> frozenset[TopicId]:
    """The topics that only the new text touches. `before` are those that touch the text that people were told of:
    one that was made meanwhile and touches both finds an older article, which nobody hears of unasked."""
    return frozenset(finding.match.topic for finding in found) - frozenset(before)
