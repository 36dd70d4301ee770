"""The audit log: who changed what, when; for admins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.pages.accounts import admins_only
from ops.dashboard.shell import show
from ops.dashboard.views.audit_log import HERE, KINDS, PAGE, Asked, compose
from ops.row_number import number_in
from ops.sheets import sheet
from ops.store.audit_log import kinds, noted

_COLUMNS = ("at", "who", "what", "kind", "name", "before", "after")
_MOST_IN_SHEET = 10_000
_LONGEST = 300


async def audit_log(request: Request, session: Session) -> Response:
    """The newest changes first."""
    admins_only(session)
    context, asked = context_of(request), _asked(request)
    rows = await _noted(request, asked, PAGE + 1, number_in(request.query_params.get("before")))
    return await show(
        request,
        session,
        "audit_log.html",
        here="audit-log",
        view=compose(rows, asked, context.clock()),
        kinds=await context.ask(kinds),
        words=KINDS,
        paged=number_in(request.query_params.get("before")) is not None,
    )


async def as_sheet(request: Request, session: Session) -> Response:
    """The same as a sheet, at most the newest ten thousand."""
    admins_only(session)
    rows = await _noted(request, _asked(request), _MOST_IN_SHEET, None)
    named = f"pantau-audit-log-{context_of(request).clock():%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{named}"'}
    return Response(
        "".join(sheet(_cells(rows), _COLUMNS)), media_type="text/csv; charset=utf-8", headers=headers
    )


def _cells(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        facts = {
            side: json.dumps(row[side], ensure_ascii=False) if row[side] else None
            for side in ("before", "after")
        }
        yield {**row, **facts}


async def _noted(request: Request, asked: Asked, limit: int, before: int | None) -> Sequence[dict[str, Any]]:
    wanted = {"who": asked.who or None, "kind": asked.kind or None, "name": asked.name or None}
    return await context_of(request).ask(
        lambda connection: noted(connection, limit=limit, before_id=before, **wanted)
    )


def _asked(request: Request) -> Asked:
    query = request.query_params
    return Asked(
        *(query.get(field, "").replace("\x00", "").strip()[:_LONGEST] for field in ("who", "kind", "name"))
    )


ROUTES = (
    Route(HERE, for_people(audit_log), methods=["GET"]),
    Route(f"{HERE}.csv", for_people(as_sheet), methods=["GET"]),
)
