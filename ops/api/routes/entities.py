"""Named things: what Pantau brings, the users' own, which of them a name belongs to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ops.api.callers import Here, Reader
from ops.api.problems import not_found
from ops.api.shapes.entities import Entity, NamedThings, Packs
from ops.api.shapes.values import NO_NUL
from ops.named_things import LONGEST_ASKED, candidates, fitting, naming, readable
from ops.plain_json import plain
from ops.store.pages.entities import own_counts, own_entities, topics_with
from worker.match.entities import Entity as Known
from worker.match.entities import pack_sizes, shipped
from worker.plain import one_line
from worker.store.engine import Connection
from worker.store.topics import catalogue

router = APIRouter(tags=["entities"])


@router.get("/entity-packs", operation_id="listEntityPacks", response_model=Packs)
async def list_packs(house: Here, _: Reader) -> Any:
    """List the packs of entities that Pantau brings, and the entities of your own."""

    def read(connection: Connection) -> dict[str, Any]:
        sizes = sorted(pack_sizes().items(), key=lambda size: -size[1])
        return {
            "packs": [{"file": file, "entities": count} for file, count in sizes],
            "entities": len(shipped()),
            "own": [
                {**row, "title": row["title"] or "", "names": _names_in(row["said"])}
                for row in own_entities(connection)
            ],
            "own_total": sum(own_counts(connection).values()),
        }

    return await house.ask(read)


def _names_in(said: Any) -> int:
    entity = readable(said)
    return len(entity.names) if entity is not None else 0


@router.get("/entities", operation_id="findEntities", response_model=NamedThings)
async def find_entities(
    house: Here,
    _: Reader,
    name: Annotated[
        str,
        Query(
            min_length=1, max_length=LONGEST_ASKED, pattern=NO_NUL, description="In any language, or a key."
        ),
    ],
) -> Any:
    """Find the things that go by a name, or of whose names it is a part."""
    asked = one_line(name).strip().removeprefix("@")

    def read(connection: Connection) -> list[dict[str, Any]]:
        known = catalogue(connection)
        keys = candidates(asked, own_entities(connection))
        found = fitting(asked, (known[each] for each in keys if each in known))
        return [{**plain(each), "languages": list(each.languages)} for each in found]

    return {"items": await house.ask(read) if asked else []}


@router.get("/entities/{key}", operation_id="getEntity", response_model=Entity)
async def get_entity(
    house: Here, _: Reader, key: Annotated[str, Path(max_length=LONGEST_ASKED, pattern=NO_NUL)]
) -> Any:
    """Look at a thing: all its names in all languages, and the topics that name it."""

    def read(connection: Connection) -> dict[str, Any]:
        known, asked = catalogue(connection), key.removeprefix("@").lower()
        if asked not in known:
            raise not_found("entity", key)
        return _whole(known[asked], list(naming(asked, topics_with(connection, asked))))

    return await house.ask(read)


def _whole(entity: Known, topics: list[str]) -> dict[str, Any]:
    names = dict.fromkeys((name.language, name.text, name.kind) for name in entity.names)
    return {
        "key": entity.key,
        "title": entity.title,
        "kind": entity.kind or "",
        "as_of": entity.as_of,
        "source": entity.source or None,
        "names": [
            {"language": language, "name": text, "kind": kind} for language, text, kind in sorted(names)
        ],
        "also_words": [
            {"name": name, "languages": sorted(languages)} for name, languages in entity.also_words.items()
        ],
        "stop": list(dict.fromkeys(stop.text for stop in entity.stop)),
        "topics": topics,
    }
