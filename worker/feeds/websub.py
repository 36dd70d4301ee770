"""PURE. WebSub, the subscriber's side (https://www.w3.org/TR/websub/): who tells of a feed's news, how to ask to be
told, and what the answers mean.

offer_of(document, headers)   -> the hub and the name that it knows the feed by
request_for(...)              -> the POST that asks the hub
after_asking, after_leaving   -> what to remember, and when to ask again

What hubs' calls mean is in `worker.feeds.callback`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from worker.addresses import Network, refusal
from worker.feeds.hints import retry_after_s
from worker.links import web_link
from worker.model import FeedDocument
from worker.secrets import Secret
from worker.wire import Failure, Reply, Request

PATH = "/websub/"
LEASE_S = 10 * 86400
_ANSWER_S = 15 * 60.0  # within this a hub should have called back
_SOON_S, _FAILING_MOST_S = 60.0, 6 * 3600.0
REFUSED_S, REFUSED_MOST_S = 86400.0, 14 * 86400.0
_UNSUBSCRIBE_TRIES = 3

_LINK = re.compile(r"<([^<>]{1,4096})>([^<]{0,1024})")
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]{0,200})\"|([^\s;,\"]{1,200}))", re.IGNORECASE)

State = Literal["wanted", "asked", "live", "refused", "leaving"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A hub that tells of a feed, which it knows as `topic`."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What was asked of a hub. `leaving` once nobody wants the feed any more, `live_until` as long as it tells us."""

    hub: str
    topic: str
    state: State
    asked_at: datetime | None = None
    live_until: datetime | None = None
    tries: int = 0

    def live(self, now: datetime) -> bool:
        """Whether the hub has promised to tell us."""
        return self.live_until is not None and self.live_until > now


def callback_base(public_url: str | None, allow: tuple[Network, ...]) -> str | None:
    """The public address under which hubs may call us back; None where there is none. Over plain http only
    inside of networks that the operator has opened."""
    parts = urlsplit(public_url or "")
    if parts.scheme == "https":
        return public_url
    try:
        literal = str(ip_address(parts.hostname or ""))
    except ValueError:
        return None
    inside = refusal(literal, parts.port or 80, ()) is not None and not refusal(
        literal, parts.port or 80, allow
    )
    return public_url if inside else None


def offer_of(document: FeedDocument, headers: Mapping[str, str], url: str) -> Offer | None:
    """What a feed at `url` offers; its headers go before the document (WebSub, 4). A hub with https is preferred."""
    told = links(headers.get("link", ""), url)
    hubs = told.get("hub") or list(document.trail.hubs)
    if not hubs:
        return None
    topic = next(iter(told.get("self", ())), None) or document.trail.own or url
    return Offer(min(hubs, key=lambda hub: not hub.startswith("https:")), topic)


def links(header: str, base: str) -> dict[str, list[str]]:
    """The addresses of a Link header (RFC 8288) by relation, in small letters."""
    found: dict[str, list[str]] = {}
    for target, parameters in _LINK.findall(header[:16384]):
        relation = _RELATION.search(parameters)
        address = web_link(target, base)
        for name in (relation[1] or relation[2] or "").lower().split() if relation and address else ():
            found.setdefault(name, []).append(address or "")
    return found


def request_for(
    mode: Literal["subscribe", "unsubscribe"], subscription: Subscription, callback: str, secret: Secret
) -> Request:
    """The request to the hub. The secret goes along where nobody can listen (WebSub, 5.1): over https, or inside
    a private network."""
    form = {"hub.mode": mode, "hub.topic": subscription.topic, "hub.callback": callback}
    if mode == "subscribe":
        form["hub.lease_seconds"] = str(LEASE_S)
        if signs(subscription.hub, callback):
            form["hub.secret"] = secret.reveal()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request(subscription.hub, "POST", headers, urlencode(form).encode(), max_bytes=64 * 1024)


def moved(subscription: Subscription, answer: Reply | Failure) -> str | None:
    """Where the hub sends us on with a request, if it does (WebSub, 5.1)."""
    if isinstance(answer, Reply) and answer.status in (307, 308):
        return web_link(answer.headers.get("location"), subscription.hub)
    return None


def signs(hub: str, callback: str) -> bool:
    """Whether this hub was given the secret, and so must sign its pings."""
    return hub.startswith("https:") or callback.startswith("http:")


def after_asking(subscription: Subscription, answer: Reply | Failure, now: datetime) -> dict[str, Any]:
    """What to remember once the hub has answered a request to subscribe."""
    live = subscription.live(now)
    match answer:
        case Reply(status=status) if 200 <= status < 300:
            wait_s = growing(_ANSWER_S, subscription.tries, _FAILING_MOST_S)
            return remembered("live" if live else "asked", subscription.tries + 1, now, wait_s, None)
        case Reply(status=status, headers=headers) if status == 429 or status >= 500:
            asked_s = retry_after_s(headers.get("retry-after"), now) or 0.0
            return _failed(subscription, now, f"the hub answered {status}", asked_s)
        case Reply(status=status):
            wait_s = growing(REFUSED_S, subscription.tries, REFUSED_MOST_S)
            refused = remembered(
                "live" if live else "refused",
                subscription.tries + 1,
                now,
                wait_s,
                f"the hub answered {status}",
            )
            return refused | {"asked_at": None}
        case Failure(reason, detail):
            return _failed(subscription, now, f"{reason}: {detail}", 0.0)


def after_leaving(
    subscription: Subscription, answer: Reply | Failure, now: datetime
) -> dict[str, Any] | None:
    """What to remember once the hub has answered a request to unsubscribe; None: nothing any more."""
    accepted = isinstance(answer, Reply) and 200 <= answer.status < 300
    tries = _UNSUBSCRIBE_TRIES if accepted else subscription.tries + 1
    if not accepted and tries >= _UNSUBSCRIBE_TRIES:
        return None
    return remembered("leaving", tries, now, _ANSWER_S, None)


def has_left(subscription: Subscription, now: datetime) -> bool:
    """Whether there is nothing left to take back: the hub tells nobody, or was asked often enough."""
    return not subscription.live(now) or (
        subscription.state == "leaving" and subscription.tries >= _UNSUBSCRIBE_TRIES
    )


def _failed(subscription: Subscription, now: datetime, reason: str, at_least_s: float) -> dict[str, Any]:
    state: State = "live" if subscription.live(now) else "wanted"
    wait_s = max(growing(_SOON_S, subscription.tries, _FAILING_MOST_S), at_least_s)
    return remembered(state, subscription.tries + 1, now, wait_s, reason) | {"asked_at": None}


def growing(first_s: float, tries: int, most_s: float) -> float:
    """Seconds to wait after so many tries: four times as long each time."""
    return min(first_s * 4.0 ** min(tries, 20), most_s)


def remembered(state: State, tries: int, now: datetime, wait_s: float, reason: str | None) -> dict[str, Any]:
    """What every answer leaves of a subscription."""
    return {"state": state, "tries": tries, "due_at": now + timedelta(seconds=wait_s), "reason": reason}
