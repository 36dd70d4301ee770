"""Taking over a list of feeds: which of its lines can be watched, under which name, and why the others cannot."""

from __future__ import annotations

import ipaddress
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from ops import kit
from ops.store import audit_log
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed
from ops.watchlist.addresses import address_key, web_address
from ops.watchlist.values import language, source_name
from ops.watchlist.words import Fault
from worker.addresses import Network, refusal
from worker.errors import BadInput
from worker.feeds.opml import BYTES_MOST, OpmlDocument, Outline, read_opml
from worker.secrets import KeyRing
from worker.settings import Settings
from worker.store.engine import Connection

Result = Literal["added", "watched", "repeated", "refused"]
_NAME_LENGTH = 200
_INSIDE_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa")
_PASSWORD = re.compile(r"//[^/]*@")
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one feed of the list. `why` says what is wrong with a refused one, and which line is repeated."""

    line: int
    url: str
    name: str
    tags: tuple[str, ...]
    result: Result
    why: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the whole list, in its order."""

    lines: tuple[Line, ...]
    warnings: tuple[str, ...] = ()

    def count(self, result: Result) -> int:
        """How many lines ended so."""
        return sum(line.result == result for line in self.lines)


Follow = Callable[[Sequence[DeclaredFeed]], Iterable[DeclaredFeed]]


def import_file(
    path: Path,
    settings: Settings,
    *,
    dry_run: bool = False,
    follow: Follow = iter,
    by: str = audit_log.COMMAND_LINE,
) -> Imported:
    """Adds every usable feed of an OPML file (`-`: of what stands on stdin) in one transaction, or none. `follow` is
    shown the feeds as they are stored. Raises BadInput for a file that is no list of feeds, Unavailable where the
    database does not answer."""
    document = _document(path)
    with kit.connected(settings) as connection:
        return import_list(
            connection,
            kit.keyring(settings),
            document,
            settings.allow_nets,
            by,
            dry_run=dry_run,
            follow=follow,
        )


def import_list(
    connection: Connection,
    keys: KeyRing,
    document: OpmlDocument,
    allow: Sequence[Network],
    who: str,
    *,
    dry_run: bool = False,
    follow: Follow = iter,
) -> Imported:
    """Adds every usable feed of the list, and writes down who did. `follow` is shown the feeds as they are stored."""
    alone(connection)
    shelf = Shelf(connection, keys)
    decided = decide(document, shelf.feed_addresses(), shelf.feed_names(), allow)
    imported = Imported(tuple(line for line, _ in decided), document.warnings)
    if not dry_run:
        shelf.add_feeds(follow([feed for _, feed in decided if feed is not None]))
    if not dry_run and (added := imported.count("added")):
        counts = {"added": added, "refused": imported.count("refused")}
        audit_log.note(connection, who, "imported", "feed", "list of feeds", None, counts)
    return imported


def _document(path: Path) -> OpmlDocument:
    try:
        if str(path) == "-":
            body = sys.stdin.buffer.read(BYTES_MOST + 1)
        else:
            with path.open("rb") as file:
                body = file.read(BYTES_MOST + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from None
    try:
        return read_opml(body)
    except BadInput as fault:
        raise BadInput(f"{path}: {fault}") from None


def decide(
    document: OpmlDocument,
    watched: Collection[str],
    names: Collection[str],
    allow: Sequence[Network] = (),
) -> list[tuple[Line, DeclaredFeed | None]]:
    """For each line of the list what becomes of it, and the feed to add if that is to be. `watched` are the keys of
    addresses that are watched already, `names` those that feeds have."""
    seen: dict[str, int] = {}
    taken = {name.casefold() for name in names}
    decided: list[tuple[Line, DeclaredFeed | None]] = []
    for outline in sorted((*document.outlines, *document.without_feed), key=lambda outline: outline.line):
        feed = _feed(outline, allow)
        if isinstance(feed, str):
            decided.append((_line(outline, "refused", feed), None))
            continue
        key = address_key(feed.url)
        if key in watched:
            decided.append((_line(outline, "watched"), None))
        elif key in seen:
            decided.append((_line(outline, "repeated", f"the same feed as in line {seen[key]}"), None))
        else:
            seen[key] = outline.line
            named = replace(feed, name=_own_name(feed, taken))
            taken.add(named.name.casefold())
            decided.append((_line(outline, "added", name=named.name, tags=named.tags), named))
    return decided


def _line(
    outline: Outline,
    result: Result,
    why: str = "",
    *,
    name: str | None = None,
    tags: tuple[str, ...] | None = None,
) -> Line:
    return Line(
        outline.line,
        _PASSWORD.sub("//…@", outline.address),
        outline.name if name is None else name,
        outline.tags if tags is None else tags,
        result,
        why,
    )


def _feed(outline: Outline, allow: Sequence[Network]) -> DeclaredFeed | str:
    """The feed as a watchlist would declare it, or why it cannot be one."""
    if not outline.address:
        return "the line names a page, but no feed (xmlUrl)"
    address = web_address(outline.address)
    if isinstance(address, Fault):
        return f"{address.problem}, expected {address.expected}"
    if why := _leads_inside(address, allow):
        return why
    spoken = language(re.split("[-_]", outline.language)[0]) if outline.language else ""
    tags = (found for tag in outline.tags if isinstance(found := source_name(_usable(tag)), str))
    return DeclaredFeed(
        address,
        _usable(outline.name) if _usable(outline.name) != address else "",
        tags=tuple(dict.fromkeys(tags)),
        language=spoken if isinstance(spoken, str) and spoken else None,
    )


def _leads_inside(address: str, allow: Sequence[Network]) -> str | None:
    """Why an address can only lead into a private network; names are judged again when they are dialled."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".").lower()
    try:
        literal = str(ipaddress.ip_address(host))
    except ValueError:
        if _NUMERIC_HOST.fullmatch(host):
            return f"{host} is no plain address"
        inside = "." not in host or host.endswith(_INSIDE_NAMES)
        return (
            f"{host} is a name inside of a network (PANTAU_ALLOW_NETS opens networks)"
            if inside and not allow
            else None
        )
    return refusal(literal, parts.port or (443 if parts.scheme == "https" else 80), allow)


def _usable(name: str) -> str:
    """A name as `sources` can refer to it: no "-" in front, at most 200 characters."""
    return unicodedata.normalize("NFC", name).lstrip("- ")[:_NAME_LENGTH].strip()


def _own_name(feed: DeclaredFeed, taken: Collection[str]) -> str:
    """The name that no other feed has, since subscriptions refer to feeds by name: with the host, then a number."""
    if not feed.name or feed.name.casefold() not in taken:
        return feed.name
    host = urlsplit(feed.url).hostname or ""
    bare = feed.name[: _NAME_LENGTH - len(host[:100]) - 10]
    wanted = f"{bare} ({host[:100]})"
    number = 2
    while wanted.casefold() in taken:
        wanted = f"{bare} ({host[:100]} {number})"
        number += 1
    return wanted
