"""An article as the matcher sees it: its words, entities and facts, each found once, when asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from worker.match.cut import pieces, without_addresses
from worker.match.fold import bare, fold, loose
from worker.match.language import detect
from worker.match.namebook import NameBook
from worker.match.names import Found, find_names
from worker.match.nodes import Filter, FilterField
from worker.match.scripts import IDEOGRAPHS, KATAKANA, UNSPACED
from worker.match.text import FieldText, Span
from worker.match.wanted import Wanted
from worker.model import Article, Field, Hit

# Codes that RFC 5646 replaced but feeds still send.
_RENAMED: Final = {"in": "id", "iw": "he", "ji": "yi"}
_NO_BLANKS: Final = f"{IDEOGRAPHS}{KATAKANA}{UNSPACED}"
_UNJOINED: Final = re.compile(f"[{_NO_BLANKS}]")
_EXACT_PART: Final = re.compile(f"[{_NO_BLANKS}]|[^\\W_{_NO_BLANKS}]+")
# Signs that join a base letter or leave a Hangul syllable open, so a text must not be cut before them.
_JAMO: Final = re.compile("[\u1160-\u11ff]")


class Reading:
    """One article, read for matching. `book` holds the entities that may be asked for, `wanted` the words, where it is
    known which; `keys` are all that a word of the article answers to."""

    def __init__(self, article: Article, book: NameBook, wanted: Wanted | None = None) -> None:
        self.article, self.book = article, book
        told = _code(article.language)
        self._told = told.partition("-")[0] if told else None
        self.title = FieldText("title", article.title, self._told, wanted)
        self.body = FieldText("body", article.body, self._told, wanted)
        self.fields: Mapping[Field, FieldText] = {"title": self.title, "body": self.body}
        self.keys = {*self.title.places, *self.body.places}
        self._verbatim: dict[Field, VerbatimText] = {}
        self._hits: dict[str, tuple[Hit, ...]] = {}
        self._named: Mapping[Field, Found] | None = None
        self._facts: Mapping[FilterField, frozenset[str]] | None = None
        self._language: str | None = None
        self._is_detected = False

    @property
    def is_told(self) -> bool:
        """Whether the article says its language, so that it need not be detected."""
        return bool(self._told)

    @property
    def language(self) -> str | None:
        """The article's language as a small-letter code (BCP 47): told, or detected where nobody says it."""
        if not self._is_detected:
            article = self.article
            self._language = _code(article.language) or detect(f"{article.title}\n{article.body}")
            self._is_detected = True
        return self._language

    def _tongue(self) -> str | None:
        return self._told or (self.language.partition("-")[0] if self.language else None)

    def _names(self) -> Mapping[Field, Found]:
        if self._named is None:
            self._named = find_names(self.book, (self.title, self.body), self._tongue)
        return self._named

    def entity(self, key: str, field: Field) -> Sequence[Span]:
        """Where an entity is named in a field, ascending."""
        return self._names()[field].get(key, ())

    def entities(self) -> frozenset[str]:
        """Every entity that is asked for and named."""
        return frozenset(key for found in self._names().values() for key in found)

    def exact_keys(self) -> set[str]:
        """Every key, and the parts that exact terms are looked for by."""
        words = {*self.title.tokens, *self.body.tokens}
        return with_parts(self.keys, words, plain=self.title.is_plain and self.body.is_plain)

    def word(self, key: str) -> tuple[Hit, ...]:
        """Where a word stands, in order; every topic that asks gets the same tuple."""
        found = self._hits.get(key)
        if found is None:
            found = self._hits[key] = (*self.title.hits_of(key), *self.body.hits_of(key))
        return found

    def run(
        self, words: Sequence[tuple[str, bool]], open_end: bool, fields: Sequence[Field]
    ) -> tuple[Hit, ...]:
        """Where words stand side by side, in order; arguments as for `FieldText.hits_of_run`."""
        found: list[Hit] = []
        for field in fields:
            found += self.fields[field].hits_of_run(words, open_end)
        return tuple(found)

    def verbatim(self, field: Field) -> VerbatimText:
        """A field for comparing letter by letter."""
        if field not in self._verbatim:
            self._verbatim[field] = VerbatimText(self.fields[field])
        return self._verbatim[field]

    @property
    def facts(self) -> Mapping[FilterField, frozenset[str]]:
        """What filters compare with; the author's words and the address are looked at in `says`."""
        if self._facts is None:
            self._facts = self._compared()
        return self._facts

    def _compared(self) -> Mapping[FilterField, frozenset[str]]:
        article = self.article
        hosts = _hosts(article.url) | (_hosts(f"//{article.source}") if "." in article.source else set())
        return {
            "lang": _language_facts(self.language),
            "source": frozenset({*_spellings(article.source), *hosts}),
            "tag": frozenset(spelling for tag in article.tags for spelling in _spellings(tag)),
            "author": _author_facts(article.author),
            "url": frozenset(_addresses(article.url)),
        }

    def says(self, asked: Filter) -> bool:
        """Whether the article is as a filter asks."""
        value, facts = _asked(asked), self.facts[asked.field]
        if asked.prefix:
            return any(fact.startswith(value) for fact in facts)
        if asked.field == "url":
            return any(value in fact for fact in facts)
        return value in facts


class VerbatimText:
    """A field composed to NFC, with the way back to the text as written and to its words."""

    def __init__(self, text: FieldText) -> None:
        self._text = text
        self.composed, self._origin = _composed(without_addresses(text.written))

    def occurrences(self, wanted: str) -> list[Span]:
        """Where the text stands just so between word borders, ascending, not overlapping itself."""
        found = (self._span(start, end) for start, end in _stretches(wanted, self.composed))
        return [span for span in found if span is not None]

    def _span(self, start: int, end: int) -> Span | None:
        if not (self._is_border(start) and self._is_border(end)):
            return None
        left, right = self._origin[start], self._origin[end]
        words = self._text.words_within(left, right)
        return Span(*words, left, right) if words else None

    def _is_border(self, at: int) -> bool:
        """Blanks, punctuation, hyphens and apostrophes part words; letters of Han or Thai always do."""
        before, after = self.composed[at - 1 : at] if at else "", self.composed[at : at + 1]
        if _is_mark(after):
            return False
        return not (_joins(before) and _joins(after)) or any(map(_UNJOINED.match, (before, after)))


def _joins(char: str) -> bool:
    return char.isalnum() or _is_mark(char)


def _is_mark(char: str) -> bool:
    return char != "" and unicodedata.category(char)[0] == "M"


def _stretches(wanted: str, text: str) -> Iterator[tuple[int, int]]:
    """Every place where a text stands in another one, any blanks for a blank. Looked at from every letter: a
    false start ("xa a a" for ="a a") must not swallow a true one."""
    if " " in wanted:
        phrase = r"\s+".join(map(re.escape, wanted.split(" ")))
        yield from (hit.span(1) for hit in re.finditer(f"(?=({phrase}))", text))
        return
    at = text.find(wanted)
    while at >= 0:
        yield at, at + len(wanted)
        at = text.find(wanted, at + 1)


def with_parts(keys: set[str], words: set[str], *, plain: bool) -> set[str]:
    """These keys of a text's words, and of those that an exact term takes for several (o'brien, a run of katakana) the
    parts. `plain`: no letter of the text is a word by itself."""
    joined = " ".join(
        [word for word in words if not word.isalnum() or (not plain and _UNJOINED.search(word))]
    )
    return keys.union(exact_parts(unicodedata.normalize("NFC", joined)))


def exact_parts(text: str) -> list[str]:
    """The parts of an exact term, folded, that must each stand in a text that holds it."""
    return [fold(part) for part in _EXACT_PART.findall(text)]


def _composed(written: str) -> tuple[str, Sequence[int]]:
    """NFC of a text, and for each of its code points (and its end) the place in the text as written."""
    if unicodedata.is_normalized("NFC", written):
        return written, range(len(written) + 1)
    composed: list[str] = []
    origin: list[int] = []
    start = 0
    for end in range(1, len(written) + 1):
        if end < len(written) and _continues(written[end]):
            continue
        cluster = unicodedata.normalize("NFC", written[start:end])
        composed.append(cluster)
        origin.extend([start] * len(cluster))
        start = end
    return "".join(composed), [*origin, len(written)]


def _continues(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or bool(_JAMO.match(char))


# -- facts -----------------------------------------------------------------------------------------------


def _code(language: str | None) -> str | None:
    """A language as people and feeds write it, as a small-letter code."""
    if not language:
        return None
    primary, dash, region = language.strip().lower().replace("_", "-").partition("-")
    return f"{_RENAMED.get(primary, primary)}{dash}{region}"


def _language_facts(language: str | None) -> frozenset[str]:
    return frozenset({language, language.partition("-")[0]}) if language else frozenset()


def _asked(asked: Filter) -> str:
    if asked.field == "lang":
        return asked.value.lower()
    return asked.value.casefold() if asked.field == "url" else fold(asked.value)


def _spellings(text: str) -> set[str]:
    return {fold(" ".join(text.split())), loose(text)} if text.strip() else set()


def _hosts(address: str) -> set[str]:
    """The host and every domain it lies in, without the last label alone."""
    try:
        labels = (urlsplit(address).hostname or "").casefold().split(".")
    except ValueError:
        return set()
    return {".".join(labels[at:]) for at in range(len(labels) - 1)}


def _addresses(address: str) -> list[str]:
    """The address whole, without its scheme, and from its path on; a prefix may begin any of them."""
    whole = address.casefold()
    bare_host = whole.partition("://")[2]
    path = "/" + bare_host.partition("/")[2]
    return [whole, bare_host, bare_host.removeprefix("www."), path] if bare_host else [whole]


# Nobody signs with more words; keeps a hostile by-line from growing quadratically.
_MOST_NAME_WORDS: Final = 40


def _author_facts(author: str) -> frozenset[str]:
    """Every run of words in the by-line."""
    words = [fold(piece.written) for piece in pieces(author)][:_MOST_NAME_WORDS]
    runs = {
        " ".join(words[first:last])
        for first in range(len(words))
        for last in range(first + 1, len(words) + 1)
    }
    return frozenset(runs | {bare(run) for run in runs})
