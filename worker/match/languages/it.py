"""Italian: elided articles and prepositions before a vowel; names do not inflect.

Source: Accademia della Crusca, elisione.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_ELIDED = listed(
    "l d un c s m t n gl dell all dall nell sull coll quell quest bell sant grand quant senz tutt anch"
)

LANGUAGE = Language(
    code="it",
    name="Italian",
    clitics=Clitics(elided=_ELIDED),
    attached={"ucraina": "l'Ucraina dell'Ucraina dall’Ucraina nell'Ucraina", "onu": "all'ONU"},
    strangers={"acqua": "acquario"},
)
