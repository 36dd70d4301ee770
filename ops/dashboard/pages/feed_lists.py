"""Lists of feeds from and for other readers: an OPML file taken over line by line, all feeds as OPML or TOML."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import Context, context_of
from ops.dashboard.imports import Import
from ops.dashboard.login import for_people
from ops.dashboard.rail import may
from ops.dashboard.shell import gone_on, show
from ops.dashboard.uploads import upload_taken
from ops.dashboard.views.feed_forms import import_in_words
from ops.exporting import as_opml, as_toml
from ops.importing import import_list
from ops.said import Said, said
from ops.store.declared import Shelf
from ops.watchlist import DeclaredFeed
from worker.errors import BadInput
from worker.feeds.opml import read_opml
from worker.secrets import KeyRing
from worker.settings import Settings

log = structlog.get_logger("web")

PATH = "/feeds/import"
_AGAIN_S = "1"
_MAY_NOT = "Your account may look at this and not change it: that takes the role editor."
_NO_KEYS = "This process was started without its key file, so it cannot change what is watched."
_FORGOTTEN = (
    "This process knows of no such import: it was started anew since, or another one took the file. The list of feeds "
    "shows what was added."
)


async def ask_file(request: Request, session: Session) -> Response:
    """Asks for the list."""
    if not may(session.role, "editor"):
        raise HTTPException(403, _MAY_NOT)
    return await show(request, session, "feed_import.html", here="feeds", wrong="")


async def take_file(request: Request, session: Session) -> Response:
    """Begins to take over the list; its own page says how far that is."""
    context, sent = context_of(request), await upload_taken(request, session, "list")
    keys, settings = _tools(context)
    if not sent.body:
        return await _refused(request, session, said("Choose a file that is not empty."))
    begun = context.imports.begin(sent.name, context.steady())
    if begun is None:
        return await _refused(
            request, session, said("Other lists are being taken over; try again in a minute.")
        )
    context.errand(lambda: _take_over(context, keys, settings, begun, sent.body, session.user))
    return gone_on(f"{PATH}/{begun.id}")


async def _refused(request: Request, session: Session, wrong: Said) -> Response:
    return await show(request, session, "feed_import.html", here="feeds", status=422, wrong=wrong)


def _take_over(
    context: Context, keys: KeyRing, settings: Settings, begun: Import, body: bytes, who: str
) -> None:
    """All of the list or nothing of it; whatever happens is written where its page finds it."""
    try:
        document = read_opml(body)
        with context.engine.begin() as connection:
            result = import_list(connection, keys, document, settings.allow_nets, who, follow=begun.follow)
        begun.result = result
    except BadInput as fault:
        begun.wrong = str(fault)
    except Exception:
        log.exception("import_failed")
        begun.wrong = "it could not be stored, and nothing of it was; the log of the web process says why"


async def progress(request: Request, session: Session) -> Response:
    """How far the import is, or what became of each line."""
    if not may(session.role, "editor"):
        raise HTTPException(403, _MAY_NOT)
    found = context_of(request).imports.get(request.path_params["id"])
    if found is None:
        raise HTTPException(404, _FORGOTTEN)
    view = import_in_words(found)
    answer = await show(
        request, session, "feed_imported.html", here="feeds", status=422 if view.wrong else 200, view=view
    )
    if not view.over:
        answer.headers["refresh"] = _AGAIN_S
    return answer


async def opml(request: Request, session: Session) -> Response:
    """All feeds for another reader; for editors, since an address may be a key."""
    now = context_of(request).clock()
    text = await _written(request, session, lambda feeds: as_opml(feeds, now))
    return _file(text, "text/x-opml; charset=utf-8", "pantau-feeds.opml")


async def toml(request: Request, session: Session) -> Response:
    """All feeds as part of a watchlist, with secrets as references."""
    text = await _written(request, session, as_toml)
    return _file(text, "application/toml; charset=utf-8", "pantau-feeds.toml")


async def _written(request: Request, session: Session, write: Callable[[Sequence[DeclaredFeed]], str]) -> str:
    if not may(session.role, "editor"):
        raise HTTPException(403, "An address of a feed may be a key: the list takes the role editor.")
    context = context_of(request)
    keys, _ = _tools(context)
    return await context.ask(lambda connection: write(Shelf(connection, keys).watched_feeds()))


def _file(text: str, kind: str, name: str) -> Response:
    headers = {"content-type": kind, "content-disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), headers=headers)


def _tools(context: Context) -> tuple[KeyRing, Settings]:
    if context.keys is None or context.settings is None:
        raise HTTPException(503, _NO_KEYS)
    return context.keys, context.settings


ROUTES = (
    Route(PATH, for_people(ask_file), methods=["GET"]),
    Route(PATH, for_people(take_file), methods=["POST"]),
    Route(f"{PATH}/{{id}}", for_people(progress), methods=["GET"]),
    Route("/feeds.opml", for_people(opml), methods=["GET"]),
    Route("/feeds.toml", for_people(toml), methods=["GET"]),
)
