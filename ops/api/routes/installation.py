"""The installation, for its admins; and all that is watched, to be taken along."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from alerts.letter import plain_text
from ops.api.callers import Admin, Here, Writer
from ops.api.doing import Done, Key, do_outside, keys_of
from ops.api.house import House
from ops.api.problems import Problem, unavailable
from ops.api.shapes.installation import Examination, Installation
from ops.doctor import MOST_LOST, worst_first
from ops.exporting import as_opml, as_toml, whole_watchlist
from ops.installation import our_version
from ops.licences import licences
from ops.plain_json import plain
from ops.store.declared import Shelf
from ops.store.overview import circuit_list
from ops.ways_out import mail_way, slack_way
from worker.errors import BadConfiguration
from worker.secrets import KeyRing
from worker.settings import unknown_names, variables
from worker.store.engine import Connection

router = APIRouter(tags=["machine"])

OPML, TOML = "text/x-opml", "application/toml"


class _File(Response):
    """A file, whose text is no JSON."""


@router.post("/examination", operation_id="examine", response_model=Examination)
async def examine(request: Request, house: Here, caller: Admin, key: Key = None) -> Response:
    """Examine the installation, as `pantau doctor` does, and whether every secret opens. The mail server and Slack are
    asked, so it may take 40 seconds; there is one at a time, and nothing is changed."""
    examines = house.examines

    async def work() -> Done:
        found = await examines()
        if found.findings is None:
            raise unavailable("Somebody waits for an examination already, or it takes too long.")
        findings = [
            {"level": each.level, "about": each.about, "says": each.says, "remedy": each.remedy}
            for each in worst_first(found.findings)
        ]
        told = {
            "findings": findings,
            "keys": plain(found.keys),
            "lost": list(found.lost[:MOST_LOST]),
            "lost_total": len(found.lost),
        }
        return Done(Examination.model_validate(told).model_dump(mode="json"))

    return await do_outside(house, request, caller, key, work)


@router.get("/installation", operation_id="getInstallation", response_model=Installation)
async def get_installation(house: Here, _: Admin) -> Any:
    """What this installation was given: variables, mail, Slack, packages. No secret is told."""
    circuits = await house.ask(circuit_list)
    return {
        "version": our_version(),
        "mail": plain(mail_way(house.settings, circuits)),
        "slack": plain(slack_way(house.settings, circuits, app=house.answers_slack)),
        "variables": plain(variables(os.environ)),
        "unknown": unknown_names(os.environ),
        "licences": plain(await run_sync(licences)),
    }


@router.get(
    "/export",
    operation_id="exportWatchlist",
    response_class=_File,
    responses={200: {"content": {TOML: {"schema": {"type": "string"}}}}, 409: {}},
)
async def export_watchlist(house: Here, _: Writer) -> Response:
    """Everything that is watched, as a watchlist to keep or to apply elsewhere; secrets as references. It takes the
    scope write, since an address may be a key."""
    return Response(await _written(house, whole_watchlist), media_type=TOML)


@router.get(
    "/feeds.opml",
    operation_id="exportFeedsAsOpml",
    response_class=_File,
    responses={200: {"content": {OPML: {"schema": {"type": "string"}}}}, 409: {}},
)
async def feeds_as_opml(house: Here, _: Writer) -> Response:
    """All feeds as a list for other readers, without what logs in there."""
    now = house.clock()
    written = await _written(house, lambda c, keys: as_opml(Shelf(c, keys).watched_feeds(), now))
    return Response(written, media_type=OPML)


@router.get(
    "/feeds.toml",
    operation_id="exportFeedsAsToml",
    response_class=_File,
    responses={200: {"content": {TOML: {"schema": {"type": "string"}}}}, 409: {}},
)
async def feeds_as_toml(house: Here, _: Writer) -> Response:
    """All feeds as part of a watchlist, with secrets as references."""
    written = await _written(house, lambda c, keys: as_toml(Shelf(c, keys).watched_feeds()))
    return Response(written, media_type=TOML)


async def _written(house: House, write: Callable[[Connection, KeyRing], str]) -> str:
    """What is written with the keys at hand. Raises Problem, 409, where a secret does not open with them."""
    keys = keys_of(house)
    try:
        return await house.ask(lambda connection: write(connection, keys))
    except BadConfiguration as lost:
        raise Problem(409, "conflict", plain_text(str(lost), 500)) from None
