"""German: the genitive -s of names, and the adjective endings inside longer names.

Source: Duden, Deklination der Eigennamen und Adjektive.
"""

from __future__ import annotations

import re

from worker.match.languages import Clitics, Language

_ADJECTIVE = re.compile(r"(.{3,}[^aeiouyäöü])(?:er|es|en|em|e)$")
_SIBILANT = ("s", "ß", "x", "z")


def _forms(name: str) -> frozenset[str]:
    genitive = {name} if name.lower().endswith(_SIBILANT) else {name, name + "s"}
    adjective = _ADJECTIVE.match(name)
    if adjective:
        genitive |= {adjective[1] + ending for ending in ("e", "en", "er", "em", "es")}
    return frozenset(genitive)


LANGUAGE = Language(
    code="de",
    name="German",
    forms=_forms,
    clitics=Clitics(apostrophised=frozenset({"sche", "schen", "scher", "sches"})),
    inflected={
        "Russland": "Russlands",
        "Putin": "Putins",
        "Europäische": "Europäischen Europäischer",
        "Vereinigte": "Vereinigten Vereinigter",
        "Selenskyj": "Selenskyjs",
        "Paris": "Paris",
    },
    attached={"putin": "Putin-Vertraute Anti-Putin", "grimm": "Grimm'sche"},
    strangers={"putin": "Putins", "ukraine": "Ukrainekrieg"},
)
