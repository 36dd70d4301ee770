"""Keys are changed while everything runs: what is sealed is sealed anew, and only then the old key goes.

From the key file: a fresh key is put first, everything is sealed with it, and the old one stays for whatever a process
had sealed but not yet committed. The next rotation finishes that: nothing may be sealed with the old key any more, and
it must be at least GRACE_S ago, which is longer than any transaction. From PANTAU_SECRET_KEY: the keys are the
operator's, who puts a new one first, restarts, seals anew, and takes the old one away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from ops import kit
from ops.keyfile import KeyFile
from ops.store import sealed
from ops.store.audit_log import COMMAND_LINE, note
from worker.errors import BadConfiguration, TryAgain, Unavailable
from worker.secrets import KeyRing, named
from worker.settings import Settings
from worker.store.engine import Connection, DatabaseTrouble, Engine

log = structlog.get_logger("ops")

GRACE_S = 600.0
FRESH_S = 86400.0
"""A key that is younger is not replaced: the rotation that made it is only finished."""
_PASSES = 5


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: whether it `began` one with a fresh key, how many old keys it `dropped`, how many values it
    sealed anew, which no key opens, and how many keys there are now. `waits` if old keys are kept for now."""

    source: Literal["file", "environment"]
    began: bool
    dropped: int
    resealed: int
    unopened: tuple[str, ...]
    keys: int
    waits: bool


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key by its public name, where it comes from, whether it seals what is new, and how many secrets it opens."""

    key: str
    source: Literal["file", "environment"]
    seals: bool
    secrets: int


def keys_in_use(
    connection: Connection, ring: KeyRing, source: Literal["file", "environment"]
) -> tuple[list[KeyUse], list[str]]:
    """The keys, the first one first, and the places of the secrets that none of them opens."""
    counts, lost = sealed.opened_by(ring, sealed.every_value(connection))
    uses = [
        KeyUse(named(key), source, seals=number == 0, secrets=counts.get(number, 0))
        for number, key in enumerate(ring.keys)
    ]
    return uses, list(lost)


def rotate(
    engine: Engine,
    keys: KeyRing,
    file: KeyFile | None,
    clock: Callable[[], datetime],
    by: str = COMMAND_LINE,
) -> Rotated:
    """Rotates, or finishes an earlier rotation. `file` is None where the keys come from the environment. Raises
    TryAgain while somebody else does."""
    with engine.connect() as holding:
        if not sealed.alone(holding):
            raise TryAgain("keys are being rotated already; try again when that is done")
        begins, dropped = False, 0
        if file is not None:
            age = file.age_s(clock().timestamp())
            begins = _single(keys) or age >= FRESH_S
            dropped = _finish(engine, keys, file) if age >= GRACE_S else 0
        if begins and file is not None:
            file.add()
        resealed, unopened = _seal_anew(engine, keys)
    left = len(keys.keys)
    source: Literal["file", "environment"] = "file" if file else "environment"
    done = Rotated(source, begins, dropped, resealed, tuple(unopened), left, left > 1)
    if begins or resealed or dropped:
        with engine.begin() as connection:
            shown = {"began": begins, "resealed": resealed, "dropped": dropped, "keys": left}
            note(connection, by, "rotated", "keys", source, None, shown)
    return done


def _single(keys: KeyRing) -> bool:
    return len(keys.keys) == 1


def _finish(engine: Engine, keys: KeyRing, file: KeyFile) -> int:
    """Drops the old keys of an earlier rotation, if nothing is sealed with them; returns how many."""
    if _single(keys):
        return 0
    _seal_anew(engine, keys)
    with engine.connect() as connection:
        counts, _ = sealed.opened_by(keys, sealed.every_value(connection))
    return file.keep_first() if set(counts) <= {0} else 0


def _seal_anew(engine: Engine, keys: KeyRing) -> tuple[int, list[str]]:
    """Seals with the first key whatever another one sealed, a value at a time, so that nobody waits for us; again
    until a pass finds nothing. Returns how many, and the places of those that no key opens."""
    total, unopened = 0, []
    for _ in range(_PASSES):
        with engine.connect() as connection:
            found = [(kept, keys.opener(kept.sealed, kept.place)) for kept in sealed.every_value(connection)]
        unopened = [kept.place for kept, number in found if number is None]
        stale = [kept for kept, number in found if number]
        for kept in stale:
            with engine.begin() as connection:
                total += sealed.reseal(connection, kept, keys)
        if not stale:
            break
    with engine.begin() as connection:
        sealed.fingerprint_anew(connection, keys)
    return total, unopened


def check_keys(connection: Connection, keys: KeyRing) -> int:
    """How many of a few sealed values do not open; raises BadConfiguration where none of them does, since then the
    keys are not those of this database."""
    values = sealed.sample(connection)
    lost = [kept.place for kept in values if keys.opener(kept.sealed, kept.place) is None]
    if values and len(lost) == len(values):
        raise BadConfiguration(
            f"no secret in the database opens with the keys at hand (tried {len(values)}, such as that of {lost[0]}): "
            "PANTAU_SECRET_KEY, or secret.key in the data directory, is not the one that sealed them. Put the right "
            "one back (it is part of no backup); if it is lost for good, `pantau keys give-up` lets go of what it "
            "sealed, and the watchlist is applied again"
        )
    return len(lost)


def keys_fit(settings: Settings) -> None:
    """Raises BadConfiguration where the keys are not those of the database, so that the start ends here. A database
    that does not answer yet, or has no tables, says nothing."""
    try:
        with kit.connected(settings) as connection:
            lost = check_keys(connection, kit.keyring(settings))
    except (Unavailable, DatabaseTrouble):
        return
    if lost:
        log.warning("secrets_not_opened", secrets=lost, remedy="pantau keys list")
