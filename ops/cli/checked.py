"""How `pantau feeds check` tells what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alerts.letter import plain_text
from ops.amounts import span
from ops.checking import Checked, Feed, NoFeed, NotHad, Site
from ops.cli.steps import (
    charset_line,
    dated,
    document_line,
    last_word,
    permission_json,
    permission_line,
    step,
    tally,
    way_json,
    way_lines,
)
from ops.moments import instant

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
_FOUND = {
    "declared": "the page declares it",
    "linked": "the page links it",
    "listed": "a page of feeds lists it",
    "software": "where the site's software has it",
    "usual": "a usual place",
    "sitemap": "the site's news sitemap",
}


def as_json(place: str, checked: Checked) -> dict[str, Any]:
    """Everything, for programs."""
    way = checked.way
    told: dict[str, Any] = {"place": place, "fetched": way_json(way), "hops": way.hops if way else []}
    match checked:
        case Feed():
            told |= {**_document(checked.document), "charset": checked.charset, "contents": checked.contents}
            told |= {"next_poll": checked.next_poll, "pages": permission_json(checked.pages)}
            told |= {"hubs": checked.document.trail.hubs}
            if site := checked.site:
                told |= {"feed": site.feed, "found": site.found, "feeds": site.others}
                told |= {"site": {"fetched": way_json(site.way), "hops": site.way.hops}}
        case NoFeed():
            told |= {"error": checked.why, "charset": checked.charset}
            told |= {"feeds": checked.declared, "tried": checked.tried}
        case NotHad():
            told |= {"error": checked.why}
    return told | {"sentence": checked.sentence}


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
    if isinstance(checked, Feed) and checked.site:
        yield from _site(checked.site)
    if checked.way is not None:
        yield from way_lines(checked.way)
        if not isinstance(checked, NotHad):
            yield from document_line(checked.way)
    match checked:
        case Feed():
            yield from _feed(checked)
            yield last_word(checked.sentence, good=True)
        case NoFeed():
            yield from step("decoded", charset_line(checked.charset))
            yield from step("recognised", f"no feed: {checked.why}")
            yield from _declared(checked)
            yield last_word(checked.sentence, good=False)
        case NotHad():
            yield from step("document", f"none: {checked.why}")
            yield last_word(checked.sentence, good=False)


def _site(site: Site) -> Iterator[str]:
    yield from way_lines(site.way)
    yield from document_line(site.way)
    yield from step("recognised", f"a site's page; its feed is {site.feed} ({_FOUND[site.found]})")
    yield from step("", *(f"the site also names {address}" for address in site.others[:_SHOWN]))


def _feed(feed: Feed) -> Iterator[str]:
    document, found = feed.document, feed.contents
    title = plain_text(document.title, 100) or "without a title"
    language = f", language {document.language}" if document.language else ""
    entries = "1 entry" if found.count == 1 else f"{found.count:,} entries"
    yield from step("decoded", charset_line(feed.charset))
    yield from step("recognised", f"{document.format}, {title}, {entries}{language}")
    told = feed.charset.warning  # beside the charset
    yield from step("", *(f"warning: {each}" for each in document.warnings if each != told))
    yield from _contents(found)
    yield from _entries(document.entries)
    if document.trail.hubs:
        yield from step("hub", *document.trail.hubs)
    if feed.next_poll is not None:
        yield from step("next poll", _next(feed.next_poll, found))
    if feed.pages is not None:
        yield from step("robots.txt", permission_line(feed.pages))


def _contents(found: Contents) -> Iterator[str]:
    if found.newest is not None:
        yield from step(
            "entries", f"the newest of {instant(found.newest)}, the oldest of {instant(found.oldest)} UTC"
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


def _declared(checked: NoFeed) -> Iterator[str]:
    for address in checked.declared[:_SHOWN]:
        yield from step("", f"it names this feed: {address}")
    if len(checked.declared) > _SHOWN:
        yield from step("", f"and {len(checked.declared) - _SHOWN:,} more; --json names all")
    if checked.tried:
        places = f"no feed at {len(checked.tried)} places where one may be: {', '.join(checked.tried)}"
        yield from step("looked for", places)
