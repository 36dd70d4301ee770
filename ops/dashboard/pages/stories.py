"""Stories: the latest, and one of them with its articles. It can be silenced for a day, and put right: an article taken
out, another story merged into it, and taken apart again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.letter import plain_text
from alerts.model import SilenceId
from ops import regrouping as ruled
from ops import silencing
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.tongues import tongue
from ops.dashboard.views import stories as views
from ops.dashboard.words import language_tag
from ops.row_number import number_in
from ops.said import said
from ops.silencing import Wanted
from ops.store.pages import articles as stored
from ops.store.pages import stories as reads
from worker.model import ArticleId, StoryId
from worker.store import regrouping
from worker.store.engine import Connection

PATH = "/stories"
MUTED_FOR = timedelta(hours=24)
_NO_SUCH = "No story has this number."
_NOT_MEANT = said(
    "No story is known by this. Give its number, the address of its page, or that of one of its articles."
)
DEEDS = {
    "muted": said(
        "Nobody is told of this story for 24 hours. What comes meanwhile is not told later either."
    ),
    "muted-already": said("This story is silenced already."),
    "heard": said("The story is told again from now on."),
    "over": said("That silence was over already."),
    "took-out": said("It is in this story now. Who was told of it is not told again."),
    "merged": said("Both are one story now. Who was told of an article is not told of it again."),
    "apart": said("It is a story of its own again."),
    "moved": said("That story was merged into this one."),
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
    return await _story(request, session, number_of(request))


async def _story(
    request: Request,
    session: Session,
    number: int,
    typed: str = "",
    wrong: str = "",
    status: int = 200,
) -> Response:
    """The page, with what is wrong about the story that was to be merged into it."""
    context = context_of(request)
    after = request.query_params.get("after", "")
    behind = int(after) if after.isascii() and after.isdecimal() and len(after) <= 18 else 0

    def read(connection: Connection) -> views.StoryView | None:
        row = reads.story(connection, number)
        if row is None:
            return None
        articles, further = reads.articles_of(connection, number, behind)
        merged = [each._asdict() for each in regrouping.merged_into(connection, StoryId(number))]
        others = reads.others(connection, number)
        return views.one(row, articles, further, context.clock(), merged, others)

    current = await context.ask(lambda connection: regrouping.current(connection, StoryId(number)))
    if current is not None and current != number:
        return gone_on(f"{PATH}/{current}", did="moved")
    view = await context.ask(read)
    if view is None:
        raise HTTPException(404, _NO_SUCH)
    return await show(
        request,
        session,
        "story.html",
        status=status,
        here="stories",
        deeds=DEEDS,
        view=view,
        typed=typed,
        wrong=wrong,
    )


async def ask_taking_out(request: Request, session: Session) -> Response:
    """Asks where an article is to go that does not belong to its story."""
    require(session, "editor")
    return await _taking_out(request, session, {"to": "own", "into": ""})


async def take_out(request: Request, session: Session) -> Response:
    """Takes an article out of its story, or says why not."""
    sent, number, article = await taken(request, session), number_of(request), _article(request)
    fields = {"to": sent.get("to", "own"), "into": _typed(sent, "into")}

    def work(connection: Connection) -> ruled.Outcome:
        into = None
        if fields["to"] == "story":
            into = ruled.story_meant(connection, fields["into"])
            if into is None:
                return ruled.Refused("unknown", "into", _NOT_MEANT)
        return ruled.take_out(connection, StoryId(number), [article], into, session.user)

    match await context_of(request).ask(work):
        case ruled.Done(story=into):
            return gone_on(f"{PATH}/{into}", did="took-out")
        case ruled.Refused(field="", sentence=why):
            raise HTTPException(404, str(why))
        case ruled.Refused(field=field, sentence=why):
            return await _taking_out(request, session, fields, {field: why}, 422)


async def _taking_out(
    request: Request,
    session: Session,
    typed: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    number, article = number_of(request), _article(request)

    def read(connection: Connection) -> tuple[reads.Row | None, int, tuple[views.OtherStory, ...]]:
        copies = len(regrouping.with_copies(connection, StoryId(number), [article])) - 1
        others = views.others_to_choose(reads.others(connection, number))
        return reads.article_in(connection, number, article), copies, others

    row, copies, others = await context_of(request).ask(read)
    if row is None:
        raise HTTPException(404, "This article is not in this story (any more).")
    return await show(
        request,
        session,
        "story_take_out.html",
        status=status,
        here="stories",
        path=f"{PATH}/{number}",
        here_path=f"{PATH}/{number}/take-out/{article}",
        title=plain_text(row["title"], 250) or said("(without a title)"),
        language=language_tag(row["language"]),
        source=plain_text(row["source"], 80),
        copies=copies,
        others=others,
        typed=typed,
        wrong=wrong or {},
    )


async def take_merge(request: Request, session: Session) -> Response:
    """Merges another story into this one, or says why not."""
    sent, number = await taken(request, session), number_of(request)
    typed = _typed(sent, "story")

    def work(connection: Connection) -> ruled.Outcome:
        story = ruled.story_meant(connection, typed)
        if story is None:
            return ruled.Refused("unknown", "story", _NOT_MEANT)
        return ruled.merge(connection, story, StoryId(number), session.user)

    match await context_of(request).ask(work):
        case ruled.Done():
            return gone_on(f"{PATH}/{number}", did="merged")
        case ruled.Refused(field="", sentence=why):
            raise HTTPException(404, str(why))
        case ruled.Refused(sentence=why):
            return await _story(request, session, number, typed, why, 422)


async def take_apart(request: Request, session: Session) -> Response:
    """Makes a merged story one of its own again."""
    sent, number = await taken(request, session), number_of(request)
    merged = number_in(sent.get("story"))
    if merged is None:
        raise HTTPException(400)

    def work(connection: Connection) -> ruled.Outcome:
        return ruled.take_apart(connection, StoryId(number), StoryId(merged), session.user)

    match await context_of(request).ask(work):
        case ruled.Done(story=again):
            return gone_on(f"{PATH}/{again}", did="apart")
        case ruled.Refused(why="unknown" | "merged", sentence=why):
            raise HTTPException(404, str(why))
        case ruled.Refused(sentence=why):
            raise HTTPException(409, str(why))


async def take_mute(request: Request, session: Session) -> Response:
    """Silences a story on every channel for a day."""
    await taken(request, session)
    context, number = context_of(request), number_of(request)

    def mute(connection: Connection) -> str:
        row = reads.story(connection, number)
        if row is None:
            return ""
        if any(silence["channel"] is None and silence["holds"] for silence in row["silences"]):
            return "muted-already"
        now = context.clock()
        silencing.make(
            connection,
            Wanted("story", str(number), comment=_by_whom(session)),
            begin=None,
            end=now + MUTED_FOR,
            now=now,
            who=session.user,
            by=session.user,
        )
        return "muted"

    return _answered(number, await context.ask(mute))


def _by_whom(session: Session) -> str:
    """What the silence says of itself, in the language of who made it."""
    return said("silenced at the story's page").within(tongue(session.language))


async def take_end(request: Request, session: Session) -> Response:
    """Ends a silence of the story before its time."""
    fields, number = await taken(request, session), number_of(request)
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


def _typed(sent: Mapping[str, str], field: str) -> str:
    return sent.get(field, "").replace("\0", "").strip()[:2000]


def _article(request: Request) -> ArticleId:
    return ArticleId(number_of(request, "article"))


ROUTES = (
    Route(PATH, for_people(stories), methods=["GET"]),
    Route(f"{PATH}/{{number:row}}", for_people(story), methods=["GET"]),
    Route(f"{PATH}/{{number:row}}/mute", for_people(take_mute), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/end-silence", for_people(take_end), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/take-out/{{article:row}}", for_people(ask_taking_out), methods=["GET"]),
    Route(f"{PATH}/{{number:row}}/take-out/{{article:row}}", for_people(take_out), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/merge", for_people(take_merge), methods=["POST"]),
    Route(f"{PATH}/{{number:row}}/take-apart", for_people(take_apart), methods=["POST"]),
)
