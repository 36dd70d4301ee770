"""Dutch: the possessive, written solid (Poetins, Ruslands) or after an apostrophe (Canada's).

*Nederlands*, *IJslands* and their like are the adjective and stay apart.

Source: Algemene Nederlandse Spraakkunst, de genitief van eigennamen; Taalunie, leidraad voor de spelling.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed
from worker.match.paradigms import is_acronym

_TAKES_APOSTROPHE = ("a", "i", "o", "u", "y", "s", "x", "z", "é")
# With -s they are adjectives (Nederlands, Amsterdams) or words of other languages (English Islands).
_WITHOUT_S = listed(
    """
    nederland japan ijsland groenland zeeland vlaanderen friesland island amsterdam rotterdam utrecht
    londen berlijn
    """
)


def _forms(name: str) -> frozenset[str]:
    lower = name.lower()
    if is_acronym(name) or len(lower) < 3 or not lower.isalpha():
        return frozenset({name})
    if lower.endswith(_TAKES_APOSTROPHE) or lower in _WITHOUT_S:
        return frozenset({name})
    return frozenset({name, name + "s"})


LANGUAGE = Language(
    code="nl",
    name="Dutch",
    forms=_forms,
    clitics=Clitics(apostrophised=frozenset({"s"})),
    inflected={
        "Rusland": "Ruslands",
        "Duitsland": "Duitslands",
        "Oekraïne": "Oekraïnes",
        "Frankrijk": "Frankrijks",
        "België": "Belgiës",
        "Europa": "Europa",
        "Israël": "Israëls",
        "Iran": "Irans",
        "Irak": "Iraks",
        "Libanon": "Libanons",
        "Egypte": "Egyptes",
        "Turkije": "Turkijes",
        "Poetin": "Poetins",
        "Biden": "Bidens",
        "Trump": "Trumps",
        "Rutte": "Ruttes",
        "Merkel": "Merkels",
        "Macron": "Macrons",
        "Erdogan": "Erdogans",
        "Parijs": "Parijs",
        "Brussel": "Brussels",
        "Kiev": "Kievs",
        "Washington": "Washingtons",
        "Canada": "Canada",
        "Verenigde": "Verenigde",
        "Unie": "Unies",
    },
    attached={"oekraine": "Oekraïne's", "canada": "Canada's Canada’s", "mali": "Mali's", "nato": "NAVO-NATO"},
    strangers={"foto": "fotograaf", "rus": "Rusland", "mali": "malie", "pool": "Poolse", "peru": "Peruaan"},
    unrelated={
        "Nederland": "Nederlands Nederlander",
        "IJsland": "IJslands",
        "Amsterdam": "Amsterdams",
        "Poetin": "poutine poet",
        "Polen": "Pool Pools Poolse",
        "Oekraïne": "Oekraïens Oekraïner",
    },
)
