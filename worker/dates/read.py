"""A date's text to the moment it names."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from worker.dates.calendars import from_buddhist, from_era, from_jalali
from worker.dates.words import fold, jalali_month, month
from worker.dates.zones import zone_called

_LONGEST = 120
_EARLIEST, _LATEST = 1995, 2100  # broken publishing systems write year 1, 1970 and 9999

# What a month's name may be made of: Indian vowels and Thai abbreviations are no "word characters".
_WORD = r"[^\W\d_][^\s\d_,;:/()|–—-]{1,20}"
# Two digits after a month are a year only where the text ends or a clock time follows; else they may be the hour.
_YEAR = r"(?:พ\.ศ\.?\s?|ค\.ศ\.?\s?)?(?P<y>\d{4}(?![\d:]|\.\d)|'?\d\d(?=$|\s*[,|-]|\s+\d|\s+เวลา))"
_ISO = re.compile(r"(?<!\d)(?P<y>\d{4})(?P<sep>[-/.]\s?|)(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?!\d)\.?t?")
_CJK = re.compile(
    r"(?:(?P<era>令和|平成|昭和|民國|民国)\s?)?(?P<y>\d{1,4}|元)\s?[年년]\s?(?P<m>\d\d?)\s?[月월]\s?(?P<d>\d\d?)\s?[日일号號]?"
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<d>\d\d?)(?:er|st|nd|rd|th|o|a)?[.\s/-]+(?:de |d'|of |di )?"
    rf"(?P<m>{_WORD})(?:/{_WORD})?[\s,./-]+(?:de |del |d'|do |of )?{_YEAR}"
)
_MONTH_FIRST = re.compile(rf"(?P<m>{_WORD})\s+(?P<d>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})(?![\d:])")
_YEAR_FIRST = re.compile(
    rf"(?<!\d)(?P<y>\d{{4}})(?:\.|\s?m\.)?\s+(?P<m>{_WORD})\s+(?P<d>\d\d?)(?![\d:])\.?(?:\s?d\.)?"
)
_YEAR_AND_DAY_FIRST = re.compile(
    rf"(?<!\d)(?P<y>\d{{4}})\.?\s?(?:gada|ж\.?|жылы|жылғы)\s(?P<d>\d\d?)\.?\s+(?P<m>{_WORD})"
)
_CTIME = re.compile(rf"(?P<m>{_WORD})\s+(?P<d>\d\d?)\s+(?=\d\d?:\d\d)(?P<time>.{{4,20}}?)\s(?P<y>\d{{4}})$")
_VIETNAMESE = re.compile(r"(?<!\d)(?P<d>\d\d?)\s+tháng\s+(?P<m>\d\d?)(?:\s*,|\s+năm)?\s+(?P<y>\d{4})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(?P<d>\d\d?)(?P<sep>[/.-]\s?)(?P<m>\d\d?)(?P=sep)(?P<y>\d{4})(?!\d)")
_SHORT = re.compile(r"(?<![\d.:])(?P<d>\d\d)(?P<sep>[/.-])(?P<m>\d\d)(?P=sep)(?P<y>\d\d)(?![\d:])")
_FORMS = (
    *(_ISO, _CJK, _DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST, _YEAR_AND_DAY_FIRST),
    *(_CTIME, _VIETNAMESE, _NUMBERS, _SHORT),
)
_NUMERIC = (_ISO, _NUMBERS, _SHORT)
_EPOCH = re.compile(r"(\d{10})(?:\d{3})?")

_BEFORE_NOON = "am a.m a. m 오전 上午 午前 早上 凌晨 清晨 ص صباحا ق.ظ sa pagi π.μ πμ öö पूर्वाह्न"
_AFTER_NOON = (
    "pm p.m p. m 오후 下午 午後 晚上 傍晚 中午 م مساء ب.ظ بعدازظهر ch siang petang malam μ.μ μμ ös अपराह्न"
)
_HALVES = {
    half.replace("_", " "): mark
    for mark, halves in (("a", _BEFORE_NOON), ("p", _AFTER_NOON))
    for half in re.sub(r"([ap]\.) m", r"\1_m", halves).split()
}
_VIETNAMESE_HALVES = ("sa", "ch")
_HALF = "|".join(re.escape(half) for half in sorted(_HALVES, key=len, reverse=True))
_TIME = re.compile(
    rf"(?:(?P<half_before>{_HALF})\s?)?(?<!\d)(?P<h>\d\d?)"
    r"(?:\s?[:.h時时시点點]\s?(?P<min>\d\d)(?:\s?[:.]\s?(?P<s>\d\d)|\s?[分분](?:\s?(?P<s2>\d\d)\s?[秒초])?)?"
    rf"(?:[.,]\d+)?|\s?(?:h\b|[時时시点點])|(?=\s?[ap]m\b))(?:\s?(?P<half>{_HALF})(?!\w)\.?)?"
)
_COMPACT_TIME = re.compile(
    r"\s*(?P<h>\d\d)(?P<min>\d\d)(?P<s>\d\d)?(?!\d)(?P<s2>)(?P<half>)(?P<half_before>)"
)
_ENGLISH_HALF = re.compile(r"\d\s?[ap]\.?m\b")
_OFFSET = re.compile(r"[\s,(]*(?:gmt|utc)?\s*(?P<sign>[+\-−–])(?P<h>\d\d?)(?::?(?P<min>\d\d))?(?!\d)")
_ZONE_WORD = re.compile(r"[\s,(]*(?:по |uhr |hrs |h |น\. ?)?(?P<name>[^\W\d_]{1,7})(?![^\W_])")
_MONTH_FIRST_AT = frozenset(("Asia/Manila",))
_YEAR_FIRST_AT = frozenset(
    ("Asia/Seoul", "Asia/Tokyo", "Asia/Shanghai", "Asia/Taipei", "Europe/Budapest", "Europe/Vilnius")
)
_JALALI_AT = frozenset(("Asia/Tehran", "Asia/Kabul"))


class _Found(NamedTuple):
    """The day, the text around it, and where in that the clock may begin."""

    day: date
    rest: str
    clock_at: int


def read_date(text: str, default_zone: tzinfo = UTC) -> datetime | None:
    """The moment that `text` names, in UTC, or None where it names none or one before 1995. Never raises.

    A wall-clock time without a zone is in `default_zone`, which also tells how its country writes: letters of
    zones, the order of numbers, the calendar. Where it is UTC, day goes before month in all-number dates, except
    with a.m. or p.m. "Two hours ago" is no date: nobody says when it was written.
    """
    if len(text) > _LONGEST:
        return None
    try:
        return _moment(fold(text), default_zone)
    except (ValueError, OverflowError):
        return None


def _moment(text: str, default_zone: tzinfo) -> datetime | None:
    if epoch := _EPOCH.fullmatch(text):
        return _sane(datetime.fromtimestamp(int(epoch[1]), UTC))
    home = getattr(default_zone, "key", "")
    found = _day(text, home)
    if found is None:
        return None
    clock, zone = _clock(found.rest, found.clock_at, home)
    wall = datetime(found.day.year, found.day.month, found.day.day) + clock  # noqa: DTZ001 - the next line does it
    return _sane(wall.replace(tzinfo=zone or default_zone).astimezone(UTC))


def _sane(moment: datetime) -> datetime | None:
    return moment if _EARLIEST <= moment.year <= _LATEST else None


def _day(text: str, home: str) -> _Found | None:
    for form in _FORMS:
        for found in form.finditer(text):
            if (day := _named(found, text, home)) is not None:
                if form is _CTIME:
                    return _Found(day, found["time"], 0)
                return _Found(day, f"{text[: found.start()]} {text[found.end() :]}", found.start())
    return None


def _named(found: re.Match[str], text: str, home: str) -> date | None:
    """The day that a form's match names; None where its words or numbers are no day's."""
    try:
        if found.re in _NUMERIC:
            return _in_numbers(found, text, home)
        return _in_words(found, home)
    except ValueError:
        return None


def _in_words(found: re.Match[str], home: str) -> date | None:
    written, word, day = found["y"], found["m"], int(found["d"])
    if found.re is _CJK:
        year = 1 if written == "元" else int(written)
        era = found["era"]
        return date(from_era(era, year) if era else _full_year(written), int(word), day)
    if word.isdigit():
        return date(int(written), int(word), day)
    if jalali := jalali_month(word):
        return from_jalali(int(written), jalali, day)
    number = month(word, home)
    is_thai = "\u0e00" <= word[0] <= "\u0e7f"
    year = 2500 + int(written) if is_thai and len(written) == 2 else _full_year(written)
    return date(from_buddhist(year), number, day) if number else None


def _in_numbers(found: re.Match[str], text: str, home: str) -> date | None:
    first, month_number, last = found["y"], int(found["m"]), int(found["d"])
    if found.re is _ISO:
        if 1300 <= int(first) <= 1499:
            return from_jalali(int(first), month_number, last) if home in _JALALI_AT else None
        return date(from_buddhist(int(first)), month_number, last)
    if found.re is _SHORT:
        if not home:
            return None  # of 05/12/21 nobody knows which number is the year
        if home in _YEAR_FIRST_AT:
            return date(_full_year(found["d"]), month_number, int(first))
    if month_number > 12 or _month_goes_first(found, text, home):
        last, month_number = month_number, last
    return date(from_buddhist(_full_year(first)), month_number, last)


def _month_goes_first(found: re.Match[str], text: str, home: str) -> bool:
    """In the Philippines, and with a.m. or p.m. where nothing is known of the country or the numbers are not padded
    (`1/5/2024 3:00:00 PM` is what servers set up in American English write anywhere)."""
    if home in _MONTH_FIRST_AT:
        return True
    bare = "/" in found["sep"] and (len(found["d"]) == 1 or len(found["m"]) == 1)
    return bool(_ENGLISH_HALF.search(text)) and (bare or not home)


def _full_year(written: str) -> int:
    bare = written.lstrip("'")
    return int(bare) if len(bare) != 2 else int(bare) + (2000 if int(bare) < 70 else 1900)


def _clock(rest: str, at: int, home: str) -> tuple[timedelta, tzinfo | None]:
    """The time of day and its zone, looked for after the date first, since most write it there."""
    found = _COMPACT_TIME.match(rest, at) or _TIME.search(rest, at) or _TIME.search(rest)
    if found is None:
        return timedelta(), _zone(rest, at, home)
    hours, minutes = int(found["h"]), int(found["min"] or 0)
    seconds = int(found["s"] or found["s2"] or 0)
    half = _half(found["half"] or found["half_before"] or "", home)
    if half and hours <= 12:
        hours = hours % 12 + (12 if half == "p" else 0)
    if hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError("no such time of day")
    clock = timedelta(hours=hours, minutes=minutes, seconds=min(seconds, 59))
    return clock, _zone(rest, found.end(), home)


def _half(word: str, home: str) -> str | None:
    """a or p. Two words of Vietnamese are the Saturday and the country code of others."""
    return None if word in _VIETNAMESE_HALVES and home != "Asia/Ho_Chi_Minh" else _HALVES.get(word)


def _zone(text: str, at: int, home: str) -> tzinfo | None:
    if offset := _OFFSET.match(text, at):
        shift = timedelta(hours=int(offset["h"]), minutes=int(offset["min"] or 0))
        return timezone(shift if offset["sign"] == "+" else -shift)
    word = _ZONE_WORD.match(text, at)
    return zone_called(word["name"], home) if word else None
