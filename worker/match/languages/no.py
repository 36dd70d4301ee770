"""Norwegian: the genitive -s of names and of the last word of longer ones (De forente nasjoners).

Source: Norsk referansegrammatikk, genitiv; Språkrådet, genitiv.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import GENITIVES_ELSEWHERE, with_genitive_s

LANGUAGE = Language(
    code="no",
    name="Norwegian",
    forms=with_genitive_s,
    at_home=GENITIVES_ELSEWHERE,
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
