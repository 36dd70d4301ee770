"""Swedish: the genitive -s of names and of the last word of longer ones (Förenta nationernas).

Source: Svenska Akademiens grammatik, genitiv; Svenska skrivregler (Språkrådet).
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
    code="sv",
    name="Swedish",
    forms=_forms,
    at_home=_AT_HOME,
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
