"""The description of the API (OpenAPI 3.1): what FastAPI knows of the routes, and what holds for all of them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ops.api.problems import KIND, SCHEMA, TITLES
from ops.api.shapes.events import AlertEvent, DeliveryEvent, MatchEvent

TEXT = (
    "Everything that Pantau watches, tells and proves, for programs. Lists come in pieces: go on with `next` until it "
    "is null. Every error is problem+json (RFC 9457)."
)

_HEARD = (MatchEvent, AlertEvent, DeliveryEvent)
"""What no answer is, and the data of events."""

_ALWAYS = {
    "401": "unauthorized",
    "403": "forbidden",
    "422": "invalid",
    "429": "too_many",
    "503": "unavailable",
    "500": "our_fault",
}
_SOMETIMES = {
    "404": "not_found",
    "409": "conflict",
    "412": "changed",
    "413": "too_large",
    "428": "no_condition",
}
_HEADERS = {
    "X-Request-Id": ("The request's name.", {"type": "string", "format": "uuid"}),
    "RateLimit-Limit": ("How many requests fit in at once.", {"type": "integer"}),
    "RateLimit-Remaining": ("How many more may follow now.", {"type": "integer"}),
    "RateLimit-Reset": ("Seconds until all of them may.", {"type": "integer"}),
}
_TAG = {"ETag": {"description": "Changes with the answer.", "schema": {"type": "string"}}}


def describe(app: FastAPI, root: str) -> dict[str, Any]:
    """The whole description, made once."""
    told = get_openapi(
        title=app.title,
        version=app.version,
        description=TEXT,
        routes=app.routes,
        openapi_version="3.1.0",
        servers=[{"url": root}],
    )
    schemas = told["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = SCHEMA
    schemas |= {shape.__name__: shape.model_json_schema(mode="serialization") for shape in _HEARD}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            _complete(path, method, operation)
    return told


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """The problems that may come of it, the headers of its answers, and the conditions that it knows."""
    answers = operation["responses"]
    wanted = dict(_ALWAYS)
    wanted |= {code: kind for code, kind in _SOMETIMES.items() if code in answers}
    if "{" in path or "topic" in path:
        wanted["404"] = "not_found"
    keyed = any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    if keyed:
        wanted["409"] = "conflict"
    if "requestBody" in operation:
        wanted |= {"400": "bad_request", "413": "too_large"}
    for code, kind in wanted.items():
        answers[code] = _problem(kind)
    for code, said in answers.items():
        tag = _TAG if method == "get" and code == "200" else {}
        named = {name: {"description": words, "schema": schema} for name, (words, schema) in _HEADERS.items()}
        said["headers"] = {**said.get("headers", {}), **named, **tag}
    if method == "get":
        answers["304"] = {"description": "It is as If-None-Match says."}
        condition = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
        operation.setdefault("parameters", []).append(condition)


def _problem(kind: str) -> dict[str, Any]:
    content = {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": TITLES[kind], "content": content}
