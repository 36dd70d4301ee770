"""Spanish: nothing hangs on names, and names do not inflect; the contractions al and del are whole words.

Source: Nueva gramática de la lengua española (RAE), nombres propios, artículo.
"""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="es",
    name="Spanish",
    attached={
        "ucrania": "Rusia-Ucrania pro-Ucrania",
        "pena": "peña",
        "mexico": "México MÉXICO",
        "peru": "Perú Perú-Chile",
        "japon": "Japón",
        "otan": "OTAN-Rusia",
    },
    strangers={
        "peña": "pena",
        "ucrania": "ucraniana",
        "peru": "peruano",
        "rusia": "rusa",
        "china": "chinas chino",
        "mali": "maliense",
        "chad": "chadiano",
    },
    unrelated={"Ucrania": "Ucranias ucraniano", "China": "Chinas", "Chile": "Chiles chiles", "Cuba": "Cubas"},
)
