"""How the installation does: its parts, its proof, its jobs, what people changed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ops.api.shapes.values import Given, Id, Line, Moment


class Job(BaseModel):
    """What was asked for and takes longer than an answer may. It is kept for a week."""

    id: Id
    kind: Literal["apply_back", "import_feeds"]
    state: Literal["waiting", "running", "done", "failed"]
    done: int = Field(description="How far it is: articles looked through, or feeds stored.")
    total: int | None
    answer: dict[str, Any] | None = Field(description="What came of it, once it is done.")
    problem: Line | None = Field(description="Why it failed.")
    created_at: Moment
    ended_at: Moment | None


class Noted(BaseModel):
    """A change, for good."""

    id: Id
    at: Moment
    who: Line
    what: str
    kind: str
    name: Line
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Sign(BaseModel):
    """A part of the installation, and when it last showed that it lives."""

    part: str
    at: Moment


class Waiting(BaseModel):
    """A desk: how many rows wait, how long the oldest has, and how many were done in the last hour."""

    waiting: int
    oldest_s: float
    done_1h: int


class Proof(BaseModel):
    """How the alerts ended. `lost` are in no state, `doubled` were accepted twice; `sound` says that there are none."""

    sound: bool
    alerts: int
    sent: int
    suppressed: int
    expired: int
    waiting: int
    held: int
    failed: int
    in_doubt: int
    possible_repeats: int
    lost: int
    doubled: int
    suppressed_because: dict[str, int]


class Release(Given):
    """The word after a restore."""

    what_may_have_been_told: Literal["send", "drop"]
    now: bool = Field(False, description="Although some feeds were not polled since.")


class WasReleased(BaseModel):
    """Sending goes on."""

    dropped: int = Field(description="Alerts that are not told, since they may have been.")
