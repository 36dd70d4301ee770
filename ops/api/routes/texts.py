"""Articles whose text is doubted: what people report of it, and their pages, read again to be looked at."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from ops import badly_read
from ops.api.callers import Here, Reader, Writer
from ops.api.doing import Done, Key, do, do_outside
from ops.api.problems import Problem, invalid, not_found, unavailable
from ops.api.readings import read_now
from ops.api.shapes.articles import NewReport, Reading, Report
from ops.api.shapes.values import NumberInPath
from ops.store.pages.articles import identity_of, reports_of
from worker.store.engine import Connection

router = APIRouter(tags=["articles"])


@router.get("/articles/{number}/reports", operation_id="listReports", response_model=list[Report])
async def list_reports(house: Here, _: Reader, number: NumberInPath) -> Any:
    """List what people said is wrong with an article's text, the newest 20. (`/articles?show=reported` lists the
    articles of which something was said.)"""

    def read(connection: Connection) -> Any:
        if identity_of(connection, int(number)) is None:
            raise not_found("article", number)
        return reports_of(connection, int(number))

    return await house.ask(read)


@router.post("/articles/{number}/report", operation_id="reportText", status_code=201, response_model=Report)
async def report_text(
    request: Request, house: Here, caller: Writer, number: NumberInPath, asked: NewReport, key: Key = None
) -> Response:
    """Say what is wrong with an article's text: what is missing, or does not belong there. The last word of each
    account counts."""
    text = " ".join(asked.said.split())
    if wrong := badly_read.wrong_report(text):
        raise invalid("#/said", str(wrong))

    def work(connection: Connection) -> Done:
        if not badly_read.report(connection, int(number), caller.user, text, caller.who):
            raise not_found("article", number)
        said = next(each for each in reports_of(connection, int(number)) if each["said_by"] == caller.user)
        return Done(Report.model_validate(said).model_dump(mode="json"), 201)

    return await do(house, request, caller, key, work)


@router.post(
    "/articles/{number}/read-again",
    operation_id="readPageAgain",
    response_model=Reading,
    responses={409: {}},
)
async def read_page_again(
    request: Request, house: Here, caller: Writer, number: NumberInPath, key: Key = None
) -> Response:
    """Read an article's page now, and tell what would be made of it: nothing is stored, nobody hears of it. It takes up
    to 45 seconds; there is one at a time."""
    rereads = house.rereads
    if rereads is None:
        raise unavailable("This process reads no pages.")

    async def work() -> Done:
        link = await house.ask(lambda c: _to_be_read(c, int(number), caller.who))
        found = await rereads(int(number), link)
        if found is None:
            raise unavailable("The page could not be read in time, or another one is being read just now.")
        at, told = found
        return Done(read_now(told, at).model_dump(mode="json"))

    return await do_outside(house, request, caller, key, work)


def _to_be_read(connection: Connection, number: int, who: str) -> str:
    if identity_of(connection, number) is None:
        raise not_found("article", number)
    link = badly_read.page_to_read(connection, number, who)
    if link is None:
        raise Problem(409, "conflict", "This article has no page that could be read.")
    return link
