"""Topics, and queries that are tried."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ops.api.shapes.values import NO_NUL, Few, Given, Id, Line, Moment, Span, Word, Words


class Topic(BaseModel):
    """A named query."""

    id: Id
    name: Line
    query: str
    tags: list[Line]
    version: int = Field(description="How often it was saved.")
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    created_at: Moment


class TopicVersion(BaseModel):
    """What a topic was from a moment on."""

    version: int
    name: Line
    query: str
    tags: list[Line]
    saved_by: Line | None
    saved_at: Moment


class Hit(BaseModel):
    """One place where a topic matched, in characters of the field."""

    field: str
    start: int
    end: int
    text: str


class Matched(BaseModel):
    """A topic that matches a text, and where."""

    topic_id: Id
    topic: Line
    hits: list[Hit]


class Matches(BaseModel):
    """The topics that match a text."""

    items: list[Matched]


class NewTopic(Given):
    """A named query."""

    name: Annotated[Word, Field(min_length=1)]
    query: Annotated[Words, Field(min_length=1, description="docs/query-language.md")]
    tags: Few = Field([])


class AppliedBack(Given):
    """Which older articles a topic is to be applied to, and who is to hear of them."""

    days: Annotated[int, Field(ge=1, le=366)] = 7
    silent: bool = Field(False, description="Nobody is told; else one summary for each subscription.")
    dry_run: bool = Field(False, description="Only look at what would be done.")


class TriedQuery(Given):
    """A query to try, as topics have it."""

    query: Annotated[Words, Field(min_length=1)]
    since: Span = "7d"


class Compared(Given):
    """What to hold the saved query of a topic against; without `query`, it is looked for alone."""

    query: Annotated[Words, Field(min_length=1)] | None = None
    since: Span = "7d"


class TextToMatch(Given):
    """A text to hold against all topics."""

    title: Words = ""
    body: Annotated[str, StringConstraints(max_length=500_000, pattern=NO_NUL)] = ""
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")] | None = Field(
        None, description="null: detected."
    )
    url: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] = ""
    source: Word = ""
    author: Word = ""
    tags: Annotated[list[Word], Field(max_length=50)] = Field([])
