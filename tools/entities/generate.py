"""Write the packs of countries, capitals and cities; see docs/how-to/add-an-entity.md.

    python tools/entities/generate.py FOLDER

FOLDER holds the unpacked npm packages `cldr-localenames-full` and `cldr-dates-full`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parents[1])]

from tools.entities import drafts, inside, lines, registers, words  # noqa: E402
from tools.entities.drafts import Draft  # noqa: E402
from worker.match.entities import Entity, Name  # noqa: E402

_PACKS = _HERE.parents[1] / "worker" / "match" / "entities"


def main(cldr: Path) -> None:
    """Read the registers in `cldr` and what pip installed, and write the packs."""
    counts = registers.WordCounts()
    choices = drafts.choices(_HERE / "choices.toml")
    countries = drafts.countries(choices, registers.territories(cldr))
    capitals, cities = drafts.cities(choices, countries, registers.Places(), registers.zone_cities(cldr))
    every = [*countries, *capitals, *cities]
    notes = drafts.notes(_PACKS, {draft.key for draft in every})
    drafts.without_words(every, choices["unusable"])
    drafts.without_forms(every, choices["uninflected"])
    drafts.settle(every, notes)
    drafts.without_rare_words(every, {draft.key: words.not_in(draft.names, counts) for draft in every})
    names = {draft.key: (*draft.names, *_noted_names(notes, draft.key)) for draft in every}
    stops = inside.stops(names)
    for draft in every:
        draft.stops = stops[draft.key]
        draft.not_in = words.not_in(names[draft.key], counts)
        if draft.key in notes:
            draft.also_words = drafts.same_words(draft, notes[draft.key].also_words)
            draft.not_in |= drafts.same_words(draft, notes[draft.key].not_in)
    for pack, its_drafts in (("countries", countries), ("capitals", capitals), ("cities", cities)):
        text = lines.pack(its_drafts)
        (_PACKS / f"{pack}.jsonl").write_text(text, encoding="utf-8")
        _say(
            f"{pack}.jsonl: {len(its_drafts)} entities, {_names(its_drafts)} names, {len(text.encode())} bytes"
        )
    for line in words.suspects(every, counts):
        _say(f"an ordinary word? {line}")


def _noted_names(notes: Mapping[str, Entity], key: str) -> tuple[Name, ...]:
    return notes[key].names if key in notes else ()


def _names(found: Iterable[Draft]) -> int:
    return sum(len(draft.names) for draft in found)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
