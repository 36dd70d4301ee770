"""German: the genitive -s of names, and the adjectives and nouns that decline inside longer names.

Only what is certainly an adjective takes adjective endings: *Ukrainer* and *Schweizer* are people, not forms
of Ukraine and Schweiz.

Source: Duden, Die Grammatik (10. Auflage), Deklination der Eigennamen, Adjektive, Substantive.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed
from worker.match.paradigms import is_acronym

# What adjectives of longer names end in (Europäische, Vereinigte, Nördliche, Internationaler).
_ADJECTIVE_STEMS = (
    *("isch", "lich", "igt", "eint", "onal", "eral", "zial", "deutsch", "schwarz", "heilig", "ständig"),
)
_ADJECTIVES = listed("neu alt groß klein tot still grün blau frei hoh rot gelb weiß")
_ADJECTIVE_ENDINGS = ("en", "er", "es", "em", "e")
# Nouns whose genitive is -es beside -s, and plurals whose dative takes -n.
_HEAVY = (
    *("rat", "bund", "meer", "kreuz", "reich", "gericht", "hof", "kongress", "verband", "staat", "dienst"),
    *("pakt", "amt", "krieg", "haus"),
)
_PLURALS = ("lande", "insel", "emirate", "dienste", "länder", "völker", "berge")
_SIBILANTS = ("s", "ß", "x", "z")


def _forms(name: str) -> frozenset[str]:
    lower = name.lower()
    if is_acronym(name) or len(lower) < 3 or not lower.isalpha():
        return frozenset({name})
    adjective = _adjective(name, lower)
    if adjective:
        return frozenset({name, *(adjective + ending for ending in _ADJECTIVE_ENDINGS)})
    forms = {name}
    if not lower.endswith(_SIBILANTS):
        forms.add(name + "s")
    if lower.endswith(_HEAVY):
        forms |= {name + "es", name + "e"}
    if lower.endswith(_PLURALS):
        forms.add(name + "n")
    return frozenset(forms)


def _adjective(name: str, lower: str) -> str | None:
    """The stem of what is certainly an adjective."""
    for ending in _ADJECTIVE_ENDINGS:
        stem = lower.removesuffix(ending)
        if stem != lower and (stem.endswith(_ADJECTIVE_STEMS) or stem in _ADJECTIVES):
            return name[: len(stem)]
    return None


# French calls the people so, Dutch has them as "whose" and Japanese, English as a plain word (Islands).
_AT_HOME = listed(
    """
    japans indiens italiens syriens australiens boliviens georgiens jordaniens tunesiens
    islands roms wiens
    """
)

LANGUAGE = Language(
    code="de",
    name="German",
    forms=_forms,
    at_home=_AT_HOME,
    clitics=Clitics(apostrophised=frozenset({"sche", "schen", "scher", "sches"})),
    inflected={
        "Russland": "Russlands",
        "Deutschland": "Deutschlands",
        "China": "Chinas",
        "Indonesien": "Indonesiens",
        "Iran": "Irans",
        "Mali": "Malis",
        "Peru": "Perus",
        "Kiew": "Kiews",
        "Moskau": "Moskaus",
        "Berlin": "Berlins",
        "Paris": "Paris",
        "Putin": "Putins",
        "Selenskyj": "Selenskyjs",
        "Merkel": "Merkels",
        "Scholz": "Scholz",
        "Trump": "Trumps",
        "Erdoğan": "Erdoğans",
        "Europäische": "Europäischen Europäischer",
        "Europäischer": "Europäischen Europäische Europäischem",
        "Vereinigte": "Vereinigten Vereinigter",
        "Vereinte": "Vereinten Vereinter",
        "Arabische": "Arabischen Arabischer",
        "Emirate": "Emiraten",
        "Niederlande": "Niederlanden",
        "Internationaler": "Internationalen Internationale",
        "Gerichtshof": "Gerichtshofs Gerichtshofes",
        "Schwarzes": "Schwarzen Schwarze",
        "Meer": "Meeres Meers",
        "Rotes": "Roten Rote Rotem",
        "Kreuz": "Kreuzes",
        "Neue": "Neuen Neuer",
        "Weißes": "Weißen Weiße Weißem",
        "Haus": "Hauses Hause",
        "Weltsicherheitsrat": "Weltsicherheitsrats Weltsicherheitsrates",
    },
    attached={"putin": "Putin-Vertraute Anti-Putin", "grimm": "Grimm'sche"},
    strangers={
        "putin": "Putins",
        "ukraine": "Ukrainekrieg Ukrainer",
        "rom": "Roman Romani",
        "mali": "Malibu Malina",
        "polen": "Polentransport",
    },
    unrelated={
        "Ukraine": "Ukrainer Ukrainern Ukrainerin",
        "Schweiz": "Schweizer Schweizes",
        "Island": "Islands Isländer",
        "Rom": "Roms Roma Römer Romes",
        "Oman": "Omas Omanes",
        "Türkei": "Türke Türken",
        "Wiener": "Wien Wiene",
    },
)
