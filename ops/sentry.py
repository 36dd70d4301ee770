"""Errors told to Sentry (`pantau[sentry]`), where SENTRY_DSN names one: what the log calls an error, with the trace
back to it, and nothing that is secret or somebody's.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import event_from_exception

from ops.logs import starred

FLUSH_S = 2.0
MOST_CHARACTERS = 2000
_DEEPEST = 12
_ADDRESS = re.compile(
    r"\b(?P<scheme>[a-z][a-z0-9+.-]{1,20})://(?P<host>[^\s/?#'\"<>]*)[^\s'\"<>]*", re.IGNORECASE
)
_PERSON = re.compile(r"[^\s<>\"'@,;:()\[\]]+@[^\s<>\"'@,;:()\[\]]+")
_ROWS = re.compile(r"(\[parameters: |\[SQL: |DETAIL: |CONTEXT: ).*", re.DOTALL)
"""Where a database's error goes on with what it was asked to store."""


def begin(part: str, version: str) -> None:
    """From now on errors of this process are told. Asking twice changes nothing."""
    if sentry_sdk.is_initialized():
        _listen()
        return
    sentry_sdk.init(
        release=f"pantau@{version}",
        default_integrations=False,
        integrations=[ExcepthookIntegration(), AtexitIntegration(callback=lambda *_: None)],
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        traces_sample_rate=None,
        shutdown_timeout=FLUSH_S,
        before_send=scrubbed,
    )
    sentry_sdk.set_tag("part", part)
    _listen()


def _listen() -> None:
    """Setting the log up anew forgets who listens."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Errors) for handler in root.handlers):
        root.addHandler(_Errors(logging.ERROR))


def put_away() -> None:
    """Sends what is left."""
    sentry_sdk.flush(FLUSH_S)


class _Errors(logging.Handler):
    """Tells what is logged as an error: its event, its facts, and the exception where there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line of the log."""
        if record.name.startswith("sentry_sdk"):
            return
        facts = dict(record.msg) if isinstance(record.msg, dict) else {"event": record.getMessage()}
        event, hint = _event(record, facts.pop("exc_info", None))
        said = str(facts.pop("event", record.name))
        event["logger"] = str(facts.pop("logger", record.name))
        event["level"] = "fatal" if record.levelno >= logging.CRITICAL else "error"
        event["message"] = said
        event["extra"] = {name: fact for name, fact in facts.items() if not name.startswith("_")}
        sentry_sdk.capture_event(event, hint=hint)


def _event(record: logging.LogRecord, told: Any) -> tuple[Event, Hint | None]:
    error = told[1] if isinstance(told, tuple) else told if isinstance(told, BaseException) else None
    if error is None and record.exc_info:
        error = record.exc_info[1]
    if error is None:
        return {}, None
    client = sentry_sdk.get_client()
    return event_from_exception(
        error, client_options=client.options, mechanism={"type": "pantau", "handled": True}
    )


def scrubbed(event: Event, _hint: Hint) -> Event:
    """The event without secrets, addresses and people, wherever they stand in it."""
    clean: Any = _clean("", event, 0)
    return clean  # type: ignore[no-any-return]


_KEPT = frozenset(("event_id", "timestamp", "filename", "module", "release", "platform", "sdk"))


def _clean(name: str, value: Any, depth: int) -> Any:
    if name in _KEPT or value is None or isinstance(value, bool | int | float):
        return value
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {
            str(key): _clean(str(key), inner, depth + 1) for key, inner in value.items() if key != "abs_path"
        }
    if isinstance(value, list | tuple):
        return [_clean(name, inner, depth + 1) for inner in value]
    return clean_text(str(starred(name, value)))


def clean_text(text: str) -> str:
    """Words without what they must not tell: of addresses the host is left (only of the web's, since others hold
    names and keys there), of people nothing, of database errors what was wrong and not with which rows."""
    text = _ROWS.sub("…", text[: 20 * MOST_CHARACTERS])
    text = _ADDRESS.sub(_host_alone, text)
    return _PERSON.sub("***@***", text)[:MOST_CHARACTERS]


def _host_alone(found: re.Match[str]) -> str:
    scheme = found["scheme"].lower()
    host = found["host"].rpartition("@")[2] if scheme in ("http", "https") else "***"
    return f"{scheme}://{host}/***"
