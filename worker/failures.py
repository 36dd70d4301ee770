"""What went wrong with an exchange, from the library's errors to our reasons and to words."""

from __future__ import annotations

import re
import ssl

import aiohttp

from worker.exchange import Exchange
from worker.names import Blocked
from worker.wire import Failure, FailureReason

_BLANKS = re.compile(r"\s+")
_PLACE_IN_C = re.compile(r" \(_ssl\.c:\d+\)$")
_REASONS: tuple[tuple[type[BaseException], FailureReason], ...] = (
    (aiohttp.ClientConnectorCertificateError, "tls"),
    (aiohttp.ClientConnectorSSLError, "tls"),
    (aiohttp.ClientSSLError, "tls"),
    (ssl.SSLError, "tls"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    (aiohttp.ConnectionTimeoutError, "timeout"),
    (aiohttp.ClientConnectorError, "refused"),
    (aiohttp.ServerTimeoutError, "timeout"),
    (aiohttp.InvalidURL, "bad_url"),
    (aiohttp.ClientResponseError, "protocol"),
    (aiohttp.ClientPayloadError, "reset"),
    (aiohttp.ClientConnectionError, "reset"),
    (ValueError, "protocol"),
    (OSError, "reset"),
)


def failure(error: BaseException, exchange: Exchange) -> Failure:
    """The failure that an error of the exchange is."""
    inner = getattr(error, "os_error", None)
    blocked = exchange.refused or (str(inner) if isinstance(inner, Blocked) else None)
    if blocked:
        return Failure("blocked", blocked, exchange.written)
    if exchange.counted is not None and exchange.counted.flooded:
        return Failure("protocol", exchange.counted.flooded, exchange.written)
    reason: FailureReason = next((why for kind, why in _REASONS if isinstance(error, kind)), "reset")
    return Failure(reason, _words(error), exchange.written)


def _words(error: BaseException) -> str:
    """The trouble in words, without the address, which may be a secret."""
    match error:
        case aiohttp.ServerDisconnectedError():
            return "the server closed the connection before its answer was whole"
        case aiohttp.ClientPayloadError():
            return "the answer broke off within its body"
        case aiohttp.ClientResponseError():
            return _BLANKS.sub(" ", error.message).strip(" ^")[:200]
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    said = getattr(inner, "strerror", None) or str(inner) or type(error).__name__
    return _PLACE_IN_C.sub("", said)[:200]
