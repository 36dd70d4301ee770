"""What all shapes are made of: ids, moments, foreign words, pieces of lists; and the ways to compare and to tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from alerts.letter import plain_text, safe_link
from worker.settings import parse_duration

T = TypeVar("T")


def _line(value: Any) -> Any:
    return plain_text(value, 500) if isinstance(value, str) else value


def _passage(value: Any) -> Any:
    return plain_text(value, 4000) if isinstance(value, str) else value


def _link(value: Any) -> Any:
    return safe_link(value) if isinstance(value, str) else value


def _string(value: Any) -> Any:
    return str(value) if isinstance(value, int | UUID) and not isinstance(value, bool) else value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _counted_moment(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment within the years 1 to 9999, in UTC") from None


Id = Annotated[str, BeforeValidator(_string)]
Line = Annotated[str, BeforeValidator(_line)]
Passage = Annotated[str, BeforeValidator(_passage)]
Link = Annotated[str | None, BeforeValidator(_link)]
Moment = Annotated[datetime, AfterValidator(_utc)]
AskedMoment = Annotated[
    datetime, AfterValidator(_counted_moment), Field(description="RFC 3339; UTC where no offset is given.")
]
NO_NUL = r"^[^\x00]*$"
Words = Annotated[str, StringConstraints(max_length=10_000, pattern=NO_NUL)]
Word = Annotated[str, StringConstraints(max_length=200, pattern=NO_NUL)]
NamePart = Annotated[str, Query(max_length=200, pattern=NO_NUL)]
Number = Annotated[str, StringConstraints(pattern="^[0-9]{1,18}$")]
NumberInPath = Annotated[str, Path(pattern="^[0-9]{1,18}$")]
Span = Annotated[
    str,
    StringConstraints(pattern="^[1-9][0-9]{0,4}[smhd]$"),
    Field(description="A number and s, m, h or d.", examples=["7d"]),
]


def seconds(span: str) -> float:
    """How long "7d" is; a hundred years at most."""
    return min(parse_duration(span), 100 * 365 * 86400.0)


class Listed(BaseModel, Generic[T]):
    """A piece of a list, the newest first. `next` is the cursor of the piece that follows; null: this is the last."""

    items: list[T]
    next: str | None


class Given(BaseModel):
    """What programs send: nothing in it that we do not know, so that a slip of the pen is told."""

    model_config = ConfigDict(extra="forbid")


Few = Annotated[list[Word], Field(max_length=50)]
Many = Annotated[list[Word], Field(max_length=500)]
Short = Annotated[str, StringConstraints(max_length=40, pattern=NO_NUL)]
Target = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=NO_NUL)]


def version(row: Mapping[str, Any], figures: frozenset[str] = frozenset()) -> str:
    """What of a thing somebody can change, as a short word that is another after each change."""
    kept = sorted((key, str(value)) for key, value in row.items() if key not in figures)
    return sha256(repr(kept).encode()).hexdigest()[:12]


_NUMBERS = frozenset({"delivery", "told_in", "thread_of", "copy_of", "number", "match"})


def with_string_ids(value: Any) -> Any:
    """The same with every id as a string."""
    if isinstance(value, dict):
        return {key: _id_or(key, inner) for key, inner in value.items()}
    return [with_string_ids(inner) for inner in value] if isinstance(value, list) else value


def _id_or(key: str, inner: Any) -> Any:
    names_one = key == "id" or key.endswith("_id") or key in _NUMBERS
    if names_one and isinstance(inner, int) and not isinstance(inner, bool):
        return str(inner)
    return with_string_ids(inner)
