"""How things do, closely: a feed's polls and entries, messages as they will look, the machine."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from ops.api.shapes.values import Id, Line, Link, Moment
from ops.remarks import Beat


class Entry(BaseModel):
    """What a feed brought, and what became of it."""

    id: Id
    title: Line | None
    link: Link
    published_at: Moment | None
    seen_at: Moment
    backlog: bool
    state: str
    reason: Line | None
    article_id: Id | None


class FeedHealth(BaseModel):
    """How a feed does."""

    polls: list[Beat] = Field(
        description="How the last thirty ended, the newest last; cooling: its site put it off."
    )
    next_poll_why: Line | None
    cooling_until: Moment | None = Field(description="Until when its whole site is left alone.")
    cooling_why: Line | None
    silence: Line | None = Field(description="What is unusual about nothing new coming.")
    missed: list[Line] = Field(description="What may have been missed between two polls, in sentences.")
    last_entry_at: Moment | None
    per_day: list[int] = Field(description="Entries of the last days, today last.")
    read_in_full: int = Field(description="Of its latest articles: those whose page was read.")
    latest: int = Field(description="So many are its latest articles.")
    set_aside: int
    entries: list[Entry] = Field(description="The latest.")


class Preview(BaseModel):
    """A message as one kind of channel would send it."""

    kind: str
    title: Line = Field(description="A mail's subject, or the line of a notification.")
    text: str


class DeskNow(BaseModel):
    """A desk: what waits, what it works on, how long it takes for 95 of 100."""

    waiting: int
    oldest_s: float
    done_1h: int
    held: int
    held_oldest_s: float | None
    p95_s: float | None


class WorkerNow(BaseModel):
    """A worker, and what it says of itself."""

    part: str
    at: Moment
    says: dict[str, Any] | None


class Failure(BaseModel):
    """Things of a kind that went wrong for the same reason, among the newest 10,000 of that kind."""

    kind: str
    reason: Line | None
    count: int
    latest_at: Moment | None


class Table(BaseModel):
    """A table of the database, and the room that it takes."""

    name: str
    rows: int
    bytes: int
    vacuumed_at: Moment | None


class Machine(BaseModel):
    """How the machine does right now."""

    at: Moment
    tick_at: Moment | None
    desks: dict[str, DeskNow]
    workers: list[WorkerNow] = Field(description="Those of the last day.")
    failures: list[Failure]
    database_version: str
    database_bytes: int
    tables: list[Table] = Field(description="The six largest.")
