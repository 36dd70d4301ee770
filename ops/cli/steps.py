"""How the steps of a look at an address are shown: a word on the left, what there is to say on the right."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from alerts.letter import plain_text
from ops.moments import instant
from worker.robots import Allowed, Forbidden

if TYPE_CHECKING:
    from ops.inspection import Charset, Way
    from worker.wire import Hop

_WORD = 11
_WIDEST = 100
_TELLING = (
    "content-type",
    "content-encoding",
    "etag",
    "last-modified",
    "cache-control",
    "expires",
    "retry-after",
    "server",
    "x-robots-tag",
)


def step(word: str, *sentences: str) -> Iterator[str]:
    """The lines of one step, no wider than the terminal; foreign text in them is made harmless here."""
    width = _width()
    lines = [line for said in sentences for line in _wrapped(plain_text(said, 2000), width)]
    for number, line in enumerate(lines):
        label = word.ljust(_WORD) if number == 0 else " " * _WORD
        yield f"{click.style(label, bold=True) if label.strip() else label}{line}"


def _width() -> int:
    """Of the text beside the words."""
    return min(max(shutil.get_terminal_size().columns, 40), _WIDEST) - _WORD


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def dated(moment: datetime | None, text: str) -> str:
    """A line under a step: a moment and a foreign text, cut to the line."""
    when = instant(moment) if moment else "(no date)"
    return f"{' ' * _WORD}{when:<19}  {plain_text(text, max(_width() - 21, 20))}"


def last_word(sentence: str, good: bool) -> str:
    """The sentence that everything comes down to."""
    lines = _wrapped(plain_text(sentence, 1000), _width() + _WORD)
    return click.style("\n".join(lines), fg="green" if good else "red")


def hops_lines(hops: Sequence[Hop]) -> Iterator[str]:
    """The hops one after the other; headers that are sent again are shown once."""
    before: Mapping[str, str] = {}
    for hop in hops:
        yield from _hop(hop, {name: value for name, value in hop.sent.items() if before.get(name) != value})
        before = hop.sent


def _hop(hop: Hop, sent: Mapping[str, str]) -> Iterator[str]:
    """What one request said, whom it reached, and what came."""
    if hop.address is None and hop.status is None:
        yield from step("asked", f"{hop.url}: not at all")
        return
    yield from step("asked", hop.url, *(f"{name}: {value}" for name, value in sent.items()))
    if reached := _reached(hop):
        yield from step("", reached)
    if hop.status is None:
        yield from step("", "no answer came")
        return
    telling = [f"{name}: {hop.headers[name][:200]}" for name in _TELLING if name in hop.headers]
    on = (
        f" to {hop.headers['location'][:500]}"
        if 300 <= hop.status < 400 and "location" in hop.headers
        else ""
    )
    yield from step("answered", f"{hop.status}{on}, {hop.received:,} bytes on the wire", *telling)


def _reached(hop: Hop) -> str:
    """The address that was dialled, and when each part of it was done, in milliseconds from the beginning."""
    moments = (
        ("name found", hop.resolved_s),
        ("connected", hop.connected_s),
        ("first bytes", hop.answered_s),
        ("whole", hop.ended_s if hop.answered_s is not None else None),
    )
    after = ", ".join(f"{what} {at * 1000:.0f} ms" for what, at in moments if at is not None)
    return ": ".join(filter(None, (hop.address, after)))


def way_lines(way: Way) -> Iterator[str]:
    """Every hop, and where it all moved."""
    yield from hops_lines(way.hops)
    if way.moved_to:
        yield from step("moved", f"for good, to {way.moved_to}")
    elif way.hops and way.hops[0].url.startswith("https:") and (way.url or "").startswith("http:"):
        yield from step("warning", "the answer came without TLS, although it was asked for with it")


def document_line(way: Way) -> Iterator[str]:
    """What was had in the end."""
    size = f"{way.body_bytes:,} bytes unpacked"
    yield from step("document", f"{way.status} from {way.url} in {way.seconds:.2f} s, {size}")


def way_json(way: Way | None) -> dict[str, Any] | None:
    """What was had in the end, for programs; None where nothing was."""
    if way is None or way.status is None:
        return None
    facts = {"status": way.status, "url": way.url, "seconds": way.seconds}
    return facts | {"moved_to": way.moved_to, "body_bytes": way.body_bytes}


def permission_line(permission: Allowed | Forbidden) -> str:
    """Whether the site lets us read its pages."""
    match permission:
        case Forbidden(rule):
            return f"pages are not read, the feed's own words must do: {rule}"
        case Allowed(None):
            return "pages may be read"
        case Allowed(delay):
            return f"pages may be read, one every {delay:g} s"


def permission_json(permission: Allowed | Forbidden | None) -> dict[str, Any] | None:
    """The same for programs; None where nobody asked."""
    match permission:
        case None:
            return None
        case Allowed(delay):
            return {"allowed": True, "rule": None, "crawl_delay_s": delay}
        case Forbidden(rule):
            return {"allowed": False, "rule": rule, "crawl_delay_s": None}


def charset_line(charset: Charset) -> str:
    """Which charset was named, and which it is."""
    named = [
        f"the {where} says {name}"
        for where, name in (("header", charset.header), ("document", charset.document))
        if name
    ]
    said = ", ".join(named) or "no charset is named"
    return f"{charset.used}; {said}" + (f"; {charset.warning}" if charset.warning else "")


def tally(counts: Mapping[str, int]) -> str:
    """The counts that are not 0: "3 without a date, 1 repeated"."""
    return ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
