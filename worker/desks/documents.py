"""A feed's document, had and read: under a time limit, and asked for without anybody's credentials."""

from __future__ import annotations

from worker.discovery import Ask, request_for
from worker.errors import BadInput
from worker.feeds.parse import parse_feed
from worker.http import Web
from worker.limits import TooSlow, at_most
from worker.model import FeedDocument
from worker.polling import ACCEPT, MAX_FEED_BYTES
from worker.wire import Failure, Reply

PARSE_SECONDS = 5.0


def read_feed(body: bytes, url: str, content_type: str) -> FeedDocument:
    """The document in these bytes, under a time limit. Raises BadInput."""
    try:
        with at_most(PARSE_SECONDS):
            return parse_feed(body, url=url, content_type=content_type)
    except TooSlow:
        raise BadInput(f"the feed took more than {PARSE_SECONDS:.0f} s to parse") from None


def asking(web: Web) -> Ask:
    """Asks for places that may hold a feed, as anybody would."""

    async def ask(address: str) -> Reply | Failure:
        return await web.ask(request_for(address, ACCEPT, MAX_FEED_BYTES))

    return ask
