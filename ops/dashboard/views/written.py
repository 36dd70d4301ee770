"""PURE. What a query's entities stand for: their written forms, language by language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alerts.letter import plain_text
from ops.said import Said, joined, said, said_n
from worker.errors import BadInput
from worker.match import parse_query
from worker.match.entities import ANY_LANGUAGE, Catalogue, Entity
from worker.match.languages import languages
from worker.match.nodes import And, AtLeast, Exact, Named, Near, Node, Not, Or, Phrase, Scoped, Word

_FIRST, _MOST, _ENTITIES = 6, 300, 40
_SEEN_FIRST = ("id", "en", "uk", "ru", "zh", "ar")


@dataclass(frozen=True, slots=True)
class Forms:
    """An entity with what it is called: `first` at a glance, `rest` on a closer look; each a name and its languages."""

    key: str
    title: str
    count: Said
    first: tuple[tuple[str, str], ...]
    rest: tuple[tuple[str, str], ...]


def forms_of(query: str, known: Catalogue) -> tuple[Forms, ...]:
    """The entities that the query names, in its order; none where it cannot be read."""
    try:
        node = parse_query(query, known)
    except BadInput:
        return ()
    keys = dict.fromkeys(part.key for part in _leaves(node) if isinstance(part, Named))
    return tuple(_forms(known[key]) for key in list(keys)[:_ENTITIES])


def summary(query: str, known: Catalogue) -> Said:
    """How much stands in a query that can be read: "2 words, 1 phrase, 1 name in 41 written forms"."""
    leaves = list(_leaves(parse_query(query, known)))
    named = {part.key for part in leaves if isinstance(part, Named)}
    written = sum(len({name.text for name in known[key].names}) for key in named)
    words = sum(isinstance(part, Word) for part in leaves)
    phrases = sum(isinstance(part, Phrase | Exact) for part in leaves)
    names = said(
        "{names} with {forms}",
        names=said_n("{n} name", "{n} names", len(named)),
        forms=said_n("{n} written form", "{n} written forms", written),
    )
    parts = (
        said_n("{n} word", "{n} words", words) if words else "",
        said_n("{n} phrase or exact text", "{n} phrases or exact texts", phrases) if phrases else "",
        names if named else "",
    )
    return said("It can be read: {parts}.", parts=joined(parts, ", "))


def languages_by_name(code: str) -> Said | str:
    """A language as people call it; its code where we have no name for it."""
    known = languages().get(code.partition("-")[0])
    if known is not None:
        return known.name
    return plain_text(code, 20) or said("not known")


def _forms(entity: Entity) -> Forms:
    by_text: dict[str, list[str]] = {}
    for name in entity.names:
        by_text.setdefault(name.text, []).append(name.language)
    ranked = sorted(by_text.items(), key=lambda each: min(map(_rank, each[1])))
    shown = [(plain_text(written, 80), _told(spoken)) for written, spoken in ranked[:_MOST]]
    return Forms(
        key=entity.key,
        title=plain_text(entity.title, 80),
        count=said_n("{n} written form", "{n} written forms", len(by_text)),
        first=tuple(shown[:_FIRST]),
        rest=tuple(shown[_FIRST:]),
    )


def _rank(language: str) -> int:
    return _SEEN_FIRST.index(language) if language in _SEEN_FIRST else len(_SEEN_FIRST)


def _told(spoken: list[str]) -> str:
    """The languages of a name: by name if they are few, else by how many."""
    if ANY_LANGUAGE in spoken:
        return said("in every language")
    if len(spoken) > 3:
        return said_n("in {n} language", "in {n} languages", len(spoken))
    return ", ".join(str(languages_by_name(code)) for code in spoken)


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case And(parts) | Or(parts) | AtLeast(_, parts):
            for part in parts:
                yield from _leaves(part)
        case Not(inner) | Scoped(_, inner):
            yield from _leaves(inner)
        case Near(first, links):
            yield from _leaves(first)
            for link in links:
                yield from _leaves(link.operand)
        case _:
            yield node
