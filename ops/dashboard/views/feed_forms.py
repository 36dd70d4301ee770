"""PURE. The forms about feeds: what was typed, as a watchlist's table; what was found at an address; what an import
brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.letter import plain_text
from ops.causes import cause
from ops.checking import Checked, Feed, NoFeed, NotHad
from ops.dashboard.imports import Import
from ops.dashboard.words import Stamp, State, language_tag, maybe_stamp
from ops.looking import Candidate, Looked
from ops.said import Said, said, said_n
from ops.watchlist import DeclaredFeed
from ops.watchlist.values import every_text

NEWEST = 3
PACE = ("connections", "per_second", "burst")
_FIELDS = (
    *("url", "name", "every", "tags", "language", "full_text", "user", "password", "token"),
    *(f"pace.{key}" for key in PACE),
)
_NAME, _TITLE, _LONGEST, _SHOWN_LINES = 100, 200, 400, 1000


def url_typed(written: str) -> str:
    """An address as people type it: without a scheme it is a secure one."""
    clean = written.replace("\0", "").strip()
    return clean if not clean or "://" in clean else f"https://{clean}"


def table_of(fields: Mapping[str, str], url: str) -> dict[str, Any]:
    """What was typed, as a watchlist would declare it; what was left empty is not said."""
    typed = {key: value.replace("\0", "").strip() for key, value in fields.items()}
    table: dict[str, Any] = {"url": url, "full_text": typed.get("full_text") == "on"}
    table |= {key: typed[key] for key in ("name", "every", "language", "user") if typed.get(key)}
    if tags := [tag.strip() for tag in typed.get("tags", "").split(",") if tag.strip()]:
        table["tags"] = tags
    if pace := {key: _number(typed[f"pace.{key}"]) for key in PACE if typed.get(f"pace.{key}")}:
        table["pace"] = pace
    if fields.get("password"):
        table["password"] = fields["password"]
    if token := fields.get("token", "").strip():
        table["headers"] = {"Authorization": f"Bearer {token}"}
    return table


def _number(written: str) -> Any:
    """A number as TOML has it; what is none stays as it is, for the rules to complain of."""
    try:
        return int(written) if written.isdecimal() and len(written) < 10 else float(written.replace(",", "."))
    except ValueError:
        return written


def typed_of(feed: DeclaredFeed) -> dict[str, str]:
    """The settings of a feed, as its form shows them. Its password is never among them."""
    pace = dict(feed.pace)
    return {
        "name": feed.name,
        "every": every_text(feed.every_s, feed.within_s) if feed.every_s or feed.within_s else "",
        "tags": ", ".join(feed.tags),
        "language": feed.language or "",
        "full_text": "on" if feed.full_text else "",
        "user": feed.user,
        **{f"pace.{key}": f"{pace[key]:g}" if key in pace else "" for key in PACE},
    }


def complaints(wrong: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong with each field, "" where nothing is; what is said of a part counts for its field."""
    found = dict.fromkeys(_FIELDS, "")
    for key, said_of in wrong.items():
        field = "token" if key.startswith("headers") else key
        field = field if field in found else key.partition(".")[0]
        found[field if field in found else "url"] = said_of
    return found


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that can be chosen: what it is called, how many entries it has, and its newest."""

    address: str
    title: str
    language: str | None
    many: Said
    sentence: Said
    newest: tuple[tuple[str, Stamp | None], ...]
    watched: str


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at an address; where it is nothing, `why` and what to do about it."""

    found: tuple[Found, ...] = ()
    why: str | Said = ""
    advice: str | Said = ""
    named: tuple[str, ...] = ()

    @property
    def first_new(self) -> str:
        """The address of the best one that is not watched yet; "" where there is none."""
        return next((each.address for each in self.found if not each.watched), "")


def look_in_words(looked: Looked, watched: Mapping[str, int], now: datetime) -> Look:
    """What was found, with a link to those that are watched already."""
    if looked.candidates:
        return Look(tuple(_found(each, watched, now) for each in looked.candidates))
    return _nothing(looked.checked)


def _nothing(checked: Checked | None) -> Look:
    match checked:
        case None:
            return Look(why=said("it took longer than 25 seconds"), advice=said("Try again later."))
        case NoFeed():
            names = tuple(plain_text(address, _LONGEST) for address in checked.declared[:5])
            why = said("no feed: {why}", why=plain_text(checked.why, _LONGEST))
            return Look((), why, checked.sentence, names)
        case NotHad():
            return Look((), _plainly(checked.why), checked.sentence)
        case Feed():
            return Look()


def _plainly(why: Said) -> Said:
    """Our sentence, with what a server filled it with as plain text; a code of the door ("dns: …") in words."""
    known = cause(plain_text(why, _LONGEST))
    if isinstance(known, Said):
        return known
    return why.filled_by(lambda filled: plain_text(filled, _LONGEST) if isinstance(filled, str) else filled)


def _found(each: Candidate, watched: Mapping[str, int], now: datetime) -> Found:
    document, contents = each.feed.document, each.feed.contents
    feed = watched.get(each.address)
    return Found(
        address=each.address,
        title=plain_text(document.title, _TITLE),
        language=language_tag(document.language),
        many=said_n("{n} entry", "{n} entries", contents.count),
        sentence=each.feed.sentence,
        newest=tuple(
            (
                plain_text(entry.title or entry.link or "", _TITLE) or "–",
                maybe_stamp(entry.published or entry.updated, now),
            )
            for entry in document.entries[:NEWEST]
        ),
        watched=f"/feeds/{feed}" if feed is not None else "",
    )


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """A line of the list and what became of it."""

    line: int
    state: State
    name: str
    address: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportView:
    """How far an import is, or how it ended."""

    file: str
    over: bool
    wrong: str
    share: float
    progress: Said
    counts: tuple[tuple[int, str], ...] = ()
    lines: tuple[ImportedLine, ...] = ()
    more: Said | str = ""
    warnings: tuple[str, ...] = ()


_RESULTS: Mapping[str, State] = {
    "added": State("ok", said("added")),
    "watched": State("off", said("watched already")),
    "repeated": State("off", said("repeated")),
    "refused": State("bad", said("refused")),
}


def import_in_words(found: Import) -> ImportView:
    """How far it is, or what became of each line: the refused ones first."""
    result = found.result
    progress = said("The list is being read.")
    if found.total:
        progress = said("{n} of {all} feeds stored", n=f"{found.stored:,}", all=f"{found.total:,}")
    share = found.stored / found.total if found.total else 0.0
    if result is None:
        return ImportView(found.file, found.over, plain_text(found.wrong, _LONGEST), share, progress)
    ordered = sorted(result.lines, key=lambda line: (line.result != "refused", line.line))
    more = len(ordered) - _SHOWN_LINES
    return ImportView(
        file=found.file,
        over=True,
        wrong="",
        share=1.0,
        progress=progress,
        counts=tuple(
            (n, state.word)
            for key, state in _RESULTS.items()
            if (n := sum(line.result == key for line in result.lines))
        ),
        lines=tuple(
            ImportedLine(
                line.line,
                _RESULTS[line.result],
                plain_text(line.name, _NAME) if line.name != line.url else "",
                plain_text(line.url, _LONGEST),
                plain_text(line.why, _LONGEST),
            )
            for line in ordered[:_SHOWN_LINES]
        ),
        more=said_n("and {n} more line", "and {n} more lines", more) if more > 0 else "",
        warnings=tuple(plain_text(warning, _LONGEST) for warning in result.warnings[:20]),
    )
