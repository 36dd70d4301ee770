"""Dutch: the possessive 's; names do not inflect."""

from __future__ import annotations

from worker.match.languages import Clitics, Language

LANGUAGE = Language(
    code="nl",
    name="Dutch",
    clitics=Clitics(apostrophised=frozenset({"s"})),
    attached={"oekraine": "Oekraïne's"},
    strangers={"foto": "fotograaf"},
)
