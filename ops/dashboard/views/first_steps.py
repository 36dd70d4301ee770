"""PURE. The way from an empty installation to the first alert, as a checklist: shown until that has gone out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ops.dashboard.rail import may
from ops.said import Said, said
from ops.store.accounts import Role
from ops.store.pages.rail import Counts


@dataclass(frozen=True, slots=True)
class Step:
    """Something that a newcomer does once: what and why, and the page (by its `button`) or else the command that does
    it."""

    word: Said
    meaning: Said
    button: Said
    done: bool
    path: str
    command: str


def first_steps(counts: Counts, offered: Collection[str], role: Role) -> tuple[Step, ...]:
    """All steps, or none once an alert has gone out. Pages are named only where they exist and this role may use
    them."""
    if counts.told:
        return ()
    pages = offered if may(role, "editor") else ()

    def step(word: Said, meaning: Said, button: Said, done: bool, path: str, command: str) -> Step:
        return Step(word, meaning, button, done, path if path in pages else "", command)

    return (
        step(
            said("Add a feed"),
            said("The address of a site is enough: its feed is found."),
            said("Add a feed"),
            bool(counts.feeds),
            "/feeds/add",
            "pantau feeds add https://news.example.org",
        ),
        step(
            said("Write a topic"),
            said("What you want to hear of, in words as you would search for them."),
            said("Write a topic"),
            bool(counts.topics),
            "/topics/new",
            "pantau apply watchlist.toml",
        ),
        step(
            said("Say where to tell you"),
            said("A channel is a Slack channel, a mailbox, or a program of yours."),
            said("Add a channel"),
            bool(counts.channels),
            "/channels/new",
            "pantau apply watchlist.toml",
        ),
        step(
            said("Say who hears of what"),
            said("A subscription sends topics to channels, at once or at the times you choose."),
            said("Add a subscription"),
            bool(counts.subscriptions),
            "/subscriptions/new",
            "pantau apply watchlist.toml",
        ),
    )


def next_step(steps: Collection[Step]) -> Step | None:
    """The first that is not done."""
    return next((step for step in steps if not step.done), None)
