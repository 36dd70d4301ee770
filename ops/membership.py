"""Who has an account and what it may do: one set of rules for the command line, the pages and the API.

Each change is written down in the audit log within its own transaction. There is always an admin left: whoever could
lock everybody out would have to be helped at the machine.
"""

from __future__ import annotations

import secrets
from typing import Literal
from uuid import UUID

from alerts.letter import plain_text
from ops.access import SHORTEST_PASSWORD, hash_password, knows_password
from ops.store import accounts
from ops.store.accounts import ROLES, Role, User
from ops.store.audit_log import note
from worker.errors import BadInput
from worker.store.engine import Connection

LONGEST_NAME = 80
LONGEST_PASSWORD = 1000


Reason = Literal[
    "no_name",
    "long_name",
    "taken",
    "short_password",
    "long_password",
    "wrong_password",
    "unknown",
    "last_admin",
    "no_role",
    "own",
]


class Refused(BadInput):
    """Nothing was changed. `reason` says why for programs and pages, `field` what of it was wrong; read as a str it is
    the sentence for the command line."""

    def __init__(self, reason: Reason, field: str, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.reason, self.field, self.facts = reason, field, facts


def new_password() -> str:
    """A password that nobody has thought of, to be shown once."""
    return secrets.token_urlsafe(12)


def add(connection: Connection, name: str, password: str, role: str, by: str) -> User:
    """Makes an account. Raises Refused."""
    name, known, hashed = _name(name), _role(role), _hashed(password)
    accounts.alone(connection)
    if accounts.find_user(connection, name):
        raise Refused("taken", "name", f"there is an account {name} already", name=name)
    accounts.add_user(connection, name, hashed, known)
    note(connection, by, "added", "account", name, None, {"role": known})
    return existing(connection, name)


def existing(connection: Connection, name: str) -> User:
    """The account of this name. Raises Refused where there is none."""
    user = accounts.find_user(connection, name)
    if user is None:
        known = plain_text(name, LONGEST_NAME)
        raise Refused(
            "unknown", "row", f"there is no account {known}; `pantau users list` shows them", name=known
        )
    return user


def reset_password(connection: Connection, name: str, password: str, by: str) -> User:
    """Gives an account a new password, which ends its sessions. Raises Refused."""
    user = existing(connection, name)
    accounts.set_password(connection, user, _hashed(password))
    note(connection, by, "reset the password of", "account", user.name)
    return user


def tries_of(name: str) -> str:
    """What tries of an account's present password are counted under, on pages and by programs together."""
    return f"password {name}"


def change_password(
    connection: Connection, name: str, old: str, new: str, keep: UUID | None, by: str = ""
) -> None:
    """Gives one's own account a new password; every session but the one to `keep` ends. `by` is who asks for it where
    that is a program. Raises Refused."""
    user = existing(connection, name)
    if not knows_password(user, old):
        raise Refused("wrong_password", "old", "this is not the password")
    accounts.set_password(connection, user, _hashed(new), keep)
    note(connection, by or user.name, "changed the password of", "account", user.name)


def change_role(connection: Connection, name: str, role: str, by: str) -> User:
    """Lets an account do more or less. Raises Refused."""
    known = _role(role)
    accounts.alone(connection)
    user = existing(connection, name)
    if user.role == known:
        return user
    _keep_an_admin(connection, user)
    accounts.set_role(connection, user, known)
    note(connection, by, "changed", "account", user.name, {"role": user.role}, {"role": known})
    return user


def remove(connection: Connection, name: str, by: str, own: str | None = None) -> User:
    """Takes an account away, with its sessions and the tokens that ask for it; never the `own` one of who asks, who
    would be shut out by the answer. Raises Refused."""
    accounts.alone(connection)
    user = existing(connection, name)
    if own is not None and user.name == own:
        raise Refused("own", "row", "this is the account that asks: let another admin remove it")
    _keep_an_admin(connection, user)
    accounts.drop_user(connection, user)
    note(connection, by, "removed", "account", user.name, {"role": user.role}, None)
    return user


def change_tastes(connection: Connection, name: str, language: str, timezone: str, by: str = "") -> None:
    """In which language and time zone one's own account reads; the caller knows that there are such
    (`ops.tastes`)."""
    user = existing(connection, name)
    before = {"language": user.language, "timezone": user.timezone}
    after = {"language": language, "timezone": timezone}
    if before != after:
        accounts.set_tastes(connection, user, language, timezone)
        note(connection, by or user.name, "changed", "account", user.name, before, after)


def end_sessions(
    connection: Connection, name: str, named: UUID | None = None, keep: UUID | None = None, by: str = ""
) -> int:
    """Logs out one browser of one's own account, or all but the one to `keep`; returns how many. Raises Refused."""
    user = existing(connection, name)
    if named is None:
        ended = accounts.drop_sessions(connection, user, keep)
    else:
        ended = int(accounts.drop_session_named(connection, user, named))
    if ended:
        note(connection, by or user.name, "ended sessions of", "account", user.name, {"sessions": ended})
    return ended


def _keep_an_admin(connection: Connection, user: User) -> None:
    if user.role == "admin" and not accounts.other_admins(connection, user):
        sentence = f"{user.name} is the last admin: give another account that role first"
        raise Refused("last_admin", "row", sentence, name=user.name)


def _name(name: str) -> str:
    name = name.strip()
    if not name:
        raise Refused("no_name", "name", "an account needs a name")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused("long_name", "name", f"a name is one line of at most {LONGEST_NAME} characters")
    return name


def _role(role: str) -> Role:
    found = next((known for known in ROLES if known == role), None)
    if found is None:
        shown, roles = plain_text(role, 20), ", ".join(ROLES)
        raise Refused("no_role", "role", f"there is no role {shown}; expected one of {roles}")
    return found


def _hashed(password: str) -> str:
    if len(password) > LONGEST_PASSWORD:
        sentence = f"the password is too long: at most {LONGEST_PASSWORD} characters"
        raise Refused("long_password", "new", sentence, n=LONGEST_PASSWORD)
    if len(password) < SHORTEST_PASSWORD:
        sentence = f"the password is too short: at least {SHORTEST_PASSWORD} characters"
        raise Refused("short_password", "new", sentence, n=SHORTEST_PASSWORD)
    return hash_password(password)
