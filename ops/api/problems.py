"""Everything that can go wrong, as programs are told it: problem+json (RFC 9457), always of the same shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from alerts.letter import plain_text
from worker.errors import BadQuery

KIND = "application/problem+json"
DOCS = "/api/v1/docs"
RETRY_S = 10

TITLES = {
    "unauthorized": "No token that opens this",
    "forbidden": "Not allowed",
    "not_found": "There is nothing here",
    "method_not_allowed": "Not possible here",
    "conflict": "Not possible as it stands",
    "under_way": "Still being done",
    "changed": "It was changed meanwhile",
    "too_large": "Too large",
    "invalid": "This cannot be used",
    "query": "The query cannot be read",
    "key_reused": "The key was used for something else",
    "no_condition": "Say which state you have seen",
    "too_many": "Too many requests",
    "our_fault": "Something went wrong in Pantau",
    "unavailable": "Not now",
    "bad_request": "This cannot be understood",
}
"""The kinds of problems, as the last part of their `type`."""

_KINDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}

_SENTENCES = {
    "not_found": f"Nothing has this address; {DOCS} lists what there is.",
    "method_not_allowed": "This address does not take such a request; Allow names those that it takes.",
    "bad_request": "The body is no JSON in UTF-8.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one part of a request: `within` is body, query, path or header; `pointer` the way to it as
    RFC 6901 has it. A fault in a topic's query says its line and column, and may say what to write instead."""

    pointer: str
    detail: str
    within: str = "body"
    line: int | None = None
    column: int | None = None
    hint: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Without what there is none of."""
        told = {"pointer": self.pointer, "in": self.within, "detail": self.detail}
        place = {"line": self.line, "column": self.column, "hint": self.hint}
        return told | {name: value for name, value in place.items() if value is not None}


class Problem(HTTPException):
    """A request that is not done, with the reason: raised anywhere, answered in one place."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.kind, self.faults = kind, tuple(faults)


def not_found(noun: str, number: object) -> Problem:
    """There is none of this number."""
    return Problem(404, "not_found", f"There is no {noun} {plain_text(str(number), 60)}.")


def invalid(pointer: str, detail: str, within: str = "body") -> Problem:
    """One field cannot be used."""
    return Problem(422, "invalid", detail, faults=[Fault(pointer, detail, within)])


def declared(noun: str) -> Problem:
    """A file says how it is."""
    return Problem(
        409,
        "conflict",
        f"A watchlist declares this {noun}: change it there and apply the file. `pantau export` prints what is "
        "declared.",
    )


def unavailable(detail: str) -> Problem:
    """It may work later."""
    return Problem(503, "unavailable", detail, headers={"retry-after": str(RETRY_S)})


def bad_query(slip: BadQuery, query: str, pointer: str, within: str = "body") -> Problem:
    """A topic's query that cannot be read, with the place in it."""
    before = query[: max(0, slip.column - 1)]
    fault = Fault(
        pointer,
        slip.cause,
        within,
        line=before.count("\n") + 1,
        column=len(before) - (before.rfind("\n") + 1) + 1,
        hint=slip.suggestion or None,
    )
    return Problem(422, "query", str(slip), faults=[fault])


def of_http(error: HTTPException) -> Problem:
    """A refusal of the framework's: its headers stay, such as the Allow of a 405."""
    kind = _KINDS.get(error.status_code, "bad_request")
    return Problem(
        error.status_code, kind, _SENTENCES.get(kind, error.detail), headers=dict(error.headers or {})
    )


def of_validation(error: RequestValidationError) -> Problem:
    """What the description of the API does not allow, field by field."""
    faults = [_fault(each) for each in error.errors()[:20]]
    return Problem(422, "invalid", "The request is not as the description says.", faults=faults)


def _fault(error: Mapping[str, Any]) -> Fault:
    within, *way = error["loc"] or ("body",)
    if error["type"] == "json_invalid":
        way = []
    steps = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in way)
    return Fault(plain_text(f"#{steps}", 200), plain_text(str(error["msg"]), 300), str(within))


def answer(problem: Problem, request_id: str) -> Response:
    """The problem as an answer; `instance` is the request's own name, under which the log tells more."""
    told: dict[str, Any] = {
        "type": f"{DOCS}#{problem.kind}",
        "title": TITLES[problem.kind],
        "status": problem.status_code,
        "detail": problem.detail,
        "instance": f"urn:uuid:{request_id}",
    }
    if problem.faults:
        told["errors"] = [fault.as_json() for fault in problem.faults]
    return JSONResponse(told, problem.status_code, dict(problem.headers or {}), media_type=KIND)


SCHEMA = {
    "title": "Problem",
    "description": "What went wrong, in the shape of RFC 9457.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "description": "The kind of problem, with its place in the documentation.",
        },
        "title": {"type": "string", "description": "The same for every problem of its kind."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened this time, and what to do."},
        "instance": {"type": "string", "description": "The request's name; X-Request-Id has it too."},
        "errors": {
            "type": "array",
            "description": "What is wrong with each part of the request.",
            "items": {
                "type": "object",
                "required": ["pointer", "in", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "The way to it (RFC 6901)."},
                    "in": {"type": "string", "enum": ["body", "query", "path", "header", "cookie"]},
                    "detail": {"type": "string"},
                    "line": {"type": "integer", "description": "Of a topic's query, from 1."},
                    "column": {"type": "integer", "description": "In that line, from 1, in characters."},
                    "hint": {"type": "string", "description": "What to write instead."},
                },
            },
        },
    },
}
"""The description of all this."""
