"""Estonian: the cases of names; those that end in a consonant take -i (Putin → Putini).

Source: Erelt, Erelt, Ross, Eesti keele käsiraamat (2020), käänamine, võõrnimede käänamine.
"""

from __future__ import annotations

from worker.match.languages import Language, listed
from worker.match.paradigms import declined

_CASES = "sse s st le l lt ks ni ta ga"


def _paradigm(ending: str, genitive: str, partitive: str) -> str:
    """A line of the table: the other cases are the genitive with an ending."""
    cases = " ".join(genitive.replace("0", "") + case for case in _CASES.split())
    return f"{ending}: {genitive} {partitive} {cases}"


_TABLE = "\n".join(
    (
        _paradigm("[aeiouõäöüy]", "0", "t d"),
        _paradigm("[bdfghjklmnprstvwxzšž]", "i", "it"),
        _paradigm("tallinn", "tallinna", "tallinna"),
        _paradigm("riigid", "riikide", "riike"),
        _paradigm("rahvad", "rahvaste", "rahvaid"),
        _paradigm("saared", "saarte", "saari"),
        _paradigm("maad", "maade", "maid"),
        _paradigm("liit", "liidu", "liitu"),
        _paradigm("pank", "panga", "panka"),
        _paradigm("meri", "mere", "merd"),
        _paradigm("must", "musta", "musta"),
        _paradigm("punane", "punase", "punast"),
        _paradigm("line", "lise", "list"),
        _paradigm("kohus", "kohtu", "kohut"),
        _paradigm("kallas", "kalda", "kallast"),
        _paradigm("poolsaar", "poolsaare", "poolsaart"),
    )
)

# English calls the people so.
_AT_HOME = listed(
    """
    pakistani nepali bangladeshi iraki tail tais indias iraani
    """
)

LANGUAGE = Language(
    code="et",
    name="Estonian",
    forms=declined(_TABLE),
    at_home=_AT_HOME,
    inflected={
        "Ukraina": "Ukrainat Ukrainas Ukrainast Ukrainasse Ukrainale Ukrainaga",
        "Venemaa": "Venemaad Venemaal Venemaalt Venemaale Venemaaga",
        "Kiiev": "Kiievi Kiievis Kiievist Kiievisse",
        "Moskva": "Moskvat Moskvas Moskvast Moskvasse",
        "Putin": "Putini Putinit Putinile Putiniga",
        "Zelenskõi": "Zelenskõid Zelenskõile",
        "Ühendriigid": "Ühendriikide Ühendriikides Ühendriikidele",
        "Liit": "Liidu Liidus Liidule Liitu",
        "Tallinn": "Tallinna Tallinnas",
        "Must": "Musta Mustal Mustas",
        "Punane": "Punase Punasel",
        "Rahvusvaheline": "Rahvusvahelise Rahvusvahelist",
        "Läänekallas": "Läänekalda Läänekaldal",
        "meri": "mere merel merd",
    },
    attached={"tallinn": "Tallinn-Helsingi"},
    strangers={"ukraina": "ukrainlane"},
    unrelated={"Ukraina": "ukrainlane", "Peru": "pere perekond"},
)
