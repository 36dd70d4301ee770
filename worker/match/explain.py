"""Why a query found an article, or which part of it did not: a tree for pages, and its plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.match.compile import (
    FIELDS,
    Either,
    Entity,
    Single,
    Term,
    Verbatim,
    Words,
    compile_query,
    entities_of,
    seek_of,
    term_of,
)
from worker.match.entities import Catalogue
from worker.match.entities import Entity as NamedThing
from worker.match.evaluate import in_order, seek
from worker.match.namebook import NameBook
from worker.match.nodes import And, AtLeast, Filter, Near, Node, Not, Or, Scoped
from worker.match.places import Place, spans
from worker.match.printer import print_query
from worker.match.query import parse_query
from worker.match.reading import Reading
from worker.model import Article, Field, Hit

NOTES = (
    "excluded, but it is there",
    "{held} of {all} hold, {needed} needed",
    "the article's is {fact}",
    "not in {where}",
    "not in {where}: {words}",
    "all its words are in {where}, but not side by side in this order",
    "not just so in {where}",
    "none of them in {where}",
    "not near enough in {where}",
    "none of its {n} names ({names} ...) is in {where}, with its capitals",
)
"""All that there is to say about a part that does not hold; pages have each in the languages of their readers."""


class Note(str):
    """What is missing, in English; and as a sentence with places, for whoever says it in another language."""

    __slots__ = ("facts", "pattern")

    pattern: str
    facts: Mapping[str, str]

    def __new__(cls, pattern: str, facts: Mapping[str, str] | None = None) -> Note:
        """Says it."""
        assert pattern in NOTES
        note = super().__new__(cls, pattern.format_map(facts or {}))
        note.pattern, note.facts = pattern, facts or {}
        return note

    def __reduce__(self) -> tuple[object, ...]:
        return Note, (self.pattern, self.facts)


@dataclass(frozen=True, slots=True)
class Explained:
    """One part of a query: how it reads, whether it holds, where its words are, and what is missing.

    `note` is empty where the parts below say it already.
    """

    query: str
    holds: bool
    hits: tuple[Hit, ...] = ()
    note: str = ""
    parts: tuple[Explained, ...] = ()

    def render(self) -> str:
        """The tree as indented lines, `+` for what holds and `-` for what does not."""
        return "\n".join(self._lines(0))

    def _lines(self, depth: int) -> Iterator[str]:
        found = ", ".join(f"{hit.field} {hit.start}: {hit.text}" for hit in self.hits[:_SHOWN_HITS])
        more = f" (and {len(self.hits) - _SHOWN_HITS} more)" if len(self.hits) > _SHOWN_HITS else ""
        said = "; ".join(filter(None, (self.note, found + more)))
        yield f"{'  ' * depth}{'+' if self.holds else '-'} {self.query}{': ' if said else ''}{said}"
        for part in self.parts:
            yield from part._lines(depth + 1)


_SHOWN_HITS = 5


def explain(query: str, article: Article, known: Catalogue | None = None) -> Explained:
    """Each part of the query against the article; `known` and BadQuery as for `parse_query`."""
    node = parse_query(query, known)
    book = NameBook(known, entities_of(compile_query(node)))
    return _explained(node, Reading(article, book), FIELDS)


def _explained(node: Node, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    match node:
        case Not(inner):
            part = _explained(inner, reading, fields)
            return Explained(print_query(node), not part.holds, note=_because_found(part), parts=(part,))
        case Scoped(field, inner):
            part = _explained(inner, reading, (field,))
            return Explained(print_query(node), part.holds, parts=(part,))
        case And(parts):
            return _threshold(node, parts, len(parts), reading, fields)
        case Or(parts):
            return _threshold(node, parts, 1, reading, fields)
        case AtLeast(count, parts):
            return _threshold(node, parts, count, reading, fields)
        case Filter():
            return _filter(node, reading)
        case _:
            return _sought(node, reading, fields)


def _because_found(part: Explained) -> str:
    return Note("excluded, but it is there") if part.holds else ""


def _threshold(
    node: Node, parts: tuple[Node, ...], count: int, reading: Reading, fields: tuple[Field, ...]
) -> Explained:
    explained = tuple(_explained(part, reading, fields) for part in parts)
    held = sum(part.holds for part in explained)
    facts = {"held": str(held), "all": str(len(parts)), "needed": str(count)}
    missing = held < count and count > 1
    note = Note("{held} of {all} hold, {needed} needed", facts) if missing else ""
    return Explained(print_query(node), held >= count, note=note, parts=explained)


def _filter(asked: Filter, reading: Reading) -> Explained:
    article = reading.article
    said = {
        "lang": reading.language or "unknown",
        "source": article.source or article.url or "unknown",
        "author": article.author or "unknown",
        "url": article.url or "unknown",
        "tag": ", ".join(article.tags) or "none",
    }
    return Explained(
        print_query(asked),
        reading.says(asked),
        note=Note("the article's is {fact}", {"fact": said[asked.field]}),
    )


def _sought(node: Node, reading: Reading, fields: tuple[Field, ...]) -> Explained:
    term = term_of(node)
    hits = in_order(seek(seek_of(node, fields), reading))
    note = "" if hits else _missing(term, reading, fields)
    parts = _operands(node, reading, fields) if isinstance(node, Near) else ()
    return Explained(print_query(node), bool(hits), hits, note, parts)


def _operands(node: Near, reading: Reading, fields: tuple[Field, ...]) -> tuple[Explained, ...]:
    operands = (node.first, *(link.operand for link in node.links))
    return tuple(_explained(operand, reading, fields) for operand in operands)


def _missing(term: Term, reading: Reading, fields: tuple[Field, ...]) -> str:
    """What kept a term from being found, in words."""
    where = {"where": " or ".join(fields)}
    match term:
        case Words(steps) if len(steps) > 1:
            absent = [step.key for step in steps if not _is_in(Words((step,), 0, True), reading, fields)]
            if absent:
                return Note("not in {where}: {words}", {**where, "words": ", ".join(absent)})
            return Note("all its words are in {where}, but not side by side in this order", where)
        case Single() | Words():
            return Note("not in {where}", where)
        case Verbatim(text):
            return Note("not just so in {where}", where) if text else ""
        case Entity(key):
            return _missing_entity(reading.book.known[key], where)
        case Either():
            return Note("none of them in {where}", where)
        case _:
            return Note("not near enough in {where}", where)


def _missing_entity(entity: NamedThing, where: Mapping[str, str]) -> str:
    names = list(dict.fromkeys(name.text for name in entity.names))
    shown = ", ".join(names[:_SHOWN_HITS])
    facts = {**where, "n": str(len(names)), "names": shown}
    return Note("none of its {n} names ({names} ...) is in {where}, with its capitals", facts)


def _is_in(term: Term, reading: Reading, fields: tuple[Field, ...]) -> bool:
    return any(spans(term, Place(reading, field)) for field in fields)
