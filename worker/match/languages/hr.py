"""Croatian: declined as Serbian is, and found in Cyrillic letters too.

Source: Hrvatski pravopis (IHJJ, 2013), sklonidba imena.
"""

from __future__ import annotations

from worker.match.languages import Language
from worker.match.languages.sr import AT_HOME, both_scripts

LANGUAGE = Language(
    code="hr",
    name="Croatian",
    forms=both_scripts,
    at_home=AT_HOME,
    inflected={
        "Ukrajina": "Ukrajine Ukrajini Ukrajinu Ukrajinom Украјине",
        "Rusija": "Rusije Rusiji Rusiju Rusijom",
        "Kijev": "Kijeva Kijevu Kijevom",
        "Zagreb": "Zagreba Zagrebu Zagrebom",
        "Beč": "Beča Beču Bečom",
        "Plenković": "Plenkovića Plenkoviću Plenkovićem",
        "Putin": "Putina Putinu Putinom",
        "Zelenski": "Zelenskog Zelenskoga Zelenskom Zelenskim",
        "Ujedinjeni": "Ujedinjenih Ujedinjenim",
        "narodi": "naroda narodima",
        "Sjedinjene": "Sjedinjenih Sjedinjenim",
        "Sjeverna": "Sjeverne Sjevernoj Sjevernu",
        "Crno": "Crnog Crnom Crnim",
        "more": "mora moru morem",
    },
    attached={"zagreb": "Zagreb-Split"},
    strangers={"rim": "Krim"},
    unrelated={"Ukrajina": "Krajina ukrajinski", "Rim": "Krim rimski", "Mali": "Mala malog", "Peru": "pero"},
)
