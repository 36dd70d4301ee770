"""Looking at a feed once, without storing anything: what Pantau would see in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worker.errors import BadInput
from worker.feeds.discover import find_feeds
from worker.feeds.parse import parse_feed
from worker.http import Web
from worker.limits import TooSlow, at_most
from worker.model import FeedDocument
from worker.polling import ACCEPT, MAX_FEED_BYTES
from worker.wire import Failure, Reply, Request

PARSE_SECONDS = 5.0
_LOG_IN = (401, 403)


@dataclass(frozen=True, slots=True)
class Fetched:
    """How the document was had: the status, the address it came from in the end, the seconds it took."""

    status: int
    url: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Feed:
    """It is a feed. `fetched` is None for a file."""

    document: FeedDocument
    fetched: Fetched | None = None


@dataclass(frozen=True, slots=True)
class NoFeed:
    """It is something else; `declared` are the feeds that the page names as its own."""

    why: str
    declared: tuple[str, ...] = ()
    fetched: Fetched | None = None


@dataclass(frozen=True, slots=True)
class NotHad:
    """There is no document to look at."""

    why: str
    fetched: Fetched | None = None


Checked = Feed | NoFeed | NotHad


async def check_address(web: Web, url: str) -> Checked:
    """Asks for the feed once, as the poll desk would ask for a new one without credentials."""
    answer = await web.ask(Request(url, headers={"Accept": ACCEPT}, max_bytes=MAX_FEED_BYTES))
    match answer:
        case Failure(reason, detail):
            return NotHad(f"{reason}: {detail}")
        case Reply(status, _, _, final, _, seconds) if not 200 <= status < 300:
            credentials = "; a check sends no user, password or headers" if status in _LOG_IN else ""
            return NotHad(f"the server answered {status}{credentials}", Fetched(status, final, seconds))
        case Reply(status, headers, body, final, _, seconds):
            return _judge(body, final, headers.get("content-type", ""), Fetched(status, final, seconds))


def check_file(path: Path) -> Checked:
    """Reads the feed from a file."""
    try:
        body = path.read_bytes()
    except OSError as error:
        return NotHad(
            f"the file cannot be read: {error.strerror}; an address begins with https:// or http://"
        )
    return _judge(body, "", "", None)


def _judge(body: bytes, url: str, content_type: str, fetched: Fetched | None) -> Checked:
    try:
        with at_most(PARSE_SECONDS):
            return Feed(parse_feed(body, url=url, content_type=content_type), fetched)
    except TooSlow:
        return NoFeed(f"the feed took more than {PARSE_SECONDS:.0f} s to parse", (), fetched)
    except BadInput as error:
        return NoFeed(str(error), tuple(find_feeds(body, url)), fetched)
