"""The token of a form as an answer carries it: another word each time, though the token stays (decision 36).

What is compressed tells by its length how much of it repeats, so a secret must not stand in two answers in the same
words (BREACH, CVE-2013-3587). Each answer carries a pad and the token under that pad: two words of chance, which give
the token together.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

_LONGEST = 400


def masked(token: str) -> str:
    """The token under a pad that was used for nothing before."""
    known = token.encode()
    pad = secrets.token_bytes(len(known))
    return urlsafe_b64encode(pad + _under(pad, known)).decode().rstrip("=")


def unmasked(told: str | None) -> str | None:
    """The token that a form carries; None for what no answer of ours carried."""
    if not told or len(told) > _LONGEST:
        return None
    try:
        both = urlsafe_b64decode(told + "=" * (-len(told) % 4))
        half, odd = divmod(len(both), 2)
        return None if odd else _under(both[:half], both[half:]).decode()
    except (NotBase64, ValueError):
        return None


def _under(pad: bytes, text: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(pad, text, strict=True))
