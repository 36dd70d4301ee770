"""Lists in pieces: how many, from where, and the link to the next piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from ops.api.problems import invalid
from ops.store.programs import NEWEST, Place

MOST = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many, at most.")]
Cursor = Annotated[
    str | None,
    Query(pattern="^[0-9]{1,18}$", description="`next` of the piece before. None: from the newest on."),
]
ArticleCursor = Annotated[
    str | None,
    Query(
        pattern=r"^[0-9]{1,17}\.[0-9]{1,18}$",
        description="`next` of the piece before. None: from the newest on.",
    ),
]


def before(cursor: str | None) -> int:
    """The number that the piece stands before."""
    return NEWEST if cursor is None else int(cursor)


def place(cursor: str | None) -> Place:
    """The article that the piece stands before. Raises Problem for a moment that there cannot be."""
    if cursor is None:
        return Place()
    at, _, number = cursor.partition(".")
    try:
        return Place(_EPOCH + timedelta(microseconds=int(at)), int(number))
    except OverflowError:
        raise invalid("#/cursor", "This is no `next` of a list of ours.", "query") from None


def cursor_of(found: Place) -> str:
    """The other way round."""
    return f"{(found.at - _EPOCH) // timedelta(microseconds=1)}.{found.id}"


def piece(
    request: Request,
    response: Response,
    rows: Sequence[Any],
    limit: int,
    cursor: Callable[[Any], str] = lambda row: str(row["id"]),
) -> dict[str, Any]:
    """The piece, of rows of which one more than `limit` was asked for: that there is one says that more follow."""
    shown = rows[:limit]
    following = cursor(shown[-1]) if len(rows) > limit else None
    return told(request, response, shown, following)


def told(request: Request, response: Response, items: Sequence[Any], following: str | None) -> dict[str, Any]:
    """The piece with the way to the next one, in the answer and in its Link header (RFC 8288)."""
    if following is not None:
        link = request.url.include_query_params(cursor=following)
        response.headers["link"] = f'<{link.path}?{link.query}>; rel="next"'
    return {"items": items, "next": following}
