"""Misbehaviour by script: what a receiver answers, one answer for each message, then it accepts all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Accept:
    """Take the message and say so."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not take it, with this status (HTTP) or reply code (SMTP, at RCPT) and these words."""

    code: int
    words: str = "not now"
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class RefuseAtEnd:
    """SMTP only: take the recipient and refuse the message after its final dot."""

    code: int
    words: str = "content refused"


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection without a word; `accepted` tells whether the message was taken before.

    Not accepted, an SMTP sink hangs up at DATA, before a byte of the message was asked for.
    """

    accepted: bool


Answer = Accept | Refuse | RefuseAtEnd | HangUp


class Script:
    """The answers to come: a receiver's own first, then those for anybody, then `Accept` for ever."""

    def __init__(
        self, anybody: Iterable[Answer] = (), receivers: Mapping[str, Iterable[Answer]] | None = None
    ) -> None:
        self._anybody = deque(anybody)
        self._receivers = {name: deque(answers) for name, answers in (receivers or {}).items()}
        self._lock = Lock()

    def next(self, receiver: str) -> Answer:
        """Take the next answer for this receiver (a mail address, the path of a hook)."""
        with self._lock:
            for answers in (self._receivers.get(receiver), self._anybody):
                if answers:
                    return answers.popleft()
        return Accept()
