"""The Web API of a Slack of our own: it keeps channels and threads as Slack does, and misbehaves by script.

    slack = SlackApi(Script([Complain("fatal_error", stored=True), HangUp(accepted=True)]), lag_s=2)
    with running(slack.app()) as url:
        environ = {"PANTAU_SLACK_API": f"{url}/api", "PANTAU_SLACK_TOKEN": slack.token}

Methods: auth.test, chat.postMessage, chat.update, conversations.history, conversations.replies, conversations.info.
Answers are those of https://docs.slack.dev/reference/methods.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from aiohttp import web

from ops.newsroom.clock import Clock, utc_now
from ops.newsroom.script import Accept, Answer, Complain, Garble, HangUp, Refuse, Script
from ops.newsroom.slack_methods import OURSELVES, SCOPES, arguments, refusal
from ops.newsroom.slack_room import Room, RoomMessage, Window
from ops.newsroom.slack_rules import fault
from ops.newsroom.slack_sink import MOST_BYTES, cut_off
from ops.newsroom.tally import Receipt

TOKEN = "xoxb-0-a-newsroom-of-our-own"  # noqa: S105  nobody else's Slack knows it
RoomState = Literal["open", "archived", "not_in", "gone"]
_ROOM_WORD = {"archived": "is_archived", "not_in": "not_in_channel", "gone": "channel_not_found"}
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was made: which method, what it asked, and what came of it ("ok", Slack's word, "hung up")."""

    at: datetime
    method: str
    asked: Mapping[str, Any]
    word: str


class SlackApi:
    """Slack's Web API at `/api/METHOD`; keeps what was posted and every call that was made.

    `script` answers posts and updates, `looks` answers history and replies, both by the channel's ID; a message that
    Slack would not take never uses them up. `rooms` says of a channel that it is not simply open; `lag_s` is how
    far history trails behind. `heard` is called for each message that stands, in the API's own thread.
    """

    def __init__(
        self,
        script: Script | None = None,
        clock: Clock = utc_now,
        heard: Callable[[RoomMessage], None] = lambda _: None,
        *,
        looks: Script | None = None,
        lag_s: float = 0.0,
        token: str = TOKEN,
        scopes: tuple[str, ...] = SCOPES,
        rooms: Mapping[str, RoomState] | None = None,
    ) -> None:
        self.token, self.scopes = token, scopes
        self.rooms: dict[str, RoomState] = dict(rooms or {})
        self._script, self._looks = script or Script(), looks or Script()
        self._clock, self._heard, self._lag = clock, heard, timedelta(seconds=lag_s)
        self._kept: dict[str, Room] = {}
        self._posted: list[RoomMessage] = []
        self._updated: list[RoomMessage] = []
        self._calls: list[Call] = []

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far, in order."""
        return tuple(self._calls)

    @property
    def roots(self) -> tuple[RoomMessage, ...]:
        """What was posted to channels so far, as it was posted."""
        return tuple(message for message in self._posted if message.thread is None)

    @property
    def replies(self) -> tuple[RoomMessage, ...]:
        """What was posted into threads so far."""
        return tuple(message for message in self._posted if message.thread is not None)

    @property
    def updates(self) -> tuple[RoomMessage, ...]:
        """Messages as each update left them."""
        return tuple(self._updated)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """What `tally` counts: roots and replies; an update tells nobody anew."""
        return tuple(message.receipt for message in self._posted)

    def room(self, channel: str) -> Room:
        """A channel, with all that stands in it."""
        return self._kept.setdefault(channel, Room(channel, self._lag))

    def standing(self, channel: str) -> tuple[RoomMessage, ...]:
        """What stands in a channel now, its threads included, in order."""
        return tuple(self.room(channel).said.values())

    def remove(self, channel: str, ts: str) -> None:
        """Somebody deletes a message."""
        self.room(channel).remove(ts)

    def app(self) -> web.Application:
        """The API, to be served by `running`."""
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_route("*", "/api/{method}", self._call)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method, asked = request.match_info["method"], await arguments(request)
        if isinstance(asked, str):
            return self._say(method, {}, asked)
        bearer = request.headers.get("Authorization", "")
        if wrong := refusal(method, bearer, self.token, self.scopes):
            return self._say(method, asked, wrong)
        match method:
            case "auth.test":
                return self._say(method, asked, **OURSELVES)
            case "chat.postMessage" | "chat.update":
                return self._tell(request, method, asked)
            case _:
                return self._show(request, method, asked)

    def _tell(self, request: web.Request, method: str, asked: Mapping[str, Any]) -> web.StreamResponse:
        channel = str(asked.get("channel", ""))
        if wrong := self._closed(channel) or self._refused(method, asked):
            return self._say(method, asked, wrong)
        return self._act(self._script.next(channel), request, method, asked)

    def _closed(self, channel: str) -> str | None:
        if not _CHANNEL_ID.fullmatch(channel):
            return "channel_not_found"
        return _ROOM_WORD.get(self.rooms.get(channel, "open"))

    def _refused(self, method: str, asked: Mapping[str, Any]) -> str | None:
        """Slack's word for a message that it would not take."""
        if wrong := fault(asked):
            return wrong.code
        said = self.room(str(asked["channel"])).said
        if method == "chat.update":
            return None if str(asked.get("ts")) in said else "message_not_found"
        root = asked.get("thread_ts")
        if root is not None and (root not in said or said[root].thread is not None):
            return "thread_not_found"
        return None

    def _act(
        self, answer: Answer, request: web.Request, method: str, asked: Mapping[str, Any]
    ) -> web.StreamResponse:
        match answer:
            case Accept():
                message = self._keep(method, asked)
                shown = self.room(message.channel).shown(message)
                return self._say(method, asked, channel=message.channel, ts=message.ts, message=shown)
            case Complain(word, stored):
                if stored:
                    self._keep(method, asked)
                return self._say(method, asked, word)
            case Garble(stored=True) | HangUp(accepted=True):
                self._keep(method, asked)
        return self._misbehave(answer, request, method, asked)

    def _misbehave(
        self, answer: Answer, request: web.Request, method: str, asked: Mapping[str, Any]
    ) -> web.StreamResponse:
        """An answer that is none of Slack's JSON, to any method."""
        match answer:
            case Garble(status, body, headers):
                self._note(method, asked, f"http_{status}")
                return web.Response(status=status, text=body, headers=headers)
            case HangUp():
                self._note(method, asked, "hung up")
                return cut_off(request)
            case Refuse(code=status, words=word, retry_after_s=seconds):
                response = self._say(method, asked, word, status=status)
                if seconds is not None:
                    response.headers["Retry-After"] = str(seconds)
                return response
        raise TypeError(f"Slack's Web API cannot answer with {answer}")

    def _keep(self, method: str, asked: Mapping[str, Any]) -> RoomMessage:
        room = self.room(str(asked["channel"]))
        if method == "chat.update":
            message = room.update(str(asked["ts"]), asked)
            self._updated.append(message)
        else:
            message = room.post(asked, self._clock())
            self._posted.append(message)
        self._heard(message)
        return message

    def _show(self, request: web.Request, method: str, asked: Mapping[str, Any]) -> web.StreamResponse:
        channel = str(asked.get("channel", ""))
        if wrong := self._closed(channel):
            return self._say(method, asked, wrong)
        room = self.room(channel)
        if method == "conversations.info":
            return self._say(method, asked, channel=_about(channel))
        match self._looks.next(channel):
            case Accept():
                pass
            case Complain(word):
                return self._say(method, asked, word)
            case answer:
                return self._misbehave(answer, request, method, asked)
        window = Window.of(asked)
        if isinstance(window, str):
            return self._say(method, asked, window)
        if method == "conversations.history":
            return self._say(method, asked, **room.history(window, self._clock()))
        root = str(asked.get("ts", ""))
        if root not in room.said:
            return self._say(method, asked, "thread_not_found")
        return self._say(method, asked, **room.replies(root, window, self._clock()))

    def _say(
        self, method: str, asked: Mapping[str, Any], word: str = "", *, status: int = 200, **facts: Any
    ) -> web.Response:
        self._note(method, asked, word or "ok")
        said = {"ok": False, "error": word} if word else {"ok": True, **facts}
        # Slack's server escapes whatever is not ASCII, and the slash.
        body = json.dumps(said, separators=(",", ":")).replace("/", "\\/")
        headers = {"X-OAuth-Scopes": ",".join(self.scopes)}
        return web.Response(status=status, text=body, content_type="application/json", headers=headers)

    def _note(self, method: str, asked: Mapping[str, Any], word: str) -> None:
        self._calls.append(Call(self._clock(), method, asked, word))


def _about(channel: str) -> dict[str, Any]:
    return {
        "id": channel,
        "name": channel.lower(),
        "is_channel": True,
        "is_member": True,
        "is_archived": False,
    }
