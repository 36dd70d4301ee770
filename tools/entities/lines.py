"""Drafts as JSON Lines, sorted so that a rerun changes only what changed."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tools.entities.drafts import Draft


def pack(drafts: Iterable[Draft]) -> str:
    """A pack of these drafts, an entity a line."""
    return "".join(
        json.dumps(_entity(draft), ensure_ascii=False, separators=(",", ":")) + "\n" for draft in drafts
    )


def _entity(draft: Draft) -> dict[str, object]:
    names: dict[str, dict[str, list[str]]] = {}
    for name in sorted(draft.names, key=lambda name: (name.language, name.kind, name.text)):
        names.setdefault(name.language, {}).setdefault(name.kind, []).append(name.text)
    stops: dict[str, list[str]] = {}
    for language, text in sorted({(stop.language, stop.text) for stop in draft.stops}):
        stops.setdefault(language, []).append(text)
    said = {
        "key": draft.key,
        "title": draft.title,
        "kind": draft.kind,
        "names": names,
        "stop": stops,
        "also_words": dict(sorted(draft.also_words.items())),
        "not_in": dict(sorted(draft.not_in.items())),
    }
    return {field: value for field, value in said.items() if value}
