"""French: elided little words before a vowel; names do not inflect.

Source: Grevisse, Le Bon Usage, élision.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_ELIDED = listed("l d j m t s n c qu jusqu lorsqu puisqu quoiqu quelqu presqu")

LANGUAGE = Language(
    code="fr",
    name="French",
    clitics=Clitics(
        elided=_ELIDED,
        words=frozenset({"aujourd'hui", "d'abord", "d'accord", "c'est", "n'est", "s'est"}),
    ),
    attached={"ukraine": "l'Ukraine d’Ukraine qu'Ukraine L’UKRAINE", "otan": "l'OTAN", "etats": "d'États"},
    strangers={"hui": "aujourd'hui", "homme": "prud'homme", "est": "c'est"},
)
