"""Receivers that misbehave by dice, and what goes wrong with them on a bad day."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import web

from ops.newsroom.script import Accept, Answer, Complain, Garble, HangUp, Refuse


@dataclass
class Dice:
    """What goes wrong with a request, in the shares of a bad day (of 100 posts: 8 kept though their answer is lost, 4
    kept with `fatal_error`, 5 answered 429, 5 with 500, 3 broken off; 5 senders die before and 5 after the post)."""

    seed: int
    calm: bool = False
    thrown: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def trouble(self, shares: dict[str, float]) -> str:
        if self.calm:
            return ""
        left = self.random.random() * 100
        for name, share in shares.items():
            left -= share
            if left < 0:
                self.thrown[name] += 1
                return name
        return ""

    def answers(self, said: dict[str, Answer]) -> Iterator[Answer]:
        shares = {"lost": 8.0, "fatal": 4.0, "429": 5.0, "500": 5.0, "reset": 3.0}
        while True:
            trouble = self.trouble(shares)
            answer = said.get(trouble, Accept())
            if trouble == "429":
                answer = Refuse(429, "ratelimited", self.random.randint(1, 30))
            yield answer

    def looks(self) -> Iterator[Answer]:
        while True:
            match self.trouble({"looks 429": 5.0, "looks 500": 5.0, "looks reset": 5.0}):
                case "looks 429":
                    yield Refuse(429, "ratelimited", 20)
                case "looks 500":
                    yield Complain("fatal_error")
                case "looks reset":
                    yield HangUp(accepted=False)
                case _:
                    yield Accept()

    def kills(self) -> bool:
        return bool(self.trouble({"killed": 5.0}))


HTTP_TROUBLE: dict[str, Answer] = {
    "lost": HangUp(accepted=True),
    "fatal": Garble(500, "fatal_error", stored=True),
    "500": Refuse(500, "server_error"),
    "reset": HangUp(accepted=False),
}
API_TROUBLE = HTTP_TROUBLE | {"fatal": Complain("fatal_error", stored=True)}
MAIL_TROUBLE: dict[str, Answer] = {
    "lost": HangUp(accepted=True),
    "fatal": HangUp(accepted=True),
    "429": Refuse(450, "4.2.0 not now"),
    "500": Refuse(451, "4.3.0 local error"),
    "reset": HangUp(accepted=False),
}


class Hook:
    """A program that hears signed webhooks, and drops what it has heard under the same id."""

    def __init__(self, dice: Dice) -> None:
        self.heard: Counter[str] = Counter()
        self.asked = 0
        self._answers = dice.answers(HTTP_TROUBLE)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{name}", self._hear)
        return app

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked += 1
        answer = next(self._answers)
        kept = isinstance(answer, Accept) or getattr(answer, "stored", getattr(answer, "accepted", False))
        if kept:
            self.heard[request.headers["webhook-id"]] = 1
        match answer:
            case HangUp():
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            case Refuse(code, words, after):
                headers = {"Retry-After": str(after)} if after else {}
                return web.Response(status=code, text=words, headers=headers)
            case Garble(status, body):
                return web.Response(status=status, text=body)
        return web.Response(status=204)
