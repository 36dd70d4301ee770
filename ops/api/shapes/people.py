"""People: accounts, their tokens, what they read in and the browsers in which they are logged in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ops.api.shapes.values import NO_NUL, Given, Id, Line, Moment, Short, Word
from ops.store.accounts import Role
from ops.store.tokens import Scope

Password = Annotated[str, StringConstraints(max_length=2000, pattern=NO_NUL)]


class Account(BaseModel):
    """Somebody who may look at the pages, and do what the role includes."""

    id: Id
    name: Line
    role: Role
    language: str
    timezone: str
    created_at: Moment
    used_at: Moment | None = Field(description="When one of its browsers last showed a page, to the minute.")


class AccountTold(Account):
    """An account with its new password, which is told this once."""

    password: str


class NewAccount(Given):
    """Somebody who is to have an account; its password is made here."""

    name: Annotated[Word, Field(min_length=1)]
    role: Role = "viewer"


class AccountChanges(Given):
    """What an account may do from now on."""

    role: Role


class Me(BaseModel):
    """Who asks, and what they may do here."""

    account: Line | None = Field(description="null: PANTAU_API_TOKEN, which is nobody's.")
    token: Line | None = Field(description="The name of the token; null: a browser, or PANTAU_API_TOKEN.")
    scopes: list[Scope]
    expires_at: Moment | None = Field(description="When the token ends.")
    role: Role | None
    language: str | None
    timezone: str | None


class Tastes(Given):
    """In which language the account's pages are, and in which zone their times; what is left out stays."""

    language: Short | None = Field(None, examples=["id"])
    timezone: Word | None = Field(None, examples=["Asia/Jakarta"])


class NewPassword(Given):
    """The present password and the one that follows it."""

    old: Password
    new: Password


class Browser(BaseModel):
    """A browser that is logged in."""

    id: Id
    browser: Line = Field(description='Its family and system, as far as it says them; "": it does not.')
    asks: bool = Field(description="Whether it is the one that asks.")
    created_at: Moment
    used_at: Moment
    expires_at: Moment


class Ended(BaseModel):
    """How many browsers are logged out."""

    ended: int


class Token(BaseModel):
    """What a program carries; never what it is, which is told once."""

    id: Id
    name: Line
    account: Line
    scopes: list[Scope]
    created_at: Moment
    used_at: Moment | None = Field(description="To the minute.")
    expires_at: Moment | None = Field(description="null: it opens until it is revoked.")


class TokenTold(Token):
    """A token that was just made, with what a program sends: told this once."""

    token: str


class NewToken(Given):
    """A token of your own account; it never does more than the one that asks for it, nor longer."""

    name: Annotated[Word, Field(min_length=1)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    lasts: Literal["30d", "90d", "365d", "ever"] = "90d"
