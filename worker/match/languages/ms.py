"""Malay: written as Indonesian is and often taken for it; the clitics of both live in `id.py`."""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="ms",
    name="Malay",
    attached={"malaysia": "Malaysialah Malaysianya"},
    strangers={"maka": "makalah"},
)
