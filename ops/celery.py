"""The workers' composition root: settings → app, tools, logs; `serve` brings the tasks of some queues."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager
from importlib import import_module
from time import monotonic
from typing import Any

import structlog
from celery import signals
from celery.exceptions import SecurityWarning
from celery.worker.state import active_requests

from ops import kit, logs, observing, tools
from ops.alive import Alive
from ops.rotation import keys_fit
from ops.store.clock import DatabaseClock
from worker import process, spans
from worker.app import app, configure
from worker.errors import Unavailable
from worker.kit import Kit, TopicWatch

# Celery warns of workers that run as root because of pickled messages; ours are JSON alone.
warnings.simplefilter("ignore", SecurityWarning)

settings = kit.settings_of()
configure(kit.broker(settings))
topics = TopicWatch()


def _make_tools() -> Kit:
    """What falls due is judged by the database's clock, so that is what the desks go by, and not this machine's."""
    made = tools.make_kit(settings, topics)
    made.clock = DatabaseClock(made.engine, made.clock)
    return made


process.make_tools_with(_make_tools)

_alive = Alive(settings)
_runs: dict[str, AbstractContextManager[None]] = {}
"""What is under way in this process, where traces are drawn: by the task."""

DESKS = {"poll": "worker.desks.poll", "read": "worker.desks.read", "plan": "alerts.desks.plan"}


def serve(queues: Iterable[str]) -> None:
    """Loads the tasks and desks of these queues and no others: each takes its time to load, and what is there
    before the pool forks is shared by its processes."""
    logs.set_up(settings.log, settings.log_level)
    observing.begin("worker")
    _alive.queues = tuple(queues)
    wanted = set(_alive.queues)
    if wanted & {"poll", "send"}:
        keys_fit(settings)
    if "tick" in wanted:
        import_module("ops.tick").add_tick(app, settings, process.tools)
    if wanted & {"poll", "read"}:
        import_module("worker.tasks")
    if wanted & {"plan", "send"}:
        outbox = import_module("ops.outbox")
        import_module("alerts.tasks").make_outbox_with(lambda: outbox.make_outbox(settings, process.tools()))
    if "send" in wanted:
        _try_senders_again()
    for queue in wanted & DESKS.keys():
        getattr(import_module(DESKS[queue]), "warm_up", lambda: None)()
    if "read" in wanted:
        _read_topics()


def _read_topics() -> None:
    """What is watched and how things are called, read before the pool forks: its processes share it, and take in what
    changes after.
    100,000 topics take seconds and 300 MB; a process that is replaced later starts from here too."""
    try:
        with kit.connected(settings) as connection:
            topics.follow(connection)
            import_module(DESKS["read"]).know_names(connection)
    except Unavailable as trouble:
        structlog.get_logger("worker").warning("topics_are_read_later", detail=str(trouble))


def _try_senders_again() -> None:
    """A token or a log-in that was mended is tried when we start, and not within the hour."""
    try:
        with kit.connected(settings) as connection:
            import_module("alerts.store.senders").try_again(connection)
    except Unavailable as trouble:
        structlog.get_logger("alerts").warning("senders_are_tried_later", detail=str(trouble))


@signals.setup_logging.connect
def _own_logs(**_: Any) -> None:
    """Celery's records go through our processors; it must not set up handlers of its own."""
    logs.set_up(settings.log, settings.log_level)
    observing.begin("worker")


@signals.worker_ready.connect
def _sign_of_life(sender: Any = None, **_: Any) -> None:
    _alive.slots = sender.controller.concurrency
    _alive.busy = lambda: len(active_requests)
    _alive.begin(monotonic())
    structlog.get_logger("worker").info("worker_ready", worker=_alive.name)


@signals.heartbeat_sent.connect
def _still_alive(**_: Any) -> None:
    """Celery's own heart beats every two seconds, in the process that the others were forked from."""
    _alive.go_on(monotonic())


@signals.worker_shutdown.connect
def _no_longer_alive(**_: Any) -> None:
    _alive.end()


@signals.task_prerun.connect
def _bind(task_id: str = "", task: Any = None, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id[:8])
    if isinstance(shown := process.tools().clock, DatabaseClock):
        shown.ask()
    observing.draw()
    if spans.recording():
        _runs[task_id] = observing.run(task.name, task.request)
        _runs[task_id].__enter__()


@signals.task_postrun.connect
def _unbind(task_id: str = "", **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    if (run := _runs.pop(task_id, None)) is not None:
        run.__exit__(None, None, None)


@signals.worker_shutting_down.connect
def _begin_nothing(**_: Any) -> None:
    """A desk that went on claiming would keep the process from ending for as long as there is work."""
    process.stop_claiming()


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def _put_away(**_: Any) -> None:
    process.put_away()
    observing.put_away()


__all__ = ["app", "serve"]
