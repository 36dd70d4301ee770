"""PURE. Tokens that stand for a right: whoever holds one may do one thing, without a log-in.

A token is its content and a keyed hash over it, in URL-safe letters. Its purpose is hashed in, so a token that may
confirm an address cannot unsubscribe it. The first key of a ring signs and all verify.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Literal

from worker.secrets import KeyRing

Purpose = Literal["confirm", "unsubscribe", "manage", "feed"]

CONFIRM_WITHIN = timedelta(hours=48)
LONGEST_TOKEN = 400
MAC = 16  # bytes: nobody guesses one of 2^128
ADDRESS = 12
"""Bytes of an address's keyed hash: among a million addresses two are the same with a chance of 10^-17."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The address (its keyed hash, in hex) leaves these subscriptions."""

    address: str
    subscriptions: tuple[int, ...]


def leave_token(keys: KeyRing, address: str, subscriptions: Iterable[int]) -> str:
    """For the link below a mail that came through these subscriptions; never expires."""
    numbers = b"".join(_number(each) for each in sorted(set(subscriptions)))
    return issue(keys, "unsubscribe", bytes.fromhex(address) + numbers)


def read_leave(keys: KeyRing, token: str) -> Leave | None:
    """What the link may do; None for a token that is not ours, or for something else."""
    content = verify(keys, "unsubscribe", token)
    if content is None or len(content) < ADDRESS:
        return None
    return Leave(content[:ADDRESS].hex(), tuple(_numbers(content[ADDRESS:])))


def manage_token(keys: KeyRing, address: str) -> str:
    """For the page that shows what comes to an address; never expires."""
    return issue(keys, "manage", bytes.fromhex(address))


def read_manage(keys: KeyRing, token: str) -> str | None:
    """Whose page it is; None for a token that is not ours, or for something else."""
    content = verify(keys, "manage", token)
    return content.hex() if content is not None and len(content) == ADDRESS else None


def confirm_token(keys: KeyRing, address: str, now: datetime) -> str:
    """For the link in a confirmation mail."""
    expires = int((now + CONFIRM_WITHIN).timestamp())
    return issue(keys, "confirm", bytes.fromhex(address) + expires.to_bytes(5, "big"))


def read_confirm(keys: KeyRing, token: str) -> tuple[str, datetime] | None:
    """Which address it confirms, and until when; None for a token that is not ours, or for something else."""
    content = verify(keys, "confirm", token)
    if content is None or len(content) != ADDRESS + 5:
        return None
    return content[:ADDRESS].hex(), datetime.fromtimestamp(int.from_bytes(content[ADDRESS:], "big"), UTC)


def issue(keys: KeyRing, purpose: Purpose, content: bytes) -> str:
    """A token for this purpose that carries `content`, which anybody can read."""
    return _spelt(content + _mac(keys.keys[0], purpose, content))


def verify(keys: KeyRing, purpose: Purpose, token: str) -> bytes | None:
    """What a token carries; None where it was not issued for this purpose by one of the keys."""
    if not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    try:
        signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    content, mac = signed[:-MAC], signed[-MAC:]
    good = [compare_digest(mac, _mac(key, purpose, content)) for key in keys.keys]
    return content if any(good) and _spelt(signed) == token else None


def _spelt(signed: bytes) -> str:
    """The one spelling of a token: base64 has others with the same bytes."""
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def _mac(key: bytes, purpose: Purpose, content: bytes) -> bytes:
    own = hashlib.blake2b(purpose.encode(), key=key, digest_size=32, person=b"pantau-token").digest()
    return hashlib.blake2b(content, key=own, digest_size=MAC).digest()


def _number(value: int) -> bytes:
    """Seven bits a byte, the last one without its high bit."""
    pieces = [value & 0x7F]
    while value := value >> 7:
        pieces.append(value & 0x7F | 0x80)
    return bytes(reversed(pieces))


def _numbers(content: bytes) -> Iterable[int]:
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            yield value
            value = 0
