"""Writing a topic: check and try a draft, save it, compare and take back versions, remove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops import editing_topics
from ops.access import Session
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.numbers import number_of
from ops.dashboard.pages.topics import NO_TOPIC, standing
from ops.dashboard.shell import gone_on, require, show, taken
from ops.dashboard.trials import Trial, Work
from ops.dashboard.views.simple_query import Simple, Unusable, as_lists, as_query
from ops.dashboard.views.topic_editor import (
    MOST_TRIED,
    SPANS,
    TABS,
    Conflict,
    Draft,
    EditorView,
    Outcome,
    Running,
    conflict_of,
    editor_view,
    outcome_view,
    running_view,
)
from ops.dashboard.views.topic_history import history_view
from ops.editing_topics import Faulty, Gone, ReadOnly, Removed, Saved, Stale
from ops.said import Said, said
from ops.searching import Comparison, Search, comparing, searching
from ops.store import topics as rows
from ops.store.topics import Standing
from ops.store.watched import articles_of_last, count_articles_of_last
from worker.errors import BadQuery
from worker.match import parse_query
from worker.match.entities import Catalogue
from worker.store.engine import Connection

LARGEST_DRAFT = 512 * 1024
"""Bytes of a form: a query has up to 20,000 characters, and a character up to nine bytes as forms write them."""
VERSIONS = 50
PATIENCE_S = 1.0
"""A trial that takes longer says how far it is, and is asked for again."""
_DAY_S = 86400.0
_TOLD_EVERY = 200
"""Articles, the newest first: whoever waits sees the last days before the others."""

_Found = tuple[Comparison | Search, int, float]

BUSY = said("Several drafts are being tried right now; try again in a moment.")
FAILED = said("Trying the draft failed; it is in the log of the web process. Try again.")
READ_ONLY = "A watchlist declares this topic: change it in that file, and apply the file again."
DEEDS = {"taken-back": said("The earlier version is the newest one again.")}


async def new(request: Request, session: Session) -> Response:
    """An empty editor."""
    require(session, "editor")
    query = request.query_params.get("query", "")[:2000].replace("\0", "")
    return await _editor(request, session, Draft(query=query), None)


async def edit(request: Request, session: Session) -> Response:
    """The editor with the topic as it stands."""
    require(session, "editor")
    here = await context_of(request).ask(lambda connection: standing(connection, request))
    return await _editor(request, session, _draft_of(here), here)


def _draft_of(here: Standing) -> Draft:
    return Draft(here.topic.name, here.topic.query, ", ".join(here.topic.tags), here.version)


async def take_new(request: Request, session: Session) -> Response:
    """Checks, tries or saves a new topic."""
    fields = await taken(request, session, "editor", LARGEST_DRAFT)
    return await _take(request, session, fields, None)


async def take_edit(request: Request, session: Session) -> Response:
    """Checks, tries or saves changes of a topic."""
    fields = await taken(request, session, "editor", LARGEST_DRAFT)
    here = await context_of(request).ask(lambda connection: rows.standing(connection, number_of(request)))
    return await _take(request, session, fields, here)


async def _take(
    request: Request, session: Session, fields: Mapping[str, str], here: Standing | None
) -> Response:
    """What the pressed button says, with the draft as it was sent."""
    context = context_of(request)
    does = fields.get("do") or ("try" if "tab" in fields else "check")
    # in a thread: to find what an unknown @name may mean takes seconds, once
    draft, wrong, readable = await context.ask(
        lambda connection: _read(fields, does, context.knowing.now(connection))
    )
    if does == "save" and not wrong:
        return await _save(request, session, draft, here)
    answer = await _try(context, draft, here) if does == "try" and readable else _Answer(wrong=wrong)
    # to have a draft checked is no failure, whatever is found
    return await _editor(request, session, draft, here, answer, 200 if does == "check" else None)


class _Answer:
    """What there is to say of a draft beside the check."""

    def __init__(
        self,
        *,
        wrong: Mapping[str, str] | None = None,
        outcome: Outcome | None = None,
        running: Running | None = None,
        stopped: Said | str = "",
        conflict: Conflict | None = None,
        gone: bool = False,
    ) -> None:
        self.wrong, self.outcome, self.running = wrong or {}, outcome, running
        self.stopped, self.conflict, self.gone = stopped, conflict, gone


async def _editor(
    request: Request,
    session: Session,
    draft: Draft,
    here: Standing | None,
    answer: _Answer | None = None,
    status: int | None = None,
) -> Response:
    """The editor with all that was written, and what there is to say of it."""
    context, answer = context_of(request), answer or _Answer()

    def view_of(connection: Connection) -> EditorView:
        return editor_view(
            None if here is None else here.id,
            draft,
            context.knowing.now(connection),
            title=said("New topic") if here is None else here.topic.name,
            heard=[] if here is None else rows.heard_by(connection, here.topic),
            declared=here is not None and here.declared,
            wrong=answer.wrong,
            outcome=answer.outcome,
            running=answer.running,
            stopped=answer.stopped,
            conflict=answer.conflict,
            gone=answer.gone,
        )

    view = await context.ask(view_of)
    faulty = view.wrong or (view.checked is not None and view.checked.fault is not None)
    told = (422 if faulty else 200) if status is None else status
    return await show(request, session, "topic-edit.html", here="topics", status=told, view=view)


def _read(fields: Mapping[str, str], does: str, known: Catalogue) -> tuple[Draft, Mapping[str, str], bool]:
    """The draft of a form, written as the pressed button wants it; what is wrong with its lists, where it was written
    as lists; and whether its query can be read."""
    draft = _draft(fields)
    if draft.mode == "simple":
        query = as_query(draft.simple, known)
        if isinstance(query, Unusable):
            return draft, {str(which): sentence for which, sentence in query.wrong.items()}, False
        draft = replace(draft, query=query)
    readable = _readable(draft.query, known)
    lists = as_lists(draft.query, known) if does == "simple" else None
    if lists is not None:
        draft = replace(draft, mode="simple", simple=lists)
    if does == "query":
        draft = replace(draft, mode="query")
    return draft, {}, readable


def _draft(fields: Mapping[str, str]) -> Draft:
    mode, since, tab = fields.get("mode", ""), fields.get("since", ""), fields.get("tab", "")
    return Draft(
        name=fields.get("name", "").replace("\0", ""),
        query=_lines(fields.get("query", "")).strip(),
        tags=_lines(fields.get("tags", "")),
        began_from=_small(fields.get("version", "")),
        since=int(since) if since in map(str, SPANS) else 7,
        mode="simple" if mode == "simple" else "query",
        simple=Simple(*(_lines(fields.get(which, "")) for which in ("any", "all", "none"))),
        tab=tab if tab in TABS else "all",
    )


def _lines(text: str) -> str:
    """A text as it was typed: forms send their own line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _readable(query: str, known: Catalogue) -> bool:
    try:
        parse_query(query, known)
    except BadQuery:
        return False
    return True


async def _try(context: Context, draft: Draft, here: Standing | None) -> _Answer:
    """Tries the draft on the stored articles; where that takes longer, how far it is."""
    saved = None if here is None or here.topic.query == draft.query else here.topic.query
    key = ("draft", saved, draft.query, draft.since)
    trial = context.trials.ask(key, _tried(context, saved, draft.query, draft.since * _DAY_S))
    if trial is None:
        return _Answer(stopped=BUSY)
    answer = await trial.within(PATIENCE_S)
    if trial.failed is not None:
        return _Answer(stopped=FAILED)
    so_far: _Found | None = answer or trial.so_far
    return _Answer(
        outcome=None
        if so_far is None
        else outcome_view(*so_far, draft, context.clock(), whole=answer is not None),
        running=running_view(trial.done, trial.total) if answer is None else None,
    )


def _tried(context: Context, saved: str | None, query: str, seconds: float) -> Work:
    """Holds the draft against the stored articles, and against the saved query where it differs: what came of it,
    how many articles are stored, and how long it took."""

    def work(trial: Trial) -> _Found | None:
        began = trial.steady()
        with context.engine.connect() as connection:
            known = context.knowing.now(connection)
            stored = count_articles_of_last(connection, seconds)
            newest = articles_of_last(connection, seconds, MOST_TRIED)
            articles = trial.counted(newest, min(stored, MOST_TRIED))
            coming: Iterator[Comparison | Search]
            if saved is None:
                coming = searching(query, articles, known, by_term=False, every=_TOLD_EVERY)
            else:
                coming = comparing(saved, query, articles, known, by_term=False, every=_TOLD_EVERY)
            for found in coming:
                trial.so_far = found, stored, trial.steady() - began
        so_far: _Found | None = trial.so_far
        return so_far

    return work


async def _save(request: Request, session: Session, draft: Draft, here: Standing | None) -> Response:
    """Saves, and goes on to the topic; or says what kept it from being saved, with the draft still there."""
    context = context_of(request)

    def save(connection: Connection) -> Saved | Faulty | Stale | ReadOnly | Gone:
        if request.path_params.get("number") is None:
            return editing_topics.add(connection, draft.topic(), session.user)
        topic = number_of(request)
        return editing_topics.save(connection, topic, draft.topic(), draft.began_from, session.user)

    match await context.ask(save):
        case Saved(topic, _, was_new):
            did = "same" if not was_new else "added" if here is None else "saved"
            return gone_on(f"/topics/{topic}", did=did)
        case Faulty(wrong):
            answer = _Answer(wrong={str(part): sentence for part, sentence in wrong.items()})
            return await _editor(request, session, draft, here, answer, 422)
        case Stale(now):
            version = await context.ask(lambda connection: rows.versions(connection, now.id, 1)[0])
            conflict = conflict_of(draft.topic(), now.topic, version, context.clock())
            fresh = replace(draft, began_from=now.version)
            return await _editor(request, session, fresh, now, _Answer(conflict=conflict), 409)
        case ReadOnly():
            raise HTTPException(403, READ_ONLY)
        case Gone():
            return await _editor(request, session, draft, None, _Answer(gone=True), 409)


async def history(request: Request, session: Session) -> Response:
    """All versions of a topic, each beside the one before it."""
    before = _small(request.query_params.get("before", "")) or 2**31 - 1
    context = context_of(request)

    def read(connection: Connection) -> tuple[Standing, list[rows.Version]]:
        here = standing(connection, request)
        return here, rows.versions(connection, here.id, VERSIONS + 1, before)

    here, found = await context.ask(read)
    view = history_view(here, found, VERSIONS, context.clock())
    return await show(request, session, "topic-history.html", here="topics", deeds=DEEDS, view=view)


async def take_back(request: Request, session: Session) -> Response:
    """Makes an earlier version the newest one."""
    fields = await taken(request, session, "editor")
    number, began_from = _small(fields.get("number", "")), _small(fields.get("version", ""))
    topic = number_of(request)
    match await context_of(request).ask(
        lambda connection: editing_topics.take_back(connection, topic, number, began_from, session.user)
    ):
        case Saved():
            return gone_on(f"/topics/{topic}/history", did="taken-back")
        case Faulty(wrong):
            raise HTTPException(422, f"That version cannot be taken back: {'; '.join(wrong.values())}.")
        case Stale():
            raise HTTPException(
                409, "Somebody saved this topic meanwhile. Look at its history again, and take back then."
            )
        case ReadOnly():
            raise HTTPException(403, READ_ONLY)
        case Gone():
            raise HTTPException(404, NO_TOPIC)


async def confirm_removal(request: Request, session: Session) -> Response:
    """What removing a topic means, before it is done."""
    require(session, "editor")

    def read(connection: Connection) -> tuple[Standing, list[rows.Heard]]:
        here = standing(connection, request)
        return here, rows.heard_by(connection, here.topic)

    here, heard = await context_of(request).ask(read)
    if here.declared:
        raise HTTPException(403, READ_ONLY)
    return await show(request, session, "topic-remove.html", here="topics", topic=here, heard=heard)


async def take_removal(request: Request, session: Session) -> Response:
    """Removes the topic."""
    await taken(request, session, "editor")
    topic = number_of(request)
    match await context_of(request).ask(
        lambda connection: editing_topics.remove(connection, topic, session.user)
    ):
        case Removed():
            return gone_on("/topics", did="removed")
        case ReadOnly():
            raise HTTPException(403, READ_ONLY)
        case Gone():
            raise HTTPException(404, NO_TOPIC)


def _small(written: str) -> int:
    """A version's number; 0, which none has, for anything else."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 9 else 0


ROUTES = (
    Route("/topics/new", for_people(new), methods=["GET"]),
    Route("/topics/new", for_people(take_new), methods=["POST"]),
    Route("/topics/{number:row}/edit", for_people(edit), methods=["GET"]),
    Route("/topics/{number:row}/edit", for_people(take_edit), methods=["POST"]),
    Route("/topics/{number:row}/history", for_people(history), methods=["GET"]),
    Route("/topics/{number:row}/take-back", for_people(take_back), methods=["POST"]),
    Route("/topics/{number:row}/remove", for_people(confirm_removal), methods=["GET"]),
    Route("/topics/{number:row}/remove", for_people(take_removal), methods=["POST"]),
)
