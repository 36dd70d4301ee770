"""Swedish: the genitive -s of names and of the last word of longer ones (Förenta nationernas).

Source: Svenska Akademiens grammatik, genitiv; Svenska skrivregler (Språkrådet).
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.paradigms import GENITIVES_ELSEWHERE, with_genitive_s

LANGUAGE = Language(
    code="sv",
    name="Swedish",
    forms=with_genitive_s,
    at_home=GENITIVES_ELSEWHERE,
    inflected={
        "Ukraina": "Ukrainas",
        "Ryssland": "Rysslands",
        "Sverige": "Sveriges",
        "Kiev": "Kievs",
        "Putin": "Putins",
        "nationerna": "nationernas",
        "unionen": "unionens",
        "Paris": "Paris",
    },
    attached={"ukraina": "Ryssland-Ukraina"},
    strangers={"ukraina": "Ukrainas ukrainare"},
    unrelated={"Ukraina": "ukrainare ukrainsk", "Island": "Islands isländsk"},
)
