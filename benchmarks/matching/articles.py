"""Articles to match: generated ones in the shape of the news, and real pages where there are some."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random

from benchmarks.matching.languages import LANGUAGES
from benchmarks.matching.vocabulary import Vocabulary, vocabularies
from worker.match import detect
from worker.model import Article

MEAN_WORDS = 700
_FEWEST, _MOST = 120, 2_500
_SPREAD = 0.5  # of the logarithm; most articles are shorter than the mean, some much longer


def generated(seed: int, numbers: Iterable[int]) -> list[Article]:
    """The articles of these numbers; the same for the same seed, whichever others are made."""
    return [_generated(seed, number) for number in numbers]


@lru_cache(maxsize=10_000)
def _generated(seed: int, number: int) -> Article:
    random = Random(f"{seed} article {number}")
    [vocabulary] = random.choices(vocabularies(seed), [language.share for language in LANGUAGES])
    return _Writer(vocabulary, random).article()


def real(data: Path) -> list[Article]:
    """The pages of `data/extraction/ground-truth.json` (address → articleBody): the first line is the title."""
    pages = json.loads((data / "extraction" / "ground-truth.json").read_text(encoding="utf-8"))
    return [_page(pages[key]["articleBody"]) for key in sorted(pages)]


def mixed(seed: int, count: int, pages: Sequence[Article]) -> list[Article]:
    """`count` articles in no order, up to half of them pages, the others generated."""
    used = list(pages[: count // 2])
    articles = used + generated(seed, range(count - len(used)))
    Random(f"{seed} order").shuffle(articles)
    return articles


def _page(body: str) -> Article:
    first, _, rest = body.strip().partition("\n")
    words = first.split()
    title, body = (" ".join(words[:12]), body) if len(words) > 20 else (first, rest.strip())
    return Article(title, body, detect(f"{title}\n{body}"))


class _Writer:
    """Writes one article: a few people and things it speaks of again and again, and words around them."""

    def __init__(self, vocabulary: Vocabulary, random: Random) -> None:
        self._vocabulary, self._random = vocabulary, random
        self._language = vocabulary.language
        self._clings = self._language.clings.split()
        self._subjects = [vocabulary.known_name(random) for _ in range(random.randint(3, 7))]

    def article(self) -> Article:
        wanted = (
            self._random.lognormvariate(0, _SPREAD) * MEAN_WORDS * 0.85
        )  # the tail and last sentences add the rest
        length = min(max(int(wanted), _FEWEST), _MOST)
        paragraphs: list[str] = []
        while length > 0:
            paragraph = self._paragraph()
            paragraphs.append(paragraph)
            length -= len(paragraph.split())
        return Article(self._title(), "\n\n".join(paragraphs), self._language.code)

    def _title(self) -> str:
        words = [self._token(name_share=0.3) for _ in range(self._random.randint(5, 10))]
        return self._vocabulary.capitalised(" ".join(words))

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._random.randint(2, 5)))

    def _sentence(self) -> str:
        words = [self._token(name_share=0.05) for _ in range(self._random.randint(7, 26))]
        for at in range(5, len(words) - 3, self._random.randint(6, 12)):
            words[at] += self._language.comma
        said = self._vocabulary.capitalised(" ".join(words))
        kind = self._random.random()
        if kind < 0.12:
            opening, closing = self._language.quotes
            speaker = self._random.choice(self._subjects)
            return f"{opening}{said}{closing}{self._language.comma} {self._vocabulary.word(self._random)} {speaker}."
        if kind < 0.16:
            return said + self._language.question
        if kind < 0.20:
            return f"{said} – {' '.join(self._token(0.05) for _ in range(5))}."
        return said + "."

    def _token(self, name_share: float) -> str:
        """A word, a name of the article's subjects or of anybody, a number, or a compound with a hyphen."""
        random, kind = self._random, self._random.random()
        if kind < name_share:
            known = random.random() < 0.7
            return self._hung(random.choice(self._subjects) if known else self._vocabulary.known_name(random))
        if kind < name_share + 0.015:
            return random.choice(_NUMBERS)(random)
        word = self._vocabulary.word(random)
        if kind > 0.992:
            return f"{word}-{self._vocabulary.seldom_word(random)}"
        return self._hung(word) if kind > 0.985 else word

    def _hung(self, word: str) -> str:
        """Now and then a particle hangs on a word, as in l’Ukraine, Ukraine’s or Ukraina-lah."""
        if self._clings and self._random.random() < 0.15:
            return self._random.choice(self._clings).format(word)
        return word


_NUMBERS: tuple[Callable[[Random], str], ...] = (
    lambda random: str(random.randint(2, 99)),
    lambda random: str(random.randint(1990, 2026)),
    lambda random: f"{random.randint(1, 99)}.{random.randint(100, 999)}",
    lambda random: f"{random.randint(1, 99)},{random.randint(1, 9)}%",
    lambda random: f"COVID-{random.randint(10, 99)}",
)

_RUN = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){1,2}")


def phrases(articles: Iterable[Article]) -> Iterator[str]:
    """Two or three words that stand side by side somewhere in the articles, in their order."""
    for article in articles:
        yield from (found[0] for found in _RUN.finditer(article.body))
