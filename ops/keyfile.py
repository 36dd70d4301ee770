"""The key file: the phrases that seal secrets, one a line, the first seals and all open.

Processes that run learn of a new key by looking at the file before each use: a stat costs some 2 µs, reading it anew
happens only after it was replaced. It is replaced whole, so that nobody ever reads half of it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from worker.errors import BadConfiguration
from worker.secrets import KeyRing, derived

SHORTEST = 16
_BYTES = 48


@dataclass(slots=True)
class KeyFile:
    """The file at `path`, made with a fresh key where it is missing. Raises BadConfiguration where it cannot be made
    or read."""

    path: Path
    _seen: tuple[int, int, int] | None = field(default=None, init=False)
    _keys: tuple[bytes, ...] = field(default=(), init=False)

    def ring(self) -> KeyRing:
        """The keys in it, followed as it changes."""
        self._make()
        self._keys = derived(self.phrases())
        return KeyRing(self._keys, self._look)

    def phrases(self) -> tuple[str, ...]:
        """What stands in it, the newest first."""
        try:
            lines = self.path.read_text(encoding="ascii").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfiguration(f"the key file {self.path} cannot be read: {error}") from None
        found = tuple(line.strip() for line in lines if line.strip())
        if not found or any(len(phrase) < SHORTEST for phrase in found):
            raise BadConfiguration(
                f"the key file {self.path} is damaged: each line must hold at least {SHORTEST} characters"
            )
        return found

    def age_s(self, now: float) -> float:
        """Seconds since it was last replaced; `now` since the epoch."""
        return now - self.path.stat().st_mtime

    def add(self) -> None:
        """Puts a fresh key first."""
        self._write((secrets.token_urlsafe(_BYTES), *self.phrases()))

    def keep_first(self) -> int:
        """Drops every key but the first; returns how many that were."""
        first, *others = self.phrases()
        if others:
            self._write((first,))
        return len(others)

    def _look(self) -> tuple[bytes, ...]:
        """The keys as they are now; those that were known where it cannot be read."""
        try:
            now = self.path.stat()
            seen = (now.st_mtime_ns, now.st_ino, now.st_size)
            if seen != self._seen:
                self._keys, self._seen = derived(self.phrases()), seen
        except (OSError, BadConfiguration):
            pass
        return self._keys

    def _make(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        except OSError as error:
            raise BadConfiguration(f"the key file {self.path} cannot be made: {error.strerror}") from None
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(_BYTES) + "\n")

    def _write(self, phrases: tuple[str, ...]) -> None:
        """Replaces the file: on disk before it takes the old one's place, and its owner's as before."""
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.unlink(missing_ok=True)
        before = self.path.stat()
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("".join(f"{phrase}\n" for phrase in phrases))
            file.flush()
            os.fsync(file.fileno())
            if os.geteuid() == 0:
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
        fresh.replace(self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
