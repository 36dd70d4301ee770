"""Misbehaviour by script: what a receiver answers, one answer for each message, then it accepts all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Complain:
    """Slack's Web API only: status 200, `"ok": false` and this word; `stored` tells whether the message stands there
    all the same, as with `fatal_error` it may."""

    word: str
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Garble:
    """Slack only: any status, body and headers whatever; `stored` as with `Complain`."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: bool = False


Answer = Accept | Refuse | RefuseAtEnd | HangUp | Complain | Garble


class Script:
    """The answers to come: a receiver's own first, then those for anybody, then `Accept` for ever.

    Answers may be made as they are asked for: a generator that throws dice plays a whole day of trouble.
    """

    def __init__(
        self, anybody: Iterable[Answer] = (), receivers: Mapping[str, Iterable[Answer]] | None = None
    ) -> None:
        self._anybody = iter(anybody)
        self._receivers = {name: iter(answers) for name, answers in (receivers or {}).items()}
        self._lock = Lock()

    def next(self, receiver: str) -> Answer:
        """Take the next answer for this receiver (a mail address, the path of a hook, a Slack channel's ID)."""
        with self._lock:
            own = next(self._receivers.get(receiver, iter(())), None)
            return own or next(self._anybody, None) or Accept()
