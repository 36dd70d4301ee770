"""Spanish: nothing hangs on names, and names do not inflect."""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="es",
    name="Spanish",
    attached={"ucrania": "Rusia-Ucrania", "pena": "peña"},
    strangers={"peña": "pena", "ucrania": "ucraniana"},
)
