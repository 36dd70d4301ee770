"""A page within the frame: the rail, who is logged in, and what was just done.

A form is answered by going somewhere (303), never by a page: loading it again repeats nothing. What was done is said
there once, by its key in the address; who sends such a link to somebody can make the page say no other sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ops.access import Session
from ops.dashboard.context import context_of, look_of
from ops.dashboard.login import LARGEST_FORM, form_of
from ops.dashboard.masking import masked
from ops.dashboard.rail import may, rail
from ops.dashboard.views.first_steps import first_steps, next_step
from ops.said import Said
from ops.store.accounts import Role


async def show(
    request: Request,
    session: Session,
    template: str,
    *,
    here: str,
    status: int = 200,
    deeds: Mapping[str, Said] | None = None,
    **values: Any,
) -> Response:
    """The page `here` (its key in the rail). `deeds` are the sentences that a form of the page may have it say."""
    context = context_of(request)
    counts = await context.counts()
    steps = first_steps(counts, context.offered, session.role)
    token = masked(session.csrf)
    page = context.page(
        template,
        status=status,
        session=replace(session, csrf=token),
        here=here,
        rail=rail(counts, context.offered, session.role),
        steps=steps,
        next_step=next_step(steps),
        version=context.version,
        did=(deeds or {}).get(request.query_params.get("did", "")),
        may=lambda needed: may(session.role, needed),
        colours=look_of(request),
        back=_address(request),
        **values,
    )
    return _unless_known(request, page, token)


def _address(request: Request) -> str:
    """Where to come back to: the page as it was asked for, and for a form's own address the start."""
    if request.method != "GET":
        return "/"
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "did"]
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


def _unless_known(request: Request, page: Response, token: str) -> Response:
    """The page; 304 for who has it already, but for the token of its forms, which each answer says in other words.
    A page that keeps itself fresh asks often."""
    if page.status_code != 200 or request.method != "GET":
        return page
    lasting = bytes(page.body).replace(token.encode(), b"")
    tag = f'W/"{hashlib.blake2s(lasting, digest_size=16).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    page.headers["etag"] = tag
    return page


async def taken(
    request: Request, session: Session, needed: Role = "editor", largest: int = LARGEST_FORM
) -> Mapping[str, str]:
    """The fields of a form of ours that this role may send. Raises HTTPException: 403 for who may not, or a form
    that is none of ours."""
    require(session, needed)
    fields = await form_of(request, session.csrf, largest)
    context_of(request).recount()
    return fields


def require(session: Session, needed: Role) -> None:
    """Lets this role on, as a page asks that is of no use to who may only look. Raises HTTPException, 403, for who may
    not."""
    if not may(session.role, needed):
        raise HTTPException(
            403, f"Your account may look at this and not change it: that takes the role {needed}."
        )


def gone_on(path: str, did: str = "", **query: str) -> Response:
    """On to a page of ours, which says what was done."""
    asked = {**query, **({"did": did} if did else {})}
    return RedirectResponse(f"{path}?{urlencode(asked)}" if asked else path, 303)
