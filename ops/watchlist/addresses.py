"""What addresses, headers and secrets must look like: readers from raw TOML values to clean ones, or a Fault.

A secret is never repeated in a fault.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from alerts.channels import channels
from alerts.mailbox import EmailNotValidError, mailbox
from ops.watchlist.model import ChannelKind
from ops.watchlist.values import Read, line, name
from ops.watchlist.words import Fault, control_character, shown, visible

_URL_LENGTH = 4_000
_SECRET_LENGTH = 16_384
_SLACK_CHANNEL = re.compile(r"[CGD][A-Z0-9]{7,}")
_APPRISE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
_OUR_HEADERS = frozenset(
    (
        *(
            "accept-encoding",
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "if-modified-since",
        ),
        *("if-none-match", "range", "te", "trailer", "transfer-encoding", "upgrade"),
    )
)


def secret_text(raw: object) -> str | Fault:
    """A secret, or a reference to one: one line, not blank."""
    if not isinstance(raw, str):
        return Fault("the value is not a text", '"env:NAME", "file:PATH" or a text in "quotes"')
    clean = raw.strip()
    if not clean:
        return Fault("is empty", '"env:NAME", "file:PATH" or the value')
    if sign := control_character(clean):
        return Fault(f"the value contains the control character {sign}", "one line of text")
    if len(clean) > _SECRET_LENGTH:
        return Fault(f"the value is {len(clean)} characters long", f"at most {_SECRET_LENGTH}")
    return clean


def web_address(raw: object) -> str | Fault:
    """An http or https address with a host, and without user and password."""
    found = line(raw)
    if isinstance(found, Fault):
        return found
    fault = _address_fault(found)
    return Fault(f"{_masked(found)} {fault.problem}", fault.expected) if fault else found


def secret_address(raw: object) -> str | Fault:
    """A web address that is a secret itself, such as a hook's."""
    found = secret_text(raw)
    if isinstance(found, Fault):
        return found
    fault = _address_fault(found)
    return Fault(f"the value {fault.problem}", fault.expected) if fault else found


def _address_fault(address: str) -> Fault | None:
    expected = "an address that begins with https:// or http://"
    if len(address) > _URL_LENGTH:
        return Fault(f"is {len(address)} characters long", f"at most {_URL_LENGTH}")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return Fault("has no usable host or port", expected)
    if parts.scheme not in ("http", "https"):
        return Fault("is not a web address", expected)
    if "@" in parts.netloc:
        return Fault(
            "holds a user or a password", "the address alone; a feed has `user` and `password` for them"
        )
    if re.search(r"[\s\\]", address) or not _is_host(host) or port == 0:
        return Fault("has no usable host or port", f"{expected} and holds no blanks or backslashes")
    return None


def _masked(address: str) -> str:
    """An address for a message: what stands where a password would is not repeated."""
    return shown(re.sub(r"//[^/]*@", "//…@", address))


def _is_host(host: str) -> bool:
    """Could a resolver be asked for this? Whether it may be reached is judged when connecting, not here."""
    if ":" in host:
        return _is_ipv6(host)
    try:
        ascii_host = _ascii(host)
    except UnicodeError:
        return False
    labels = ascii_host.removesuffix(".").split(".")
    return len(ascii_host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False


def address_key(address: str) -> str:
    """Under what a usable address is the same address, however it is spelt (RFC 3986, 6.2.2 and 6.2.3).

    Only what every server must take as equal: a parameter or a slash more may lead to another feed.
    """
    parts = urlsplit(address)
    host = _ascii(parts.hostname or "").rstrip(".")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    host = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return _percent_normal(f"{parts.scheme}://{host}{port}{parts.path or '/'}{query}")


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode()


def _percent_normal(address: str) -> str:
    def normal(found: re.Match[str]) -> str:
        sign = chr(int(found[1], 16))
        return sign if sign.isascii() and (sign.isalnum() or sign in "-._~") else found[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})", normal, address)


def header_name(raw: str) -> str | Fault:
    """The name of a header that a feed may be asked with (RFC 9110, 5.6.2)."""
    if not _HEADER.fullmatch(raw):
        return Fault(
            f"{shown(raw)} is not the name of a header", 'letters, digits and hyphens, such as "X-Api-Key"'
        )
    if raw.lower() in _OUR_HEADERS:
        return Fault(f"{shown(raw)} is set by Pantau itself for each request", "another header")
    return raw


def header_value(raw: object) -> str | Fault:
    """A header's value, or a reference to it: ASCII (RFC 9110, 5.5, leaves other bytes undefined)."""
    found = secret_text(raw)
    if isinstance(found, str) and not found.isascii():
        return Fault("the value has letters beyond ASCII, which headers cannot carry", "plain ASCII")
    return found


def user(raw: object) -> str | Fault:
    """A user name for HTTP Basic, which cannot hold a colon (RFC 7617, 2); may be empty."""
    if raw == "":
        return ""
    found = name(raw)
    if isinstance(found, str) and ":" in found:
        return Fault('the value contains ":"', 'the user alone, and password = "env:NAME" beside it')
    return found


def email_address(raw: object) -> str | Fault:
    """One mailbox, without a display name. Whether it takes mail is not asked here."""
    found = name(raw)
    if isinstance(found, Fault):
        return found
    expected = 'one address, such as "rina@example.org"'
    try:
        valid = mailbox(found)
    except EmailNotValidError as bad:
        return Fault(f"{shown(found)} is not an e-mail address: {visible(str(bad)).rstrip('.')}", expected)
    return valid.normalized


def slack_channel(raw: object) -> str | Fault:
    """A Slack channel's ID; a channel's name may change, so it is not taken."""
    found = name(raw)
    if isinstance(found, Fault) or _SLACK_CHANNEL.fullmatch(found):
        return found
    # a token or a hook's address, pasted into the wrong line, is a secret
    given = "the value" if found.startswith("xox") or "://" in found else shown(found)
    return Fault(
        f"{given} is not the ID of a Slack channel",
        'the ID at the end of the channel\'s details, such as "C0123456789"',
    )


def apprise_address(raw: object) -> str | Fault:
    """An Apprise address: `service://…`."""
    found = secret_text(raw)
    if isinstance(found, Fault) or _APPRISE.fullmatch(found):
        return found
    return Fault("the value is not an Apprise address", 'service://…, such as "ntfy://topic"')


_TARGETS: dict[ChannelKind, Read[str]] = {
    "slack_webhook": secret_address,
    "slack_bot": slack_channel,
    "email": email_address,
    "webhook": secret_address,
    "apprise": apprise_address,
}


def target(kind: ChannelKind) -> Read[str]:
    """The reader for a target of this kind; a channel that is served has the last word about its own."""

    def read(raw: object) -> str | Fault:
        found = _TARGETS[kind](raw)
        served = channels().get(kind)
        if isinstance(found, Fault) or served is None:
            return found
        complaint = served.check(found, {})
        return Fault(visible(complaint)) if complaint else found

    return read


def target_fault(kind: ChannelKind, text: str) -> str | None:
    """Why a channel of this kind cannot use this target, once its reference is resolved; None if it can."""
    found = target(kind)(text)
    if isinstance(found, str):
        return None
    return f"{found.problem}; expected {found.expected}" if found.expected else found.problem
