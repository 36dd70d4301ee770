"""How an entry and an article are known again: addresses in one form, and the keys an entry goes by."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import idna

from worker.links import web_link
from worker.model import Entry

_KEY_LONGEST = 64
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Parameters that only say where the reader came from. A closed list: generic filters also drop `id`, `p` and
# `page` (7 of 10 pairs of different articles merged in a test of one).
_TRACKING = re.compile(
    r"utm_\w+|at_(?:medium|campaign|custom\d?|link_\w+|ptr_\w+|format|bbc_\w+)|mc_(?:cid|eid)|hsa_\w+|_hs(?:enc|mi)|"
    r"(?:pk|piwik|mtm|matomo|stm|itm)_\w+|oly_(?:anon|enc)_id|wt_(?:mc|zmc)|wt\.mc_id|"
    r"fbclid|fb_(?:action_ids|action_types|source|ref)|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid|twclid|"
    r"ttclid|li_fat_id|igshid|igsh|srsltid|mkt_tok|vero_id|_openstat|xtor|cmpid|cmp|ncid|ocid|ito|ref|ref_src|rss|"
    r"smid|s_cid|_ga|_gl|spm|guccounter|guce_referrer(?:_sig)?|__twitter_impression",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEEP_IN_PATH = "/%:@!$&'()*+,;="
_KEEP_IN_QUERY = _KEEP_IN_PATH + "?"


def canonical_url(url: str) -> str:
    """The one form of all addresses that surely lead to one article; what is no web address stays as it is.

    Lower-case host, default port, tracking parameters and fragment (but `#!`) dropped; parameters sorted;
    dot segments resolved; percent signs only where RFC 3986 (6.2.2) wants them. Idempotent.
    """
    address = web_link(url)
    return _canonical(address) if address else url.strip()


def entry_keys(entry: Entry, feed_url: str) -> tuple[str, ...]:
    """Every key under which this entry may be known in its feed, strongest first; never empty, each short.

    An entry is known if any of its keys is, so a feed may change its guids or its links, not both at once.
    The text never counts: an edited article is the same article. A link to the front page or to the feed
    itself is no key, or a feed that links nothing else would have a single entry.
    """
    keys = dict.fromkeys(key for key in (_guid_key(entry, feed_url), _link_key(entry, feed_url)) if key)
    return tuple(keys) or (_title_key(entry),)


def _canonical(address: str) -> str:
    parts = urlsplit(address)
    query = _query(parts.query)
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    path = _without_dots(_percent_normal(parts.path, _KEEP_IN_PATH)) or "/"
    return f"{parts.scheme}://{_host(address)}{path}{query}{fragment}"


def _host(address: str) -> str:
    parts = urlsplit(address)
    name = _ascii_name((parts.hostname or "").rstrip("."))
    port = parts.port
    return name if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{name}:{port}"


@lru_cache(maxsize=4096)
def _ascii_name(name: str) -> str:
    """The name as DNS carries it (https://unicode.org/reports/tr46/); addresses in one spelling."""
    try:
        literal = ip_address(name)
    except ValueError:
        pass
    else:
        return f"[{literal}]" if literal.version == 6 else str(literal)
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return quote(name.lower())


def _query(query: str) -> str:
    fields = (
        field for field in query.split("&") if field and not _TRACKING.fullmatch(field.partition("=")[0])
    )
    normal = sorted(_percent_normal(field, _KEEP_IN_QUERY) for field in fields)
    return "?" + "&".join(normal) if normal else ""


def _percent_normal(text: str, keep: str) -> str:
    def normal(escaped: re.Match[str]) -> str:
        byte = int(escaped[1], 16)
        return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"

    loose = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    return _ESCAPED.sub(normal, quote(loose, safe=keep, errors="replace"))


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _guid_key(entry: Entry, feed_url: str) -> str | None:
    if not entry.id:
        return None
    if address := web_link(entry.id):
        return _address_key(address, _telling_fragment(address), feed_url)
    return _short("guid", entry.id)


def _link_key(entry: Entry, feed_url: str) -> str | None:
    address = web_link(entry.link)
    if not address:
        return None
    fragment = _telling_fragment(address)
    anchored = fragment if fragment and (entry.id or "").endswith(fragment) else ""
    return _address_key(address, anchored, feed_url)


def _telling_fragment(address: str) -> str:
    """Live pages number their entries in the fragment; `#xtor=RSS-1` and the like tell nothing."""
    fragment = urlsplit(address).fragment
    return "" if _TRACKING.fullmatch(fragment.partition("=")[0]) else fragment


def _address_key(address: str, fragment: str, feed_url: str) -> str | None:
    """An address without its scheme: sites that move to https keep their entries."""
    place = _place(address)
    front_page = place.partition("/")[2] == ""
    if not fragment and (front_page or place == _place(web_link(feed_url) or "https://none.invalid/")):
        return None
    return _short("link", f"{place}#{fragment}" if fragment else place)


def _place(address: str) -> str:
    return _canonical(address).partition("://")[2]


def _title_key(entry: Entry) -> str:
    """For entries with neither guid nor link; without title and date only the summary is left to tell."""
    told = f"{entry.title}\n{entry.published.isoformat() if entry.published else ''}"
    return _short("title", told if told != "\n" else f"\n\n{entry.summary}", hashed=True)


def _short(kind: str, text: str, *, hashed: bool = False) -> str:
    if not hashed and len(text) <= _KEY_LONGEST - len(kind) - 1 and text.isprintable():
        return f"{kind}:{text}"
    return f"{kind}#{blake2b(text.encode('utf-8', 'replace'), digest_size=16).hexdigest()}"
