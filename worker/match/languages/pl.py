"""Polish: the singular cases of names and the plural of those that are plurals (Stany, Chiny, Narody).

Source: Wielki słownik ortograficzny PWN, odmiana nazw własnych.
"""

from __future__ import annotations

import re

from worker.match.languages import Language, with_endings

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), endings)
    for pattern, endings in (
        (r"(.+[kg])i$", "i iego iemu im ich imi a ie iej ą"),  # Zełenski
        (r"(.+[^k])y$", "y ego emu ym ych ymi e ej a ą 0 ów om ami ach"),  # Chiny, Stany, Narody, Nowy
        (r"(.+)ia$", "ia ii ię ią io i"),  # Unia, Australia
        (r"(.+[jlsczrżńśźć])a$", "a i y ę ą o"),  # Rosja
        (r"(.+[kg])a$", "a i ę ą o iej"),  # Ameryka, Europejska
        (r"(.+k)ie$", "ie ich im imi"),
        (r"(.+)e$", "e ych ym ymi ego emu ej"),  # Zjednoczone
        (r"(.+)ów$", "ów owa owowi owem owie"),  # Kijów
        (r"(.+[^aeiouyąęó])$", "0 a u owi em ie iem"),  # Putin, Biden
    )
)
# t, d, r, z, m, n, k and others soften before -ie / -e: Moskwa → Moskwie, Ameryka → Ameryce.
_SOFTENED = (("k", "ce"), ("g", "dze"), ("ch", "sze"), ("r", "rze"), ("t", "cie"), ("d", "dzie"), ("ł", "le"))


def _forms(name: str) -> frozenset[str]:
    found = {name}
    for pattern, endings in _RULES:
        matched = pattern.match(name)
        if matched:
            found |= with_endings(matched[1], endings)
            break
    return frozenset(found | (_feminine(name[:-1]) if name.endswith("a") else set()))


def _feminine(stem: str) -> set[str]:
    softened = next(
        (stem[: -len(hard)] + soft for hard, soft in _SOFTENED if stem.endswith(hard)), stem + "ie"
    )
    return {stem + ending for ending in ("a", "ę", "ą", "o", "i" if stem.endswith(("k", "g")) else "y")} | {
        softened
    }


LANGUAGE = Language(
    code="pl",
    name="Polish",
    forms=_forms,
    inflected={
        "Ukraina": "Ukrainy Ukrainie Ukrainę Ukrainą Ukraino",
        "Rosja": "Rosji Rosję Rosją",
        "Moskwa": "Moskwy Moskwie Moskwę Moskwą",
        "Kijów": "Kijowa Kijowowi Kijowem Kijowie",
        "Putin": "Putina Putinowi Putinem Putinie",
        "Zełenski": "Zełenskiego Zełenskiemu Zełenskim",
        "Chiny": "Chin Chinom Chinami Chinach",
        "Stany": "Stanów Stanom Stanami Stanach",
        "Zjednoczone": "Zjednoczonych Zjednoczonym",
        "Unia": "Unii Unię Unią",
        "Europejska": "Europejskiej Europejską",
        "Ameryka": "Ameryki Ameryce Amerykę Ameryką",
        "Indonezja": "Indonezji Indonezję Indonezją",
        "Biden": "Bidena Bidenowi Bidenem Bidenie",
        "Narody": "Narodów Narodom",
    },
    attached={"nato": "NATO-wski", "lodz": "Łódź"},
    strangers={"kijów": "kij kije", "łódź": "lodz"},
)
