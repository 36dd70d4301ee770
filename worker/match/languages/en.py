"""English: the possessive 's; names do not inflect."""

from __future__ import annotations

from worker.match.languages import Clitics, Language

LANGUAGE = Language(
    code="en",
    name="English",
    clitics=Clitics(apostrophised=frozenset({"s"})),
    attached={"ukraine": "Ukraine's Ukraine’s UKRAINE'S pro-Ukraine", "nato": "NATO's"},
    strangers={"don": "don't", "can": "can't", "brien": "O'Brien", "ukraine": "Ukrainian Ukraines"},
)
