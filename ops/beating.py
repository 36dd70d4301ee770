"""The beat's composition root. It sends ticks and needs neither desks nor database, so it loads neither."""

from __future__ import annotations

from typing import Any

from celery import signals

from ops import installation, logs, observing
from worker.app import app, configure

settings = installation.settings_of()
configure(installation.broker(settings))


@signals.setup_logging.connect
def _own_logs(**_: Any) -> None:
    logs.set_up(settings.log, settings.log_level)
    observing.begin("beat")


__all__ = ["app"]
