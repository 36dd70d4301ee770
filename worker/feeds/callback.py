"""PURE. What a hub's calls to us mean (WebSub, the subscriber's side): whether it was us who asked, whether a ping is
signed, and when a feed is polled whose hub can be relied on.

A ping only makes the feed due: what it carries is never read, so whoever forges one gains nothing but a poll.
Polling goes on as a safety net, seldom while the hub proves itself.

judge_call(...)               -> Confirm | Denied | NotOurs
Signature                     -> whether a ping is the hub's
pushed(feed, facts, ...)      -> when to poll a feed whose hub is trusted
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from worker.feeds.schedule import ADAPTIVE_MOST_S
from worker.feeds.websub import LEASE_S, REFUSED_MOST_S, REFUSED_S, Subscription, growing, remembered
from worker.model import DueFeed
from worker.secrets import Secret

_LEASE_LEAST_S, _LEASE_MOST_S = 300, 30 * 86400
_RENEW_AT = 0.8
_TRUST = timedelta(days=1)
_ECHO, _ECHO_AGAIN_S = timedelta(minutes=3), 30.0  # a cache may still give the old document
_UNTOLD = timedelta(minutes=10)
_LONGEST_CHALLENGE = 2048
_SIGNATURE = re.compile(r"\s*(sha1|sha256|sha384|sha512)=([0-9a-fA-F]{40,128})\s*")


@dataclass(frozen=True, slots=True)
class Confirm:
    """It was us: answer with the challenge, and remember `facts` (None: forget the subscription)."""

    challenge: str
    facts: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Denied:
    """The hub will not tell us: take note."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotOurs:
    """It was not us who asked."""

    reason: str


def judge_call(
    subscription: Subscription | None, asked: Mapping[str, str], now: datetime
) -> Confirm | Denied | NotOurs:
    """What a GET to our callback means (WebSub, 5.2 and 5.3). `asked` are its parameters; `subscription` is the one
    whose callback it is."""
    if subscription is None:
        return NotOurs("unknown_callback")
    if asked.get("hub.topic") != subscription.topic:
        return NotOurs("another_topic")
    pending = subscription.asked_at is not None
    challenge = asked.get("hub.challenge", "")
    match asked.get("hub.mode"):
        case "denied" if pending:
            reason = "the hub refuses: " + (asked.get("hub.reason", "").strip()[:200] or "without a reason")
            wait_s = growing(REFUSED_S, subscription.tries, REFUSED_MOST_S)
            facts = remembered("refused", subscription.tries + 1, now, wait_s, reason)
            return Denied(facts | {"asked_at": None, "live_until": None})
        case "subscribe" | "unsubscribe" if not 0 < len(challenge) <= _LONGEST_CHALLENGE:
            return NotOurs("no_challenge")
        case "subscribe" if subscription.state == "leaving":
            return NotOurs("not_wanted")
        case "subscribe" if pending:
            return Confirm(challenge, _confirmed(asked.get("hub.lease_seconds", ""), now))
        case "subscribe" if subscription.live(now):
            return Confirm(challenge, {})
        case "unsubscribe" if subscription.state == "leaving":
            return Confirm(challenge, None)
    return NotOurs("not_asked_for")


def _confirmed(lease: str, now: datetime) -> dict[str, Any]:
    told_s = int(lease) if re.fullmatch(r"[0-9]{1,9}", lease) else LEASE_S
    lease_s = min(max(told_s, _LEASE_LEAST_S), _LEASE_MOST_S)
    renewed = remembered("live", 0, now, lease_s * _RENEW_AT, None)
    return renewed | {"asked_at": None, "live_until": now + timedelta(seconds=lease_s)}


@dataclass(slots=True)
class Signature:
    """Checks what a hub signed (WebSub, 7), piece by piece, so that no body need be kept."""

    told: bytes
    mac: hmac.HMAC

    @classmethod
    def of(cls, header: str | None, secret: Secret) -> Signature | None:
        """The check that an X-Hub-Signature asks for; None where there is none that we could make."""
        found = _SIGNATURE.fullmatch(header or "")
        if found is None:
            return None
        mac = hmac.new(secret.reveal().encode(), digestmod=getattr(hashlib, found[1]))
        return cls(bytes.fromhex(found[2]) if len(found[2]) == 2 * mac.digest_size else b"", mac)

    def matches(self) -> bool:
        """Whether all that was fed in is what the hub signed; in constant time."""
        return hmac.compare_digest(self.told, self.mac.digest())


def pushed(
    feed: DueFeed, facts: Mapping[str, Any], *, new: int, now: datetime, jitter: float
) -> dict[str, Any]:
    """What a hub's pings change of the next poll that `facts` set: a ping that brought nothing is looked after
    again, a hub that tells of everything spares polls, and one that left news untold loses our trust."""
    at = facts.get("next_poll_at")
    if at is None or facts.get("state") != "ok":
        return {}
    pinged = feed.pinged_at
    if not new and pinged is not None and now - pinged < _ECHO:
        return {"next_poll_at": min(at, now + timedelta(seconds=_ECHO_AGAIN_S)), "next_poll_why": "pinged"}
    if feed.pushed_until is None or feed.pushed_until <= now:
        return {}
    if new and (pinged is None or now - pinged > _UNTOLD):
        return {"pushed_until": None}
    if feed.every_s is not None or facts.get("next_poll_why") == "gap_possible":
        return {}
    seldom = now + timedelta(seconds=ADAPTIVE_MOST_S * (1 + 0.1 * jitter))
    return {"next_poll_at": max(at, seldom), "next_poll_why": "pushed"}


def trusted_until(live_until: datetime, now: datetime) -> datetime:
    """How long a ping lets us rely on the hub."""
    return min(now + _TRUST, live_until)
