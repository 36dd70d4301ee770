"""Italian: elided articles and prepositions before a vowel; names do not inflect.

Source: Serianni, Grammatica italiana, elisione, nomi propri.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_ELIDED = listed(
    "l d un c s m t n gl dell all dall nell sull coll quell quest bell sant grand quant senz tutt anch"
)

LANGUAGE = Language(
    code="it",
    name="Italian",
    clitics=Clitics(elided=_ELIDED, words=listed("c'è c'era d'accordo l'altro l'altra un'altra")),
    attached={
        "ucraina": "l'Ucraina dell'Ucraina dall’Ucraina nell'Ucraina sull'Ucraina anch'Ucraina Russia-Ucraina",
        "onu": "all'ONU dell'Onu",
        "iran": "l'Iran dell'Iran dall'Iran nell’Iran all'Iran",
        "europa": "l'Europa d'Europa dell'Europa",
        "unione": "l'Unione dell'Unione all’Unione",
        "italia": "d'Italia l'Italia",
        "indonesia": "dell'Indonesia",
        "angelo": "Sant'Angelo",
    },
    strangers={
        "acqua": "acquario",
        "ucraina": "ucraino",
        "altra": "un'altra",
        "mali": "maliano",
        "iran": "iraniano",
        "roma": "Romania romano",
        "cina": "cinese cucina",
    },
    unrelated={"Ucraina": "Ucraine ucraino", "Cina": "Cine cinema", "Cuba": "Cube Cubi", "Russia": "Russi"},
)
