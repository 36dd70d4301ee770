"""What nobody is to hear of for a while."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from alerts.silences import Scope
from ops.api.shapes.values import NO_NUL, AskedMoment, Given, Id, Line, Moment, Number, Span


class Silence(BaseModel):
    """What nobody is to hear of for a while."""

    id: Id
    scope: Scope
    topic_id: Id | None
    story_id: Id | None
    source: Line | None
    channel_id: Id | None = Field(description="Only on this channel; null: on all.")
    from_at: Moment
    until_at: Moment
    ended_at: Moment | None
    state: Literal["to_come", "holds", "over"]
    made_by: Line
    comment: Line
    suppressed: int = Field(description="Alerts that it has suppressed.")


class NewSilence(Given):
    """Exactly what the scope needs, and one of `until` and `for`; it lasts a year at most."""

    scope: Scope
    topic_id: Number | None = Field(None, description="Of the scope topic.")
    story_id: Number | None = Field(None, description="Of the scope story.")
    source: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_NUL)] | None = Field(
        None, description="A feed's name, a tag, or a host with all below it."
    )
    channel_id: Number | None = Field(None, description="Only on this channel.")
    begin: AskedMoment | None = Field(None, alias="from", description="null: now.")
    until: AskedMoment | None = Field(None, description="When it ends; or give `for`.")
    how_long: Span | None = Field(None, alias="for", description='How long: "8h"; or give `until`.')
    comment: Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)] = ""
