"""The leaves of a query: how a word, phrase, exact term, entity or filter value is written."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from worker.errors import BadQuery
from worker.match.called import code_of
from worker.match.cut import Piece, is_plain, pieces
from worker.match.entities import Catalogue
from worker.match.fold import plain
from worker.match.nodes import Exact, Filter, FilterField, Named, Node, Phrase, Word
from worker.match.scripts import is_character, is_dense

_SHORTEST_PREFIX: Final = 3
_SHORTEST_DENSE_PREFIX: Final = 2
_LANGUAGE_CODE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
# Most words that are typed need no second look.
_PLAIN_WORD: Final = re.compile(r"[^\W_]+")
_PLAIN_WORDS: Final = re.compile(r"(?!www |http)[^\W_]+(?: [^\W_]+)*")
_SLOP: Final = re.compile(r"(?<=\w)~[0-9]+$")
_ENTITY_KEY: Final = re.compile(r"[\w-]+")


def spelled_out(written: str, column: int) -> Node:
    """A word, or words between quotation marks with one blank each, of letters that mean themselves."""
    if written[0] != '"':
        return Word(written, False, column=column)
    found = written[1:-1].split(" ")
    if len(found) == 1:
        return Word(found[0], False, column=column + 1)
    standing, at = list[Word](), column + 1
    for one in found:
        standing.append(Word(one, False, column=at))
        at += len(one) + 1
    return Phrase(tuple(standing), column=column)


def words(raw: str, column: int) -> Node:
    """A word as typed; with signs inside (covid-19, AT&T) the phrase of its parts."""
    slop = _SLOP.search(raw)
    if slop:
        raise BadQuery(
            column + slop.start(), "'~' counts the words inside a phrase", f'write "two words"{slop[0]}'
        )
    found = _read(raw, column)
    if not found:
        seen = plain(raw)
        raise BadQuery(
            column,
            f"'{_shortened(raw)}' has no letters or digits" if seen.strip() else "the term is empty",
            "remove it, or write the word it stands for",
        )
    return found[0] if len(found) == 1 else Phrase(tuple(found), column=column)


def phrase(inside: str, column: int) -> Node:
    """The words between quotation marks; a single one is just a word."""
    found = _read(inside, column + 1)
    if not found:
        raise BadQuery(column, "the quotation marks are empty", "write a word between them or remove them")
    return found[0] if len(found) == 1 else Phrase(tuple(found), column=column)


def exact(text: str, column: int) -> Exact:
    """A term that must stand just so; it needs a letter or digit to be found by."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    if not any(char.isalnum() for char in composed):
        raise BadQuery(column, "'=' needs a word after it", 'write =NATO or ="New START"')
    return Exact(composed, column=column)


def entity(raw: str, known: Catalogue, column: int) -> Named:
    """An entity by its key; an unknown one is an error with the nearest names."""
    found = _ENTITY_KEY.match(raw)
    if not found:
        raise BadQuery(column, "'@' needs the name of an entity after it", "write @ukraine")
    if found[0] != raw:
        raise BadQuery(
            column + 1 + found.end(), f"'{raw[found.end()]}' cannot be part of an entity's name", "remove it"
        )
    key = raw.casefold()
    if key not in known:
        near = " or ".join(f"'@{name}'" for name in known.nearest(raw))
        raise BadQuery(
            column,
            f"unknown entity '@{_shortened(raw)}'",
            f"did you mean {near}?" if near else "use its names instead",
        )
    return Named(key, column=column)


def filter_value(field: FilterField, value: str, prefix: bool, column: int) -> Filter:
    """A value to compare a fact of the article with."""
    value = " ".join(value.translate(_NO_QUOTES).split())
    if not value:
        raise BadQuery(column, f"'{field}:' needs a value", f"write {field}:{_EXAMPLES[field]}")
    if field != "url" and "*" in value:
        raise BadQuery(column, "'*' may only end a value", "remove it")
    if field == "lang" and not prefix and not _LANGUAGE_CODE.fullmatch(value.lower()):
        meant = code_of(value)
        hint = f"did you mean lang:{meant}?" if meant else "write one such as id, en or uk"
        raise BadQuery(column, f"'{_shortened(value)}' is not a language code", hint)
    return Filter(field, value, prefix, column=column)


_NO_QUOTES: Final = str.maketrans(dict.fromkeys('"“”„‟', " "))
_EXAMPLES: Final = {
    "lang": "id,uk",
    "source": "bisnis*",
    "author": '"Ayu Lestari"',
    "url": "/ekonomi/",
    "tag": "indonesia",
}


def _read(text: str, column: int) -> list[Word]:
    """The words in a text, each with its star; a star anywhere else is an error."""
    if _PLAIN_WORDS.fullmatch(text) and is_plain(text):
        return [Word(plain(found[0]), column=column + found.start()) for found in _PLAIN_WORD.finditer(text)]
    found = list(pieces(text))
    stars = {place for place, char in enumerate(text) if char == "*"} if "*" in text else set()
    if not stars:
        return [Word(plain(one.written), column=column + one.start) for one in found]
    misplaced = stars - {piece.end for piece in found}
    for piece in found:
        # In per*ang the star ends a piece but not the word.
        if piece.end in stars and text[piece.end + 1 : piece.end + 2].isalnum():
            misplaced.add(piece.end)
    if misplaced:
        raise BadQuery(column + min(misplaced), "'*' may only end a word", "remove it")
    for at, piece in enumerate(found):
        if piece.end in stars:
            _require_long_enough(_beginning(found, at), column + piece.start)
    return [Word(plain(one.written), one.end in stars, column=column + one.start) for one in found]


def _beginning(found: list[Piece], at: int) -> str:
    """What a star stands behind: a word, or the letters of Han or Thai that are written together."""
    first = at
    while first and _are_joined(found[first - 1], found[first]):
        first -= 1
    return "".join(piece.written for piece in found[first : at + 1])


def _are_joined(before: Piece, after: Piece) -> bool:
    both_characters = is_character(before.written) and is_character(after.written)
    return both_characters and before.end == after.start


def _require_long_enough(beginning: str, column: int) -> None:
    """A beginning of two letters would match everything; in Han, Kana and Hangul two say enough."""
    letters = sum(map(str.isalnum, beginning))
    least = _SHORTEST_DENSE_PREFIX if is_dense(beginning) else _SHORTEST_PREFIX
    if letters < least:
        hint = f"write at least {least} letters before '*'"
        raise BadQuery(column, f"'{_shortened(beginning)}*' is too short", hint)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
