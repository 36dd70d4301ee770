"""Traces for OpenTelemetry (`pantau[otel]`), sent by OTLP over HTTP as the OTEL_ variables say.

An article has one trace, `read → match → plan → send`, whichever processes took the steps: its numbers are made from
the article's own, so no row and no message has to carry them. The poll that brought it is linked to it, as are the
further articles of one message. What a process did in one go is a trace of its own, drawn behind the run that rang
its bell; requests to others hang below it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context, propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from worker.spans import Fact, Facts, Kind, Way

FLUSH_S = 3.0
"""So long the end of a process waits for a collector."""
_KINDS = {
    "inside": SpanKind.INTERNAL,
    "asks": SpanKind.CLIENT,
    "answers": SpanKind.SERVER,
    "takes": SpanKind.CONSUMER,
}
_MOST_LINKS = 100

_given: ContextVar[tuple[int, int] | None] = ContextVar("given", default=None)


class _Numbers(RandomIdGenerator):
    """Dice, but where the numbers follow from what is drawn."""

    def generate_trace_id(self) -> int:
        """The trace's number."""
        given = _given.get()
        return given[0] if given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """The span's number."""
        given = _given.get()
        return given[1] if given else super().generate_span_id()


class _Noted:
    """A span that is drawn."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, facts: Facts) -> None:
        """Adds what has become known."""
        self._span.set_attributes(_attributes(facts))
        if facts.get("error.type"):
            self._span.set_status(StatusCode.ERROR)


class Drawing:
    """Draws what the process does. One per process, made after the fork."""

    def __init__(self, version: str) -> None:
        resource = Resource.create({"service.version": version})
        if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
            resource = resource.merge(Resource({"service.name": "pantau"}))
        self._provider = TracerProvider(resource=resource, id_generator=_Numbers(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("pantau", version)

    @contextmanager
    def span(self, name: str, kind: Kind, facts: Facts, along: Sequence[Way]) -> Iterator[_Noted]:
        """What happens within it. Of what is raised only the type is kept: the words may hold anything."""
        links = [Link(self._start_of(way)) for way in along[1:_MOST_LINKS]]
        above = self._below(along[0]) if along else None
        if above is not None:
            links += _run_that_does_it()
        with self._tracer.start_as_current_span(
            name,
            above,
            _KINDS[kind],
            _attributes(facts),
            links,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _Noted(span)
            except BaseException as error:
                _Noted(span).note({"error.type": type(error).__name__})
                raise

    def step(
        self,
        name: str,
        way: Way,
        took_s: float,
        facts: Facts,
        *,
        first: bool,
        after: Way | None,
    ) -> None:
        """A step that has just ended."""
        links = _run_that_does_it() + ([Link(self._start_of(after))] if after else [])
        start = self._start_of(way)
        ended = time.time_ns()
        given = _given.set((start.trace_id, start.span_id) if first else None)
        try:
            span = self._tracer.start_span(
                name,
                context.Context() if first else self._below(way),
                attributes=_attributes(facts),
                links=links,
                start_time=ended - int(took_s * 1e9),
            )
        finally:
            _given.reset(given)
        span.end(ended)

    def carried(self) -> dict[str, str]:
        """The headers of a bell that is rung now."""
        headers: dict[str, str] = {}
        propagate.inject(headers)
        return headers

    @contextmanager
    def run(self, desk: str, carried: Mapping[str, str]) -> Iterator[None]:
        """All that a worker does when a bell was rung."""
        rung_by = propagate.extract(dict(carried), context.Context())
        with self._tracer.start_as_current_span(
            f"run {desk}", rung_by, SpanKind.CONSUMER, {"pantau.desk": desk}, record_exception=False
        ):
            yield

    def put_away(self) -> None:
        """Sends what is left, if somebody takes it in time."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(FLUSH_S)

    def _below(self, way: Way) -> context.Context:
        return trace.set_span_in_context(NonRecordingSpan(self._start_of(way)), context.Context())

    def _start_of(self, way: Way) -> SpanContext:
        """The first step of a way as every process finds it, and whether it is one of those that are drawn."""
        micros = int(way.seen_at.timestamp() * 1_000_000)
        digest = hashlib.sha256(f"pantau {way.of} {way.number} {micros}".encode()).digest()
        number = int.from_bytes(digest[:16], "big")
        asked = self._provider.sampler.should_sample(context.Context(), number, way.of)
        flags = TraceFlags(
            TraceFlags.SAMPLED if asked.decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT
        )
        return SpanContext(number, int.from_bytes(digest[16:24], "big"), is_remote=True, trace_flags=flags)


def _run_that_does_it() -> list[Link]:
    current = trace.get_current_span().get_span_context()
    return [Link(current)] if current.is_valid else []


def _attributes(facts: Facts) -> dict[str, Fact]:
    """Ours are called `pantau.…`; names with a dot are those of OpenTelemetry's conventions."""
    return {
        name if "." in name else f"pantau.{name}": fact for name, fact in facts.items() if fact is not None
    }
