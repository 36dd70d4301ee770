"""Settings, this installation: mail, Slack, configuration, keys, examination, export, licences (for admins)."""

from __future__ import annotations

import asyncio
import os
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.pages.accounts import admins_only
from ops.dashboard.rail import may
from ops.dashboard.shell import show, taken
from ops.dashboard.views.installation import (
    finding_rows,
    key_rows,
    mail_facts,
    slack_facts,
    variable_rows,
)
from ops.dashboard.views.settings import tabs
from ops.doctor import MOST_LOST, Examined, Finding, examine
from ops.exporting import whole_watchlist
from ops.licences import licences
from ops.rotation import KeyUse, keys_in_use
from ops.store.overview import circuit_list
from worker.settings import unknown_names, variables
from worker.store.engine import Connection

HERE = "/settings/installation"
_EXAMINED_WITHIN_S = 40.0
_examining = asyncio.Semaphore(1)
"""One examination at a time: each asks the mail server and Slack."""


async def installation(request: Request, session: Session) -> Response:
    """What this installation was given, as this web process sees it."""
    admins_only(session)
    context = context_of(request)
    circuits = await context.ask(circuit_list)
    return await show(
        request,
        session,
        "settings_installation.html",
        here="settings",
        tabs=tabs(session.role),
        tab="installation",
        mail=mail_facts(context.settings, circuits),
        slack=slack_facts(context.settings, circuits, app=context.slack is not None),
        variables=variable_rows(variables(os.environ)),
        misspelt=unknown_names(os.environ),
        licences=licences(),
        metrics=context.metrics_for,
    )


async def examination(request: Request, session: Session) -> Response:
    """What the doctor finds now, with its remedies, and whether every secret opens. A form asks for it, since a page
    that keeps itself fresh would ask the mail server and Slack again and again; nothing is changed by it."""
    await taken(request, session, "admin")
    context = context_of(request)
    found = await examined(context)
    return await show(
        request,
        session,
        "settings_examination.html",
        here="settings",
        tabs=tabs(session.role),
        tab="installation",
        findings=None if found.findings is None else finding_rows(found.findings),
        keys=key_rows(found.keys),
        lost=found.lost[:MOST_LOST],
        lost_total=len(found.lost),
    )


async def examined(context: Context) -> Examined:
    """What the doctor finds now, and whether every secret opens."""
    findings = await _findings(context)
    return await context.ask(lambda connection: Examined(findings, *_keys(connection, context)))


async def _findings(context: Context) -> list[Finding] | None:
    """None where somebody waits for an examination already, or one takes too long."""
    if _examining.locked():
        return None
    async with _examining:
        looking = asyncio.to_thread(examine, context.settings)
        try:
            return await asyncio.wait_for(looking, _EXAMINED_WITHIN_S)
        except TimeoutError:
            return None


def _keys(connection: Connection, context: Context) -> tuple[list[KeyUse], list[str]]:
    if context.keys is None:
        return [], []
    given = context.settings is not None and bool(context.settings.secret_keys)
    source: Literal["file", "environment"] = "environment" if given else "file"
    return keys_in_use(connection, context.keys, source)


async def export(request: Request, session: Session) -> Response:
    """Everything that is watched, as a watchlist to keep or to apply elsewhere; secrets as references."""
    if not may(session.role, "editor"):
        raise HTTPException(403, "Your account may look at pages and not take the watchlist with it.")
    context = context_of(request)
    keys = context.keys
    if keys is None:
        raise HTTPException(404)
    written = await context.ask(lambda connection: whole_watchlist(connection, keys))
    named = f"pantau-{context.clock():%Y-%m-%d}.toml"
    headers = {"content-disposition": f'attachment; filename="{named}"'}
    return Response(written, media_type="application/toml; charset=utf-8", headers=headers)


ROUTES = (
    Route(HERE, for_people(installation), methods=["GET"]),
    Route("/settings/examination", for_people(examination), methods=["POST"]),
    Route("/settings/export", for_people(export), methods=["GET"]),
)
