"""The beat's composition root. It sends ticks and needs neither desks nor database, so it loads neither."""

from __future__ import annotations

from typing import Any

from celery import beat, signals
from celery.apps.beat import Beat
from celery.platforms import signals as process_signals

from ops import installation, logs, observing
from worker.app import app, configure

settings = installation.settings_of()
configure(installation.broker(settings))


class StoppableBeat(Beat):  # type: ignore[misc]  # Celery has no types
    """A beat that ends when it is told to, whatever it is in the middle of.

    Celery 5.7's own handler closes the connection before it raises SystemExit. Where a tick is being sent just then,
    that becomes "I/O operation on closed file", is noted as an error of this tick, and the beat goes on until somebody
    kills it: 5 of 150 that sent all the time.
    """

    def install_sync_handler(self, service: beat.Service) -> None:
        def stop(*_: object) -> None:
            process_signals.ignore("SIGTERM", "SIGINT")
            service._is_shutdown.set()  # where the exception gets lost, this tick was the last
            raise SystemExit

        process_signals.update(SIGTERM=stop, SIGINT=stop)


def run() -> None:
    """Sends one tick a second until SIGTERM or SIGINT."""
    StoppableBeat(app=app, scheduler_cls="celery.beat:Scheduler", quiet=True, loglevel="INFO").run()


@signals.setup_logging.connect
def _own_logs(**_: Any) -> None:
    logs.set_up(settings.log, settings.log_level)
    observing.begin("beat")


__all__ = ["run"]
