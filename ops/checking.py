"""Looking at a feed once, without storing anything: what Pantau would see in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from worker.discovery import NothingFound, discover, request_for
from worker.errors import BadInput
from worker.feeds.discover import find_feeds, is_page, looks_like_a_feed
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
    """It is a feed. `fetched` is None for a file. `behind` is where it was found, and why there, if the address is a
    site's; `others` are the other feeds that the site names."""

    document: FeedDocument
    fetched: Fetched | None = None
    behind: tuple[str, str] | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoFeed:
    """It is something else; `declared` are the feeds that the page names as its own, `tried` the places where none
    was found."""

    why: str
    declared: tuple[str, ...] = ()
    fetched: Fetched | None = None
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotHad:
    """There is no document to look at."""

    why: str
    fetched: Fetched | None = None


Checked = Feed | NoFeed | NotHad


async def check_address(web: Web, url: str) -> Checked:
    """Asks for the feed once, as the poll desk would ask for a new one without credentials; behind a site's page it
    is looked for."""
    answer = await web.ask(Request(url, headers={"Accept": ACCEPT}, max_bytes=MAX_FEED_BYTES))
    match answer:
        case Failure(reason, detail):
            return NotHad(f"{reason}: {detail}")
        case Reply(status, _, _, final, _, seconds) if not 200 <= status < 300:
            credentials = "; a check sends no user, password or headers" if status in _LOG_IN else ""
            return NotHad(f"the server answered {status}{credentials}", Fetched(status, final, seconds))
        case Reply(status, headers, body, final, _, seconds):
            checked = _judge(body, final, headers.get("content-type", ""), Fetched(status, final, seconds))
            return (
                await _behind(web, url, body, checked)
                if isinstance(checked, NoFeed) and is_page(body)
                else checked
            )


async def _behind(web: Web, url: str, page: bytes, checked: NoFeed) -> Feed | NoFeed:
    async def ask(address: str) -> Reply | Failure:
        return await web.ask(request_for(address, ACCEPT, MAX_FEED_BYTES))

    fetched = checked.fetched
    base = fetched.url if fetched else url
    found = await discover(page, base, ask, _parse, only_declared=looks_like_a_feed(url))
    if isinstance(found, NothingFound):
        return replace(checked, tried=found.tried)
    others = tuple(address for address in found.declared if address != found.address)
    return Feed(found.document, fetched, (found.address, found.why), others)


def _parse(body: bytes, url: str, content_type: str) -> FeedDocument:
    try:
        with at_most(PARSE_SECONDS):
            return parse_feed(body, url=url, content_type=content_type)
    except TooSlow:
        raise BadInput(f"the feed took more than {PARSE_SECONDS:.0f} s to parse") from None


def check_file(path: Path) -> Checked:
    """Reads the feed from a file."""
    try:
        body = path.read_bytes()
    except OSError as error:
        return NotHad(
            f"the file cannot be read: {error.strerror}; an address begins with https:// or http://"
        )
    return _judge(body, "", "", None)


def _judge(body: bytes, url: str, content_type: str, fetched: Fetched | None) -> Feed | NoFeed:
    try:
        return Feed(_parse(body, url, content_type), fetched)
    except BadInput as error:
        return NoFeed(str(error), tuple(find_feeds(body, url)), fetched)
