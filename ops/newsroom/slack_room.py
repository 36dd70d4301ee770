"""What stands in one Slack channel: messages, threads, edits, and what a look at them shows. No sockets.

A message becomes visible to a look only when `lag` has passed: Slack's history trails behind its posts.
https://docs.slack.dev/reference/methods/conversations.history
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ops.newsroom.slack_text import identity, links, plain
from ops.newsroom.tally import Receipt

STANDING = ("text", "blocks", "attachments", "metadata")
MOST = 999


@dataclass(frozen=True, slots=True)
class RoomMessage:
    """A message that stands in a channel. `thread` is the `ts` of the message that it replies to."""

    at: datetime
    channel: str
    ts: str
    payload: dict[str, Any]
    thread: str | None = None
    edited: int = 0
    """How many times it was updated."""

    @property
    def text(self) -> str:
        """As a person would read it."""
        return plain(self.payload)

    @property
    def receipt(self) -> Receipt:
        """What counts of it."""
        return Receipt(self.at, self.channel, identity(self.payload), links(self.payload))


@dataclass(frozen=True, slots=True)
class Window:
    """What a look asks for: a time (`ts` from and to), how many, from which cursor on, and with metadata or not."""

    oldest: str = "0"
    latest: str = ""
    inclusive: bool = False
    limit: int = 100
    cursor: str = ""
    metadata: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Window | str:
        """The window that a request's arguments mean, or Slack's word for what is wrong with them."""
        limit, cursor = str(asked.get("limit") or 100), str(asked.get("cursor") or "")
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST:
            return "invalid_limit"
        if cursor and _after(cursor) is None:
            return "invalid_cursor"
        oldest, latest = str(asked.get("oldest") or "0"), str(asked.get("latest") or "")
        for word, stamp in (("invalid_ts_oldest", oldest), ("invalid_ts_latest", latest or "0")):
            if not stamp.replace(".", "", 1).isdecimal():
                return word
        yes = {
            name: str(asked.get(name)).lower() in ("1", "true")
            for name in ("inclusive", "include_all_metadata")
        }
        return cls(oldest, latest, yes["inclusive"], int(limit), cursor, yes["include_all_metadata"])

    def holds(self, ts: str) -> bool:
        """Whether a message of this time is asked for; both ends count only where `inclusive` says so."""
        at, oldest, latest = _micros(ts), _micros(self.oldest), _micros(self.latest or "9" * 11)
        return oldest <= at <= latest if self.inclusive else oldest < at < latest


@dataclass(slots=True)
class Room:
    """One channel."""

    id: str
    lag: timedelta = timedelta(0)
    said: dict[str, RoomMessage] = field(default_factory=dict)
    _last: int = 0

    def post(self, payload: Mapping[str, Any], at: datetime) -> RoomMessage:
        """Puts a message up, or a reply; no two have the same `ts`."""
        self._last = max(self._last + 1, round(at.timestamp() * 1_000_000))
        ts = f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
        message = RoomMessage(at, self.id, ts, _standing(payload), payload.get("thread_ts"))
        self.said[ts] = message
        return message

    def update(self, ts: str, payload: Mapping[str, Any]) -> RoomMessage:
        """Gives a message new words; what is not said anew stays."""
        old = self.said[ts]
        self.said[ts] = replace(old, payload={**old.payload, **_standing(payload)}, edited=old.edited + 1)
        return self.said[ts]

    def remove(self, ts: str) -> None:
        """Takes a message away, as a person may; its replies go with it."""
        gone = [message.ts for message in self.said.values() if ts in (message.ts, message.thread)]
        for each in gone:
            del self.said[each]

    def history(self, window: Window, now: datetime) -> dict[str, Any]:
        """The messages of a window, the newest first; replies stand in their threads alone."""
        shown = [message for message in reversed(self.said.values()) if message.thread is None]
        return self._page((message for message in shown if window.holds(message.ts)), window, now)

    def replies(self, root: str, window: Window, now: datetime) -> dict[str, Any]:
        """A thread: its first message, whatever the window, and the replies of it, the oldest first."""
        replies = (
            message for message in self.said.values() if message.thread == root and window.holds(message.ts)
        )
        return self._page((self.said[root], *replies), window, now)

    def shown(self, message: RoomMessage, *, metadata: bool = True) -> dict[str, Any]:
        """A message as Slack's answers have it."""
        words = dict(message.payload)
        if "metadata" in words and not metadata:  # what kind it is of is shown all the same
            words["metadata"] = {"event_type": words["metadata"].get("event_type")}
        answered = sum(reply.thread == message.ts for reply in self.said.values())
        root = message.thread or (message.ts if answered else None)
        thread = {"thread_ts": root} if root else {}
        count = {"reply_count": answered} if answered else {}
        edits = {"edited": {"user": "U0PANTAU", "ts": message.ts}} if message.edited else {}
        usual = {"type": "message", "user": "U0PANTAU", "bot_id": "B0PANTAU", "app_id": "A0PANTAU"}
        return usual | words | {"ts": message.ts} | thread | count | edits

    def _page(self, found: Iterable[RoomMessage], window: Window, now: datetime) -> dict[str, Any]:
        visible = [message for message in found if message.at + self.lag <= now]
        after = _after(window.cursor)
        if after is not None:
            place = next((n for n, message in enumerate(visible) if message.ts == after), -1)
            visible = visible[place + 1 :]
        page = visible[: window.limit]
        more = len(visible) > len(page)
        answer: dict[str, Any] = {
            "messages": [self.shown(message, metadata=window.metadata) for message in page],
            "has_more": more,
        }
        return answer | ({"response_metadata": {"next_cursor": _cursor(page[-1].ts)}} if more else {})


def _standing(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: payload[name] for name in STANDING if name in payload}


def _cursor(ts: str) -> str:
    return base64.b64encode(f"next_ts:{ts}".encode()).decode()


def _after(cursor: str) -> str | None:
    """The message that a page ended with; None for what is no cursor of ours."""
    try:
        kind, _, ts = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return ts if kind == "next_ts" else None


def _micros(stamp: str) -> int:
    seconds, _, rest = stamp.partition(".")
    return int(seconds or 0) * 1_000_000 + int((rest + "000000")[:6])
