"""Values that must never be seen: shown as stars, sealed at rest.

Sealed with AES-256-GCM (NIST SP 800-38D); the place a secret belongs to is authenticated with it, so a
ciphertext copied to another row does not open there.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from worker.errors import BadConfiguration

_NONCE = 12
_TELLING = 8  # characters


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that prints as stars; `reveal()` is the one way to read it, easy to find in a review."""

    _text: str

    def reveal(self) -> str:
        """The text itself: only at the moment it goes over a wire."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._text)


def without(text: str, *secrets: Secret) -> str:
    """The text with stars where one of the secrets stands, or a part of an address that is one: receivers answer with
    what they were asked, and answers are kept and shown."""
    for secret in secrets:
        for piece in sorted(_pieces(secret.reveal()), key=len, reverse=True):
            text = text.replace(piece, "***")
    return text


def _pieces(secret: str) -> set[str]:
    """The secret, and what stands behind the host of an address, piece by piece; short ones are words that anybody may
    use."""
    _, scheme, rest = secret.partition("://")
    host, _, behind = rest.rpartition("@")[2].partition("/")
    parts = [rest.rpartition("@")[0], *re.split(r"[/?&=:#]", behind)] if scheme and host else []
    return {piece for piece in (secret, *parts) if len(piece) >= _TELLING}


class KeyRing:
    """The keys that seal secrets: the first seals, all open (so keys can be rotated).

    `look` gives the keys as they are now, where they may change while the process runs; it is asked at each use, so
    that nothing is sealed with a key that is about to go.
    """

    __slots__ = ("_keys", "_look")

    def __init__(self, keys: tuple[bytes, ...], look: Callable[[], tuple[bytes, ...]] | None = None) -> None:
        self._keys, self._look = keys, look

    @classmethod
    def of(cls, phrases: tuple[str, ...]) -> KeyRing:
        """The ring of these phrases."""
        return cls(derived(phrases))

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys as they are now, 256 bits each."""
        return self._look() if self._look else self._keys

    def seal(self, secret: Secret, place: str) -> str:
        """Ciphertext for `place` (such as "channel:12:target"), as text `v1:…`."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(self.keys[0]).encrypt(nonce, secret.reveal().encode(), place.encode())
        return "v1:" + base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, place: str) -> Secret:
        """The secret of `place`. Raises BadConfiguration where no key of the ring opens it."""
        found = self._opened(sealed, place)
        if found is None:
            raise BadConfiguration(
                f"the secret of {place} does not open with the keys at hand: "
                "PANTAU_SECRET_KEY (or the key file in the data directory) is not the one that sealed it"
            )
        return found[1]

    def opener(self, sealed: str, place: str) -> int | None:
        """Which key of the ring opens it (0: the one that seals now); None if none does."""
        found = self._opened(sealed, place)
        return None if found is None else found[0]

    def _opened(self, sealed: str, place: str) -> tuple[int, Secret] | None:
        for number, key in enumerate(self.keys):
            try:
                raw = base64.urlsafe_b64decode(sealed.removeprefix("v1:"))
                text = AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode()
            except (InvalidTag, ValueError):  # not ours, or damaged
                continue
            return number, Secret(text)
        return None

    def fingerprint(self, secret: Secret) -> str:
        """A keyed hash, to find equal secrets without opening them."""
        return hashlib.blake2b(secret.reveal().encode(), key=self.keys[0], digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return f"KeyRing({len(self.keys)} keys)"


def derived(phrases: tuple[str, ...]) -> tuple[bytes, ...]:
    """One 256-bit key per phrase. Phrases are random and long, so no slow hash is needed."""
    return tuple(hashlib.blake2b(p.encode(), digest_size=32, person=b"pantau-seal").digest() for p in phrases)


def named(key: bytes) -> str:
    """What a key may be called in front of people: it says nothing of it."""
    return hashlib.blake2b(b"named", key=key, digest_size=4).hexdigest()
