"""Articles, with what a search or a text held against topics finds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ops.api.shapes.values import NO_NUL, Given, Id, Line, Link, Moment


class Article(BaseModel):
    """An article that was read."""

    id: Id
    url: Link
    source: Line
    title: Line
    language: str | None
    authors: list[Line]
    tags: list[Line]
    published_at: Moment | None
    seen_at: Moment
    read_at: Moment
    summary_only: bool = Field(description="Its page was not had, so these are the feed's own words.")
    backlog: bool = Field(description="It was in the feed already when that was added.")
    feed_id: Id
    story_id: Id | None
    topics: list[Line] = Field(description="The topics that matched it.")


class Found(Article):
    """An article that a search found, with the sentence that shows why."""

    quote: Line = Field(description='"" where it was not searched by a query.')
    words: list[Line] = Field(description="What of the query stands in it.")


class ArticleText(Article):
    """An article with its text."""

    text: str = Field(description="Paragraphs, apart by blank lines; plain text.")
    method: str = Field(description="How the text was had.")
    page_problem: Line | None


class Again(BaseModel):
    """How many entries there are, and how many of them are read again within seconds."""

    entries: int
    due: int


class Retried(Given):
    """What to read again: the article at this address, or everything that was set aside."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=NO_NUL)] | None = None
    set_aside: bool = False
