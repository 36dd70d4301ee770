"""Malay: written as Indonesian is and often taken for it; the clitics of both live in `id.py`."""

from __future__ import annotations

from worker.match.languages import Language

LANGUAGE = Language(
    code="ms",
    name="Malay",
    attached={
        "malaysia": "Malaysialah Malaysianya Malaysiakah Malaysiaku",
        "ukraine": "Ukrainelah Ukrainenya",
        "rusia": "Rusiapun Rusia-lah",
        "singapura": "Singapuranya Singapura-Malaysia",
    },
    strangers={
        "maka": "makalah",
        "mark": "markah",
        "rum": "rumpun serumpun",
        "bara": "barakah",
        "mahu": "mahupun",
        "perang": "peperangan",
    },
    unrelated={"Malaysia": "Malaysialah Malaysiaku", "Mali": "Malinya mali-mali", "Peru": "Perunya"},
)
