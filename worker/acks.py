"""EDGE: an answer to the broker that did not get through is a lost connection, not a line in the log.

A worker that holds as many messages as it may asks for no more, and so has nothing open at which it could see that the
broker has gone. kombu logs an acknowledgement that fails and lets it be: the message counts as held for ever, nothing
is asked for again, and the worker is deaf until it is restarted (celery 5.7.0, kombu 5.7.0; seen with one process in
three attempts of three, on a broker that was away for 1.4 to 7.5 s).
"""

from __future__ import annotations

from logging import Logger
from typing import Any

from celery.bootsteps import StartStopStep
from kombu.transport.virtual import Message


class Answerable(Message):
    """A message whose answer gets through or raises what the consumer connects anew for.

    What came over a channel that has been given up since cannot be answered any more, and is no news.
    """

    def ack_log_error(
        self, logger: Logger, errors: tuple[type[Exception], ...], multiple: bool = False
    ) -> None:
        """As kombu's, but raises what was in the way."""
        super().ack_log_error(logger, self._no_news(errors), multiple)  # type: ignore[no-untyped-call]

    def reject_log_error(
        self, logger: Logger, errors: tuple[type[Exception], ...], requeue: bool = False
    ) -> None:
        """As kombu's, but raises what was in the way."""
        super().reject_log_error(logger, self._no_news(errors), requeue)  # type: ignore[no-untyped-call]

    def _no_news(self, errors: tuple[type[Exception], ...]) -> tuple[type[Exception], ...]:
        return errors if self.channel.closed else ()


class AnswersGetThrough(StartStopStep):  # type: ignore[misc]
    """Has a consumer's messages be `Answerable`, from its connection on and before it takes the first."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """With each connection: its channel is new."""
        parent.task_consumer.channel.Message = Answerable
