"""Secrets by reference: how `env:NAME`, `file:PATH` and `stored:ID` are written, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ops.watchlist.model import FromEnv, FromFile, Given, Reference, Stored, Watchlist
from ops.watchlist.words import Fault, shown, visible
from worker.errors import BadInput
from worker.secrets import Secret

SecretAt = tuple[str, str, str]
"""Where a secret stands: noun, the item's key (a feed's URL, else its name), and the field."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STORED_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def parse_reference(text: str) -> Reference | Fault:
    """The reference that a text means; a text without `env:`, `file:` or `stored:` in front is the value."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() not in ("env", "file", "stored"):
        return Given(Secret(text))
    if scheme == "env":
        return _from_env(rest)
    if scheme == "file":
        return _from_file(rest)
    if scheme == "stored":
        return _stored(rest)
    return Fault(f'"{scheme}:" is written in small letters', f'"{scheme.lower()}:…"')


def _from_env(name: str) -> Reference | Fault:
    if not _VARIABLE.fullmatch(name):
        return Fault(
            f"{shown('env:' + name)} names no variable", 'env: and a name, such as "env:DESK_SLACK_HOOK"'
        )
    return FromEnv(name)


def _from_file(path: str) -> Reference | Fault:
    if not path or path != path.strip() or path.endswith("/"):
        return Fault(
            f"{shown('file:' + path)} names no file", 'file: and a path, such as "file:/run/secrets/risk"'
        )
    return FromFile(path)


def _stored(identity: str) -> Reference | Fault:
    if not _STORED_ID.fullmatch(identity):
        return Fault(
            f"{shown('stored:' + identity)} names no stored secret",
            "the reference as `pantau export` wrote it",
        )
    return Stored(identity)


def secrets_of(watchlist: Watchlist) -> dict[SecretAt, Reference]:
    """Every reference of a watchlist by its place: what the applying process resolves and seals."""
    found: dict[SecretAt, Reference] = {}
    for feed in watchlist.feeds:
        if feed.password is not None:
            found["feed", feed.url, "password"] = feed.password
        found.update({("feed", feed.url, f"header {name}"): value for name, value in feed.headers})
    for channel in watchlist.channels:
        found["channel", channel.name, "target"] = channel.target
        if channel.secret is not None:
            found["channel", channel.name, "secret"] = channel.secret
    return found


def resolve(
    reference: Reference,
    environ: Mapping[str, str],
    read_file: Callable[[str], str],
    stored: Callable[[str], Secret | None] = lambda _: None,
) -> Secret:
    """The secret that a reference stands for, without the blanks around it.

    `read_file` gives a file's text or raises OSError or UnicodeDecodeError; `stored` looks up what this
    installation keeps. Raises BadInput, which names the reference and never the value.
    """
    match reference:
        case Given(value):
            return value
        case FromEnv(name):
            return _full(
                reference, environ.get(name), f"the variable {name} is not set in the process that applies"
            )
        case FromFile(path):
            return _full(reference, _text_of(reference, path, read_file), "")
        case Stored(identity):
            kept = stored(identity)
            return _full(reference, kept.reveal() if kept else None, "this installation keeps no such secret")


def _text_of(reference: Reference, path: str, read_file: Callable[[str], str]) -> str:
    try:
        return read_file(path)
    except UnicodeDecodeError:
        raise BadInput(f"{reference}: the file is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise BadInput(f"{visible(str(reference))}: the file cannot be read: {cause}") from None


def _full(reference: Reference, text: str | None, missing: str) -> Secret:
    if text is None:
        raise BadInput(f"{reference}: {missing}")
    if not text.strip():
        raise BadInput(f"{reference}: it is empty; expected the secret's text")
    return Secret(text.strip())
