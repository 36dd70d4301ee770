"""The tick, which makes a lost bell cost no more than a second, and what the operator is told by."""

from __future__ import annotations

from collections.abc import Callable

from celery import Celery

from ops import tools
from ops.retention import Keep
from ops.self_testing import SelfTesting
from ops.store.ticking import desks_with_work, take_tick
from ops.watching import Watch, look
from worker.app import Desk, ring
from worker.kit import Kit
from worker.settings import Settings


def tick(kit: Kit, watch: Watch | None = None) -> list[Desk]:
    """Rings every desk that has work, and looks round for the operator; returns which were rung. A tick that comes
    right behind another does nothing."""
    with kit.engine.begin() as connection:
        if not take_tick(connection):
            return []
        due = desks_with_work(connection)
    for desk in due:
        ring(desk)
    if watch is not None:
        look(kit, watch)
    return due


def add_tick(app: Celery, settings: Settings, make_tools: Callable[[], Kit]) -> None:
    """Registers the tick's task."""
    watch = _watch(settings)

    @app.task(name="tick")
    def _tick() -> None:
        tick(make_tools(), watch)


def _watch(settings: Settings) -> Watch:
    """The operator's own address is not subject to the guard, so it is asked through a door of its own."""
    return Watch(
        settings.operator_channel,
        settings.heartbeat_url,
        lambda: tools.make_web(settings, anywhere=True),
        SelfTesting(settings.self_test_s),
        Keep(settings.keep_articles_s, settings.keep_ledger_s),
    )
