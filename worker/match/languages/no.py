"""Norwegian: the genitive -s of names and of the last word of longer ones (De forente nasjoners).

Source: Norsk referansegrammatikk, genitiv; Språkrådet, genitiv.
"""

from __future__ import annotations

from worker.match.languages import Language, listed
from worker.match.paradigms import is_acronym


def _forms(name: str) -> frozenset[str]:
    lower = name.lower()
    stays = is_acronym(name) or len(lower) < 3 or not lower.isalpha()
    return frozenset({name} if stays or lower.endswith(("s", "x", "z")) else {name, name + "s"})


# French calls the people so, Dutch has them as "whose" and Japanese, English as a plain word (Islands).
_AT_HOME = listed(
    """
    indiens italiens syriens australiens boliviens georgiens jordaniens tunisiens indias
    islands roms romas wiens nederlands japans mans
    """
)

LANGUAGE = Language(
    code="no",
    name="Norwegian",
    forms=_forms,
    at_home=_AT_HOME,
    # Without the apostrophe or colon that the neighbours put there: USAs, FNs.
    of_acronyms=frozenset({"s"}),
    inflected={
        "Ukraina": "Ukrainas",
        "Russland": "Russlands",
        "Norge": "Norges",
        "Kyiv": "Kyivs",
        "Putin": "Putins",
        "nasjoner": "nasjoners",
        "unionen": "unionens",
    },
    attached={"ukraina": "Russland-Ukraina"},
    strangers={"ukraina": "ukrainer"},
    unrelated={"Ukraina": "ukrainer ukrainsk", "Island": "Islands"},
)
