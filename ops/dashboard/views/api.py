"""PURE. The API's documentation, from its own description: what can be asked, what that takes, what comes back.

The sentences are those of the description, which programs read too, and so in English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.api.problems import TITLES
from ops.said import Said, said

_WITHOUT = ("Idempotency-Key", "If-None-Match")
"""Said once for all."""

_GROUPS: Mapping[str, Said] = {
    "feeds": said("Feeds"),
    "articles": said("Articles"),
    "topics": said("Topics"),
    "stories": said("Stories"),
    "deliveries": said("Deliveries"),
    "feedback": said("Feedback"),
    "subscriptions": said("Subscriptions"),
    "channels": said("Channels"),
    "silences": said("Silences"),
    "machine": said("How it does"),
    "events": said("Events"),
    "jobs": said("What takes longer"),
    "entities": said("Names and entities"),
    "me": said("Your account"),
    "users": said("Users"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: str
    about: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked; `events` are the shapes of those that a stream consists of."""

    key: str
    method: str
    path: str
    does: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer: tuple[Field, ...]
    shape: str
    events: tuple[tuple[str, tuple[Field, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What can be asked of one noun."""

    key: str
    name: Said | str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Docs:
    """The page."""

    root: str
    groups: tuple[Group, ...]
    problems: tuple[tuple[str, str], ...]


def compose(description: Mapping[str, Any]) -> Docs:
    """The page of this description."""
    schemas = description["components"]["schemas"]
    groups: dict[str, list[Operation]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, schemas))
    ordered = [*(key for key in _GROUPS if key in groups), *(key for key in groups if key not in _GROUPS)]
    return Docs(
        root=description["servers"][0]["url"],
        groups=tuple(Group(key, _GROUPS.get(key, key), tuple(groups[key])) for key in ordered),
        problems=tuple(TITLES.items()),
    )


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    shape = _answer(operation["responses"])
    return Operation(
        key=operation["operationId"],
        method=method.upper(),
        path=path,
        does=" ".join(operation["description"].split()),
        scope=_scope(operation),
        parameters=tuple(_parameters(operation.get("parameters", ()))),
        body=tuple(_fields(_content(operation.get("requestBody", {})), schemas)),
        answer=tuple(_fields(shape, schemas)),
        shape="" if _is_stream(operation) else _kind(shape),
        events=tuple(_events(schemas)) if _is_stream(operation) else (),
    )


def _is_stream(operation: Mapping[str, Any]) -> bool:
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def _events(schemas: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Field, ...]]]:
    for name, schema in schemas.items():
        if name.endswith("Event"):
            yield name, tuple(_fields(schema, schemas))


def _scope(operation: Mapping[str, Any]) -> str:
    scopes = [scope for each in operation.get("security", ()) for named in each.values() for scope in named]
    return scopes[0] if scopes else ""


def _answer(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    good: Mapping[str, Any] = next((answers[code] for code in answers if code.startswith("2")), {})
    return _content(good)


def _content(part: Mapping[str, Any]) -> Mapping[str, Any]:
    content = part.get("content", {})
    schema: Mapping[str, Any] = next(iter(content.values()))["schema"] if content else {}
    return schema


def _parameters(parameters: Sequence[Mapping[str, Any]]) -> Iterator[Field]:
    for each in parameters:
        if each["name"] not in _WITHOUT:
            schema = each["schema"]
            about = each.get("description") or schema.get("description", "")
            yield Field(each["name"], _kind(schema), about, each.get("required", False))


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Field]:
    """The fields of an object; of a piece of a list, those of its items."""
    whole = _behind(schema, schemas)
    items = whole.get("properties", {}).get("items", {}).get("items") or whole.get("items")
    if items:
        whole = _behind(items, schemas)
    needed = whole.get("required", ())
    for name, inner in whole.get("properties", {}).items():
        yield Field(name, _kind(inner), _about(inner, schemas), name in needed)


def _about(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """What is said of a value, or of the first of several that it may be."""
    of_each = (_about(each, schemas) for each in schema.get("anyOf", ()))
    said: str = schema.get("description") or _behind(schema, schemas).get("description", "")
    return said or next(filter(None, of_each), "")


def _behind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = schema.get("$ref")
    found: Mapping[str, Any] = schemas[reference.rpartition("/")[2]] if reference else schema
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    """What kind of value it is, as briefly as a reader needs."""
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return _plainly(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", ""))


def _plainly(name: str) -> str:
    """ "Listed_Feed_" → "[Feed]"."""
    return f"[{name[7:-1]}]" if name.startswith("Listed_") else name
