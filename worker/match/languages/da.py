"""Danish: the genitive -s of names and of the last word of longer ones (De Forenede Nationers).

Source: Dansk Sprognævn, Retskrivningsordbogen, genitiv.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import GENITIVES_ELSEWHERE, with_genitive_s

LANGUAGE = Language(
    code="da",
    name="Danish",
    forms=with_genitive_s,
    at_home=GENITIVES_ELSEWHERE,
    inflected={
        "Ukraine": "Ukraines",
        "Rusland": "Ruslands",
        "Danmark": "Danmarks",
        "Kyiv": "Kyivs",
        "Putin": "Putins",
        "Nationer": "Nationers",
        "Unionen": "Unionens",
    },
    attached={"ukraine": "Rusland-Ukraine"},
    strangers={"ukraine": "ukrainer"},
    unrelated={"Ukraine": "ukrainer ukrainsk", "Island": "Islands"},
)
