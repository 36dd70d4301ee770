"""What goes over the wire and what comes back, as values without sockets.

A request that failed is a value too: callers judge a `Failure` as they judge a `Reply`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from worker.model import Turn

FailureReason = Literal[
    "bad_url",  # not http(s), userinfo, unparsable, too long
    "blocked",  # the address or port is not one we may reach
    "dns",  # the name has no address
    "refused",  # nobody listens, or the network is unreachable
    "tls",  # handshake or certificate
    "timeout",  # the total deadline passed
    "paused",  # the site wants to be left alone for a while, or is booked out for longer than we wait
    "too_large",  # decoded body above the cap
    "redirects",  # too many hops, a loop, or to a place we do not follow
    "reset",  # the connection broke in mid-exchange
    "protocol",  # not HTTP, or headers beyond limits
    "not_installed",  # what would do the asking for us is an optional package, and not here
    "not_taken",  # who asked for us says that it was not accepted, and does not say why
]


@dataclass(frozen=True, slots=True)
class Request:
    """One exchange to be made. Seconds for times, bytes (decoded) for sizes.

    `cut`: a body beyond `max_bytes` is cut there instead of refused. `traced`: the answer tells every hop, each
    made on a connection of its own. `turn`: the leave to ask the site, where the caller holds it already.
    `vouched`: the operator has set this address, so it may lie in a private network; the door must know it too.
    """

    url: str = field(repr=False)  # a hook's address is a secret, and so may be the rest
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    deadline_s: float = 20.0
    max_bytes: int = 10 * 1024 * 1024
    max_redirects: int = 5
    turn: Turn | None = None
    cut: bool = False
    traced: bool = False
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Hop:
    """One step on the way to an answer: what was asked, whom, and what came.

    `address` is what was dialled, with its port (behind a proxy: the proxy's); the seconds count from the hop's
    beginning; what it never came to is None. `sent` are the request's headers, with stars for what may be
    a secret; `received` are the bytes that came over the wire, TLS included.
    """

    url: str = field(repr=False)
    sent: Mapping[str, str] = field(repr=False)
    address: str | None = None
    resolved_s: float | None = None
    connected_s: float | None = None
    answered_s: float | None = None
    ended_s: float | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    received: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `headers` has lower-case names; `url` is the last hop's; `permanent_url` is where an
    unbroken chain of 301/308 from the first hop led, or None (never out of TLS into the clear). `hops` are told of
    a traced request alone."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    permanent_url: str | None = None
    elapsed_s: float = 0.0
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """No usable answer. `written` tells whether the request may have reached the receiver:
    False means surely not, so repeating it is safe."""

    reason: FailureReason
    detail: str
    written: bool = False
    elapsed_s: float = 0.0
    hops: tuple[Hop, ...] = ()


def site_of(url: str) -> str:
    """The host and port that an address is asked at: `news.example.id:443`. The column `feeds.site` says the
    same in SQL."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
