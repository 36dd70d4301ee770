"""The folder `entities` of the data directory: packs of the users' own, each a file of `[[entity]]` tables."""

from __future__ import annotations

from pathlib import Path

from ops.watchlist import BadWatchlist, Complaint, DeclaredEntity, parse_entities, read_watchlist
from ops.watchlist.words import shown, visible
from worker.errors import BadInput

FOLDER = "entities"


def read_folder(data_dir: Path) -> tuple[tuple[DeclaredEntity, ...] | None, list[Complaint]]:
    """The entities of all packs in the folder, with the warnings about them; None where there is no such folder,
    which is not the same as an empty one. Raises BadWatchlist (every complaint of every file) or BadInput."""
    paths = _packs(data_dir / FOLDER)
    if paths is None:
        return None, []
    complaints: list[Complaint] = []
    warnings: list[Complaint] = []
    found: dict[str, DeclaredEntity] = {}
    for path in paths:
        pack, wrong, doubted = parse_entities(read_watchlist(path), str(path))
        complaints += wrong
        warnings += doubted
        for entity in pack.entities if pack else ():
            if entity.key in found:
                complaints.append(_twice(path, entity.key))
            found[entity.key] = entity
    if complaints:
        raise BadWatchlist(tuple(complaints))
    return tuple(found.values()), warnings


def _packs(folder: Path) -> list[Path] | None:
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(".toml"))
    except FileNotFoundError:
        return None
    except OSError as error:
        named = visible(str(folder))
        raise BadInput(f"{named}: the packs of entities cannot be read: {error.strerror}") from None


def _twice(path: Path, key: str) -> Complaint:
    problem = f"{shown(key)} stands in another pack of this folder already"
    return Complaint(visible(str(path)), 1, "[[entity]] key", problem, "each key in one of the packs")
