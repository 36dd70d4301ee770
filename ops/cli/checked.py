"""How `pantau feeds check` tells what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alerts.letter import plain_text
from ops.checking import Checked, Feed, NoFeed, NotHad, Way
from ops.cli.steps import charset_line, clock, dated, hops_lines, last_word, step, tally
from ops.verdict import span
from worker.permission import Allowed, Forbidden

if TYPE_CHECKING:
    from ops.inspection import Contents, NextPoll
    from worker.model import Entry, FeedDocument

_SHOWN = 10
_NEXT = {
    "news": "as for every feed that was just read",
    "unchanged": "it has no entries yet",
    "server_hint": "the server or the feed wants to be left alone so long",
    "skipped_hours": "the feed says that it need not be asked before",
}


def as_json(place: str, checked: Checked) -> dict[str, Any]:
    """Everything, for programs."""
    way = checked.way
    told: dict[str, Any] = {"place": place, "fetched": _fetched(way), "hops": way.hops if way else []}
    match checked:
        case Feed():
            told |= {**_document(checked.document), "charset": checked.charset, "contents": checked.contents}
            told |= {"next_poll": checked.next_poll, "pages": _pages_json(checked.pages)}
        case NoFeed():
            told |= {"error": checked.why, "charset": checked.charset}
            told |= {"feeds": checked.declared, "tried": checked.tried}
        case NotHad():
            told |= {"error": checked.why}
    return told | {"sentence": checked.sentence}


def _fetched(way: Way | None) -> dict[str, Any] | None:
    if way is None or way.status is None:
        return None
    facts = {"status": way.status, "url": way.url, "seconds": way.seconds}
    return facts | {"moved_to": way.moved_to, "body_bytes": way.body_bytes}


def _pages_json(pages: Allowed | Forbidden | None) -> dict[str, Any] | None:
    match pages:
        case None:
            return None
        case Allowed(delay):
            return {"allowed": True, "rule": None, "crawl_delay_s": delay}
        case Forbidden(rule):
            return {"allowed": False, "rule": rule, "crawl_delay_s": None}


def _document(document: FeedDocument) -> dict[str, Any]:
    entries = [
        {
            "id": each.id,
            "title": each.title or None,
            "link": each.link,
            "published": each.published,
            "updated": each.updated,
        }
        for each in document.entries
    ]
    return {
        "format": document.format,
        "title": document.title or None,
        "link": document.link,
        "language": document.language,
        "entries": entries,
        "warnings": document.warnings,
    }


def in_words(checked: Checked) -> Iterator[str]:
    """The steps, each with a word on the left, and the last word."""
    if checked.way is not None:
        yield from _way(checked.way)
        if not isinstance(checked, NotHad):
            yield from _document_line(checked.way)
    match checked:
        case Feed():
            yield from _feed(checked)
            yield last_word(checked.sentence, good=True)
        case NoFeed():
            yield from step("decoded", charset_line(checked.charset))
            yield from step("recognised", f"no feed: {checked.why}")
            yield from _declared(checked)
            yield last_word(checked.sentence, good=any(each.entries is not None for each in checked.tried))
        case NotHad():
            yield from step("document", f"none: {checked.why}")
            yield last_word(checked.sentence, good=False)


def _way(way: Way) -> Iterator[str]:
    yield from hops_lines(way.hops)
    if way.moved_to:
        yield from step("moved", f"for good, to {way.moved_to}")
    elif way.hops and way.hops[0].url.startswith("https:") and (way.url or "").startswith("http:"):
        yield from step("warning", "the answer came without TLS, although it was asked for with it")


def _document_line(way: Way) -> Iterator[str]:
    size = f"{way.body_bytes:,} bytes unpacked"
    yield from step("document", f"{way.status} from {way.url} in {way.seconds:.2f} s, {size}")


def _feed(feed: Feed) -> Iterator[str]:
    document, found = feed.document, feed.contents
    title = plain_text(document.title, 100) or "without a title"
    language = f", language {document.language}" if document.language else ""
    yield from step("decoded", charset_line(feed.charset))
    yield from step("recognised", f"{document.format}, {title}, {found.count:,} entries{language}")
    told = feed.charset.warning  # beside the charset
    yield from step("", *(f"warning: {each}" for each in document.warnings if each != told))
    yield from _contents(found)
    yield from _entries(document.entries)
    if feed.next_poll is not None:
        yield from step("next poll", _next(feed.next_poll, found))
    if feed.pages is not None:
        yield from step("pages", _pages(feed.pages))


def _contents(found: Contents) -> Iterator[str]:
    if found.newest is not None:
        yield from step(
            "entries", f"the newest of {clock(found.newest)}, the oldest of {clock(found.oldest)} UTC"
        )
    lacks = {
        "without a date": found.undated,
        "without an id": found.without_id,
        "without a link": found.without_link,
        "without a title": found.untitled,
        "repeating another's id or link, left out": found.repeated,
        "with their whole text": found.in_full,
    }
    if said := tally(lacks):
        yield from step("" if found.newest else "entries", said)


def _entries(entries: tuple[Entry, ...]) -> Iterator[str]:
    for entry in entries[:_SHOWN]:
        yield dated(entry.published or entry.updated, entry.title or entry.link or "(without a title)")
    if len(entries) > _SHOWN:
        yield from step("", f"and {len(entries) - _SHOWN:,} more; --json names all")


def _next(poll: NextPoll, found: Contents) -> str:
    why = _NEXT.get(poll.reason, poll.reason.replace("_", " "))
    usual = f"; it brings an entry every {span(found.gap_s)} or so" if found.gap_s else ""
    return f"{span(poll.in_s)} after the first ({why}){usual}"


def _pages(pages: Allowed | Forbidden) -> str:
    match pages:
        case Forbidden(rule):
            return f"are not read, the feed's own words must do: {rule}"
        case Allowed(None):
            return "may be read, robots.txt does not mind"
        case Allowed(delay):
            return f"may be read, one every {delay:g} s as robots.txt asks"


def _declared(checked: NoFeed) -> Iterator[str]:
    tried = {each.url: each for each in checked.tried}
    for address in checked.declared[:_SHOWN]:
        found = tried.get(address)
        end = (
            ""
            if found is None
            else f" ({found.why})"
            if found.entries is None
            else f" ({found.entries:,} entries)"
        )
        yield from step("", f"it names this feed: {address}{end}")
    if len(checked.declared) > _SHOWN:
        yield from step("", f"and {len(checked.declared) - _SHOWN:,} more; --json names all")
