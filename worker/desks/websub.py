"""Asking hubs to tell us of a feed's news, before the last promise runs out; and taking it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import structlog

from worker.errors import BadConfiguration
from worker.feeds.websub import PATH, Subscription, after_asking, after_leaving, has_left, moved, request_for
from worker.kit import Kit
from worker.rolling import keep_busy
from worker.store import websub
from worker.store.websub import Held
from worker.wire import Failure, Reply

log = structlog.get_logger("worker")

ROOM = 4
"""Most feeds share a hub or two."""
SECONDS = 20.0
_MOVES = 3


async def ask_hubs(kit: Kit, seconds: float = SECONDS) -> int:
    """Makes the requests to hubs that are due; returns how many subscriptions were looked at."""

    def claim(room: int) -> list[Held]:
        with kit.engine.begin() as connection:
            return websub.claim_due(connection, room, kit.callback_base)

    return await keep_busy(claim, lambda held: _ask(kit, held), room=ROOM, seconds=seconds)


async def _ask(kit: Kit, held: Held) -> None:
    facts = await _facts(kit, held)
    with kit.engine.begin() as connection:
        websub.settle(connection, held, facts)
    told = {"state": facts["state"], "reason": facts["reason"]} if facts else {"state": "over"}
    log.info("websub", feed=held.feed, hub=held.subscription.hub, **told)


async def _facts(kit: Kit, held: Held) -> dict[str, Any] | None:
    """What there is to remember after asking; None: nothing any more."""
    subscription, now = held.subscription, kit.clock()
    leaving = subscription.state == "leaving"
    if kit.callback_base is None or (leaving and has_left(subscription, now)):
        return None
    try:
        answer = await _answer(kit, held, "unsubscribe" if leaving else "subscribe")
    except BadConfiguration:  # sealed with a key that is gone: the feed will offer its hub again
        return None
    judge = after_leaving if leaving else after_asking
    return judge(subscription, answer, kit.clock())


async def _answer(kit: Kit, held: Held, mode: Literal["subscribe", "unsubscribe"]) -> Reply | Failure:
    """The hub's answer, or that of the hub which it sends us to."""
    token = kit.keys.open(held.token, websub.place(held.feed, "token"))
    secret = kit.keys.open(held.secret, websub.place(held.feed, "secret"))
    callback = held.base.rstrip("/") + PATH + token.reveal()
    subscription: Subscription = held.subscription
    for _ in range(_MOVES):
        answer = await kit.web.ask(request_for(mode, subscription, callback, secret))
        onward = moved(subscription, answer)
        if onward is None:
            return answer
        subscription = replace(subscription, hub=onward)
    return Failure("redirects", f"the hub sends us on more than {_MOVES} times")
