"""Secret addresses at which a topic or a subscription is read as a feed: the rules of the command and the pages."""

from __future__ import annotations

import secrets

from ops.store import audit_log, sharing
from ops.store.sharing import Noun
from worker.store.engine import Connection

_BYTES = 24  # 192 bits: no list of guesses finds one


def make(connection: Connection, noun: Noun, owner: int, name: str, who: str) -> str:
    """A new token, which is told once; the addresses that were made before go on."""
    token = secrets.token_urlsafe(_BYTES)
    sharing.share(connection, noun, owner, token)
    audit_log.note(connection, who, "shared", noun.removesuffix("s"), name)
    return token


def close(connection: Connection, noun: Noun, owner: int, name: str, who: str) -> int:
    """Closes every address that was made so far; returns how many."""
    closed = sharing.revoke(connection, noun, owner)
    if closed:
        audit_log.note(connection, who, "unshared", noun.removesuffix("s"), name, None, {"addresses": closed})
    return closed


def forms(base: str, noun: Noun, token: str) -> dict[str, str]:
    """The addresses behind a token, by form; `base` is where people reach the dashboard."""
    return {form: f"{base.rstrip('/')}/feeds/{noun}/{token}.{form}" for form in ("atom", "json")}
