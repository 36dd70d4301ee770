"""The two bodies of an e-mail. No remote image, no script; colours are left to the reader's light or dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from alerts.letter import facts, footer, heading, plain_text, runs, safe_link, say, subject, title
from alerts.model import Item, Letter

QUOTE = 700
TITLE = 250
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
# Two greys and a blue that can be read on white (4.5:1) and on near-black alike.
_SMALL = "font-size:13px;line-height:1.5;color:#767676"
_LINK = "color:#3b7dd8;text-decoration:underline"


@dataclass(frozen=True, slots=True)
class Links:
    """Where a reader stops this mail (`leave`), and where everything that comes to this address can be seen and
    changed (`manage`); None where there is no safe public address."""

    leave: str | None = None
    manage: str | None = None


def text_part(letter: Letter, links: Links) -> str:
    """The letter as plain text; matched words between asterisks. A plainer one has titles and links."""
    blocks = [*_preface(letter), *("\n".join(_text_item(item, letter)) for item in letter.items)]
    foot = [*footer(letter), *(f"{say(letter, name)}: {link}" for name, link in _ways_out(links))]
    return "\n\n".join(blocks) + "\n\n-- \n" + "\n".join(foot) + "\n"


def _ways_out(links: Links) -> Iterator[tuple[str, str]]:
    """The phrase and the address of each link that is there."""
    for name, link in (("unsubscribe", links.leave), ("manage", links.manage)):
        if link:
            yield name, link


def _preface(letter: Letter) -> list[str]:
    repeat = [say(letter, "repeat_note")] if letter.possible_repeat else []
    return repeat + ([heading(letter)] if letter.kind != "article" else [])


def _text_item(item: Item, letter: Letter) -> Iterator[str]:
    yield title(item, letter, TITLE)
    if link := safe_link(item.url):
        yield link
    if item.quote and not letter.simpler:
        yield "> " + "".join(
            f"*{text}*" if marked else text for text, marked in runs(item.quote, item.marks, QUOTE)
        )
    if not letter.simpler:
        yield " · ".join(facts(item, letter))
    else:
        yield ", ".join(plain_text(topic, 80) for topic in item.topics)


def html_part(letter: Letter, links: Links) -> str:
    """The letter as a page of one table; everything foreign is escaped."""
    strong = 'style="margin:0;font-weight:600"'
    rows = "".join(_row(f"<p {strong}>{escape(line)}</p>") for line in _preface(letter))
    rows += "".join(_row(_html_item(item, letter)) for item in letter.items)
    rows += _row(_html_footer(letter, links))
    return (
        f'<!DOCTYPE html>\n<html lang="{letter.language}" dir="ltr">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(subject(letter))}</title></head>\n"
        f'<body style="margin:0;padding:16px;{_FONT};font-size:16px;line-height:1.5;overflow-wrap:anywhere">\n'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="max-width:640px;margin:0 auto">\n{rows}</table>\n</body>\n</html>\n'
    )


def _row(content: str) -> str:
    return f'<tr><td style="padding:0 0 20px">\n{content}\n</td></tr>\n'


def _html_item(item: Item, letter: Letter) -> str:
    language = item.language or ""
    spoken = f' lang="{language}"' if _LANGUAGE.fullmatch(language) else ""
    lines = [f'<p style="margin:0;font-size:18px" dir="auto"{spoken}>{_html_title(item, letter)}</p>']
    if quote := _bold(item.quote, item.marks, QUOTE):
        bar = "margin:8px 0;padding:0 12px;border-left:3px solid #999999"
        lines.append(f'<blockquote style="{bar}" dir="auto"{spoken}>{quote}</blockquote>')
    lines.append(f'<p style="margin:0;{_SMALL}">{escape(" · ".join(facts(item, letter)))}</p>')
    return "\n".join(lines)


def _html_title(item: Item, letter: Letter) -> str:
    shown = _bold(item.title, item.title_marks, TITLE).strip() or escape(title(item, letter))
    link = safe_link(item.url)
    return f'<a href="{escape(link)}" style="{_LINK}">{shown}</a>' if link else f"<span>{shown}</span>"


def _bold(text: str, marks: tuple[tuple[int, int], ...], limit: int) -> str:
    pieces = runs(text, marks, limit)
    return "".join(f"<b>{escape(piece)}</b>" if marked else escape(piece) for piece, marked in pieces)


def _html_footer(letter: Letter, links: Links) -> str:
    lines = [escape(line) for line in footer(letter)]
    ways = [
        f'<a href="{escape(link)}" style="{_LINK}">{escape(say(letter, name))}</a>'
        for name, link in _ways_out(links)
    ]
    if ways:
        lines.append(" · ".join(ways))
    return (
        f'<p style="margin:0;border-top:1px solid #999999;padding-top:8px;{_SMALL}">{"<br>".join(lines)}</p>'
    )
