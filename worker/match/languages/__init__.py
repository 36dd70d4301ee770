"""What each language does to a name and to a word: one file per language, found by itself.

Two things are kept apart:

- **forms**: the inflected spellings of a name (Україна → України, Україні …). They are made once, when an
  entity is compiled; the words of an article are never stemmed.
- **clitics**: what a language hangs on a whole word without changing it (Ukraina*nya*, *l'*Ukraine,
  *و*أوكرانيا). Every word of a text also answers to what is left when they are taken off.

A file `<code>.py` offers `LANGUAGE`, a `Language`; its examples are run by the shared test. A file that
offers nothing stops the start with its name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

Forms = Callable[[str], frozenset[str]]


def unchanged(name: str) -> frozenset[str]:
    """The forms of a name in a language that does not inflect names: itself."""
    return frozenset({name})


def listed(words: str) -> frozenset[str]:
    """The blank-separated words."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Clitics:
    """What hangs on whole words; everything folded (`worker.match.fold`).

    `before`/`after` are written solid and leave at least `shortest` letters. `after_at_home` count only in
    texts of the languages in `home` (or of unknown language), because elsewhere they are common endings.
    `elided` stand before an apostrophe, `apostrophised` after one, `hyphenated` after a hyphen. `words` look
    as if something hung on them, but are words of their own.
    """

    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    after_at_home: frozenset[str] = frozenset()
    home: frozenset[str] = frozenset()
    elided: frozenset[str] = frozenset()
    apostrophised: frozenset[str] = frozenset()
    hyphenated: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    shortest: int = 3


@dataclass(frozen=True, slots=True)
class Language:
    """One language, with examples that prove its file right.

    `at_home`: forms, in small letters, that are words or names of other languages (Finnish *Italian*, of
    Italy; German *Indiens*): they may count only in texts known to be in this one. `of_acronyms`: endings written
    straight on a short acronym.

    `inflected`: a name and forms it must have. `attached`: a word and a writing that must find it.
    `strangers`: a word and a writing that must not find it. `unrelated`: a name and spellings that look like
    its forms, but are other words or other names.
    """

    code: str
    name: str
    forms: Forms = unchanged
    at_home: frozenset[str] = frozenset()
    of_acronyms: frozenset[str] = frozenset()
    clitics: Clitics = field(default_factory=Clitics)
    inflected: Mapping[str, str] = field(default_factory=dict)
    attached: Mapping[str, str] = field(default_factory=dict)
    strangers: Mapping[str, str] = field(default_factory=dict)
    unrelated: Mapping[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Language]:
    """Every language that has a file here, by its code.

    Raises ImportError with the file's name where one offers no `LANGUAGE` or names another code.
    """
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return {code: _language(code) for code in sorted(found)}


def _language(code: str) -> Language:
    module = importlib.import_module(f"{__name__}.{code}")
    offered = getattr(module, "LANGUAGE", None)
    if not isinstance(offered, Language):
        raise ImportError(f"languages/{code}.py offers no LANGUAGE; give it one or remove the file")
    if offered.code != code:
        raise ImportError(
            f"languages/{code}.py calls its language '{offered.code}'; use the file's name as the code"
        )
    return offered


def forms(name: str, language: str) -> frozenset[str]:
    """All spellings of one word of a name that count in every text; without a file only the word itself."""
    known = languages().get(language)
    if known is None:
        return frozenset({name})
    found = known.forms(name)
    if known.at_home:
        found = frozenset(form for form in found if form.lower() not in known.at_home)
    return found | {name}


def forms_at_home(name: str, language: str) -> frozenset[str]:
    """The further spellings of one word of a name that count only in texts of this language."""
    known = languages().get(language)
    if known is None or not known.at_home:
        return frozenset()
    return frozenset(form for form in known.forms(name) if form.lower() in known.at_home and form != name)


# Languages so near that a text of one is now and then taken for another, or forms its names alike.
_KIN = tuple(
    frozenset(group.split())
    for group in (
        "id ms",
        "cs sk",
        "sr hr bs sl cnr",
        "da no nb nn sv",
        "fi et",
        "es pt gl ca",
        "de lb",
        "nl af",
    )
)


def kin_of(language: str) -> frozenset[str]:
    """The language with those whose texts inflect names as it does."""
    return next((group for group in _KIN if language in group), frozenset({language}))
