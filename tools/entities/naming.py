"""From a name in a register to names as the press writes them: pure, and tested without the registers."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from worker.match.cut import pieces
from worker.match.fold import bare, fold
from worker.match.languages import listed
from worker.match.words import Case, case_of

# "Myanmar (Burma)": both are names. Elsewhere what stands in brackets only explains.
_BOTH_COUNT = frozenset({"MM", "FK", "TL", "CZ", "MK", "SZ", "IO"})
# Their short name is the other one's, too: only what tells them apart counts.
_TWINS = frozenset({"CD", "CG"})

# Maltese and Irish write the article: in-Niġer would hit English "in Niger".
_ARTICLES = {"mt": re.compile(r"^(?:il|l|i[ndrstxzż]|iċ)-"), "ga": re.compile(r"^an (?:t-?)?")}
_BRACKETS = re.compile(r"^(.*?)\s*[(（](.+)[)）]\s*$")
_ABBREVIATED = {"о-ва": "острова", "О-ва": "острова", "о-в": "остров", "О-в": "остров"}
# Words that the press writes small inside a sentence: les îles Cook, Кокосовые острова.
_GENERIC = listed(
    """
    Île Îles Iles Archipel Isla Islas Isola Isole Ilha Ilhas Arquipélago Illa Illes Insula Insulele Wyspa Wyspy
    Ostrov Ostrovy Otok Otoci Otočje Острова Остров Острови Острів Территория Територія Territoire Territoires
    Territorio Territorios Territori Território Territórios Teritoriul Teritoriile Saaret Saari Saared Saar
    Salos Sala Salas Szigetek
    """
)
# Without its marks, as many people type it, a short name is another word: Vietnamese Mỹ (America), Áo (Austria).
_SHORTEST_WITH_MARKS = 3
_SHORTEST_ACRONYM = 3
# From here on come scripts whose capitals say nothing: Cherokee is written in them throughout.
_WITHOUT_SMALL_LETTERS = "\u0590"
_LONGEST_ACRONYM = 5


def key_of(title: str) -> str:
    """What a query writes: Côte d'Ivoire → cote-divoire."""
    plain = bare(fold(title)).replace("'", "").replace("&", "and")
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if char.isascii())
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


@cache
def comparable(name: str) -> tuple[str, ...]:
    """The words of a name without case and accents, for comparing names of two things."""
    return tuple(bare(fold(piece.written)) for piece in pieces(name))


def country_names(said: str, code: str, language: str) -> list[str]:
    """The names in what the CLDR calls a territory (ISO 3166-1 code) in a language; none if it is not translated."""
    name = unicodedata.normalize("NFC", said).replace("\u00a0", " ").strip()
    if name == code:
        return []
    if language in _ARTICLES:
        name = _ARTICLES[language].sub("", name)
    brackets = _BRACKETS.match(name)
    if brackets:
        outer, inner = brackets[1].strip(), brackets[2].strip()
        if code in _TWINS:
            found = [inner] if len(comparable(inner)) > 1 else []
        else:
            found = [outer, inner] if code in _BOTH_COUNT else [outer]
    else:
        found = [name] if code not in _TWINS or len(comparable(name)) > 1 else []
    return [written for one in found for written in _as_written(one, language) if is_usable(written)]


def _as_written(name: str, language: str) -> list[str]:
    words = [_ABBREVIATED.get(word, word) for word in name.replace(" - ", "-").split()]
    spelled = [" ".join(_small(word) for word in words) if len(words) > 1 else " ".join(words)]
    if language == "en":
        spelled += [one.replace("&", "and") for one in spelled if "&" in one]
        spelled += [one.replace("St. ", "Saint ") for one in spelled if "St. " in one]
    return spelled


def _small(word: str) -> str:
    return word.lower() if word in _GENERIC else word


def is_usable(name: str) -> bool:
    """Whether a name can be told from other words: it has letters enough, and capitals where its script has them."""
    letters = [char for char in name if char.isalpha()]
    if len(letters) < 2 or any(map(str.isdigit, name)):
        return False
    cases = {case_of(piece.written) for piece in pieces(name)}
    if len(letters) <= _SHORTEST_WITH_MARKS and any(
        fold(p.written) != bare(fold(p.written)) for p in pieces(name)
    ):
        return False
    if "." in name and all(len(piece.written) == 1 for piece in pieces(name)):
        return False
    return bool(cases & {Case.TITLE, Case.UPPER, Case.MIXED, Case.NONE}) and (
        not is_all_capitals(name) or _SHORTEST_ACRONYM <= len(letters) <= _LONGEST_ACRONYM
    )


def has_capitals(name: str) -> bool:
    """Whether a name is in a script with capitals and has one."""
    return any(case_of(piece.written) in (Case.TITLE, Case.UPPER, Case.MIXED) for piece in pieces(name))


def is_all_capitals(name: str) -> bool:
    """Whether a name is written like an acronym: one word, two or more capitals and no small letter."""
    words = list(pieces(name))
    return len(words) == 1 and case_of(words[0].written) is Case.UPPER and name[0] < _WITHOUT_SMALL_LETTERS


def language_of_letters(name: str) -> tuple[str, ...]:
    """The languages that a name of unknown language may be in, by letters only they have; none if it cannot be said.

    Cyrillic without letters of its own may be Russian as well as Ukrainian; the endings of the other
    language do no harm.
    """
    letters = set(name.lower())
    if name.endswith("ów"):
        return ("pl",)
    for language, own in _OWN_LETTERS:
        if letters & set(own):
            return language
    for language, first, last in _OWN_SCRIPTS:
        if all(first <= char <= last for char in letters if char.isalpha()):
            return language
    return ()


# The first that fits decides; Cyrillic letters that no language below has lead to none.
_OWN_LETTERS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((), "ӣӯқғҳҷңүұөһәӘӓӑӗҫӳҙҡҽӡѣꙑѥѧљњђћџѓќѕӏў"),
    (("sr",), "ј"),
    (("uk",), "їєґі"),
    (("ru",), "ыэёъ"),
    (("pl",), "łąęśźż"),
    (("vi",), "ơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"),
    (("fa",), "پچژگی"),
)
_OWN_SCRIPTS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("ru", "uk"), "а", "я"),
    (("el",), "\u0370", "\u03ff"),
    (("he",), "\u05d0", "\u05ea"),
    (("ar",), "\u0620", "\u064a"),
    (("hi",), "\u0900", "\u097f"),
    (("bn",), "\u0980", "\u09ff"),
    (("th",), "\u0e00", "\u0e7f"),
    (("ka",), "\u10d0", "\u10ff"),
    (("hy",), "\u0531", "\u058f"),
    (("ko",), "\uac00", "\ud7a3"),
    (("ja",), "\u3040", "\u30ff"),
    (("zh",), "\u4e00", "\u9fff"),
)
