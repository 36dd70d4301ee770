"""Text and links from strangers, made harmless: no controls, no tricks of direction, nothing that ends a line early.

What is shown passes `plain_text`, `runs` or `header_text`; what is linked passes `safe_link`. What is put beside
words of another direction passes `isolated` last, since everything else takes such signs away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import urlsplit

from wcwidth import grapheme_boundary_before

Runs = list[tuple[str, bool]]

_BLANKS = re.compile(r"\s+")
# Controls; marks, embeddings, overrides and isolates of writing direction; characters without width or ink.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u115f\u1160\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = re.compile("[\u200c\u200d]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Accents heaped on one letter cover the lines above and below; no language needs more than four.
_ACCENT = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
_HEAPED = re.compile(f"([{_ACCENT}]{{4}})[{_ACCENT}]+")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATES = {"ltr": "\u2066", "rtl": "\u2067"}
_END = "\u2069"
_UNSAFE_IN_LINK = re.compile(r'[\s<>"|\\^`{}]')
_LONGEST_LINK = 3000  # Slack's limit for a URL, the smallest of those we know
_ELLIPSIS = "…"
_BACK_TO_BLANK = 24
"""How many code points a cut goes back for the end of a word. A longer one is cut, and so is what has no blanks."""


def plain_text(text: str, limit: int) -> str:
    """Foreign text as one line of visible characters: no controls or tricks of direction, blanks squeezed."""
    return cut(_visible(_beginning(text, limit)).strip(" \u200c\u200d"), limit)


def header_text(text: str, limit: int = 200) -> str:
    """Text that no mail header can be broken out of: also without joiners and encoded words (RFC 2047)."""
    shown = _JOINERS.sub("", _visible(_beginning(text, limit)))
    return cut(shown.replace("=?", "= ?").strip(), limit)


def _beginning(text: str, limit: int) -> str:
    """As much of a text as can be needed: cleaning 100 KB to show 250 letters costs milliseconds a time."""
    return text[: 8 * limit + 1000]


def _visible(text: str) -> str:
    spaced = _UNSEEN.sub("", _BLANKS.sub(" ", text))
    return _HEAPED.sub(r"\1", _BLANKS.sub(" ", _SURROGATES.sub("\ufffd", spaced)))


def cut(text: str, limit: int) -> str:
    """At most `limit` code points, with an ellipsis where something is left out: after a word where one ends near,
    never inside of what a reader sees as one letter (an accent, a vowel sign, an emoji of several signs)."""
    if len(text) <= limit:
        return text
    kept = text[: _before_letter(text, limit - 1)]
    word = kept.rfind(" ", max(0, len(kept) - _BACK_TO_BLANK))
    if word > limit // 3 and text[len(kept)] != " ":
        kept = kept[:word]
    return kept.rstrip(" \u200c\u200d") + _ELLIPSIS


def _before_letter(text: str, most: int) -> int:
    """The last place up to `most` where one letter ends and the next begins."""
    border = grapheme_boundary_before(text, most + 1)
    return border if border > most // 2 else most  # a heap of signs as long as that is no letter


def runs(text: str, marks: Iterable[tuple[int, int]], limit: int) -> Runs:
    """The text in pieces, True for those that `marks` (spans of code points) cover.

    Harmless like `plain_text`. Marks may overlap, lie outside or stand in any order; one that would part a letter
    from its accents takes them in.
    """
    shown: Runs = []
    room, blank = limit, True
    for piece, marked in _pieces(text, marks):
        visible = _visible(_beginning(piece, room))
        visible = visible.lstrip(" ") if blank else visible
        if len(visible) > room:
            return [*shown, (cut(visible, room), marked)] if room > 1 else _ended(shown)
        if visible:
            room, blank = room - len(visible), visible.endswith(" ")
            shown.append((visible, marked))
    return shown


def _pieces(text: str, marks: Iterable[tuple[int, int]]) -> Runs:
    pieces: Runs = []
    done = 0
    for start, end in sorted(marks):
        start, end = max(start, done), _with_accents(text, min(end, len(text)))
        if start < end:
            pieces += [(text[done:start], False), (text[start:end], True)]
            done = end
    return [*pieces, (text[done:], False)]


def _with_accents(text: str, end: int) -> int:
    while 0 < end < len(text) and unicodedata.category(text[end]) in ("Mn", "Mc", "Me"):
        end += 1
    return end


def _ended(shown: Runs) -> Runs:
    """What is shown already, with the sign that more was left out."""
    if not shown:
        return []
    text, marked = shown[-1]
    return [*shown[:-1], (text[: _before_letter(text, len(text) - 1)].rstrip() + _ELLIPSIS, marked)]


def direction(text: str) -> Literal["ltr", "rtl"]:
    """Which way a text runs, by its first letter (rule P2 of https://www.unicode.org/reports/tr9/)."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return "ltr"


def isolated(text: str, like: str | None = None) -> str:
    """The text so that it keeps its own direction and leaves that of its neighbours alone; as it is, where nothing
    in it runs right to left. It runs as `like` does: a line of a longer text as the whole."""
    if not _RIGHT_TO_LEFT.search(text):
        return text
    return _ISOLATES[direction(like or text)] + text + _END


def isolated_runs(pieces: Sequence[tuple[str, bool]]) -> Runs:
    """The same for a text in pieces."""
    whole = "".join(piece for piece, _ in pieces)
    opened = isolated(whole)
    if opened == whole:
        return list(pieces)
    return [(opened[0], False), *pieces, (_END, False)]


def safe_link(url: str) -> str | None:
    """The address as a link may carry it; None for what is not plainly http or https.

    No userinfo, no control characters, at most 3000 characters; what would end a link early is escaped.
    """
    link = url.strip(" ")
    if _UNSEEN.search(link) or _JOINERS.search(link) or _SURROGATES.search(link):
        return None
    link = _UNSAFE_IN_LINK.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), link)
    try:
        parts = urlsplit(link)
        proper = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return link if proper and "@" not in parts.netloc and len(link) <= _LONGEST_LINK else None
