"""Addresses in one form: those that lead to one document, and those that lead to one article in another dress."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

import idna

from worker.links import web_link

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Parameters that only say where the reader came from, or who he is. A closed list: generic filters also drop `id`,
# `p` and `page` (7 of 10 pairs of different articles merged in a test of one). What a single feed makes up anew at
# each fetch is learned by watching it (`worker/feeds/quirks.py`).
_TRACKING_NAMES = r"""
    utm_?\w+ at_(?:medium|campaign|custom\d?|link_\w+|ptr_\w+|format|bbc_\w+|creation) mc_(?:cid|eid|tc) hsa_\w+
    _hs(?:enc|mi) hsctatracking (?:pk|piwik|mtm|matomo|stm|itm|ns)_\w+ oly_(?:anon|enc)_id wt_(?:mc|zmc) wt\.\w+
    fbclid fb_(?:action_ids|action_types|source|ref) mibextid gclid gclsrc dclid gbraid wbraid gad_(?:source|campaignid)
    msclkid yclid ysclid yadclid yadordid _openstat ymclid twclid ttclid li_fat_id trk trkcampaign igshid igsh sccid
    srsltid epik irclickid irgwc rdt_cid awc cjevent cjdata zanpid wickedid ef_id s_kwcid mkt_tok vero_(?:id|conv)
    ml_subscriber(?:_hash)? _bta_(?:tid|c) _ke dm_i __s nr_email_referer _branch_(?:match_id|referrer) echobox xtor
    xtref xtcr cmpid cmp campaign_id ncid ocid ito ref ref_src ref_url referrer rss rssfeed smid s_cid _ga _gl _gac
    spm scm guccounter guce_referrer(?:_sig)? __twitter_impression ns_mchannel sfnsn ftag ftcamp
    phpsessid jsessionid aspsessionid\w* sessionid session_id cfid cftoken
"""
_TRACKING = re.compile("|".join(_TRACKING_NAMES.split()), re.IGNORECASE)
# Some tell by a name that elsewhere tells articles apart; then only by these values.
_FROM_FEED = re.compile(
    r"(?:source|src|from|via|medium|campaign|refer|origin|partner|channel|output)=(?:rss\w*|feed\w*|atom|xml)",
    re.IGNORECASE,
)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEEP_IN_PATH = "/%:@!$&'()*+,;="
_KEEP_IN_QUERY = _KEEP_IN_PATH + "?"

# Where others keep copies of a site's pages: the page's own address stands in theirs.
_COPIES = (
    re.compile(r"[\w.-]+\.cdn\.ampproject\.org/(?:c|v|wp|r)/(?:s/)?(?P<own>.+)"),
    re.compile(r"(?:www\.)?google\.[a-z.]{2,6}/amp/(?:s/)?(?P<own>.+)"),
    re.compile(r"(?:www\.)?bing\.com/amp/s/(?P<own>.+)"),
    re.compile(r"[\w.-]+\.turbopages\.org/(?:turbo/)?(?P<host>[\w.-]+\.[a-z]{2,})/s/(?P<path>.+)"),
)
_TWIN_HOST = re.compile(r"(?:www|m|mobile|amp|wap|touch)\.")
_LANGUAGE_AND_MOBILE = re.compile(r"([a-z]{2,3})\.m\.")
_SECOND_LEVEL = re.compile(r"[a-z]{2,3}\.[a-z]{2}")  # co.id, com.ua: no site has this name
_PLAIN_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_TWIN_PATHS = (
    re.compile(r"^/amp(?:html)?(?:/s)?(?=/)"),
    re.compile(r"/amp(?:\.html)?$"),
    re.compile(r"\.amp(?=$|\.html?$)"),
    re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$"),
)
_TWIN_QUERY = re.compile(
    r"amp(?:=(?:1|true|amp)?)?|(?:outputtype|output|view|format)=amp|m=[01]|mobile=(?:1|true)|nonamp=1|amp_\w+=.*|usqp=.*",
    re.IGNORECASE,
)


def canonical_url(url: str) -> str:
    """The one form of all addresses that surely lead to one document; what is no web address stays as it is.

    Lower-case host, default port, tracking parameters, sessions and fragment (but `#!`) dropped; parameters sorted;
    dot segments resolved; percent signs only where RFC 3986 (6.2.2) wants them. Idempotent.
    """
    address = web_link(url)
    return _canonical(address) if address else url.strip()


@lru_cache(
    maxsize=4096
)  # guid and link are often one, and the feed's own address is looked at for each entry
def folded_twin(url: str, without: frozenset[str] = frozenset()) -> str:
    """The one address of an article's twins: http and https, `www.`, mobile and AMP pages, copies in AMP caches, with
    a slash at the end and without. For telling articles apart, not for asking. Idempotent.

    `without` are names of parameters, in small letters, that say nothing at this site. What is no web address stays
    as it is.
    """
    address = web_link(url)
    if not address:
        return url.strip()
    host, path, query, fragment = _parts(address)
    while own := _out_of_a_copy(host + path):
        host, path = own
    fields = [
        field
        for field in query
        if not _TWIN_QUERY.fullmatch(field) and field.partition("=")[0].lower() not in without
    ]
    return "https://" + _main_host(host) + (_main_path(path) or "/") + _joined(fields) + fragment


def is_tracking(name: str) -> bool:
    """Whether a parameter of this name only says where the reader came from."""
    return _TRACKING.fullmatch(name) is not None


def _canonical(address: str) -> str:
    host, path, query, fragment = _parts(address)
    return f"{urlsplit(address).scheme}://{host}{path}{_joined(query)}{fragment}"


def _parts(address: str) -> tuple[str, str, list[str], str]:
    """Host with its port, path, parameters in order, and a fragment that makes another document."""
    parts = urlsplit(address)
    path = _without_dots(_percent_normal(_SESSION_IN_PATH.sub("", parts.path), _KEEP_IN_PATH)) or "/"
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return _host(address), path, _query(parts.query), fragment


def _joined(fields: list[str]) -> str:
    return "?" + "&".join(fields) if fields else ""


def _out_of_a_copy(address: str) -> tuple[str, str] | None:
    """Host and path of the page that an AMP cache or a reader's view holds a copy of."""
    for copy in _COPIES:
        if found := copy.fullmatch(address):
            parts = found.groupdict()
            host, _, path = (parts.get("own") or f"{parts['host']}/{parts['path']}").partition("/")
            return (host, "/" + path) if _PLAIN_HOST.fullmatch(host) else None
    return None


def _main_path(path: str) -> str:
    path = path.rstrip("/")
    for twin in _TWIN_PATHS:
        rest = twin.sub("", path, count=1)
        if rest != path and (rest or "amp" not in path):  # a section called AMP is no front page
            return _main_path(rest)
    return path


def _main_host(host: str) -> str:
    while True:
        rest = _TWIN_HOST.sub("", host, count=1) if _TWIN_HOST.match(host) else host
        rest = _LANGUAGE_AND_MOBILE.sub(r"\1.", rest, count=1) if _LANGUAGE_AND_MOBILE.match(rest) else rest
        name = rest.partition(":")[0]
        if rest == host or "." not in name or _SECOND_LEVEL.fullmatch(name):
            return host
        host = rest


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


def _query(query: str) -> list[str]:
    fields = (
        field
        for field in query.split("&")
        if field and not is_tracking(field.partition("=")[0]) and not _FROM_FEED.fullmatch(field)
    )
    return sorted(_percent_normal(field, _KEEP_IN_QUERY) for field in fields)


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
