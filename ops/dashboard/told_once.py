"""What a page shows once and never again: a password or a token that was just made.

A form is answered by going somewhere, so the secret must come along. It travels in a cookie of the visitor's own, which
the next page shows and takes away: several web processes need no memory in common, and the database never holds it. It
is signed with the session's own token, so that nobody else can make the page show something as its own.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from hmac import new as hmac

from starlette.requests import Request
from starlette.responses import Response

from ops.access import Session
from ops.dashboard import gate
from ops.dashboard.context import context_of
from ops.dashboard.login import drop_cookie, set_cookie
from ops.dashboard.packing import uncompressed

_COOKIE = "told"
_LASTS_S = 120


@dataclass(frozen=True, slots=True)
class Told:
    """A secret and the name of what it opens; `key` says on which page it is shown."""

    key: str
    name: str
    secret: str


def tell_once(request: Request, session: Session, answer: Response, told: Told) -> Response:
    """Sends the secret along with the answer."""
    packed = urlsafe_b64encode(json.dumps([told.key, told.name, told.secret]).encode()).decode()
    value = f"{packed}.{_signed(packed, session)}"
    set_cookie(answer, context_of(request), _COOKIE, value, lasts_s=_LASTS_S)
    return answer


def told_of(request: Request, session: Session, key: str) -> Told | None:
    """What came along for this page."""
    sent = request.cookies.get(gate.cookie_name(_COOKIE, context_of(request).public_url), "")
    packed, _, signature = sent.partition(".")
    if not gate.same(signature, _signed(packed, session)):
        return None
    told = Told(*json.loads(urlsafe_b64decode(packed)))
    return told if told.key == key else None


def told(request: Request, answer: Response) -> Response:
    """The answer shows the secret: it is forgotten, and its length tells nothing."""
    drop_cookie(answer, context_of(request), _COOKIE)
    return uncompressed(answer)


def _signed(packed: str, session: Session) -> str:
    return hmac(session.csrf.encode(), packed.encode(), sha256).hexdigest()
