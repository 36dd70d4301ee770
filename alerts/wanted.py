"""Whether somebody wants to hear of a match at all: what came before, what was filtered out, what is too old."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.decision import Reason
from alerts.model import News, Subscription

BACKLOG_AGE = timedelta(days=7)


def unwanted(news: News, subscription: Subscription, now: datetime) -> Reason | None:
    """Why this subscription does not want to hear of it; None if it does."""
    if news.asked is None and news.read_at < subscription.created_at:
        return Reason.BEFORE_SUBSCRIPTION
    if not _source_fits(subscription.sources, news):
        return Reason.SOURCE_FILTER
    if not _language_fits(subscription.languages, news.language):
        return Reason.LANGUAGE_FILTER
    if news.asked is not None:
        return Reason.APPLIED_BACK if news.asked == "silent" else None
    if news.backlog and now - (news.published_at or news.seen_at) > BACKLOG_AGE:
        return Reason.TOO_OLD
    return None


def _source_fits(sources: Iterable[str], news: News) -> bool:
    """Excluded names win; without any included name everything else fits."""
    names = [name.strip() for name in sources]
    excluded = [name[1:].strip() for name in names if name.startswith("-")]
    included = [name for name in names if name and not name.startswith("-")]
    if any(answers_to(name, news) for name in excluded):
        return False
    return not included or any(answers_to(name, news) for name in included)


def answers_to(name: str, news: News) -> bool:
    """Whether `name` is what the article's feed is called, one of its tags ("war" or "tag:war"), or a host that the
    feed or the article lies at or below."""
    return goes_by(name, (news.source, *news.names, *news.hosts), news.tags)


def goes_by(name: str, names: Iterable[str], tags: Iterable[str]) -> bool:
    """Whether `name` is one of these names or tags, or a host that one of the names lies below."""
    wanted = _form(name)
    called, tagged = set(map(_form, names)), set(map(_form, tags))
    above = "." in wanted and any(each.endswith(f".{wanted}") for each in called)
    return bool(wanted) and (wanted in called or above or wanted.removeprefix("tag:") in tagged)


def _form(name: str) -> str:
    """Names are the same whatever their case, and whether their marks are written into the letters or after them."""
    return unicodedata.normalize("NFC", name).casefold()


def _language_fits(languages: Sequence[str], language: str | None) -> bool:
    """ "pt" takes "pt-BR" as well; an article whose language nobody knows fits no list."""
    spoken = (language or "").casefold()
    return not languages or any(
        spoken == wanted or spoken.startswith(wanted + "-") for wanted in map(str.casefold, languages)
    )
