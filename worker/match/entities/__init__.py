"""Named things with all their names, in packs: files of many entities each.

    [[entity]]
    key = "who"                       # what a query writes after the @
    title = "World Health Organization"
    kind = "organisation"             # country territory city organisation person company place
    as_of = "2026-01-15"              # for what changes: the day the facts are true for
    source = "https://www.who.int"    # where a reader can check them
    stop = ["Doctor Who"]             # an occurrence inside one of these is none; stop.uk = [...]: inflected too
    also_words = { WHO = ["en"] }     # names that are ordinary words, too, in these languages
    not_in = { Island = ["en"] }      # names that never mean it in these languages
    names.en = { name = ["World Health Organization"], acronym = ["WHO"] }
    names.zh = { name = ["世界卫生组织"] }
    examples.match = [["id", "Kata WHO kemarin", "WHO"]]     # language, text, the words that must be hit
    examples.silent = [["en", "The man who came"]]

`name` needs its capital where its script has capitals and is inflected by languages/<code>.py; `acronym` needs
capitals throughout and is not inflected; `any` counts whatever its case and is inflected. What several packs
say about one key counts together. `.toml` is for people; `.jsonl` (the same fields, an entity a line) is
written by `tools/entities`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import resources

from worker.match.entities.catalogue import Catalogue, Entry
from worker.match.entities.entry import ANY_LANGUAGE, Entity, Example, Kind, Name, NameClass, entity_of
from worker.match.entities.packs import entries, pieces, read_lines, read_pack

__all__ = [
    "ANY_LANGUAGE",
    "Catalogue",
    "Entity",
    "Example",
    "Kind",
    "Name",
    "NameClass",
    "entity_names",
    "entity_of",
    "keys_with",
    "pack_files",
    "pack_sizes",
    "read_lines",
    "read_pack",
    "shipped",
]


@lru_cache(maxsize=1)
def shipped() -> Catalogue:
    """Every entity that Pantau brings. Raises BadInput, naming the file, for a pack without keys."""
    return Catalogue(_all_entries())


def _all_entries() -> Iterator[tuple[str, Entry]]:
    for file_name, pack in pack_files():
        yield from entries(pack, f"entities/{file_name}")


def pack_files() -> Iterator[tuple[str, bytes]]:
    """The packs that Pantau brings: file name and content (UTF-8), by name."""
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith((".toml", ".jsonl")))
    for file in sorted(files, key=lambda file: file.name):
        yield file.name, file.read_bytes()


def keys_with(words: str) -> Iterator[str]:
    """The keys of shipped entities in whose packs these words stand, whatever their case: in a name, a title, or an
    example. Reads no entity, so it answers within milliseconds; the caller looks at what it finds."""
    wanted = words.casefold()
    return iter(dict.fromkeys(key for key, written in _written() if wanted in written))


@lru_cache(maxsize=1)
def pack_sizes() -> Mapping[str, int]:
    """How many entities each shipped pack says something of, by its file name."""
    return {
        file_name: sum(1 for _ in pieces(pack, f"entities/{file_name}")) for file_name, pack in pack_files()
    }


@lru_cache(maxsize=1)
def _written() -> tuple[tuple[str, str], ...]:
    """Every entity as its pack writes it, in small letters."""
    return tuple(
        (key, written.casefold())
        for file_name, pack in pack_files()
        for key, written in pieces(pack, f"entities/{file_name}")
    )


def entity_names() -> Mapping[str, str]:
    """What a query may write after the @, with the title people read."""
    return {key: entity.title for key, entity in shipped().items()}
