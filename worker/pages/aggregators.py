"""Links of aggregators, searches and mailers to the address of the article itself, as far as the link tells it.

What does not tell it (a shortener, a newer Google News link) stays as it is; it is followed when the page is fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import SplitResult, parse_qs, unquote, urlencode, urlsplit

from worker.links import web_link

_DEEPEST = 4  # wrappers in wrappers: a mailer's link to an alert's link to a page
_FIELDS_MOST = 100

# Host (with a dot before it: every host below it), path, and the fields of the query that may hold the address.
_WRAPPERS = r"""
www.bing.com          /news/apiclick\.aspx|/alink/link|/ck/a    url u
l.facebook.com        /l\.php|/                                 u
lm.facebook.com       /l\.php|/                                 u
www.facebook.com      /l\.php|/flx/warn/?                       u
l.messenger.com       /l\.php                                   u
l.instagram.com       /                                         u
l.threads.net         /                                         u
l.threads.com         /                                         u
duckduckgo.com        /l/?                                      uddg
html.duckduckgo.com   /l/?                                      uddg
www.youtube.com       /redirect                                 q
vk.com                /away(?:\.php)?                           to
m.vk.com              /away(?:\.php)?                           to
ok.ru                 /dk                                       st.link
www.linkedin.com      /(?:redir/)?redirect|/safety/go           url
out.reddit.com        /.*                                       url
t.umblr.com           /redirect                                 z
slack-redir.net       /link                                     url
.safelinks.protection.outlook.com   /.*                         url
urldefense.proofpoint.com           /v1/url                     u
getpocket.com         /redirect                                 url
flipboard.com         /redirect                                 url
link.zhihu.com        /                                         target
weibo.cn              /sinaurl                                  u toasturl
weibo.com             /sinaurl                                  u toasturl
www.douban.com        /link2/?                                  url
link.csdn.net         /                                         target
yandex.ru             /turbo/?|/clck/jsredir|/redir/.*          text url
yandex.com            /clck/jsredir                             url
www.awin1.com         /cread\.php                               ued p
go.skimresources.com  /.*                                       url
redirect.viglink.com  /.*                                       u
translate.google.com  /translate|/website                       u
da.feedsportal.com    /.*                                       u url
"""
_ROWS = tuple(
    (host, re.compile(path), fields) for host, path, *fields in map(str.split, _WRAPPERS.strip().splitlines())
)
_GOOGLE = re.compile(r"(?:[\w-]+\.){0,2}google\.(?:com?\.)?[a-z]{2,3}")
_GOOGLE_NEWS = re.compile(r"/(?:__i/)?(?:rss/)?(?:rd/)?(?:articles|read)/([\w-]+)")
_IN_BYTES = re.compile(rb"https?://[!-~]{4,2000}")
_YAHOO = re.compile(r"/RU=([^/]+)/")
_AMP_CACHE = re.compile(r"[a-z0-9-]+\.cdn\.ampproject\.org|cdn\.ampproject\.org|[a-z0-9-]+\.bing-amp\.com")
_AMP_PATH = re.compile(r"/(?:amp|[acvri])/(s/)?([\w.-]+\.[a-z]{2,}(?:[/:?].*)?)", re.IGNORECASE)
_ARCHIVES = frozenset(("web.archive.org", "archive.ph", "archive.is", "archive.today", "archive.md"))
_ARCHIVED = re.compile(
    r"/(?:web/)?(?:\d{4,14}(?:[a-z]{2}_)?|newest|o/\w+)/(https?):/{1,2}(.+)", re.IGNORECASE
)
_PROOFPOINT = re.compile(r"/v3/__(https?):/{1,2}(.+?)__;")
_TURBO = re.compile(r"(?:/turbo)?/([\w.-]+\.[a-z]{2,})/s(/.*)", re.IGNORECASE)
_BING_CODED = "a1aHR0c"  # a1, and the base64 of http


def target_of(url: str) -> str | None:
    """The address that a wrapped link leads to; None where the link is no wrapper, or does not tell."""
    found: str | None = None
    for _ in range(_DEEPEST):
        inner = _unwrapped(found or url)
        if inner is None:
            break
        found = inner
    return found


def _unwrapped(url: str) -> str | None:
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    readers = (_google, _yahoo, _amp, _archived, _proofpoint, _turbo, _translated, _by_field)
    for read in readers:
        if address := web_link(read(host, parts)):
            return address if urlsplit(address).hostname != host else None
    return None


def _by_field(host: str, parts: SplitResult) -> str | None:
    for wrapper, path, fields in _ROWS:
        its_host = host.endswith(wrapper) if wrapper[0] == "." else host in (wrapper, f"www.{wrapper}")
        if its_host and path.fullmatch(parts.path or "/"):
            return _field(parts, *fields)
    return None


def _field(parts: SplitResult, *names: str) -> str | None:
    """The first of these fields of the query that holds an address."""
    given = _fields(parts)
    for value in (value for name in names for value in given.get(name, ())):
        if re.match(r"https?:/", value, re.IGNORECASE):
            return value
        if value.startswith(_BING_CODED):
            return _from_base64(value[2:]).decode("utf-8", "replace")
    return None


def _fields(parts: SplitResult) -> dict[str, list[str]]:
    try:
        return parse_qs(parts.query, max_num_fields=_FIELDS_MOST)
    except ValueError:
        return {}


def _google(host: str, parts: SplitResult) -> str | None:
    """Google's alerts, searches and caches, and its news links of the older form, which hold the address."""
    if not _GOOGLE.fullmatch(host):
        return None
    if host.startswith("news.") and (news := _GOOGLE_NEWS.match(parts.path)):
        return _coded(news[1])
    if parts.path in ("/url", "/imgres", "/interstitial", "/news/url"):
        return _field(parts, "url", "q", "imgrefurl")
    if parts.path.startswith("/amp/"):
        return _amp_address(parts)
    if parts.path == "/search":
        cached = re.match(r"cache:(?:[\w-]{12}:)?(\S+)", _fields(parts).get("q", [""])[0])
        return (cached[1] if "://" in cached[1] else f"https://{cached[1]}") if cached else None
    return None


def _coded(code: str) -> str | None:
    """The address inside of a news link: a protocol buffer in base64. Newer ones hold a number only Google knows."""
    raw = _from_base64(code)
    found = _IN_BYTES.search(raw)
    if found is None:
        return None
    # Before the text stands its length (https://protobuf.dev/programming-guides/encoding/#varints).
    low, high = raw[max(found.start() - 2, 0) : found.start()].rjust(2, b"\0")
    length = (low & 0x7F) | (high << 7) if low >= 0x80 and high < 0x10 else high
    return (found[0][:length] if 10 <= length <= len(found[0]) else found[0]).decode("ascii")


def _from_base64(code: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except (binascii.Error, ValueError):
        return b""


def _yahoo(host: str, parts: SplitResult) -> str | None:
    if not host.endswith((".yahoo.com", ".yahoo.co.jp")):
        return None
    if found := _YAHOO.search(parts.path):
        return unquote(found[1])
    # us.rd.yahoo.com/finance/news/rss/*http://…
    return unquote(_path_and_query(parts).partition("/*")[2]) or None


def _amp(host: str, parts: SplitResult) -> str | None:
    return _amp_address(parts) if _AMP_CACHE.fullmatch(host) else None


def _amp_address(parts: SplitResult) -> str | None:
    found = _AMP_PATH.match(_path_and_query(parts))
    return f"http{'s' if found[1] else ''}://{found[2]}" if found else None


def _archived(host: str, parts: SplitResult) -> str | None:
    found = _ARCHIVED.match(_path_and_query(parts)) if host in _ARCHIVES else None
    return f"{found[1]}://{found[2]}" if found else None


def _proofpoint(host: str, parts: SplitResult) -> str | None:
    if host == "urldefense.com" and (found := _PROOFPOINT.match(_path_and_query(parts))):
        # A star stands for a letter that is coded behind the address.
        return f"{found[1]}://{found[2]}" if "*" not in found[2] else None
    if host == "urldefense.proofpoint.com" and parts.path == "/v2/url":
        coded = _fields(parts).get("u", [""])[0]
        return unquote(coded.replace("-", "%").replace("_", "/"))
    return None


def _turbo(host: str, parts: SplitResult) -> str | None:
    """Yandex's copies of articles for phones."""
    at_home = host.endswith(".turbopages.org") or host in ("yandex.ru", "yandex.by", "yandex.kz")
    found = _TURBO.fullmatch(parts.path) if at_home else None
    return f"https://{found[1]}{found[2]}" if found else None


def _translated(host: str, parts: SplitResult) -> str | None:
    """`www-site-com.translate.goog`: dots are hyphens, hyphens two."""
    if not host.endswith(".translate.goog"):
        return None
    labels = host.removesuffix(".translate.goog").split("--")
    own = {name: values for name, values in _fields(parts).items() if not name.startswith("_x_tr")}
    query = f"?{urlencode(own, doseq=True)}" if own else ""
    return f"https://{'-'.join(label.replace('-', '.') for label in labels)}{parts.path}{query}"


def _path_and_query(parts: SplitResult) -> str:
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
