"""Feeds, and what is given to have one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ops.api.shapes.values import NO_NUL, Few, Given, Id, Line, Link, Moment, Short, Word


class Feed(BaseModel):
    """A feed that is polled."""

    id: Id
    url: str
    found_url: Link = Field(description="The feed that was found, where `url` is a site's.")
    name: Line | None
    state: str = Field(description="new, ok, failing, gone or paused.")
    paused_at: Moment | None = Field(description="Since when it is paused.")
    paused_by: Line | None
    tags: list[Line]
    language: str | None
    every: str = Field(description='How often it is asked: "2m", or within "30s-10m"; "": as its news comes.')
    pace: dict[str, float] | None = Field(description="How its site may be asked, where that is set.")
    full_text: bool
    user: Line = Field(description='Who logs in there; "": nobody.')
    has_password: bool
    headers: list[Line] = Field(description="The names of what is sent along; their values are sealed.")
    declared: bool = Field(description="Whether a watchlist declares it; then it is changed there.")
    next_poll_at: Moment | None
    last_polled_at: Moment | None
    last_ok_at: Moment | None
    last_status: int | None
    last_error: Line | None
    failures: int = Field(description="In a row.")
    notice: Line | None
    created_at: Moment


class Candidate(BaseModel):
    """A feed that can be watched."""

    url: str
    title: Line
    language: str | None
    entries: int
    newest_at: Moment | None
    sentence: Line = Field(description="How sound it is.")
    feed_id: Id | None = Field(description="The feed that is watched there already.")


class Discovered(BaseModel):
    """The feeds at an address or on its site, the best first; where there is none, why, and what to do."""

    items: list[Candidate]
    why: Line | None
    advice: Line | None
    declared: list[Line] = Field(description="What the page names as its feeds, where none of them is one.")


class Added(BaseModel):
    """A feed; `added` is false where it was watched already."""

    id: Id | None
    url: str
    added: bool


class Pace(Given):
    """How a site may be asked, all its feeds together."""

    connections: int | None = None
    per_second: float | None = None
    burst: int | None = None


_HeaderName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]
_HeaderValue = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=NO_NUL)]


class FeedChanges(Given):
    """What of a feed is to be otherwise; what is left out stays."""

    name: Word = ""
    every: Short = Field("", description='"2m", or within "30s-10m"; "": as its news comes.')
    tags: Few = Field([])
    language: Short = Field("", description='"": detected.')
    full_text: bool = Field(True, description="Whether the page behind each entry is read.")
    pace: Pace = Pace()
    user: Word = Field(
        "", description='Who logs in there (HTTP basic); "": nobody, and the password goes, too.'
    )
    password: Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)] | None = Field(
        None, description="Sealed, and never shown again."
    )
    headers: Annotated[dict[_HeaderName, _HeaderValue | None], Field(max_length=20)] = Field(
        {},
        description="What is sent along, such as Authorization: Bearer. Values are sealed, and never shown again; null "
        "takes one away; those that are not named stay.",
    )


class NewFeed(FeedChanges):
    """A feed, or a site whose feed is discovered."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=NO_NUL)]


class Address(Given):
    """Where to look: a feed, or any page of a site."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=NO_NUL)]


class FeedsToImport(Given):
    """A list of feeds from another reader."""

    opml: Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]
    dry_run: bool = Field(False, description="Only look at what would be added.")
