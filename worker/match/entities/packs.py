"""Packs as files: TOML that people edit, JSON Lines that `tools/entities` writes; many entities a file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import partial

from worker.errors import BadInput
from worker.match.entities.catalogue import Entry
from worker.match.entities.entry import Entity, entity_of

# In TOML an entity begins with a line [[entity]]; in JSON Lines with the brace that opens its line.
_TOML_HEAD = re.compile(rb"^\[\[entity\]\]", re.MULTILINE)
_TOML_KEY = re.compile(rb"""^key\s*=\s*["']([^"']+)["']""", re.MULTILINE)
_JSON_KEY = re.compile(rb'\{"key": ?"([^"]+)"')


def read_pack(toml: str, where: str) -> list[Entity]:
    """All entities of a pack in TOML; `where` names the file in complaints.

    Raises BadInput naming file, entity, path in it and what was expected there.
    """
    try:
        pack = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{where}: {error}") from error
    tables = pack.get("entity")
    if pack.keys() != {"entity"} or not isinstance(tables, list):
        raise BadInput(f"{where}: expected [[entity]] tables and nothing else")
    return _without_twins([_entity(table, where) for table in tables], where)


def read_lines(json_lines: str, where: str) -> list[Entity]:
    """All entities of a pack in JSON Lines, one object a line; complains as `read_pack` does."""
    return _without_twins([_of_json(line, where) for line in json_lines.rstrip().split("\n")], where)


def entries(pack: bytes, where: str) -> Iterator[tuple[str, Entry]]:
    """The entities of a pack by key, each to be read when asked for; `where` is the file's name."""
    read = _of_json if where.endswith(".jsonl") else _of_toml
    for key, start, end in _places(pack, where):
        yield key, partial(_piece, read, pack, start, end, where)


def pieces(pack: bytes, where: str) -> Iterator[tuple[str, str]]:
    """The entities of a pack by key, each as it is written there."""
    for key, start, end in _places(pack, where):
        yield key, pack[start:end].decode()


def _places(pack: bytes, where: str) -> Iterator[tuple[str, int, int]]:
    """Where each entity stands, with its key."""
    if where.endswith(".jsonl"):
        starts, key = _starts_of_lines(pack), _JSON_KEY
    else:
        starts, key = [head.start() for head in _TOML_HEAD.finditer(pack)], _TOML_KEY
    for start, end in zip(starts, [*starts[1:], len(pack)], strict=True):
        found = key.search(pack, start, end)
        if not found:
            piece = pack[start : start + 40].decode(errors="replace").strip()
            raise BadInput(f"{where}: expected the key first in every entity, not '{piece} ...'")
        yield found[1].decode(), start, end


def _starts_of_lines(pack: bytes) -> list[int]:
    return [0, *(newline.end() for newline in re.finditer(rb"\n(?=.)", pack))]


def _piece(read: Callable[[str, str], Entity], pack: bytes, start: int, end: int, where: str) -> Entity:
    return read(pack[start:end].decode(), where)


def _of_toml(piece: str, where: str) -> Entity:
    (entity,) = read_pack(piece, where)
    return entity


def _of_json(line: str, where: str) -> Entity:
    try:
        table = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}: {error}") from error
    return _entity(table, where)


def _entity(table: object, where: str) -> Entity:
    if not isinstance(table, dict):
        raise BadInput(f"{where}: expected an entity as a table, not {table!r:.40}")
    try:
        return entity_of(table)
    except BadInput as error:
        raise BadInput(f"{where}: entity '{table.get('key', '?')}': {error}") from error


def _without_twins(entities: list[Entity], where: str) -> list[Entity]:
    seen: set[str] = set()
    for entity in entities:
        if entity.key in seen:
            raise BadInput(f"{where}: entity '{entity.key}': expected one entry in a file, found two")
        seen.add(entity.key)
    return entities
