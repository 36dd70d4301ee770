"""Portuguese: nothing hangs on names, and names do not inflect; da, na, pela are whole words.

What Brazil and Portugal spell differently (Irã, Irão; Moscou, Moscovo) are two names of a pack.

Source: Cunha & Cintra, Nova Gramática do Português Contemporâneo; Acordo Ortográfico (1990).
"""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="pt",
    name="Portuguese",
    attached={
        "ucrania": "Ucrânia UCRÂNIA Rússia-Ucrânia",
        "russia": "Rússia",
        "japao": "Japão",
        "ira": "Irã Irã-Iraque",
        "quenia": "Quênia Quénia",
        "otan": "OTAN-Rússia",
    },
    strangers={
        "ucrânia": "ucrania ucraniano",
        "russia": "russo",
        "china": "chinesa",
        "peru": "peruano",
        "mali": "malino",
        "romã": "roma",
    },
    unrelated={"Ucrânia": "Ucrânias ucraniano", "China": "Chinas", "Peru": "Perus peruano", "Cuba": "Cubas"},
)
