"""How it does: the verdict, the desks, the workers, the ledger's proof, and what people changed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ops.api.callers import Admin, Here, Reader
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import unavailable
from ops.api.shapes.machine import Noted, Proof, Sign, Waiting
from ops.api.shapes.values import Listed, NamePart
from ops.plain_json import plain
from ops.standing import status_json
from ops.store import programs
from ops.store.audit_log import noted
from ops.store.overview import overview

router = APIRouter(tags=["machine"])


@router.get("/status", operation_id="getStatus", response_model=dict[str, Any])
async def get_status(house: Here, _: Reader) -> Any:
    """How everything does: one sentence, then the figures that it comes from, as `pantau status --json` has them."""
    return plain(await house.ask(lambda connection: status_json(overview(connection))))


@router.get("/readiness", operation_id="getReadiness", response_model=dict[str, Any])
async def get_readiness(house: Here, _: Reader) -> Any:
    """Whether Pantau can do its work, part by part. (`/readyz` tells it by its status, to everybody.)"""
    return (await house.ready()).as_json()


@router.get("/desks", operation_id="listDesks", response_model=dict[str, Waiting])
async def list_desks(house: Here, _: Reader) -> Any:
    """What waits at each desk (poll, read, plan, send), and for how long."""
    return plain((await house.ask(overview)).desks)


@router.get("/workers", operation_id="listWorkers", response_model=list[Sign])
async def list_workers(house: Here, _: Reader) -> Any:
    """The parts that run, and when each last showed that it lives."""
    return await house.ask(programs.signs_of_life)


@router.get("/audit", operation_id="getAudit", response_model=Proof)
async def get_audit(house: Here, _: Reader) -> Any:
    """The proof that no alert is lost and none was accepted twice. It is counted anew each minute at most."""
    found = await house.proof()
    if found is None:
        raise unavailable("The ledger is being counted for the first time; ask again in a while.")
    return {"sound": found.sound, **plain(found)}


@router.get("/audit-log", operation_id="listChanges", response_model=Listed[Noted])
async def list_changes(
    request: Request,
    response: Response,
    house: Here,
    _: Admin,
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: NamePart = "",
    name: NamePart = "",
    who: NamePart = "",
) -> dict[str, Any]:
    """List who changed what."""
    rows = await house.ask(
        lambda c: noted(c, limit=limit + 1, before_id=before(cursor), kind=kind, name=name, who=who)
    )
    return piece(request, response, rows, limit)
