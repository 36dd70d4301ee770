"""PURE. The self-test's own corner of the world: a feed, a page and a receiver that no network leads to.

`self-test.pantau.invalid` can be no real host (RFC 2606). The HTTP door answers for it where the self-test is on, so
that everything above the door is the real thing. What is asked for stands whole in the address: the feed at an address
with a moment in it has one entry of that moment, whose page carries a word that stands nowhere else.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from worker.model import FeedId, TopicId
from worker.wire import Reply, Request

OURS = -1
"""The number of the self-test's own feed, topic, channel and subscription. Rows of people are numbered from one."""
HOST = "self-test.pantau.invalid"
FEED = f"https://{HOST}/feed"
HOOK = f"https://{HOST}/told"
WORD = "pantaucanarysong"
"""The topic's query. It stands on the page alone, so that a feed's own words are not enough."""

_SENTENCES = (
    "At {moment} the small bird of this house was let into the gallery with a {word} of its own to sing, and whoever "
    "keeps the lamp down there was asked to listen until the last note had come up the shaft again.",
    "The round of {moment} goes by the same stairs as every visitor: a list names it, somebody walks over to read it, "
    "a clerk compares it with what people asked for, and a runner carries the letter away.",
    "Nobody is told of the bird of {moment} in the end, because its letter is addressed to an empty room; what counts "
    "is the hour at which the runner came back from there with a receipt in his hand.",
    "Should the runner of {moment} stay away, the lamp keeper knows on which of the stairs he was seen last, and need "
    "not wait for the next stranger to ask why it has become so quiet.",
)


def of_one_house(topic: TopicId, feed: FeedId) -> bool:
    """Whether this topic may be found in what this feed brings: the self-test hears itself alone, and nobody else
    hears it."""
    return (topic == OURS) == (feed == OURS)


def feed_at(published: datetime, before: datetime | None = None) -> str:
    """The address of the feed as of a moment: with the entry that was published then, and the one before, without
    which it would look as if entries had been missed."""
    earlier = f"&before={_written(before)}" if before else ""
    return f"{FEED}?published={_written(published)}{earlier}"


def page_at(published: datetime) -> str:
    """The address of that entry's page; it is its guid too."""
    return f"https://{HOST}/{_written(published)}"


def answer(request: Request) -> Reply:
    """What the self-test's host says to a request."""
    parts = urlsplit(request.url)
    if request.method == "POST":
        return _reply(request, 200 if parts.path == "/told" else 405, "text/plain", "")
    if parts.path == "/feed":
        asked = parse_qs(parts.query)
        moments = [moment for name in ("published", "before") if (moment := _read(asked.get(name)))]
        return _reply(request, 200, "application/rss+xml", _feed(moments))
    moment = _read([parts.path.removeprefix("/")])
    if moment is None:
        return _reply(request, 404, "text/plain", "")
    return _reply(request, 200, "text/html", _page(moment))


def _reply(request: Request, status: int, kind: str, body: str) -> Reply:
    return Reply(status, {"content-type": f"{kind}; charset=utf-8"}, body.encode(), request.url)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _read(written: list[str] | None) -> datetime | None:
    try:
        return datetime.strptime((written or [""])[0], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _feed(moments: list[datetime]) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Self-test</title>'
        f"<link>https://{HOST}/</link><description>Pantau asks itself.</description>"
        f"{''.join(map(_entry, moments))}</channel></rss>"
    )


def _entry(moment: datetime) -> str:
    address = html.escape(page_at(moment))
    return (
        f"<item><guid>{address}</guid><link>{address}</link><title>Self-test of {_written(moment)}</title>"
        f"<pubDate>{moment.astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
    )


def _page(moment: datetime) -> str:
    """Every paragraph names the moment: what a site repeats under its articles is taken for furniture."""
    written = _written(moment)
    told = "".join(f"<p>{each.format(moment=written, word=WORD)}</p>" for each in _SENTENCES)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Self-test of {written}</title></head>'
        f"<body><article><h1>Self-test of {written}</h1>{told}</article></body></html>"
    )
