"""Values that must never be seen: shown as stars, sealed at rest.

Sealed with AES-256-GCM (NIST SP 800-38D); the place a secret belongs to is authenticated with it, so a
ciphertext copied to another row does not open there.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from worker.errors import BadConfiguration

_NONCE = 12


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


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys that seal secrets: the first seals, all open (so keys can be rotated)."""

    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, phrases: tuple[str, ...]) -> KeyRing:
        """Derives one 256-bit key per phrase. Phrases are random and long, so no slow hash is needed."""
        return cls(
            tuple(
                hashlib.blake2b(p.encode(), digest_size=32, person=b"pantau-seal").digest() for p in phrases
            )
        )

    def seal(self, secret: Secret, place: str) -> str:
        """Ciphertext for `place` (such as "channel:12:target"), as text `v1:…`."""
        nonce = os.urandom(_NONCE)
        sealed = nonce + AESGCM(self.keys[0]).encrypt(nonce, secret.reveal().encode(), place.encode())
        return "v1:" + base64.urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, place: str) -> Secret:
        """The secret of `place`. Raises BadConfiguration where no key of the ring opens it."""
        for key in self.keys:
            try:
                raw = base64.urlsafe_b64decode(sealed.removeprefix("v1:"))
                return Secret(AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode())
            except (InvalidTag, ValueError):  # not ours, or damaged
                continue
        raise BadConfiguration(
            f"the secret of {place} does not open with the keys at hand: "
            "PANTAU_SECRET_KEY (or the key file in the data directory) is not the one that sealed it"
        )

    def fingerprint(self, secret: Secret) -> str:
        """A keyed hash, to find equal secrets without opening them."""
        return hashlib.blake2b(secret.reveal().encode(), key=self.keys[0], digest_size=16).hexdigest()

    def __repr__(self) -> str:
        return f"KeyRing({len(self.keys)} keys)"
