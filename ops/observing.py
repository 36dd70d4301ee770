"""Who looks at Pantau from outside: traces for OpenTelemetry (the OTEL_ variables) and errors for Sentry (SENTRY_DSN).
Both are extras; where they are not asked for, neither is loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import structlog

from ops.installation import our_version
from worker import spans
from worker.errors import BadConfiguration

_SPOKEN = "http/protobuf"
_drawing: Any = None
_drawn_by: int | None = None


def begin(part: str, environ: Mapping[str, str] | None = None) -> None:
    """Has errors of this process reported, if somebody wants them, and looks whether traces can be drawn as they are
    asked for. Raises BadConfiguration where they cannot."""
    given = os.environ if environ is None else environ
    if traces_wanted(given):
        _there("opentelemetry.sdk", "otel")
    if given.get("SENTRY_DSN") and _there("sentry_sdk", "sentry"):
        import_module("ops.sentry").begin(part, our_version())


def draw() -> None:
    """Has traces drawn of this process, if somebody wants them. What a parent has begun does not outlive a fork, so
    each process begins for itself."""
    global _drawing, _drawn_by
    if _drawn_by == os.getpid():
        return
    _drawn_by, _drawing = os.getpid(), None
    if traces_wanted(os.environ) and find_spec("opentelemetry"):
        _drawing = import_module("ops.otel").Drawing(our_version())
    spans.record_with(_drawing)


@contextmanager
def run(desk: str, carried: Mapping[str, Any]) -> Iterator[None]:
    """All that a worker does when a bell was rung; a tick is not worth a trace a second."""
    if _drawing is None or desk == "tick":
        yield
        return
    with _drawing.run(desk, {"traceparent": str(carried.get("traceparent") or "")}):
        yield


def put_away() -> None:
    """Sends what is left, at the process's end."""
    global _drawing
    if _drawing is not None and _drawn_by == os.getpid():
        spans.record_with(None)
        _drawing.put_away()
        _drawing = None
    if os.environ.get("SENTRY_DSN") and find_spec("sentry_sdk"):
        import_module("ops.sentry").put_away()


def traces_wanted(environ: Mapping[str, str]) -> bool:
    """Whether traces are to be drawn: an exporter or its address is named, and nothing says no. Raises
    BadConfiguration for what is not spoken here."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter == "none" or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    endpoints = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    if not exporter and not any(environ.get(name, "").strip() for name in endpoints):
        return False
    if exporter not in ("", "otlp"):
        raise BadConfiguration(f'OTEL_TRACES_EXPORTER "{exporter}" is not known; expected otlp or none')
    protocols = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    name, protocol = next(((each, environ[each]) for each in protocols if environ.get(each)), ("", _SPOKEN))
    if protocol != _SPOKEN:
        raise BadConfiguration(f'{name} "{protocol}" is not spoken here; expected {_SPOKEN}')
    return True


def _there(module: str, extra: str) -> bool:
    """Whether an extra is installed. Nothing of Pantau's work needs it, so a start without it goes on."""
    try:
        found = find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        structlog.get_logger("ops").warning("extra_not_installed", remedy=f"pip install 'pantau[{extra}]'")
    return found
