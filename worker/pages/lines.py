"""Lines of an article's text that are not its author's words: hints, credits, rights, pleas, calls to share.

A word in such a line must never raise an alarm, and a sentence of the article must never be lost, so each rule
looks at the whole line: how it begins, what follows, how long it is, whether it ends like a sentence.
"""

from __future__ import annotations

import re

from worker.dates import read_date
from worker.pages.phrases import Openings, any_of, phrases
from worker.plain import clean

_OTHERS, _CREDITS = Openings(phrases("others")), Openings(phrases("credits"))
_TAGS, _CALLS = Openings(phrases("tags")), Openings(phrases("calls"))
_RIGHTS = tuple(phrases("rights"))
_LEAD = re.compile(r"[\W_]{0,4}")
_NAMES_WHAT = re.compile(r"\s*[:：|»›>]|\s+[–—-]\s")
_GIVES_CREDIT = re.compile(r"\s*[:：/]|(?<=\.)\s")
_COLON = re.compile(r"\s*[:：]")
_NAMED_LONGEST, _CREDIT_LONGEST, _TAGS_LONGEST, _CALL_LONGEST, _RIGHTS_LONGEST = 300, 82, 250, 60, 400
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)\s|copyright|hak cipta|авторские права)\W{0,3}(?:©|\(c\)|\d{4}|by\b|milik|dilindungi).{0,250}"
)
_AGENCIES = """
ap photo|ap|afp|epa|epa-efe|reuters|getty images|getty|antara foto|antara|xinhua|tass|тасс|риа новости|dpa|pap|
čtk|tasr|ansa|efe|lusa|anp|bernama|kyodo|yonhap|anadolu|aa|укрінформ|уніан|istock|shutterstock|unsplash|pexels
"""
_AGENCY = "(?:" + "".join(_AGENCIES.split("\n")) + ")"
_NAME = r"[\w .,'’&-]{1,40}"
_AGENCY_ALONE = re.compile(rf"\W{{0,2}}(?:{_NAME}[/|]\s?)?{_AGENCY}(?:\s?[/|]\s?{_NAME}){{0,3}}\W{{0,2}}")
_WIRE_CREDIT = re.compile(r"\(?(?:additional )?(?:reporting|writing|editing) by .{1,200}")
_READING_TIME = re.compile(
    r"(?:[^\W\d]+:? ){0,2}\d{1,2}[ -]?(?:min(?:ute)?[sn]?|menit|мин|хв)\.? ?"
    r"(?:read|reading|(?:waktu )?(?:mem)?baca|чтения|читання|lesezeit|lesedauer|de lecture|de lectura|de leitura|"
    r"di lettura|czytania|čtení|okuma|leestijd)"
)
_PLEA = re.compile(
    rf"\W{{0,3}}{any_of('plea_verbs')}(?!\w).{{0,200}}(?<!\w){any_of('plea_places')}(?!\w).{{0,120}}"
)
_PLEAS_WITHIN = 4  # lines from the end; further up they may be the story
_DATE_WITHIN, _DATE_LONGEST = 3, 60
_HEADLINE_LONGEST = 160
_SENTENCE_END = re.compile(r"[.!?…。！？।۔؟][\"'”’»)\]]*$")


def strip_lines(text: str, title: str) -> str:
    """The article's paragraphs without title, date, credits, rights, pleas and hints at other articles."""
    lines = [line for written in clean(text).splitlines() if (line := " ".join(written.split()))]
    kept = [line.removeprefix("- ") for line in _before_others(lines) if not is_furniture(line)]
    if kept and title and _bare(kept[0]) == _bare(title):
        kept = kept[1:]
    last = len(kept)
    return "\n\n".join(
        line
        for place, line in enumerate(kept)
        if not (place < _DATE_WITHIN and _is_date(line))
        and not (place >= last - _PLEAS_WITHIN and is_plea(line))
    )


def in_small(text: str) -> str:
    """The text in small letters, of the same length: İ alone would become two."""
    return text.replace("İ", "i").lower()


def may_announce(start: str) -> bool:
    """Whether a text with this start could begin with words that announce other articles."""
    letters = start[_lead(start) :][:2]
    return len(letters) < 2 or _OTHERS.may_begin(in_small(letters))


def others_end(text: str) -> int | None:
    """Where in the text (small letters) the words end that announce other articles; None if it does not begin so."""
    at = _lead(text)
    end = _OTHERS.end_of(text[at:])
    return at + end if end else None


def announces_alone(text: str) -> bool:
    """Whether the text (small letters) does nothing but announce other articles."""
    end = others_end(text)
    return end is not None and not any(map(str.isalnum, text[end:]))


def is_furniture(line: str) -> bool:
    """Whether the line is none of the article's, wherever it stands."""
    small = in_small(line)
    return (
        _is_announced(small)
        or (len(small) <= _RIGHTS_LONGEST and any(phrase in small for phrase in _RIGHTS))
        or bool(_COPYRIGHT.fullmatch(small))
        or bool(_AGENCY_ALONE.fullmatch(small))
        or bool(_READING_TIME.fullmatch(small))
        or (bool(_WIRE_CREDIT.fullmatch(small)) and not _SENTENCE_END.search(small))
    )


def is_plea(line: str) -> bool:
    """Whether the line asks to follow, join or download; an article's last lines do, and seldom its others."""
    return _PLEA.fullmatch(in_small(line)) is not None


def _is_announced(small: str) -> bool:
    """Whether it begins with words that say what the rest of the line is."""
    bare = small[_lead(small) :]
    if (end := _OTHERS.end_of(bare)) and _NAMES_WHAT.match(bare, end):
        return len(bare) - end <= _NAMED_LONGEST
    if (end := _CREDITS.end_of(bare)) and _GIVES_CREDIT.match(bare, end):
        return len(bare) - end <= _CREDIT_LONGEST
    if (end := _TAGS.end_of(bare)) and _COLON.match(bare, end):
        return len(bare) - end <= _TAGS_LONGEST and not _SENTENCE_END.search(bare)
    if end := _CALLS.end_of(bare):
        named = _COLON.match(bare, end) and len(bare) - end <= _CALL_LONGEST
        return bool(named) or not any(map(str.isalnum, bare[end:]))
    return False


def _lead(small: str) -> int:
    """Past bullets, arrows and the like."""
    return _LEAD.match(small).end()  # type: ignore[union-attr]  # it also matches nothing


def _before_others(lines: list[str]) -> list[str]:
    """A line that only announces other articles takes the headlines below it along."""
    kept, skipping = [], False
    for line in lines:
        if announces_alone(in_small(line)):
            skipping = True
        elif skipping and len(line) <= _HEADLINE_LONGEST and not _SENTENCE_END.search(line):
            continue
        else:
            skipping = False
            kept.append(line)
    return kept


def _is_date(line: str) -> bool:
    return len(line) <= _DATE_LONGEST and not _SENTENCE_END.search(line) and read_date(line) is not None


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
