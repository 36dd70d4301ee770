"""What an article tells of, as weighed terms: things with a name, numbers, and telling words.

    @ukraine   a named thing, the same in every language
    #4200      a number, however it is written (4,200; 4.200; 4.2 thousand)
    #2-1       a score
    zelens     a word: its first six letters, in Latin ones (Зеленський, Zelenskyy), so that inflected forms meet
    国家        two neighbouring letters, where a script writes no blanks

The weight is how much the article makes of a term (1 + the logarithm of its count, more in the title); how telling it
is, only the other articles can say (`rarity`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from math import log
from typing import NamedTuple

from worker.match.fold import bare
from worker.match.reading import Reading
from worker.match.scripts import is_character, is_dense
from worker.match.text import FieldText, places_of_words
from worker.model import Article, Field
from worker.story.everyday import common_words
from worker.story.gazetteer import read_for_names

ROOT = 6
"""Letters of a word that count. With fewer, words run together; with more, Slavic forms part."""
SHORTEST, SHORTEST_NAME = 4, 3
LEAD = 6_000
"""Characters; what comes later in an article is background."""
MOST_TERMS = 80
MOST_SMALL = 8
"""Different numbers of two digits; an article with more is a table or a list, and they say nothing."""
IN_TITLE = 2.0

_HIRAGANA = re.compile("[\u3040-\u309f]")
_LATIN_OF = str.maketrans(
    {
        **dict(zip("абвгґдезийіїклмнопрстуфыэўђјљњћџ", "abvggdeziiiiklmnoprstufyeudjlncd", strict=True)),
        **{
            "ж": "zh",
            "х": "kh",
            "ц": "ts",
            "ч": "ch",
            "ш": "sh",
            "щ": "shch",
            "ю": "yu",
            "я": "ya",
            "є": "ie",
        },
        **{"ь": "", "ъ": "", "'": ""},
    }
)


def terms_of(article: Article) -> dict[str, float]:
    """The article's terms with their weight; at most `MOST_TERMS`, things and numbers before words."""
    return terms_in(lead_of(article))


def lead_of(article: Article) -> Reading:
    """The title and the first `LEAD` characters, read for the names in them."""
    return read_for_names(replace(article, body=article.body[:LEAD]))


def terms_in(reading: Reading) -> dict[str, float]:
    """The same of an article whose lead is read already."""
    titled, told = _field_terms(reading, "title"), _field_terms(reading, "body")
    counts = _without_lists(titled + told)
    weights = {term: 1 + log(count) + IN_TITLE * (term in titled) for term, count in counts.items()}
    ranked = sorted(weights.items(), key=lambda pair: (not is_fact(pair[0]), -pair[1], pair[0]))
    return dict(ranked[:MOST_TERMS])


def is_fact(term: str) -> bool:
    """Whether the term means the same in every language: a thing with a name, or a number."""
    return term[0] in "@#"


def is_number(term: str) -> bool:
    """Whether the term is a number."""
    return term[0] == "#"


def _field_terms(reading: Reading, name: Field) -> Counter[str]:
    field = reading.fields[name]
    found = Counter(f"#{number}" for number in numbers_in(field.written))
    covered: set[int] = set()
    for key in reading.entities():
        spans = reading.entity(key, name)
        if spans:
            found[f"@{key}"] = len(spans)
            covered.update(at for span in spans for at in range(span.first, span.last + 1))
    found.update(_words_of(field, covered))
    return found


def _without_lists(counts: Counter[str]) -> Counter[str]:
    small = [term for term in counts if is_number(term) and len(term) == 3]
    if len(small) > MOST_SMALL:
        for term in small:
            del counts[term]
    return counts


# -- numbers ---------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3}(?!\d))*(?:[.,]\d+)?|\d+")
_SCORE = re.compile(r"(?<![\d.,:–-])(\d{1,3})\s?[-–:]\s?(\d{1,3})(?![\d:–-]|[.,]\d)")
_GROUPED = re.compile(r"[.,\u00a0\u202f' ](?=\d{3}(?!\d))")
_LONGEST = 24
# What multiplies the number before it, by the letters it begins with in the languages that we know best.
_UNITS = {"e3": 1_000, "e4": 10_000, "e6": 1_000_000, "e8": 100_000_000, "e9": 1_000_000_000}
_UNIT = re.compile(
    r"[\s\u00a0\u202f]?(?:(?P<e4>[万萬만])|(?P<e8>[億亿억])"
    r"|(?P<e9>billion|milliard|mil\smillones|miliar|miljard|milyar|mld|bilh|млрд|миллиард|мільярд|مليار)"
    r"|(?P<e6>million|millones|millón|milion|milyon|miljoen|milh|juta|mln|млн|миллион|мільйон|مليون)"
    r"|(?P<e3>thousand|ribu|tausend|tys|тыс|тис|bin\b|mila\b|mille\b|mil\b|duizend|ألف|آلاف))",
    re.IGNORECASE,
)


def numbers_in(text: str) -> Iterator[str]:
    """The numbers of a text that tell something: scores as they are; none that may be a year, none below ten unless
    it has a fraction."""
    for match in _SCORE.finditer(text):
        yield f"{int(match[1])}-{int(match[2])}"
    for match in _NUMBER.finditer(text):
        value = _value(match[0], text[match.end() : match.end() + 16])
        if value is not None:
            yield value


def _value(written: str, behind: str) -> str | None:
    plain = _GROUPED.sub("", written).replace(",", ".")
    if plain.count(".") > 1 or len(plain) > _LONGEST:
        return None
    unit = _UNIT.match(behind)
    number = float(plain) * (_UNITS[unit.lastgroup or ""] if unit else 1)
    whole = number.is_integer()
    if whole and "." not in plain and (number < 10 or 1900 <= number < 2100):
        return None
    return f"{number:.0f}" if whole else f"{number:g}"


# -- words -----------------------------------------------------------------------------------------------


def _words_of(field: FieldText, covered: set[int]) -> Counter[str]:
    """The roots of a field's words, without those that belong to a thing's name and those that say nothing."""
    found: Counter[str] = Counter()
    if not field.is_plain:
        found.update(_pairs(field, covered))
    elsewhere = {field.tokens[position] for position in covered}
    for token, positions in places_of_words(field.tokens).items():
        if token in elsewhere:
            positions = [position for position in positions if position not in covered]
        keys = field.manifold.get(token)
        word = min(keys, key=len) if keys else token
        told = _root_of(token, word) if positions else None
        if told and (told.is_long or _is_short_name(field, positions[0], word)):
            found[told.root] += len(positions)
    return found


class _Told(NamedTuple):
    """A word's root, and whether the word is long enough to tell something wherever it stands."""

    root: str
    is_long: bool


@lru_cache(maxsize=1 << 15)
def _root_of(token: str, word: str) -> _Told | None:
    """What a word tells that stands as `token` and is `word` by itself; None where it tells nothing."""
    if token[0].isdigit() or is_character(token):
        return None
    if token in common_words() or word in common_words():
        return None
    return _Told(root(word), len(word) >= SHORTEST or is_dense(word))


def _pairs(field: FieldText, covered: set[int]) -> Iterator[str]:
    """Letters that stand side by side, of scripts without blanks; hiragana makes the grammar of Japanese, not its
    matters."""
    before, letters = -2, ""
    for position, token in enumerate(field.tokens):
        if position not in covered and is_character(token):
            if before == position - 1 and not (_HIRAGANA.match(token) or _HIRAGANA.match(letters)):
                yield letters + token
            before, letters = position, token


def _is_short_name(field: FieldText, position: int, word: str) -> bool:
    written = field.at(position)
    return len(word) >= SHORTEST_NAME and written[0].isupper() and not field.opens_sentence(position)


@lru_cache(maxsize=1 << 16)
def root(word: str) -> str:
    """What stays of a word in all its forms, in Latin letters where it is written in Cyrillic ones."""
    return bare(word).translate(_LATIN_OF)[:ROOT]
