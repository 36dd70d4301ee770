"""Stories: the latest, and one of them with its articles; it can be silenced for a day."""

from __future__ import annotations

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import SilenceId
from ops import silencing
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views import stories as views
from ops.said import said
from ops.silencing import Wanted
from ops.store.pages import articles as stored
from ops.store.pages import stories as reads
from worker.store.engine import Connection

PATH = "/stories"
MUTED_FOR = timedelta(hours=24)
DEEDS = {
    "muted": said(
        "Nobody is told of this story for 24 hours. What comes meanwhile is not told later either."
    ),
    "muted-already": said("This story is silenced already."),
    "heard": said("The story is told again from now on."),
    "over": said("That silence was over already."),
}


async def stories(request: Request, session: Session) -> Response:
    """The latest stories."""
    context = context_of(request)
    wanted = views.sought(request.query_params)

    def read(connection: Connection) -> views.View:
        return views.compose(
            wanted,
            reads.find(connection, wanted),
            stored.languages(connection),
            stored.topic_names(connection),
            context.clock(),
        )

    return await show(request, session, "stories.html", here="stories", view=await context.ask(read))


async def story(request: Request, session: Session) -> Response:
    """One story with its articles."""
    context, number = context_of(request), _number(request)
    after = request.query_params.get("after", "")
    behind = int(after) if after.isascii() and after.isdecimal() and len(after) <= 18 else 0

    def read(connection: Connection) -> views.StoryView | None:
        row = reads.story(connection, number)
        if row is None:
            return None
        articles, further = reads.articles_of(connection, number, behind)
        return views.one(row, articles, further, context.clock())

    view = await context.ask(read)
    if view is None:
        raise HTTPException(404, "No story has this number.")
    return await show(request, session, "story.html", here="stories", deeds=DEEDS, view=view)


async def take_mute(request: Request, session: Session) -> Response:
    """Silences a story on every channel for a day."""
    await taken(request, session)
    context, number = context_of(request), _number(request)

    def mute(connection: Connection) -> str:
        row = reads.story(connection, number)
        if row is None:
            return ""
        if any(silence["channel"] is None and silence["holds"] for silence in row["silences"]):
            return "muted-already"
        now = context.clock()
        silencing.make(
            connection,
            Wanted("story", str(number), comment="silenced at the story's page"),
            begin=None,
            end=now + MUTED_FOR,
            now=now,
            who=session.user,
            by=session.user,
        )
        return "muted"

    return _answered(number, await context.ask(mute))


async def take_end(request: Request, session: Session) -> Response:
    """Ends a silence of the story before its time."""
    fields, number = await taken(request, session), _number(request)
    wanted = fields.get("silence", "")

    def end(connection: Connection) -> str:
        row = reads.story(connection, number)
        if row is None:
            return ""
        found = next((each["id"] for each in row["silences"] if str(each["id"]) == wanted), None)
        return "heard" if found and silencing.stop(connection, SilenceId(found), session.user) else "over"

    return _answered(number, await context_of(request).ask(end))


def _answered(number: int, did: str) -> Response:
    if not did:
        raise HTTPException(404, "No story has this number.")
    return gone_on(f"{PATH}/{number}", did=did)


def _number(request: Request) -> int:
    """The story's number. Raises HTTPException (404) for what can be none."""
    number: int = request.path_params["number"]
    if number >= 2**63:
        raise HTTPException(404, "No story has this number.")
    return number


ROUTES = (
    Route(PATH, for_people(stories), methods=["GET"]),
    Route(f"{PATH}/{{number:int}}", for_people(story), methods=["GET"]),
    Route(f"{PATH}/{{number:int}}/mute", for_people(take_mute), methods=["POST"]),
    Route(f"{PATH}/{{number:int}}/end-silence", for_people(take_end), methods=["POST"]),
)
