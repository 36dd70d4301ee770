"""Named things, and everything that they are called."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ops.api.shapes.values import Line, Link


class Pack(BaseModel):
    """A file of entities that Pantau brings."""

    file: str
    entities: int


class OwnEntity(BaseModel):
    """An entity of the users' own."""

    key: Line
    title: Line
    origin: Literal["watchlist", "folder"]
    names: int = Field(description="0: this version cannot read what another wrote.")


class Packs(BaseModel):
    """Where entities come from."""

    packs: list[Pack] = Field(description="The largest first.")
    entities: int = Field(description="In all packs together.")
    own: list[OwnEntity] = Field(description="Those of watchlists and of the folder of packs, the first 200.")
    own_total: int


class Named(BaseModel):
    """A thing that goes by what was asked."""

    key: Line
    title: Line
    name: Line = Field(description="The one of its names that fits.")
    languages: list[str] = Field(description="In which it is called so, the first eight; none: in any.")
    exactly: bool = Field(description="Else it is a part of the name.")


class NamedThings(BaseModel):
    """The things that go by a name, exactly first, at most twelve."""

    items: list[Named]


class NameIn(BaseModel):
    """What a thing is called in a language."""

    language: str = Field(description='"mul": in any.')
    name: Line
    kind: str


class AlsoWord(BaseModel):
    """A name that is an ordinary word, too, in these languages."""

    name: Line
    languages: list[str]


class Entity(BaseModel):
    """A thing that a query can name once, as @key, with everything that it is called."""

    key: Line
    title: Line
    kind: str
    as_of: str
    source: Link
    names: list[NameIn]
    also_words: list[AlsoWord]
    stop: list[Line] = Field(description="Longer names of other things, inside of which it is not meant.")
    topics: list[Line] = Field(description="Topics whose queries name it, the first 100.")
