"""What each kind of value must look like: readers from a raw TOML value to a clean one, or a Fault."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import TypeVar

from alerts.digest import parse_when, zone
from alerts.quiet import parse_quiet
from ops.watchlist.languages import LANGUAGES, MEANT
from ops.watchlist.words import Fault, control_character, one_of, shown, visible
from worker.errors import BadInput, BadQuery
from worker.match import parse_query
from worker.match.entities import Catalogue
from worker.settings import parse_duration

T = TypeVar("T")
Read = Callable[[object], T | Fault]

_NAME_LENGTH = 200
_NOT_IN_QUERY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NOT_ZONES = ("localtime", "posixrules", "Factory", "posix/", "right/")
"""Files beside the zones: this machine's own zone, templates, and clocks that count leap seconds."""


def text(raw: object) -> str | Fault:
    """Any text."""
    return raw if isinstance(raw, str) else Fault(f"{shown(raw)} is not a text", 'a text in "quotes"')


def flag(raw: object) -> bool | Fault:
    """true or false."""
    return (
        raw
        if isinstance(raw, bool)
        else Fault(f"{shown(raw)} is not a yes or no", "true or false, without quotes")
    )


def whole(least: int, most: int) -> Read[int]:
    """A whole number within these bounds."""

    def read(raw: object) -> int | Fault:
        if isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most:
            return raw
        problem = (
            "is out of range"
            if isinstance(raw, (int, float)) and raw is not True
            else "is not a whole number"
        )
        return Fault(f"{_number(raw)} {problem}", f"a whole number from {least} to {most}, without quotes")

    return read


def _number(raw: object) -> str:
    # A number beyond 4,300 digits cannot be turned into a text at all (CVE-2020-10735).
    return "the number" if isinstance(raw, int) and abs(raw) > 10**60 else shown(raw)


def choice(words: Iterable[str]) -> Read[str]:
    """One of these words."""
    known = tuple(words)

    def read(raw: object) -> str | Fault:
        if isinstance(raw, str) and raw in known:
            return raw
        return Fault(f"{shown(raw)} is not known", one_of(known), unknown=str(raw)[:60], known=known)

    return read


def line(raw: object) -> str | Fault:
    """A text that can stand on one line: no control characters, not blank; composed, without outer blanks."""
    found = text(raw)
    if isinstance(found, Fault):
        return found
    clean = unicodedata.normalize("NFC", found.strip())
    if not clean:
        return Fault("is empty", "some text")
    if sign := control_character(clean):
        return Fault(
            f"{shown(found)} contains the control character {sign}", "letters, digits and signs on one line"
        )
    return clean


def name(raw: object) -> str | Fault:
    """What an item is called: one line of at most 200 characters."""
    found = line(raw)
    if isinstance(found, str) and len(found) > _NAME_LENGTH:
        return Fault(f"{shown(found)} is {len(found)} characters long", f"at most {_NAME_LENGTH}")
    return found


def source_name(raw: object) -> str | Fault:
    """A feed's name or tag: what `sources` can refer to, so without the "-" that excludes."""
    found = name(raw)
    if isinstance(found, str) and found.startswith("-"):
        return Fault(
            f'{shown(found)} begins with "-", which excludes a name in `sources`', "another first character"
        )
    return found


def topic_name(raw: object) -> str | Fault:
    """A topic's name, which a subscription can refer to, so without "tag:" in front."""
    found = name(raw)
    if isinstance(found, str) and found.startswith("tag:"):
        return Fault(
            f'{shown(found)} begins with "tag:", which names all topics with a tag', "another beginning"
        )
    return found


def duration(least: str, most: str) -> Read[float]:
    """Seconds of a duration such as "90s" or "2m" within these bounds."""

    def read(raw: object) -> float | Fault:
        bound = f', at least "{least}"' if parse_duration(least) else ""
        expected = f'a number and s, m, h or d, such as "2m"{bound}'
        if not isinstance(raw, str):
            return Fault(f"{_number(raw)} is not a duration", expected)
        try:
            seconds = parse_duration(raw)
        except ValueError:
            return Fault(f"{shown(raw)} is not a duration", expected)
        if seconds < parse_duration(least):
            return Fault(f"{shown(raw)} is too short", f'at least "{least}"')
        return (
            seconds
            if seconds <= parse_duration(most)
            else Fault(f"{shown(raw)} is too long", f'at most "{most}"')
        )

    return read


def every(least: str, most: str) -> Read[tuple[float, float]]:
    """Seconds of an interval within these bounds, "2m", or of a range of them, "30s-10m": the same twice, or both."""
    one = duration(least, most)

    def read(raw: object) -> tuple[float, float] | Fault:
        ends = raw.split("-", 1) if isinstance(raw, str) else []
        if len(ends) < 2 or "" in ends:
            length = one(raw)
            return length if isinstance(length, Fault) else (length, length)
        shortest, longest = (one(end) for end in ends)
        if isinstance(shortest, Fault):
            return shortest
        if isinstance(longest, Fault) or longest > shortest:
            return longest if isinstance(longest, Fault) else (shortest, longest)
        return Fault(f"{shown(raw)} ends before it begins", 'the shorter time first, such as "30s-10m"')

    return read


def number(least: float, most: float) -> Read[float]:
    """A number within these bounds."""

    def read(raw: object) -> float | Fault:
        if isinstance(raw, int | float) and not isinstance(raw, bool) and least <= raw <= most:
            return float(raw)
        return Fault(f"{_number(raw)} cannot be", f"a number from {least:g} to {most:g}, without quotes")

    return read


def duration_text(seconds: float) -> str:
    """The shortest way to write a duration that reads back to the same number: 120.0 → "2m"."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    plain = format(Decimal(repr(seconds)), "f")
    return f"{plain.rstrip('0').rstrip('.') if '.' in plain else plain}s"


def every_text(every_s: float | None, within_s: tuple[float, float] | None) -> str:
    """How an interval is written: "2m", or a range: "30s-10m"."""
    if within_s is not None:
        return "-".join(map(duration_text, within_s))
    return duration_text(every_s or 0.0)


def pace_text(pace: Iterable[tuple[str, float]]) -> str:
    """How a pace is written, without its braces."""
    return ", ".join(f"{key} = {format(Decimal(repr(value)).normalize(), 'f')}" for key, value in pace)


def query(known: Catalogue) -> Read[str]:
    """A query of the query language that may name these entities; a fault names the column inside the query."""
    return lambda raw: _query(raw, known)


def _query(raw: object, known: Catalogue) -> str | Fault:
    found = text(raw)
    if isinstance(found, Fault):
        return found
    if sign := _NOT_IN_QUERY.search(found):
        return Fault(
            f"column {sign.start() + 1}: contains the control character U+{ord(sign[0]):04X}",
            "words and operators",
        )
    try:
        parse_query(found, known)
    except BadQuery as bad:
        hint = f"; {bad.suggestion}" if bad.suggestion else ""
        return Fault(visible(f"column {bad.column}: {bad.cause}{hint}"))
    return found


def when(raw: object) -> str | Fault:
    """A moment to tell, such as "daily 07:00"."""
    return _by_sentence(raw, lambda found: (parse_when(found), " ".join(found.split()))[1])


def quiet(raw: object) -> str | Fault:
    """Quiet hours, such as "22:00-06:00"."""

    def read(found: str) -> str:
        window = parse_quiet(found)
        return f"{window.start:%H:%M}-{window.end:%H:%M}"

    return _by_sentence(raw, read)


def timezone(raw: object) -> str | Fault:
    """An IANA time zone, such as "Asia/Jakarta"."""
    found = line(raw)
    if isinstance(found, Fault):
        return found
    if found.startswith(_NOT_ZONES):
        return Fault(f"{shown(found)} is not a zone everywhere", 'an IANA name, such as "Asia/Jakarta"')
    checked = _by_sentence(found, lambda text: zone(text).key)
    if isinstance(checked, Fault):
        return Fault(checked.problem, unknown=found, known=_zones() if "/" in found else ())
    return found


@cache
def _zones() -> tuple[str, ...]:
    """All names of zones; finding them means walking through a directory, so it is done once."""
    return tuple(sorted(zoneinfo.available_timezones()))


def _by_sentence(raw: object, read: Callable[[str], str]) -> str | Fault:
    """Reads with a function that tells its fault as a whole sentence."""
    found = line(raw)
    if isinstance(found, Fault):
        return found
    try:
        return read(found)
    except BadInput as bad:
        return Fault(visible(str(bad)))


def language(raw: object) -> str | Fault:
    """An ISO 639 code in small letters: two letters, or three where a language has no two."""
    found = name(raw)
    if isinstance(found, Fault):
        return found
    code = found.lower()
    expected = 'a code of ISO 639, such as "id" or "uk"'
    if meant := MEANT.get(code):
        return Fault(f'{shown(found)} is not the code of a language here (did you mean "{meant}"?)', expected)
    if code in LANGUAGES or re.fullmatch(r"[a-z]{3}", code):
        return code
    if (base := re.split("[-_]", code)[0]) in LANGUAGES and base != code:
        return Fault(f"{shown(found)} names a region as well", f'the language alone: "{base}"')
    return Fault(f"{shown(found)} is not a language code", expected)
