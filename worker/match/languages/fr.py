"""French: elided little words before a vowel; names do not inflect.

Source: Grevisse & Goosse, Le Bon Usage, élision, noms propres.
"""

from __future__ import annotations

from worker.match.languages import Clitics, Language, listed

_ELIDED = listed("l d j m t s n c qu jusqu lorsqu puisqu quoiqu quelqu presqu")
# An elided word and its rest have grown together.
_WORDS = listed(
    "aujourd'hui d'abord d'accord d'ailleurs d'après d'entre d'habitude d'autant c'est n'est s'est l'un l'une"
)

LANGUAGE = Language(
    code="fr",
    name="French",
    clitics=Clitics(elided=_ELIDED, words=_WORDS),
    attached={
        "ukraine": "l'Ukraine d’Ukraine qu'Ukraine L’UKRAINE jusqu'Ukraine Russie-Ukraine pro-Ukraine",
        "otan": "l'OTAN d’OTAN",
        "etats": "d'États",
        "iran": "l'Iran d'Iran qu'Iran",
        "israel": "d'Israël qu’Israël",
        "indonesie": "l'Indonésie d'Indonésie",
        "europe": "l'Europe d'Europe",
        "orban": "d'Orbán qu'Orbán",
        "erdogan": "d'Erdoğan lorsqu'Erdogan",
        "union": "l'Union",
        "onu": "l'ONU puisqu’ONU",
    },
    strangers={
        "hui": "aujourd'hui",
        "homme": "prud'homme",
        "est": "c'est",
        "ukraine": "ukrainien",
        "mali": "malien malice",
        "iran": "iranien",
        "rome": "romain",
        "ailleurs": "d'ailleurs",
    },
    unrelated={"Ukraine": "Ukraines ukrainien", "Chine": "Chines chinois", "Perse": "Perses", "Rome": "Roms"},
)
