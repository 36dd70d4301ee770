"""What is told as it happens."""

from __future__ import annotations

from pydantic import BaseModel, Field

from alerts.model import DeliveryKind
from alerts.states import State
from ops.api.shapes.values import Id, Line, Link, Moment


class MatchEvent(BaseModel):
    """A topic matched an article."""

    id: Id
    at: Moment
    article_id: Id
    title: Line
    url: Link
    source: Line
    language: str | None
    story_id: Id | None
    topic_id: Id
    topic: Line


class AlertEvent(BaseModel):
    """What became of a match for a subscription and a channel: it is told in a delivery, or suppressed."""

    id: Id
    at: Moment
    match_id: Id
    article_id: Id
    topic: Line
    subscription: Line
    channel: Line
    delivery_id: Id | None
    suppressed: str | None = Field(description="Why it is told to nobody.")


class DeliveryEvent(BaseModel):
    """A delivery ended. One that is sent again ends again, at another moment."""

    id: Id
    key: Id
    at: Moment
    kind: DeliveryKind
    state: State
    reason: Line | None
    possible_repeat: bool
    channel_id: Id
    channel: Line
    articles: list[Id] = Field(description="The ids of those that it tells of, the first 200.")
