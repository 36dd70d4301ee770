"""EDGE: the Celery app. It carries bells only: small, idempotent messages that say "look", never work itself.

Delays are due times in rows, so there is no ETA, no countdown, no result and no Celery retry here. A bell
that is lost costs one beat tick; a bell that rings twice finds nothing to do.
"""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Literal

from celery import Celery
from celery.schedules import schedule
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from worker import spans
from worker.acks import AnswersGetThrough
from worker.secrets import Secret

Desk = Literal["poll", "read", "plan", "send"]
QUEUES = ("tick", "poll", "read", "plan", "send")
TICK_S = 1.0
BELL_EXPIRES_S = 3 * 3600.0
"""Whoever rings writes by its own clock when the bell is over, and whoever hears it looks at its own: machines whose
clocks are an hour apart must still understand each other. A bell that waited finds nothing to do and costs a look."""
HARD_LIMIT_S = 300
SOFT_LIMIT_S = 240

# How soon a broker that has vanished from the network is given up: 25 s, where the kernel would wait for two hours.
_VANISHED = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 25_000}

TRANSPORT = {
    # longer than twice the hard limit, or a running task would be handed out again
    "visibility_timeout": 900,
    # redelivery after the timeout + 5 s; kombu's defaults add 100 s to it
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "unacked_restore_limit": 100,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    # what this system knows of them
    "socket_keepalive_options": {
        getattr(socket, name): value for name, value in _VANISHED.items() if hasattr(socket, name)
    },
    "health_check_interval": 25,
    "retry_on_timeout": True,
    "global_keyprefix": "pantau:",
    "max_connections": 20,
}
"""How the wire to Valkey or Redis behaves, for every process alike: the shortest timeout would win."""

_DATABASE = re.compile(r"\bdb=")

app = Celery("pantau", set_as_current=True)
app.steps["consumer"].add(AnswersGetThrough)


def configure(redis_url: Secret) -> Celery:
    """Sets the app up for this broker (`redis://`, `rediss://`, or `redis+socket://` with a path)."""
    app.conf.update(
        broker_url=_as_celery(redis_url.reveal()),
        broker_transport_options=TRANSPORT,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_pool_limit=4,
        task_publish_retry_policy={
            "max_retries": 2,
            "interval_start": 0.1,
            "interval_step": 0.3,
            "interval_max": 1,
        },
        task_queues=[Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue="tick",
        task_create_missing_queues=False,
        task_routes={name: {"queue": name} for name in QUEUES},
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_failure=True,
        task_acks_on_timeout=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        result_backend=None,
        task_store_errors_even_if_ignored=False,
        task_serializer="json",
        accept_content=["json"],
        task_protocol=2,
        task_time_limit=HARD_LIMIT_S,
        task_soft_time_limit=SOFT_LIMIT_S,
        worker_max_tasks_per_child=20_000,
        worker_max_memory_per_child=1_500_000,  # kB; reads the peak, which a child inherits
        worker_send_task_events=False,
        task_send_sent_event=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        worker_soft_shutdown_timeout=3,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        enable_utc=True,
        timezone="UTC",
        beat_schedule={
            "tick": {
                "task": "tick",
                "schedule": schedule(TICK_S, nowfun=_steady_now),
                "options": {"expires": BELL_EXPIRES_S, "queue": "tick"},
            }
        },
        beat_max_loop_interval=TICK_S,
    )
    return app


def ring(desk: Desk) -> bool:
    """Rings a desk's bell; False if the broker does not answer (the next tick rings again)."""
    try:
        app.send_task(desk, queue=desk, expires=BELL_EXPIRES_S, headers=spans.carried())
    except (OperationalError, OSError):
        return False
    return True


def _steady_now() -> datetime:
    """What the beat goes by: a clock that nobody sets. By the machine's own, one that is set back by an hour would
    tick again in an hour."""
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=monotonic())


def _as_celery(url: str) -> str:
    """Celery has names of its own for a Unix socket and for the number of a database behind one."""
    if not url.startswith("unix://"):
        return url
    path, ask, query = url.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}{ask}{_DATABASE.sub('virtual_host=', query)}"
