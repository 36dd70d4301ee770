"""PURE. Who may do what from where: headers on every answer, the origin of a form, names of cookies.

What a reverse proxy says about itself (X-Forwarded-*) is not believed: anybody can say it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from hmac import compare_digest
from typing import Literal
from urllib.parse import urlsplit

Access = Literal["local", "token", "open"]

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "worker-src 'self'",
    )
)

HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # With "no-referrer" browsers send "Origin: null" with our own forms, and over plain http nothing else
    # tells where a form came from (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
    # Other sites learn as little from "same-origin".
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What every answer carries, unless it says otherwise itself."""

LOOKS = ("light", "dark")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_LONGEST_PATH = 1000
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def foreign(method: str, headers: Mapping[str, str], public_url: str | None) -> str | None:
    """Why this request comes from a foreign page; None if it does not, or cannot be told (no browser).

    `headers` has lower-case names. Sec-Fetch-Site is believed first, because no page can forge it; browsers
    send it only over https and to localhost, so elsewhere the Origin must be ours.
    """
    if method in SAFE_METHODS:
        return None
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return None if site in _OWN_SITES else "foreign_site"
    if origin is None or origin.lower() in _own_origins(headers.get("host", ""), public_url):
        return None
    return "foreign_origin"


def _own_origins(host: str, public_url: str | None) -> set[str]:
    own = {f"{scheme}://{host.lower()}" for scheme in ("http", "https") if host}
    return own | ({_origin(public_url)} if public_url else set())


def _origin(url: str) -> str:
    """As browsers write it: lower case, without the port that goes without saying (RFC 6454 6.1)."""
    parts = urlsplit(url.lower())
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def local_path(wanted: str) -> str:
    """Where to go after the log-in: a path of ours, or "/" for anything that could lead elsewhere."""
    astray = not wanted.startswith("/") or wanted.startswith("//") or bool(_ODD.search(wanted))
    if astray or len(wanted) > _LONGEST_PATH or wanted.split("?")[0] in ("/login", "/logout"):
        return "/"
    return wanted


def same(told: str | None, expected: str | None) -> bool:
    """Whether a form carries the token it must; compared in constant time, and never by empty tokens."""
    return bool(told) and bool(expected) and compare_digest((told or "").encode(), (expected or "").encode())


def may_read_figures(access: Access, token: str | None, peer: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a program may read /metrics: with the token always; without, where everybody may ("open"), or from
    this machine ("local"). A proxy on this machine brings strangers along, so what comes through one does not count
    as local; nor does a name that some page made a browser look up here (DNS rebinding)."""
    told = headers.get("authorization", "").partition(" ")
    if told[0].lower() == "bearer" and same(told[2].strip(), token):
        return True
    if access == "open":
        return True
    forwarded = any(name in headers for name in _FORWARDED)
    return (
        access == "local" and not forwarded and _loopback(peer) and _loopback(_host(headers.get("host", "")))
    )


def _host(authority: str) -> str:
    """ "[::1]:8484" → "::1"; "" where it is none."""
    try:
        return urlsplit(f"//{authority}").hostname or ""
    except ValueError:
        return ""


def _loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def secure(public_url: str | None) -> bool:
    """Whether people reach us over https, so that cookies may be bound to it."""
    return (public_url or "").lower().startswith("https://")


def cookie_name(name: str, public_url: str | None) -> str:
    """ "session" → "__Host-pantau_session" over https: no other host can plant it (RFC 6265bis 4.1.3.2)."""
    return f"__Host-pantau_{name}" if secure(public_url) else f"pantau_{name}"


def visitor(host: str | None) -> str:
    """The address that tries are counted under: an IPv6 customer owns a whole /64, so that counts as one."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
