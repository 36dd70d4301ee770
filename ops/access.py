"""Who may look at the pages: the first account, passwords, sessions."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ops.store import accounts
from ops.store.accounts import Session, User
from worker.errors import BadInput
from worker.secrets import Secret
from worker.store.engine import Connection, Engine

SESSION = timedelta(days=14)
SHORTEST_PASSWORD = 8
_TWO_AT_ONCE = threading.Semaphore(
    2
)  # 19 MiB each (OWASP's argon2id profile); a flood of log-ins must not eat the memory


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    """A hash that an unknown name is checked against, so that it takes as long as a known one."""
    return _hasher().hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    """An argon2id hash. Raises BadInput for a password that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(f"the password is too short: at least {SHORTEST_PASSWORD} characters")
    return _hasher().hash(password)


def first_account(engine: Engine, wanted: Secret | None) -> str | None:
    """Makes the account `admin` where there is none at all; returns the password if it was generated."""
    with engine.begin() as connection:
        if accounts.any_user(connection):
            return None
        password = wanted.reveal() if wanted else secrets.token_urlsafe(12)
        accounts.add_user(connection, "admin", hash_password(password), role="admin")
    return None if wanted else password


def log_in(connection: Connection, name: str, password: str, browser: str = "") -> tuple[str, Session] | None:
    """A new session for the right name and password: the cookie's token and what it stands for."""
    user, nobody = accounts.find_user(connection, name), _nobody()
    if not _fits(user.password if user else nobody, password) or user is None:
        return None
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    return token, accounts.add_session(connection, digest(token), user, csrf, SESSION, browser)


def session_of(connection: Connection, token: str) -> Session | None:
    """The session that a cookie stands for, if it has not ended."""
    return accounts.find_session(connection, digest(token)) if token else None


def living(connection: Connection, digests: Collection[str]) -> Collection[str]:
    """Those sessions, by the digests of their tokens, that have not ended."""
    return accounts.living_sessions(connection, digests)


def log_out(connection: Connection, token: str) -> None:
    """Ends a session."""
    accounts.drop_session(connection, digest(token))


def knows_password(user: User, password: str) -> bool:
    """Whether this is the account's password."""
    return _fits(user.password, password)


def _fits(hashed: str, password: str) -> bool:
    with _TWO_AT_ONCE:
        try:
            return _hasher().verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def digest(token: str) -> str:
    """What stands for a cookie's token in the database: whoever reads that cannot log in with it."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(slots=True)
class Attempts:
    """Counts log-ins per key in a sliding window; `now` in seconds of any steady clock.

    A try is noted before its password is looked at and forgiven if it was right, so that many at once do not
    slip through together.
    """

    most: int
    window_s: float
    failed: dict[str, list[float]] = field(default_factory=dict)

    def allowed(self, key: str, now: float) -> bool:
        """Whether this key may try again now."""
        recent = [at for at in self.failed.get(key, []) if now - at < self.window_s]
        if recent:
            self.failed[key] = recent
        else:
            self.failed.pop(key, None)
        return len(recent) < self.most

    def forgive(self, key: str) -> None:
        """Forgets the newest try of a key."""
        if tries := self.failed.get(key):
            tries.pop()

    def note(self, key: str, now: float) -> None:
        """Remembers a try; the oldest keys go when there are too many to remember."""
        self.failed.setdefault(key, []).append(now)
        while len(self.failed) > 10_000:
            del self.failed[next(iter(self.failed))]


__all__ = [
    "Attempts",
    "Session",
    "User",
    "digest",
    "first_account",
    "hash_password",
    "knows_password",
    "living",
    "log_in",
    "log_out",
    "session_of",
]
