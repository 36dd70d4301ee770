"""One delivery in words: what it tells and why, what it follows, and every attempt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.letter import plain_text
from ops.moments import due_at, instant

UNTIL_THEN = "kept until its subscription is resumed"


def delivery_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is known of a delivery, line by line; foreign text in it is made harmless here."""
    yield f"delivery {found['id']}  {found['key']}"
    yield f"state      {found['state']}{_because(found['reason'])}"
    yield f"to         {plain_text(found['channel'], 80)} ({found['channel_kind']})"
    yield f"kind       {found['kind']}{', may be a repeat' if found['possible_repeat'] else ''}"
    yield from _story(found)
    yield f"times      made {instant(found['created_at'])}, {_goes_out(found)}"
    for article in found["articles"]:
        alerts = [alert for alert in found["alerts"] if alert["article_id"] == article["id"]]
        yield from ("", *_article(article, alerts))
    if found["attempts"]:
        yield ""
    for attempt in found["attempts"]:
        yield from _attempt(attempt)


def _story(found: Mapping[str, Any]) -> Iterator[str]:
    """Which event it tells of, and what stands before and behind it on the channel."""
    if found["story"]:
        yield f"story      {plain_text(found['story'], 200)}"
    if found["thread_of"]:
        ended = f" at {instant(found['thread_ended_at'])}" if found["thread_ended_at"] else ""
        yield f"follows    delivery {found['thread_of']}, {found['thread_state']}{ended}"
    if found["followups"]:
        more = "1 message" if found["followups"] == 1 else f"{found['followups']} messages"
        yield f"followed   by {more} on the story's later articles"


def _goes_out(found: Mapping[str, Any]) -> str:
    if found["ended_at"] is None and due_at(found) is None:
        return UNTIL_THEN
    verb, moment = ("ended", "ended_at") if found["ended_at"] else ("expires", "expires_at")
    due = "" if due_at(found) is None else f"due {instant(found['due_at'])}, "
    return f"{due}{verb} {instant(found[moment])}"


def _article(article: Mapping[str, Any], alerts: list[Mapping[str, Any]]) -> Iterator[str]:
    published, seen = instant(article["published_at"]), instant(article["seen_at"])
    yield plain_text(article["title"], 200) or "(without a title)"
    if article["url"]:
        yield f"  {plain_text(article['url'], 300)}"
    yield f"  {plain_text(article['source'], 80)}, published {published}, seen {seen}"
    for alert in alerts:
        topic, subscription = plain_text(alert["topic"], 80), plain_text(alert["subscription"], 80)
        yield f"  {topic} for {subscription}{_because(alert['reason'])}"
    for quote in dict.fromkeys(alert["quote"] for alert in alerts):
        yield f"  > {plain_text(quote or '', 300)}"


_VERDICTS = {
    "sent": "the receiver accepted it",
    "later": "not now",
    "unsure": "in doubt, the receiver may have it",
    "simpler": "not in this form",
    "blocked": "nothing gets through",
    "never": "refused for good",
    "astray": "the message it belongs to is gone",
}


def _attempt(attempt: Mapping[str, Any]) -> Iterator[str]:
    """An attempt as a sentence, and the receiver's own words below it."""
    from ops.causes import cause

    took = "" if attempt["elapsed_s"] is None else f", {attempt['elapsed_s']:.2f} s"
    ended = "its sender was stopped" if attempt["ended_at"] else "under way, or its sender was stopped"
    verdict = _VERDICTS.get(attempt["verdict"] or "", attempt["verdict"] or ended)
    told = (
        attempt["verdict"] == "sent" or not attempt["reason"]
    )  # then the reason is the receiver's name for it
    because = "" if told else f": {plain_text(cause(attempt['reason']), 200)}"
    yield f"attempt {attempt['n']}  {instant(attempt['started_at'])}{took}: {verdict}{because}"
    if attempt["answer"]:
        yield f"           > {plain_text(attempt['answer'], 300)}"


def _because(reason: str | None) -> str:
    return f" ({plain_text(reason, 200)})" if reason else ""
