"""The installation: what it was given, whether it is well, the keys that seal its secrets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from ops.api.shapes.values import Line


class Finding(BaseModel):
    """Something that was looked at: what was found, and what to do about it."""

    level: Literal["ok", "warn", "bad"]
    about: Line
    says: Line
    remedy: Line = Field(description='"": nothing.')


class SealingKey(BaseModel):
    """A key that seals secrets, by its public name."""

    key: str
    source: Literal["file", "environment"]
    seals: bool = Field(description="Whether it seals what is new; else it only opens what it sealed before.")
    secrets: int = Field(description="How many it opens.")


class Examination(BaseModel):
    """What was found, the worst first."""

    findings: list[Finding]
    keys: list[SealingKey]
    lost: list[Line] = Field(description="Where the first 20 secrets are that no key opens.")
    lost_total: int


class Variable(BaseModel):
    """A variable of the environment that Pantau reads. What a secret is, is never told."""

    name: str
    secret: bool
    source: Literal["environment", "file", "unset"]
    value: Line | None


class Mail(BaseModel):
    """Whether mail can leave."""

    server: bool
    sender: Line | None = Field(description="null: chosen by Pantau.")
    unsubscribe_links: bool
    stopped_by: Line | None


class Slack(BaseModel):
    """Whether the Slack app is set up."""

    token: bool
    signing_secret: bool
    answers: bool = Field(description="Whether its buttons and commands are answered here.")
    stopped_by: Line | None


class Licence(BaseModel):
    """A package that Pantau is built on."""

    name: str
    version: str
    licence: str


class Installation(BaseModel):
    """What this installation was given, as the web process sees it."""

    version: str
    mail: Mail
    slack: Slack
    variables: list[Variable]
    unknown: list[Line] = Field(description="Variables that are misspelt, in sentences.")
    licences: list[Licence]
