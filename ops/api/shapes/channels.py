"""Where people are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ops.api.shapes.values import NO_NUL, Given, Id, Line, Moment, Target, Word
from ops.watchlist.model import MessageLanguage


class Channel(BaseModel):
    """Where people are told. What it leads to is never shown."""

    id: Id
    name: Line
    kind: str
    print: str = Field(description="Of its target; equal targets have equal ones.")
    language: str = Field(description="Its messages are written in it.")
    signed: bool = Field(description="Whether its messages are signed.")
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    paused_until: Moment | None
    stopped_by: Line | None = Field(description="Why nothing gets through; null: it does.")
    probe_at: Moment | None = Field(description="When that is tried again.")
    takes_nothing_since: Moment | None = Field(
        description="Since when it is tried again and again; null: it is not."
    )
    takes_nothing_why: Line | None = Field(description="What came of the latest try.")
    blocked_by: str | None = Field(description="Who does not want it to be written to.")
    held: int = Field(description="Messages that wait for it.")
    created_at: Moment


class MadeChannel(Channel):
    """A channel that was made. `asks_owner`: a mail asks the owner of the address, who hears nothing before a yes."""

    asks_owner: bool


class RemovedChannel(BaseModel):
    """A channel that is no more, and the subscriptions that led nowhere else and went with it."""

    id: Id
    name: Line
    subscriptions: list[Line]


class Tried(BaseModel):
    """How a test message ended, in the receiver's words and in ours."""

    accepted: bool
    verdict: str
    answer: Line


class AskedOwner(BaseModel):
    """Whether a mail goes to the owner of the address now."""

    asked: bool


class RetriedTogether(BaseModel):
    """How many deliveries are due again, how many stay as they are; `more`: there are others, ask once more."""

    due: int
    refused: int
    more: bool


class NewChannel(Given):
    """A name and exactly one target. What is secret is sealed, and never shown again."""

    name: Annotated[Word, Field(min_length=1)]
    slack: Target | None = Field(None, description="The address of an incoming webhook; secret.")
    slack_channel: Target | None = Field(None, description="For the bot: the id of a channel.")
    email: Target | None = Field(None, description="Its owner is asked first.")
    webhook: Target | None = Field(None, description="An address of yours; secret.")
    apprise: Target | None = Field(None, description="An address of Apprise's; secret.")
    secret: Target | None = Field(None, description="What signs the messages to a webhook.")
    language: MessageLanguage = "en"


class ChannelChanges(Given):
    """What of a channel is to be otherwise; what is left out stays, and so does its kind. What waits for it goes where
    it leads then."""

    name: Annotated[Word, Field(min_length=1)] | None = None
    slack: Target | None = Field(None, description="Another incoming webhook; secret.")
    slack_channel: Target | None = None
    email: Target | None = Field(None, description="The owner of another address is asked first.")
    webhook: Target | None = Field(None, description="Another address of yours; secret.")
    apprise: Target | None = Field(None, description="Another address of Apprise's; secret.")
    secret: Annotated[str, StringConstraints(max_length=4000, pattern=NO_NUL)] | None = Field(
        None, description='Another one to sign by; "": messages are signed no more.'
    )
    language: MessageLanguage | None = None
