"""The door: files from the disk, within limits."""

from __future__ import annotations

from pathlib import Path

from ops.watchlist.model import NOTHING_KNOWN, BadWatchlist, Complaint, Known, Watchlist
from ops.watchlist.parse import parse_watchlist
from ops.watchlist.words import visible
from worker.errors import BadInput

MAX_BYTES = 5 * 1024 * 1024
_MAX_SECRET_BYTES = 64 * 1024


def read_watchlist(path: str | Path, max_bytes: int = MAX_BYTES) -> str:
    """The text of a watchlist file. Raises BadInput where it is missing, no file, too large or not UTF-8."""
    named = visible(str(path))
    try:
        body = _read(Path(path), max_bytes)
    except FileNotFoundError:
        raise BadInput(f"{named}: there is no such file") from None
    except IsADirectoryError:
        raise BadInput(
            f"{named}: this is a directory; expected a watchlist file in it, by its name"
        ) from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise BadInput(f"{named}: the file cannot be read: {cause}") from None
    if len(body) > max_bytes:
        raise BadInput(
            f"{named}: the file is larger than {max_bytes:,} bytes; expected a watchlist, or several parts"
        )
    return _decoded(body, named)


def load_watchlist(
    path: str | Path, *, known: Known = NOTHING_KNOWN, served_kinds: frozenset[str] | None = None
) -> tuple[Watchlist, list[Complaint]]:
    """A file's watchlist, and the warnings about it. Raises BadWatchlist (every complaint) or BadInput."""
    watchlist, complaints, warnings = parse_watchlist(
        read_watchlist(path), str(path), known=known, served_kinds=served_kinds
    )
    if watchlist is None:
        raise BadWatchlist(tuple(complaints))
    return watchlist, warnings


def read_secret_file(path: str) -> str:
    """The text of a secret's file, for `resolve`. Raises OSError, or ValueError (not UTF-8, above 64 KiB)."""
    body = _read(Path(path), _MAX_SECRET_BYTES)
    if len(body) > _MAX_SECRET_BYTES:
        raise ValueError(f"it is larger than {_MAX_SECRET_BYTES:,} bytes")
    return body.decode()


def _read(path: Path, limit: int) -> bytes:
    """At most one byte more than `limit`: a device or a pipe may never end."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _decoded(body: bytes, named: str) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(f"{named}: the file is in UTF-16; expected UTF-8: save it again with that encoding")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{named}:{line}: byte 0x{body[error.start]:02x} is not UTF-8; save it again with that encoding"
        ) from None
