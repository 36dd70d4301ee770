"""A letter as plain text: lines of at most 76 columns, links on lines of their own, matched words between asterisks."""

from __future__ import annotations

from collections.abc import Iterator

from wcwidth import width, wrap

from alerts.channels._mail_links import Links, ways_out
from alerts.foreign import Runs, isolated, plain_text, runs, safe_link
from alerts.letter import facts, footer, further, heading, preface, section_heading, sentences, title
from alerts.model import Item, Letter
from alerts.sections import Section, Story, sections

QUOTE = 700
TITLE = 250
COLUMNS = 74
_CLOSING = "、。，．：；？！）」』】〕》〉…"
# Han, kana, Thai, Lao, Burmese, Khmer: no blanks between words, so that an asterisk would stand in the middle.
_UNSPACED = (
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u2e80", "\u9fff"),
    ("\uf900", "\ufaff"),
)


def text_part(letter: Letter, links: Links) -> str:
    """The whole text. A plainer letter has no sentences."""
    blocks = [*_opening(letter), *_sections(letter)]
    foot = [
        *_wrapped(" ".join(footer(letter))),
        *(f"{words}: {link}" for words, link in ways_out(links, letter)),
    ]
    return "\n\n".join(blocks) + "\n\n-- \n" + "\n".join(foot) + "\n"


def _opening(letter: Letter) -> Iterator[str]:
    if letter.kind not in ("article", "update"):
        yield _underlined(heading(letter), "=")
    for line in preface(letter):
        yield "\n".join(_wrapped(line))
    if told := sentences(letter):
        yield "\n".join(line for sentence in told for line in _listed(sentence))


def _sections(letter: Letter) -> Iterator[str]:
    found = sections(letter)
    for section in found:
        if len(found) > 1:
            yield _underlined(section_heading(section, letter), "-")
        for story in section.stories:
            yield "\n".join(_story(story, section, letter))


def _underlined(line: str, sign: str) -> str:
    lines = _wrapped(line)
    return "\n".join([*lines, sign * min(COLUMNS, max(map(width, lines), default=1))])


def _story(story: Story, section: Section, letter: Letter) -> Iterator[str]:
    first, *others = story
    yield from _foreign(title(first, letter, TITLE))
    if link := safe_link(first.url):
        yield link
    if first.quote and not letter.simpler:
        yield from _foreign(_starred(runs(first.quote, first.marks, QUOTE)), "> ")
    yield from _dotted(facts(first, letter, section.topic))
    for item in others:
        yield from _other(item, first, letter)


def _other(item: Item, first: Item, letter: Letter) -> Iterator[str]:
    """A further article of a story, its outlet first."""
    outlet = isolated(plain_text(item.source, 80))
    about = ", ".join(fact for fact in (outlet, *further(item, first, letter)) if fact)
    name = isolated(title(item, letter, TITLE))
    yield from _listed(f"{about}: {name}" if about else name)
    if link := safe_link(item.url):
        yield f"  {link}"


def _listed(text: str) -> Iterator[str]:
    """A point of a list."""
    for place, line in enumerate(_wrapped(text, COLUMNS - 2)):
        yield f"  {line}" if place else f"- {line}"


def _dotted(words: list[str]) -> Iterator[str]:
    """Facts side by side, as many whole ones on a line as it holds."""
    line = ""
    for fact in words:
        if line and width(f"{line} · {fact}") > COLUMNS:
            yield from _wrapped(line)
            line = ""
        line = f"{line} · {fact}" if line else fact
    yield from _wrapped(line)


def _foreign(text: str, indent: str = "") -> Iterator[str]:
    """Foreign text in lines that each run as the whole does."""
    for line in _wrapped(text, COLUMNS - len(indent)):
        yield indent + isolated(line, like=text)


def _wrapped(text: str, room: int = COLUMNS) -> list[str]:
    """Lines of at most `room` cells (a Chinese character takes two); what closes a phrase begins none."""
    lines: list[str] = []
    for line in wrap(text, room, control_codes="ignore", break_on_hyphens=False):
        if lines and line[0] in _CLOSING:
            lines[-1] += line[0]
            line = line[1:].lstrip()
        lines += [line] if line else []
    return lines


def _starred(pieces: Runs) -> str:
    """The matched words between asterisks, where blanks part words and an asterisk reads as emphasis."""
    said = ""
    for place, (piece, marked) in enumerate(pieces):
        following = pieces[place + 1][0][:1] if place + 1 < len(pieces) else ""
        around = (said[-1:], piece[:1], piece[-1:], following)
        said += f"*{piece}*" if marked and not any(map(_is_unspaced, around)) else piece
    return said


def _is_unspaced(letter: str) -> bool:
    return any(first <= letter <= last for first, last in _UNSPACED)
