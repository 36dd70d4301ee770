"""`GET /metrics`: figures for Prometheus and whoever reads its formats.

All come from the database, so that they are right even while the workers are dead; the page is made at most every
five seconds, and more rarely where the database is slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ops.dashboard.context import Context, DatabaseSilent, context_of
from ops.dashboard.gate import Access, may_read_figures
from ops.figures import Counted, samples, silent
from ops.measures import Samples, exposition
from ops.store import measuring
from ops.store.audit import audit
from ops.store.measuring import Happened
from ops.store.overview import Overview, overview
from worker.secrets import Secret
from worker.store.engine import Connection, DatabaseTrouble, PoolExhausted

log = structlog.get_logger("web")

FRESH_S = 5.0
_SHARE = 20  # at most a twentieth of the time goes into looking
_COUNTED_BEFORE = timedelta(minutes=1)

_HOW = (
    "These figures need a token: Authorization: Bearer, with the value of PANTAU_API_TOKEN.\n"
    "PANTAU_METRICS=local lets programs on this machine in without one (directly, through no proxy); "
    "PANTAU_METRICS=open lets everybody in.\n"
)


@dataclass(slots=True)
class Meter:
    """The figures of one web process, who may read them (`access`, `token`), and when they are looked up again."""

    began: datetime
    access: Access = "local"
    token: Secret | None = None
    counted: Counted = field(init=False)
    found: Samples | None = None
    again_at: float = 0.0
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        # what ended as the process began is news to whoever reads its figures
        self.counted = Counted(self.began - _COUNTED_BEFORE)

    async def latest(self, context: Context) -> Samples:
        """The newest figures; whoever asks at the same time waits for the same look."""
        async with self.looking:
            if self.found is None or context.steady() >= self.again_at:
                self.found = await self._look(context)
            return self.found

    async def _look(self, context: Context) -> Samples:
        began = context.steady()
        version = None if self.access == "open" else context.version
        try:
            ledger = await context.proof.latest(lambda: context.ask_at_length(audit), context.steady)
            now, rows, happened = await context.ask(self._read)
        except (DatabaseSilent, DatabaseTrouble, PoolExhausted) as trouble:
            log.warning("not_measured", error=type(trouble).__name__)
            told = silent(version)
        else:
            self.counted.take(happened)
            told = samples(now, rows, self.counted, ledger, version)
        took = context.steady() - began
        told.put("pantau_look_seconds", took)
        self.again_at = began + max(FRESH_S, took * _SHARE)
        return told

    def _read(self, connection: Connection) -> tuple[Overview, Sequence[Any], Happened]:
        happened = measuring.happened(connection, self.counted.until, self.counted.marks)
        return overview(connection), measuring.standing(connection), happened


async def metrics(request: Request) -> Response:
    """The figures, for those who may read them."""
    context = context_of(request)
    meter: Meter = request.app.state.meter
    peer = request.client.host if request.client else None
    token = meter.token.reveal() if meter.token else None
    if not may_read_figures(meter.access, token, peer, request.headers):
        return PlainTextResponse(_HOW, 401, {"www-authenticate": 'Bearer realm="Pantau"'})
    told = await meter.latest(context)
    text, kind = exposition(told, request.headers.get("accept", ""))
    return Response(text, media_type=kind)
