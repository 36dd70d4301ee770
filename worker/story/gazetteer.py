"""Which named things an article speaks of, among all that the shipped packs know, whatever topics ask for.

Found by the matcher's own rules. All names of all languages would take 7 s and 200 MB in every process; the names
of one language take 0.6 s and some 20 MB, once, when the first article in it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from worker.match.entities import shipped
from worker.match.languages import languages
from worker.match.namebook import NameBook
from worker.match.reading import Reading
from worker.model import Article

_MOST_LANGUAGES = 24


def read_for_names(article: Article) -> Reading:
    """The article, read with the names that its language has for things; an unknown language has the English ones."""
    tongue = (article.language or "en").partition("-")[0].lower()
    return Reading(article, _names_in(tongue if tongue in languages() else "en"))


@lru_cache(maxsize=_MOST_LANGUAGES)
def _names_in(tongue: str) -> NameBook:
    known = shipped()
    return NameBook(known, known, tongue)


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, str]:
    """What each thing is: country, city, person …"""
    return {key: entity.kind or "place" for key, entity in shipped().items()}
