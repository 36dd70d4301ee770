"""A collector of traces and a Sentry on loopback, as real as what is sent to them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ops.newsroom import running


class Collector:
    """Takes what a program would send to a collector of OpenTelemetry, or to Sentry."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.raw = b""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=20_000_000)
        app.router.add_post("/v1/traces", self._take_traces)
        app.router.add_post("/api/7/envelope/", self._take_envelope)
        return app

    async def _take_traces(self, request: web.Request) -> web.Response:
        body = await _unpacked(request)
        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {
                a.value.string_value for a in resource.resource.attributes if a.key == "service.name"
            }
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return web.Response()

    async def _take_envelope(self, request: web.Request) -> web.Response:
        body = await _unpacked(request)
        self.raw += body
        lines = body.split(b"\n")
        for head, item in zip(lines[1::2], lines[2::2], strict=False):
            if json.loads(head)["type"] == "event":
                self.events.append(json.loads(item))
        return web.json_response({})


async def _unpacked(request: web.Request) -> bytes:
    body = await request.read()
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    collector = Collector()
    with running(collector.app()) as address:
        yield collector, address


def facts(span: Any) -> dict[str, Any]:
    """What a span tells."""
    found = {}
    for each in span.attributes:
        kind = each.value.WhichOneof("value")
        value = getattr(each.value, kind)
        found[each.key] = [inner.int_value for inner in value.values] if kind == "array_value" else value
    return found
