"""Jobs: a topic applied to older articles, a list of feeds taken over; and how far each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from alerts.letter import plain_text
from alerts.model import Asked
from ops.api.callers import Here, Writer
from ops.api.doing import Key, keys_of
from ops.api.jobs import Progress, Work, begin
from ops.api.pieces import Cursor, Limit, before, piece
from ops.api.problems import invalid, not_found
from ops.api.shapes.feeds import FeedsToImport
from ops.api.shapes.machine import Job
from ops.api.shapes.topics import AppliedBack
from ops.api.shapes.values import Listed, NumberInPath
from ops.applying_back import apply_to_last_days
from ops.importing import Imported, import_list
from ops.store import jobs, programs
from worker.errors import BadInput
from worker.feeds.opml import read_opml
from worker.store.engine import Connection, Engine

router = APIRouter(tags=["jobs"])

LINES_TOLD = 1_000


@router.get("/jobs", operation_id="listJobs", response_model=Listed[Job])
async def list_jobs(
    request: Request,
    response: Response,
    house: Here,
    caller: Writer,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """List the jobs of the last week that your account asked for; an admin sees all."""
    by = None if "admin" in caller.scopes else caller.user
    rows = await house.ask(lambda connection: jobs.latest(connection, by, before(cursor), limit + 1))
    return piece(request, response, rows, limit)


@router.get("/jobs/{number}", operation_id="getJob", response_model=Job)
async def get_job(house: Here, caller: Writer, number: NumberInPath) -> Any:
    """Look how far a job is, or what came of it. Its own account sees it, and an admin."""
    found = await house.ask(lambda connection: jobs.find(connection, int(number)))
    if found is None or (found["asked_by"] != caller.user and "admin" not in caller.scopes):
        raise not_found("job", number)
    return found


@router.post("/topics/{number}/apply-back", operation_id="applyBack", response_model=Job, status_code=202)
async def apply_back(
    request: Request, house: Here, caller: Writer, number: NumberInPath, asked: AppliedBack, key: Key = None
) -> Response:
    """Apply a topic to articles that were read before it was as it is. Nobody hears of an article twice."""
    wanted: Asked = "silent" if asked.silent else "catch_up"

    def prepare(connection: Connection) -> Work:
        topic = programs.topic_value(connection, int(number))
        if topic is None:
            raise not_found("topic", number)

        def work(engine: Engine, progress: Progress) -> Mapping[str, Any]:
            return asdict(
                apply_to_last_days(
                    engine,
                    topic,
                    asked.days,
                    wanted,
                    house.clock,
                    caller.who,
                    progress.counted,
                    dry_run=asked.dry_run,
                )
            )

        return work

    return await begin(house, request, caller, key, "apply_back", prepare)


@router.post("/feeds/import", operation_id="importFeeds", response_model=Job, status_code=202)
async def import_feeds(
    request: Request, house: Here, caller: Writer, asked: FeedsToImport, key: Key = None
) -> Response:
    """Take over an OPML list: all of its usable feeds, and for every other line the reason why not."""
    keys = keys_of(house)
    try:
        document = await run_sync(read_opml, asked.opml.encode())
    except (BadInput, UnicodeEncodeError) as fault:
        raise invalid("#/opml", plain_text(str(fault), 300)) from None

    def work(engine: Engine, progress: Progress) -> Mapping[str, Any]:
        with engine.begin() as connection:
            imported = import_list(
                connection,
                keys,
                document,
                house.allow,
                caller.who,
                dry_run=asked.dry_run,
                follow=lambda found: progress.counted(found, len(found)),
            )
        return _told(imported)

    return await begin(house, request, caller, key, "import_feeds", lambda _: work)


def _told(imported: Imported) -> dict[str, Any]:
    """What became of the list: the counts, and its lines, those that were refused first."""
    lines = sorted(imported.lines, key=lambda line: (line.result != "refused", line.line))
    return {
        **{result: imported.count(result) for result in ("added", "watched", "repeated", "refused")},
        "lines": [
            {
                "line": line.line,
                "url": plain_text(line.url, 2000),
                "name": plain_text(line.name, 200),
                "result": line.result,
                "why": plain_text(line.why, 300),
            }
            for line in lines[:LINES_TOLD]
        ],
        "more": max(len(lines) - LINES_TOLD, 0),
        "warnings": [plain_text(warning, 300) for warning in imported.warnings[:50]],
    }
