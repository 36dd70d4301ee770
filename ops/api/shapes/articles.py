"""Articles, with what a search or a text held against topics finds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ops.api.shapes.values import NO_NUL, Given, Id, Line, Link, Moment, Passage


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


class NewReport(Given):
    """What is wrong with an article's text, in a few words."""

    said: Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NO_NUL)]


class Report(BaseModel):
    """What somebody said is wrong with an article's text."""

    said_by: Line
    said: Passage
    method: str = Field(description="How the text had been had.")
    said_at: Moment


class Paragraph(BaseModel):
    """A paragraph of a page; `kept` says whether it is part of the article."""

    text: Passage
    kept: bool


class WouldMatch(BaseModel):
    """A topic, and whether it matches what was read."""

    name: Line
    matches: bool


class Reading(BaseModel):
    """What would be made of a page as it is now. Nothing of it is stored."""

    at: Moment
    url: Link
    sentence: Line = Field(description="What would come of it.")
    status: int | None = Field(description="What the site answered.")
    problem: Line | None = Field(description="Why there is no article.")
    method: str | None = Field(description="How the text was had.")
    words: int = Field(description="Of the article.")
    page_words: int = Field(description="Of the whole page.")
    title: Line
    language: str | None
    authors: list[Line]
    paragraphs: list[Paragraph] = Field(description="What a reader sees on the page, the first 500.")
    more: int = Field(description="Paragraphs that are not told.")
    topics: list[WouldMatch]
