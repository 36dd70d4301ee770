"""DOOR: Apprise. The library opens its own sockets, so what can be checked is checked before it is called.

It answers as a receiver over HTTP would: a Reply of 200 where every service took the message, else a Failure. Loading
it takes 0.45 s and 26 MiB, so that waits for the first message.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from alerts.channel import Push
from worker.addresses import Network, refusal
from worker.wire import Failure, Reply

TIME_LIMIT_S = 20.0
"""For the whole message; a thread that is still at it then is left to end at its sockets' own limits (4 s each)."""
_PIECE_EVERY_S = 1.0  # a long message goes in pieces; Apprise would wait 5.5 s between two
_PORTS = {True: 443, False: 80}
_CLOUD = "cloud"  # of ntfy's modes: the address holds a topic alone, and the host is ntfy's own

log = logging.getLogger("apprise")


async def push(message: Push, allow: Sequence[Network] = ()) -> Reply | Failure:
    """Hands the message to Apprise, once. `allow` are networks that may be reached although private."""
    began = time.monotonic()
    try:
        answer = await asyncio.wait_for(asyncio.to_thread(_push, message, allow), TIME_LIMIT_S + 2)
    except TimeoutError:
        answer = Failure("timeout", "Apprise did not come back", written=True)
    elapsed = time.monotonic() - began
    if isinstance(answer, Failure):
        return Failure(answer.reason, answer.detail, answer.written, elapsed)
    return Reply(answer.status, answer.headers, answer.body, answer.url, elapsed_s=elapsed)


def installed() -> bool:
    """Whether Apprise is there to be loaded."""
    return _library() is not None


def _library() -> Any:
    try:
        return import_module("apprise")
    except ImportError:
        return None


def _push(message: Push, allow: Sequence[Network]) -> Reply | Failure:
    apprise = _library()
    if apprise is None:
        return Failure("not_installed", "pip install 'pantau[apprise]'")
    log.setLevel(logging.CRITICAL)  # its lines hold addresses, which are secret
    service = _service(apprise, message.url)
    if service is None:
        return Failure("bad_url", "Apprise does not understand the address")
    return _unreachable(service, allow) or _sent(apprise, service, message)


def _service(apprise: Any, url: str) -> Any:
    """The one service behind the address, held to one try, certificates, and no redirects; None if there is none."""
    asset = apprise.AppriseAsset(
        http_redirects=False, async_mode=False, secure_logging=True, default_service_retry=0
    )
    service = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None or not service.verify_certificate or service.redirects:
        return None
    service.overflow_mode = apprise.OverflowMode.SPLIT
    service.request_rate_per_sec = min(service.request_rate_per_sec, _PIECE_EVERY_S)
    return service


def _unreachable(service: Any, allow: Sequence[Network]) -> Failure | None:
    """Why the host in the address may not be asked; None where it may, or where there is none in it.

    A name that answers otherwise a moment later is not caught: the library looks it up again.
    """
    if "{host}" not in "".join(service.templates) or getattr(service, "mode", None) == _CLOUD:
        return None
    port = int(service.port or _PORTS[bool(service.secure)])
    try:
        found = socket.getaddrinfo(service.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Failure("dns", "the name has no address")
    reasons = (refusal(str(address[0]), port, allow) for *_, address in found)
    refused = next((reason for reason in reasons if reason), None)
    return None if refused is None else Failure("blocked", refused)


def _sent(apprise: Any, service: Any, message: Push) -> Reply | Failure:
    together = apprise.Apprise(asset=service.asset)
    together.add(service)
    try:
        result = together.notify(
            title=message.title,
            body=message.body,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=TIME_LIMIT_S,
        )
    except Exception as error:  # noqa: BLE001  a plug-in of a library may raise anything, and may have sent before
        return Failure("not_taken", type(error).__name__, written=True)
    if result:
        return Reply(200, {}, b"accepted", "")
    return Failure("not_taken", str(getattr(result.status, "name", "")).lower(), written=True)
