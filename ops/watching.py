"""SHELL. Who watches the watch: the operator's channel hears what a person must mend, and somebody outside hears
that all is well, so that silence can be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from ops.notices import Trouble, decide, in_words, with_ours
from ops.retention import Keep, clear
from ops.self_testing import SelfTesting
from ops.store import notices
from ops.store.overview import overview, standing
from ops.verdict import verdict
from worker.http import Web
from worker.kit import Kit
from worker.secrets import Secret
from worker.wire import Reply, Request

log = structlog.get_logger("watch")

LOOK_EVERY = timedelta(seconds=30)
PING_EVERY = timedelta(seconds=60)
_PING_S = 5.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What the operator wants to hear, who is told that we are alive, the self-test, and how long rows are kept (None:
    for good)."""

    operator_channel: str | None = None
    heartbeat: Secret | None = None
    web: Callable[[], Web] = Web
    self_test: SelfTesting = field(default_factory=SelfTesting)
    keep: Keep | None = None


def look(kit: Kit, watch: Watch) -> None:
    """Looks round, where it is time; nothing where another process has done so just now."""
    watch.self_test.go_on(kit)
    if watch.operator_channel is not None:
        _tell_operator(kit, watch.operator_channel)
    if watch.heartbeat is not None:
        _ping(kit, watch, watch.heartbeat)
    if watch.keep is not None:
        clear(kit, watch.keep)


def _tell_operator(kit: Kit, name: str) -> None:
    with kit.engine.begin() as connection:
        if not notices.turn(connection, "watch", LOOK_EVERY):
            return
        channel = notices.standing_channel(connection, name)
        if channel is None:
            log.warning("operator_channel_unknown", channel=name)
            return
        now = kit.clock()
        troubles = [Trouble(**row) for row in notices.troubles_now(connection, channel)]  # type: ignore[arg-type]
        told_of = notices.told_of(connection)
        troubles = with_ours(troubles, standing(connection), told_of)
        due = decide(troubles, told_of, notices.last_notice(connection, channel), now)
        if due is None:
            return
        told = [(trouble.key, in_words(trouble)) for trouble in troubles if trouble.key in due.told]
        notices.tell(connection, channel, due.lines, told, due.over, now)
    log.info("operator_told", troubles=len(due.told), over=len(due.over))
    kit.settled("plan")


def _ping(kit: Kit, watch: Watch, heartbeat: Secret) -> None:
    """A sign of life to the outside, only while nothing is bad: whoever misses it calls for help."""
    with kit.engine.begin() as connection:
        if not notices.turn(connection, "ping", PING_EVERY):
            return
        level, sentence = verdict(overview(connection))
    if level == "bad":
        log.warning("no_sign_of_life", verdict=sentence)
        return
    if not asyncio.run(_asked(watch, heartbeat)):
        log.warning("sign_of_life_not_taken")


async def _asked(watch: Watch, heartbeat: Secret) -> bool:
    async with watch.web() as web:
        asked = Request(
            heartbeat.reveal(), deadline_s=_PING_S, max_bytes=64 * 1024, max_redirects=0, cut=True
        )
        answer = await web.ask(asked)
    return isinstance(answer, Reply) and answer.status < 400
