"""What was told: stories, deliveries, and what people said of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from alerts.model import DeliveryKind
from alerts.states import State
from ops.api.shapes.articles import Article
from ops.api.shapes.values import Given, Id, Line, Link, Moment, Number


class Story(BaseModel):
    """Articles of one event."""

    id: Id
    title: Line
    first_at: Moment
    last_at: Moment
    articles: int
    merged_into: Id | None = Field(
        description="The story that somebody made it part of; lists leave it out then."
    )


class StoryArticles(Story):
    """A story with its articles, the first 200."""

    told_by: list[Article]


class Merged(BaseModel):
    """A story that was merged into another, and how many articles of it are still there."""

    id: Id
    title: Line
    articles: int


class StoryWhole(StoryArticles):
    """A story with its articles, and the stories that were merged into it."""

    merged: list[Merged]


class OtherStory(Given):
    """The story that is to become part of this one."""

    story_id: Number


class Split(Given):
    """What is to leave a story: some articles with their copies, or one that was merged into it."""

    articles: Annotated[list[Number], Field(max_length=200)] | None = Field(
        None, description="Into a story of their own, or `into` another one."
    )
    into: Number | None = Field(None, description="The story that the articles go into.")
    merged_id: Number | None = Field(None, description="It becomes a story again.")


class Regrouped(BaseModel):
    """Where articles went."""

    story_id: Id
    articles: int


class Delivery(BaseModel):
    """One message to one channel."""

    id: Id
    key: Id
    kind: DeliveryKind
    state: State
    reason: Line | None
    possible_repeat: bool
    attempts: int
    articles: int
    title: Line | None = Field(description="Of the article; of several: the newest.")
    url: Link
    topics: list[Line] | None
    subscription: Line | None = Field(description="null: it is nobody's own.")
    channel: Line
    channel_id: Id
    story_id: Id | None
    story: Line | None
    thread_of: Id | None = Field(description="The delivery that it follows.")
    due_at: Moment | None = Field(description="null: when its subscription is resumed.")
    created_at: Moment
    ended_at: Moment | None


class Said(BaseModel):
    """What somebody said of an article that they were told of."""

    id: Id
    delivery: Id = Field(description="The delivery's key.")
    article_id: Id
    channel_id: Id
    said_by: Line
    relevant: bool
    said_at: Moment


class PutBack(BaseModel):
    """A delivery that is due again, and what its channel still waits for."""

    id: Id
    possible_repeat: bool
    stopped_by: Line | None
    paused_until: Moment | None


class NewFeedback(Given):
    """What you say of an article that a delivery told of."""

    delivery: UUID = Field(description="The delivery's key.")
    article_id: Number
    relevant: bool
