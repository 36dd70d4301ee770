"""Applying a watchlist: all or nothing, the same however often, without touching the network."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alerts.channels import channels
from ops import kit
from ops.store.declared import Shelf, alone
from ops.watchlist import (
    Changes,
    Complaint,
    SecretAt,
    Snapshot,
    Watchlist,
    as_text,
    changes,
    known_after,
    load_watchlist,
    read_secret_file,
    resolve,
    secrets_of,
)
from ops.watchlist.addresses import target_fault
from worker.errors import BadInput
from worker.secrets import Secret
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What applying a file did, or would do."""

    changes: Changes
    warnings: tuple[Complaint, ...]

    def summary(self) -> str:
        """The last word: how much was added, changed, removed."""
        return next(line for line in reversed(as_text(self.changes).splitlines()) if line.strip())


def apply_file(path: Path, settings: Settings, *, dry_run: bool, prune: bool) -> Outcome:
    """Brings what is watched in line with the file. Raises BadInput (nothing was changed) or Unavailable."""
    keys = kit.keyring(settings)
    with kit.connected(settings) as connection:
        alone(connection)
        shelf = Shelf(connection, keys)
        stored = shelf.snapshot()
        declared, warnings = load_watchlist(
            path, known=known_after(stored, prune=prune), served_kinds=served_kinds()
        )
        secrets = _resolved(declared, shelf, path)
        prints = {at: keys.fingerprint(secret) for at, secret in secrets.items()}
        found = changes(declared, stored, prune=prune, fingerprints=prints)
        if not dry_run:
            shelf.write(declared, found, secrets)
    return Outcome(found, tuple(warnings))


def served_kinds() -> frozenset[str]:
    """The channel kinds that this version can send to."""
    return frozenset(channels())


def stored_watchlist(settings: Settings) -> Snapshot:
    """Everything that is watched now. Raises Unavailable."""
    with kit.connected(settings) as connection:
        return Shelf(connection, kit.keyring(settings)).snapshot()


def _resolved(declared: Watchlist, shelf: Shelf, path: Path) -> Mapping[SecretAt, Secret]:
    """Every secret of the file; all the references that lead nowhere are named at once."""
    kinds = {channel.name: channel.kind for channel in declared.channels}
    found: dict[SecretAt, Secret] = {}
    faults: list[str] = []
    for at, reference in secrets_of(declared).items():
        noun, key, field = at
        try:
            found[at] = resolve(reference, os.environ, read_secret_file, shelf.secret)
            fault = target_fault(kinds[key], found[at].reveal()) if field == "target" else None
        except BadInput as error:
            fault = str(error)
        if fault:
            faults.append(f"{path}: [[{noun}]] {key} {field}: {fault}")
    if faults:
        raise BadInput("\n".join(faults))
    return found
