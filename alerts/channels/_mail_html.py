"""A letter as a page of one column, from 320 to 640 points wide. Nothing is fetched from anywhere.

Colours stand at each element, for light; readers that know of the dark (Apple Mail, Thunderbird, Outlook on the web)
find theirs in the one style sheet, by class. Yellow is for matched words alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from alerts.channels._mail_links import Links, ways_out
from alerts.foreign import direction, plain_text, runs, safe_link
from alerts.letter import facts, footer, further, heading, preface, section_heading, sentences, subject, title
from alerts.model import Item, Letter
from alerts.sections import Section, Story, sections

QUOTE, TITLE, PREVIEW, SHORT = 700, 250, 140, 28
LARGEST = 90_000
"""Gmail hides what comes after 102 KB of a mail behind a link; from this size on the sentences are left out."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SANS = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif"
_SERIF = "font-family:Georgia,'Noto Serif',serif"
_INK, _SOFT, _HAIR = "color:#1a1c21", "color:#5e626b", "#d9d5cb"
_SMALL = f"font-size:13px;{_SOFT}"
_DARK = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
a{text-decoration-color:#a8a295}
@media (prefers-color-scheme:dark){
.g{background-color:#111318!important}
.p{background-color:#181b21!important;border-color:#2a2e37!important}
.i{color:#edebe5!important}
.s{color:#9ca1ab!important}
.h{border-color:#454b57!important}
.m{background-color:#5f4c00!important;color:#fff0bd!important}
}
@media (max-width:480px){.p{padding:18px 16px 0!important}.f{padding:12px 17px!important}}
"""


def html_part(letter: Letter, links: Links) -> str:
    """The whole page; everything foreign is escaped."""
    foot = _footer(letter, links)
    whole = _page(letter, "".join(_articles(letter, QUOTE)), foot)
    if len(whole.encode()) <= LARGEST:
        return whole
    return _page(letter, "".join(_articles(letter, 0)), foot)


def _page(letter: Letter, articles: str, foot: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{letter.language}" dir="ltr">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(subject(letter))}</title>\n<style>{_DARK}</style></head>\n"
        f'<body class="g" style="margin:0;padding:0;background-color:#f6f5f1;{_SANS}">\n'
        f'<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{escape(_preview(letter))}</div>\n'
        '<table role="presentation" class="g" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="background-color:#f6f5f1"><tr><td style="padding:16px 8px">\n'
        '<table role="presentation" align="center" width="640" cellpadding="0" cellspacing="0" border="0" '
        'style="width:100%;max-width:640px;margin:0 auto;table-layout:fixed"><tr>'
        f'<td class="p i" style="padding:24px 28px 4px;background-color:#ffffff;border:1px solid {_HAIR};'
        f'border-radius:6px;{_INK};font-size:16px;line-height:1.5;overflow-wrap:anywhere">\n'
        f"{_opening(letter)}{articles}</td></tr>\n"
        f'<tr><td class="f" style="padding:12px 29px">{foot}</td></tr></table>\n'
        "</td></tr></table>\n</body>\n</html>\n"
    )


def _preview(letter: Letter) -> str:
    """What a list of mails shows beside the subject: the sentence, or the first titles."""
    if letter.items and letter.items[0].quote and letter.kind in ("article", "followup", "update"):
        return plain_text(letter.items[0].quote, PREVIEW)
    return plain_text(" · ".join(title(item, letter, 60) for item in letter.items[:3]), PREVIEW)


def _opening(letter: Letter) -> str:
    small = f'<p class="s" style="margin:0 0 14px;{_SMALL}">'
    lines = "".join(f"{small}{escape(line)}</p>\n" for line in preface(letter))
    if letter.kind in ("article", "update"):
        return lines
    head = f"margin:0 0 8px;font-size:20px;line-height:1.3;font-weight:600;{_SANS}"
    points = "".join(f"<li>{escape(sentence)}</li>\n" for sentence in sentences(letter))
    told = f'<ul class="i" style="margin:0 0 20px;padding:0 0 0 18px">\n{points}</ul>\n' if points else ""
    return f'<h1 class="i" style="{head}">{escape(heading(letter))}</h1>\n{lines}{told}'


def _articles(letter: Letter, quote: int) -> Iterator[str]:
    found = sections(letter)
    rule = f"margin:8px 0 16px;padding:0 0 4px;border-bottom:2px solid {_HAIR};font-size:14px;font-weight:600;{_SANS}"
    for section in found:
        if len(found) > 1:
            yield f'<h2 class="i h" style="{rule}">{escape(section_heading(section, letter))}</h2>\n'
        for story in section.stories:
            told = "\n".join(_story(story, section, letter, quote, level=_level(letter, len(found))))
            yield f'<div style="margin:0 0 20px">\n{told}\n</div>\n'


def _level(letter: Letter, sections_: int) -> int:
    """How deep the titles of articles stand among the headings."""
    return 1 if letter.kind in ("article", "update") else 3 if sections_ > 1 else 2


def _story(story: Story, section: Section, letter: Letter, quote: int, level: int) -> Iterator[str]:
    item, others = story[0], story[1:]
    head = f"margin:0;font-size:{22 if level == 1 else 18}px;line-height:1.3;{_SERIF}"
    yield f'<h{level} style="{head}"{_spoken(item)}>{_linked(item, _title(item, letter))}</h{level}>'
    if item.quote and quote:
        side = "right" if direction(item.quote) == "rtl" else "left"
        bar = f"margin:10px 0 0;padding-{side}:12px;border-{side}:3px solid {_HAIR};{_SERIF}"
        said = _marked(item.quote, item.marks, quote)
        yield f'<blockquote class="h" style="{bar}"{_spoken(item)}>{said}</blockquote>'
    if known := facts(item, letter, section.topic):
        yield f'<p class="s" style="margin:8px 0 0;{_SMALL}">{_dots(known)}</p>'
    if others:
        listed = "\n".join(_other(other, item, letter) for other in others)
        yield f'<ul class="s" style="margin:8px 0 0;padding:0 0 0 18px;{_SMALL}">\n{listed}\n</ul>'


def _other(item: Item, first: Item, letter: Letter) -> str:
    """A further article of a story: its outlet, and its title where that is another one."""
    outlet, name = plain_text(item.source, 80), title(item, letter, TITLE)
    about = further(item, first, letter)
    if outlet and name == title(first, letter, TITLE):
        return f"<li>{_linked(item, f'<bdi>{escape(outlet)}</bdi>')}{_after(about)}</li>"
    shown = f"<bdi{_language(item)}>{escape(name)}</bdi>"
    return f"<li>{_linked(item, shown)}{_after([outlet, *about])}</li>"


def _after(words: Iterable[str]) -> str:
    return "".join(f" · {_word(word)}" for word in words if word)


def _dots(words: Iterable[str]) -> str:
    return " · ".join(map(_word, words))


def _word(word: str) -> str:
    """A short fact stays on one line."""
    whole = word.replace(" ", "\u00a0") if len(word) <= SHORT else word
    return f"<bdi>{escape(whole)}</bdi>"


def _spoken(item: Item) -> str:
    return f'{_language(item)} dir="auto"'


def _language(item: Item) -> str:
    language = item.language or ""
    return f' lang="{language}"' if _LANGUAGE.fullmatch(language) else ""


def _linked(item: Item, shown: str) -> str:
    link = safe_link(item.url)
    return f'<a class="i" href="{escape(link)}" style="{_INK}">{shown}</a>' if link else shown


def _title(item: Item, letter: Letter) -> str:
    return (
        _marked(item.title, item.title_marks, TITLE)
        if plain_text(item.title, TITLE)
        else escape(title(item, letter))
    )


def _marked(text: str, marks: tuple[tuple[int, int], ...], limit: int) -> str:
    yellow = 'class="m" style="background-color:#ffe58a;color:#1a1c21"'
    pieces = runs(text, marks, limit)
    return "".join(
        f"<b {yellow}>{escape(piece)}</b>" if marked else escape(piece) for piece, marked in pieces
    )


def _footer(letter: Letter, links: Links) -> str:
    lines = [escape(" ".join(footer(letter)))]
    anchors = [
        f'<a class="s" href="{escape(link)}" style="{_SOFT}">{escape(words)}</a>'
        for words, link in ways_out(links, letter)
    ]
    lines += [" · ".join(anchors)] if anchors else []
    return f'<p class="s" style="margin:0;font-size:12px;line-height:1.6;{_SOFT}">{"<br>".join(lines)}</p>'
