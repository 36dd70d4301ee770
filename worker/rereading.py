"""PURE. When a page that could not be had is tried again, when an entry that its feed changes is, and what a later
reading adds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from worker.feeds.hints import retry_after_s
from worker.model import EarlierReading, Finding, ReadArticle, TopicId
from worker.reading import PageAnswer, is_html
from worker.robots import Forbidden
from worker.wire import Failure, Reply

LONGEST_WAIT = timedelta(hours=6)
"""The most that a server's Retry-After may ask for: what is read later is news no more."""

EDIT_GAP = timedelta(minutes=5)
MOST_EDITS = 8
_COMPARED = 4000  # characters of each text: a poll looks at every entry of its feed
_NO_LETTERS = re.compile(r"[\W\d_]+")

Waits = tuple[timedelta, ...]

_SOON: Waits = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
_BEFORE_ITS_PAGE: Waits = (timedelta(minutes=5), timedelta(minutes=30))
_SELDOM: Waits = (timedelta(minutes=30), timedelta(hours=2))
_NEVER: Waits = ()

_PASSING = ("dns", "refused", "timeout", "reset", "paused")
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


def text_hash(title: str, summary: str, content: str) -> bytes:
    """The mark of what a feed says of an entry, by its letters alone: "5 comments" and "12 minutes ago" are no edits
    of an article."""
    letters = (_NO_LETTERS.sub("", text[:_COMPARED]) for text in (title, summary, content))
    return blake2b("\0".join(letters).casefold().encode("utf-8", "replace"), digest_size=8).digest()


def edit_due(edits: int, edited_at: datetime | None, now: datetime) -> datetime | None:
    """When an entry that has just been edited is read again, after so many edits, the last of them read at
    `edited_at`; None: it was edited too often. Each comes twice as long after the last as that did, so a live ticker
    costs its site eight pages in eleven hours."""
    if edited_at is None:
        return now
    return max(now, edited_at + EDIT_GAP * 2 ** (edits - 1)) if edits < MOST_EDITS else None


def says_more(read: ReadArticle, earlier: EarlierReading) -> bool:
    """Whether a reading is worth to stand in place of the one before: not the feed's words where the page's are
    stored, and not the same words once more."""
    if read.summary_only and not earlier.summary_only:
        return False
    same = (read.article.title, read.article.body) == (earlier.article.title, earlier.article.body)
    return not same or read.summary_only != earlier.summary_only


def added(found: Sequence[Finding], before: Collection[TopicId]) -> frozenset[TopicId]:
    """The topics that only the new text touches. `before` are those that touch the text that people were told of:
    one that was made meanwhile and touches both finds an older article, which nobody hears of unasked."""
    return frozenset(finding.match.topic for finding in found) - frozenset(before)
