"""PURE. What a site's robots.txt lets us fetch (RFC 9309, https://www.rfc-editor.org/rfc/rfc9309).

Only the group that is ours is kept, so that reading is linear in the bytes: 500 KiB of a hostile file name 20,000
robots before 20,000 rules, and whoever keeps every robot's rules keeps their product.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from worker.links import web_link

OUR_NAME = "pantau"
"""The name by which a robots.txt may speak to us."""
MOST_BYTES = 500 * 1024
"""More is not read (RFC 9309, 2.5)."""
MOST_DELAY_S = 60.0
"""A longer Crawl-delay would leave a site of 1,500 articles a day unread for ever."""
MOST_SITEMAPS = 100
MOST_STARRED = 1000
"""Rules with a star; 18,000 of them cost 0.4 s for each address of 8,000 letters, plain ones a thirtieth."""

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"[a-zA-Z_-]+")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_AS_WRITTEN = "/%:@!$&'()*+,;=?[]"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a group: what begins with `path` may be fetched, or may not. `*` in it is anything, `$` at its
    end the end."""

    allows: bool
    path: str

    def __str__(self) -> str:
        return f"{'Allow' if self.allows else 'Disallow'}: {self.path}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is ours of a robots.txt: rules, the strongest first; the wanted seconds between two requests; the
    sitemaps it names."""

    rules: tuple[Rule, ...] = ()
    crawl_delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()

    def forbidding(self, url: str) -> Rule | None:
        """The rule that forbids this address; None if it may be fetched. The longest rule counts, and of two as
        long the one that allows."""
        asked = _asked_path(url)
        if asked == "/robots.txt":
            return None
        found = next((rule for rule in self.rules if _matches(rule.path, asked)), None)
        return None if found is None or found.allows else found


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may be fetched; `crawl_delay_s` is how long the site wants to be left alone between two requests."""

    crawl_delay_s: float | None = None


@dataclass(frozen=True, slots=True)
class Forbidden:
    """It may not: `rule` is the line that says so. `for_now`: nobody said so, robots.txt could not be had yet."""

    rule: str
    for_now: bool = False


def is_for_news(sitemap: str) -> bool:
    """Whether a sitemap is one of news, by its address: one of everything holds a site's whole past, and has neither
    titles nor dates to trust (https://www.sitemaps.org/protocol.html#submit_robots)."""
    return "news" in urlsplit(sitemap).path.lower()


def read_rules(body: bytes, url: str = "") -> Rules:
    """The rules for us in the bytes of a robots.txt that came from `url`. Never raises: what cannot be understood
    says nothing."""
    text = body[:MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    ours, anyones, sitemaps = _Group(), _Group(), dict[str, None]()
    spoken_to: list[_Group] = []
    naming = False
    for name, value in _lines(text):
        if name == "user-agent":
            spoken_to = spoken_to if naming else []
            spoken_to += _groups_named(value, ours, anyones)
            naming = True
        elif name == "sitemap":
            if len(sitemaps) < MOST_SITEMAPS and (address := web_link(value, url)):
                sitemaps[address] = None
        else:
            naming = naming and name not in ("allow", "disallow", "crawl-delay")
            for group in spoken_to:
                group.hear(name, value)
    meant = ours if ours.named else anyones
    return Rules(_by_strength(meant.rules), meant.crawl_delay_s, tuple(sitemaps))


@dataclass(slots=True)
class _Group:
    """What was said to one robot, in one place or in several."""

    named: bool = False
    rules: list[Rule] = field(default_factory=list)
    crawl_delay_s: float | None = None
    starred: int = 0

    def hear(self, name: str, value: str) -> None:
        match name:
            case "allow" | "disallow" if value:
                self.starred += "*" in value
                if "*" not in value or self.starred <= MOST_STARRED:
                    self.rules.append(Rule(name == "allow", _normal(value)))
            case "crawl-delay":
                self.crawl_delay_s = max(filter(None, (self.crawl_delay_s, _delay(value))), default=None)


def _groups_named(value: str, ours: _Group, anyones: _Group) -> list[_Group]:
    if value.startswith("*"):
        return [anyones]
    found = _NAME.match(value)
    if found is None or found[0].lower() != OUR_NAME:
        return []
    ours.named = True
    return [ours]


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in _LINE_ENDS.split(text):
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _delay(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return min(seconds, MOST_DELAY_S) if math.isfinite(seconds) and seconds > 0 else None


def _by_strength(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(sorted(dict.fromkeys(rules), key=lambda rule: (-len(rule.path), not rule.allows)))


def _asked_path(url: str) -> str:
    """Path and query, as rules are written."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if "?" in url.partition("#")[0] else ""
    return _normal((parts.path or "/") + query)


def _normal(path: str) -> str:
    """One spelling of a path: percent signs where they must be and nowhere else (RFC 9309, 2.2.2)."""

    def one(escaped: re.Match[str]) -> str:
        byte = int(escaped[1], 16)
        return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"

    return _ESCAPED.sub(one, quote(path, safe=_AS_WRITTEN, errors="replace"))


def _matches(pattern: str, path: str) -> bool:
    """Whether the path begins as the pattern says. Each part between stars is looked for once, behind the one
    before: where it stands first leaves most room for the others."""
    if "*" not in pattern and not pattern.endswith("$"):
        return path.startswith(pattern)
    to_the_end = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not others:
        return at == len(path)
    last = others.pop() if to_the_end else ""
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not to_the_end or (path.endswith(last) and len(path) - len(last) >= at)
