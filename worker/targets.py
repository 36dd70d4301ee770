"""PURE. Which addresses are asked, where a redirect leads, and what a site may be told after another sent us there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from yarl import URL

from worker.wire import site_of

LONGEST_URL = 8192
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_FOR_ANYONE = ("accept", "accept-language", "a-im", "user-agent")
_AS_WRITTEN = "%/:=&?~#+!$,;'@()*[]"


def unusable(url: str) -> str | None:
    """Why this is no address to ask, in words; None if it is one."""
    if len(url) > LONGEST_URL:
        return f"the address is longer than {LONGEST_URL} characters"
    if _CONTROL.search(url) or "\\" in url.partition("?")[0]:
        return "the address holds a blank, a control character or a backslash"
    try:
        parts = urlsplit(url)
        URL(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        return "only http and https addresses with a host can be asked"
    return "an address with a user name in it is not asked" if "@" in parts.netloc else None


def redirected(url: str, location: str) -> str:
    """The address that a Location header means at `url`, without fragment. Servers write blanks and letters of
    any alphabet into it, in UTF-8 or not; both go as percent signs (https://url.spec.whatwg.org/#path-state).
    Raises ValueError where it cannot be read."""
    parts = urlsplit(urljoin(url, location.strip(" \t")))
    return urlunsplit((parts.scheme, parts.netloc, _escaped(parts.path), _escaped(parts.query), ""))


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogateescape"), safe=_AS_WRITTEN) if not _is_plain(text) else text


def _is_plain(text: str) -> bool:
    """Without what must be escaped. Control characters stay, to be refused."""
    return text.isascii() and " " not in text


def same_origin(one: str, other: str) -> bool:
    """Scheme and site are equal: what was told over TLS is not repeated in the clear."""
    return (urlsplit(one).scheme, site_of(one)) == (urlsplit(other).scheme, site_of(other))


def loses_tls(url: str, target: str) -> bool:
    """Whether the way leads from TLS into the clear."""
    return urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http"


def is_foreign(one: str, other: str) -> bool:
    """Whether what is meant for one address is not for the other: another host, or the same in the clear."""
    return urlsplit(one).hostname != urlsplit(other).hostname or loses_tls(one, other)


def for_anyone(headers: Mapping[str, str]) -> dict[str, str]:
    """What a site may be told about us after another one sent us there: no credentials, which a feed may carry
    in a header of any name, and no validators."""
    return {name: value for name, value in headers.items() if name.lower() in _FOR_ANYONE}
