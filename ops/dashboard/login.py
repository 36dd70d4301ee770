"""Logging in and out; and the door that every page and every form goes through."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ops import access
from ops.access import Session
from ops.dashboard import gate
from ops.dashboard.browsers import browser_family
from ops.dashboard.context import Context, context_of, look_of
from ops.dashboard.masking import masked, unmasked
from worker.plain import one_line

LARGEST_FORM = 16 * 1024
LONGEST_NAME = 200
WRONG = "The name or the password is wrong."
SLOW_DOWN = "Too many tries. Wait a minute, then try again."

Page = Callable[[Request, Session], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def for_people(page: Page) -> Endpoint:
    """A page only for those who are logged in; others are sent to the log-in and come back afterwards."""

    @wraps(page)
    async def endpoint(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            return _see_other("/login?" + urlencode({"next": _wanted(request)}))
        return await page(request, session)

    return endpoint


async def session_of(request: Request) -> Session | None:
    """Who is asking; None for a stranger."""
    return await session_in(context_of(request), request)


async def session_in(context: Context, request: Request) -> Session | None:
    """The same for a request that is not one of a page, and knows no context."""
    token = token_in(context, request)
    return await context.ask(lambda connection: access.session_of(connection, token)) if token else None


async def form_of(request: Request, token: str | None, largest: int = LARGEST_FORM) -> Mapping[str, str]:
    """The fields of a form that carries `token`. Raises HTTPException: 403 for any other form, 413 for a
    huge one, 400 for what is no form."""
    fields = await fields_of(request, largest)
    if not gate.same(unmasked(fields.get("csrf")), token):
        raise HTTPException(403, "This form is out of date. Load the page again and repeat what you did.")
    return fields


async def fields_of(request: Request, largest: int = LARGEST_FORM) -> Mapping[str, str]:
    """The fields of a form. Raises HTTPException: 413 for a huge one, 400 for what is no form."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise HTTPException(413, "The form is too large.")
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise HTTPException(400, "This is not a form of ours.") from None


async def show_login(request: Request) -> Response:
    """The log-in form; whoever is logged in goes on."""
    wanted = gate.local_path(request.query_params.get("next", "/"))
    if await session_of(request) is not None:
        return _see_other(wanted)
    return _form(request, wanted)


async def take_login(request: Request) -> Response:
    """Lets in who knows the password, with a session that is new whatever cookie came along."""
    context = context_of(request)
    fields = await form_of(request, _form_token(request))
    name, wanted = one_line(fields.get("name", "")[:LONGEST_NAME]), gate.local_path(fields.get("next", "/"))
    if not _may_try(context, request, name):
        return _form(request, wanted, name=name, complaint=SLOW_DOWN, status=429)
    password, old = fields.get("password", ""), token_of(request)

    browser = browser_family(request.headers.get("user-agent", ""))
    found = await context.ask(
        lambda connection: access.log_in(connection, name, password, browser), log_in=True
    )
    if found is None:
        return _form(request, wanted, name=name, complaint=WRONG, status=403)
    _forgive(context, request, name)
    if old:
        await context.ask(lambda connection: access.log_out(connection, old))
    answer = _see_other(wanted)
    set_cookie(answer, context, "session", found[0], lasts_s=int(access.SESSION.total_seconds()))
    drop_cookie(answer, context, "form")
    return answer


async def take_logout(request: Request) -> Response:
    """Ends the session, for its cookie wherever it may be."""
    context, session = context_of(request), await session_of(request)
    if session is not None:
        await form_of(request, session.csrf)
        token = token_of(request)
        await context.ask(lambda connection: access.log_out(connection, token))
    answer = _see_other("/login")
    drop_cookie(answer, context, "session")
    return answer


def _form(
    request: Request, wanted: str, *, name: str = "", complaint: str = "", status: int = 200
) -> Response:
    context = context_of(request)
    token = _form_token(request) or secrets.token_urlsafe(24)
    answer = context.page(
        "login.html",
        status=status,
        csrf=masked(token),
        wanted=wanted,
        name=name,
        complaint=complaint,
        colours=look_of(request),
    )
    set_cookie(answer, context, "form", token, lasts_s=3600)
    if status == 429:
        answer.headers["retry-after"] = "60"
    return answer


def _may_try(context: Context, request: Request, name: str) -> bool:
    """Whether this visitor may try a password now; if so, the try is noted before it is looked at."""
    now, (visitor, named) = context.steady(), _keys(request, name)
    allowed = context.tries_by_visitor.allowed(visitor, now) and context.tries_by_name.allowed(named, now)
    if allowed:
        context.tries_by_visitor.note(visitor, now)
        context.tries_by_name.note(named, now)
    return allowed


def _forgive(context: Context, request: Request, name: str) -> None:
    visitor, named = _keys(request, name)
    context.tries_by_visitor.forgive(visitor)
    context.tries_by_name.forgive(named)


def _keys(request: Request, name: str) -> tuple[str, str]:
    visitor = gate.visitor(request.client.host if request.client else None)
    return visitor, f"{visitor} {name.lower()}"


def _wanted(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return gate.local_path(request.url.path + query)


def token_of(request: Request) -> str:
    """What the session's cookie carries; "" where there is none."""
    return token_in(context_of(request), request)


def token_in(context: Context, request: Request) -> str:
    """The same for a request that is not one of a page."""
    return request.cookies.get(gate.cookie_name("session", context.public_url), "")


def _form_token(request: Request) -> str | None:
    return request.cookies.get(gate.cookie_name("form", context_of(request).public_url))


def _see_other(path: str) -> RedirectResponse:
    return RedirectResponse(path, 303)


def set_cookie(answer: Response, context: Context, name: str, value: str, *, lasts_s: int) -> None:
    """Gives the browser a cookie that no script reads and no foreign form brings along."""
    answer.set_cookie(
        gate.cookie_name(name, context.public_url),
        value,
        max_age=lasts_s,
        path="/",
        secure=gate.secure(context.public_url),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(answer: Response, context: Context, name: str) -> None:
    """Takes a cookie away."""
    set_cookie(answer, context, name, "", lasts_s=0)
