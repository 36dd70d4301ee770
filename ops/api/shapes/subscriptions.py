"""Who hears of what: subscriptions, and the addresses where something is read as a feed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from ops.api.shapes.values import Few, Given, Id, Line, Many, Moment, Short, Span, Word
from ops.watchlist.model import Group, OnDoubt


class Subscription(BaseModel):
    """Who hears of what, where, when."""

    id: Id
    name: Line
    topics: list[Line] = Field(description="Names, or tag:x.")
    channels: list[Line] = Field(description="Names.")
    when: list[str]
    timezone: str
    quiet: str | None
    wait: str
    group: str
    cap_per_hour: int
    sources: list[Line]
    languages: list[str]
    on_doubt: str
    urgent: list[Line]
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    paused_at: Moment | None = Field(description="Since when it hears nothing, until it is resumed.")
    snoozed_until: Moment | None
    created_at: Moment


class Doubt(BaseModel):
    """What is probably not meant, though it can be done."""

    pointer: str
    detail: str


class SavedSubscription(Subscription):
    """A subscription as it is now, and what of it is probably not meant."""

    doubts: list[Doubt]


class GoesOut(BaseModel):
    """What had been kept for a subscription and goes out."""

    articles: int
    messages: int
    due_at: Moment | None


Some = Annotated[list[Word], Field(min_length=1, max_length=500)]


class SubscriptionSettings(Given):
    """Who hears of what, where, when, as a watchlist has it; what is left out is as usual."""

    topics: Some = Field(description='Names, or "tag:x".')
    channels: Some = Field(description="Names.")
    when: Few = Field(["now"], description='"now", "hourly", "daily 07:00", "weekly mon 07:00"')
    timezone: Word = "UTC"
    quiet: Word | None = Field(None, examples=["22:00-06:00"])
    wait: Short = "0s"
    group: Group = "story"
    cap_per_hour: Annotated[int, Field(ge=1, le=1_000_000)] = 12
    sources: Many = Field([])
    languages: Few = Field([])
    on_doubt: OnDoubt = "resend"
    urgent: Many = Field([])


class NewSubscription(SubscriptionSettings):
    """A subscription, which hears of what is read from now on."""

    name: Word = Field("", description='"": its topics → its channels.')


class Snooze(Given):
    """For how long: from 1m to 7d."""

    how_long: Span = Field(alias="for", examples=["8h"])


class FeedAddress(BaseModel):
    """Where something is read as a feed. The address is a key, and told once."""

    atom: str
    json_feed: str = Field(alias="json")
