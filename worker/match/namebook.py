"""The names of entities, compiled: for every word of a name the keys that answer to it, and where each counts.

A language that has no name of its own for an entity borrows the English one and inflects it (Finnish *Putinin*).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from worker.match.cut import pieces
from worker.match.entities import ANY_LANGUAGE, Catalogue, Entity, Name, NameClass, shipped
from worker.match.fold import bare, fold
from worker.match.languages import Language, forms, forms_at_home, kin_of, languages
from worker.match.scripts import is_latin
from worker.match.words import Case, case_of

# The languages in whose texts a form counts; None: in all.
Home = frozenset[str] | None

TITLED_LETTERS: Final = 4
"""Nato and Unesco are read as the acronym, Eu and Un are not: short ones are words of too many languages."""

# Without its marks a name so short is another word: Vietnamese Mỹ (America) would be English "my".
_SHORTEST_BARE: Final = 4


@dataclass(frozen=True, slots=True)
class Pattern:
    """One name ready to be compared: per word the keys that answer, with the languages in which each does, and the
    case it is written in. `not_in`: texts (folded) that look like one of its forms but are something else there."""

    entity: str
    kind: NameClass
    words: tuple[Mapping[str, Home], ...]
    cases: tuple[Case, ...]
    letters: int
    word_in: frozenset[str]
    not_in: Mapping[str, frozenset[str]]


# A place has a name in two hundred languages, and what is one in Balochi or Chechen is a surname elsewhere (Chin,
# Росси): a single word counts in texts of the languages that use it, an English one in all.
_PLACES: Final = frozenset({"country", "territory", "city"})
_EVERYWHERE: Final = frozenset({"en", ANY_LANGUAGE})


class NameBook:
    """The names of those entities that somebody asks for, by the keys of their first word.

    Compiling the names of all entities that Pantau knows takes 7 s and 200 MB in every process; a newsroom asks for
    a few dozen. With a `tongue` it holds what a text in that language calls them, in English or its own words: all
    of them take 0.6 s and 20 MB.
    """

    def __init__(
        self, known: Catalogue | None = None, keys: Iterable[str] = (), tongue: str | None = None
    ) -> None:
        self.known = shipped() if known is None else known
        self.tongue = tongue
        self.names: dict[str, list[Pattern]] = {}
        self.stops: dict[str, list[Pattern]] = {}
        self._asked: Counter[str] = Counter()
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        """Look for an entity from now on; asked twice, it must be discarded twice."""
        if not self._asked[key]:
            patterns = _patterns(self.known, key, self.tongue)
            _file(self.names, patterns.names)
            _file(self.stops, patterns.stops)
        self._asked[key] += 1

    def discard(self, key: str) -> None:
        """Look for an entity no longer, unless somebody else asked for it too."""
        self._asked[key] -= 1
        if self._asked[key] == 0:
            del self._asked[key]
            patterns = _patterns(self.known, key, self.tongue)
            _unfile(self.names, patterns.names)
            _unfile(self.stops, patterns.stops)


def _file(book: dict[str, list[Pattern]], patterns: Iterable[Pattern]) -> None:
    for pattern in patterns:
        for key in pattern.words[0]:
            book.setdefault(key, []).append(pattern)


def _unfile(book: dict[str, list[Pattern]], patterns: Iterable[Pattern]) -> None:
    for pattern in patterns:
        for key in pattern.words[0]:
            book[key].remove(pattern)
            if not book[key]:
                del book[key]


@dataclass(frozen=True, slots=True)
class _Patterns:
    names: tuple[Pattern, ...]
    stops: tuple[Pattern, ...]


# Compiled once for each catalogue, and forgotten with it: every change of a user's entity makes a new one.
_COMPILED: Final[WeakKeyDictionary[Catalogue, dict[str, _Patterns]]] = WeakKeyDictionary()


def _patterns(known: Catalogue, key: str, tongue: str | None) -> _Patterns:
    """What an entity is looked for by."""
    if tongue is not None:
        return _compiled(known[key], tongue)
    compiled = _COMPILED.setdefault(known, {})
    if key not in compiled:
        compiled[key] = _compiled(known[key], None)
    return compiled[key]


def _compiled(entity: Entity, tongue: str | None) -> _Patterns:
    return _Patterns(
        tuple(_joined(entity, entity.names, tongue)), tuple(_joined(entity, entity.stop, tongue))
    )


def _joined(entity: Entity, names: Sequence[Name], tongue: str | None) -> Iterator[Pattern]:
    """One pattern for each way to write a name, whatever the number of languages that write it so."""
    heard = (
        languages() if tongue is None else {code: languages()[code] for code in languages().keys() & {tongue}}
    )
    tongues: dict[tuple[str, NameClass], set[str]] = {}
    for name in names:
        if tongue is None or name.language == tongue or name.language in _EVERYWHERE:
            tongues.setdefault((name.text, name.kind), set()).add(name.language)
    foreign = {
        " ".join(fold(piece.written) for piece in pieces(text)): silent
        for text, silent in entity.not_in.items()
    }
    unnamed = heard.keys() - {name.language for name in names}
    for (text, kind), spoken in tongues.items():
        written = [piece.written for piece in pieces(text)]
        borrowing = unnamed if "en" in spoken and len(written) == 1 else frozenset()
        at_home = len(written) == 1 and entity.kind in _PLACES and not spoken & _EVERYWHERE
        yield Pattern(
            entity=entity.key,
            kind=kind,
            words=tuple(
                _answering(word, kind, sorted(spoken | borrowing), at_home, heard) for word in written
            ),
            cases=tuple(map(case_of, written)),
            letters=sum(map(len, written)),
            word_in=entity.also_words.get(text, frozenset()),
            not_in=foreign,
        )


def _answering(
    written: str, kind: NameClass, spoken: Iterable[str], at_home: bool, heard: Mapping[str, Language]
) -> dict[str, Home]:
    """The keys of one word of a name, each with and without accents. The name as it is counts in every text, its
    forms in Latin letters where such forms belong: of India the Finnish genitive is *Indian*. `at_home`: the name
    itself counts only there, too."""
    if kind == "acronym":
        return _answering_acronym(written, spoken, heard)
    found: dict[str, Home] = {}
    for language in spoken:
        home = kin_of(language) if at_home or is_latin(written) else None
        _admit(found, forms_at_home(written, language), frozenset({language}))
        _admit(found, forms(written, language), home)
    if not at_home:
        return found | _keys([written], None)
    if len(written) < _SHORTEST_BARE and (marked := fold(written)) != bare(marked):
        del found[bare(marked)]
    return found


def _answering_acronym(written: str, spoken: Iterable[str], heard: Mapping[str, Language]) -> dict[str, Home]:
    """The keys of an acronym. What is read as a word is inflected as one, in every language that is `heard`: Natos,
    NATOs, Natoon."""
    found: dict[str, Home] = {}
    for code, language in heard.items():
        if len(written) >= TITLED_LETTERS:
            _admit(found, forms(written.capitalize(), code), kin_of(code))
        else:
            _admit(found, (written + ending for ending in language.of_acronyms), kin_of(code))
    _admit(found, [written], _home_of_acronym(written, spoken))
    return found


def _home_of_acronym(written: str, spoken: Iterable[str]) -> Home:
    """Everywhere, unless it is short and in Latin letters: AB is the European Union in Turkish, in Swedish a firm."""
    tongues = set(spoken)
    if len(written) >= TITLED_LETTERS or tongues & _EVERYWHERE or not is_latin(written):
        return None
    return frozenset().union(*map(kin_of, tongues))


def _admit(found: dict[str, Home], spellings: Iterable[str], home: Home) -> None:
    """Let spellings count in these languages too."""
    for key in _keys(spellings, home):
        known = found.get(key, frozenset())
        found[key] = None if home is None or known is None else known | home


def _keys(spellings: Iterable[str], home: Home) -> dict[str, Home]:
    folded = [fold(spelling) for spelling in spellings]
    return dict.fromkeys([*folded, *map(bare, folded)], home)
