"""PURE. What an installation was given and in which state its ways out are, without any secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.letter import plain_text
from ops.causes import cause
from ops.dashboard.words import Shape, State
from ops.doctor import Finding, worst_first
from ops.rotation import KeyUse
from ops.said import Said, said
from ops.ways_out import mail_way, slack_way
from worker.settings import Settings, Variable

Row = Mapping[str, Any]
Facts = tuple[tuple[Said, Said | State | str], ...]

_VALUE = 200
_LEVELS: Mapping[str, Shape] = {"ok": "ok", "warn": "slow", "bad": "bad"}


@dataclass(frozen=True, slots=True)
class VariableRow:
    """A variable of the environment, whether and by what it is `given`; a secret's value is never known here."""

    name: str
    given: bool
    state: State
    value: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """Something that was looked at, and what to do about it."""

    shape: Shape
    about: Said | str
    says: Said | str
    remedy: Said | str


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that seals secrets, by its public name."""

    key: str
    source: Said
    does: Said
    secrets: str


def variable_rows(variables: Iterable[Variable]) -> tuple[VariableRow, ...]:
    """The variables, those that are set first."""
    rows = [
        VariableRow(each.name, each.source != "unset", _source(each), plain_text(each.value or "", _VALUE))
        for each in variables
    ]
    return tuple(sorted(rows, key=lambda row: (not row.given, row.name)))


def _source(variable: Variable) -> State:
    match variable.source:
        case "file":
            return State("ok", said("set, by the file that {name}_FILE names", name=variable.name))
        case "environment" if variable.secret:
            return State("ok", said("set; a secret"))
        case "environment":
            return State("ok", said("set"))
        case _:
            return State("off", said("not set"))


def mail_facts(settings: Settings | None, circuits: Sequence[Row]) -> Facts:
    """Whether mail can leave, as far as the database and the settings tell."""
    mail = mail_way(settings, circuits)
    return (
        (said("Mail server"), _set(mail.server, "PANTAU_SMTP_URL")),
        (said("Sender"), mail.sender or said("chosen by Pantau")),
        (
            said("Links to unsubscribe"),
            State("ok", said("in every mail"))
            if mail.unsubscribe_links
            else State("slow", said("none: they need an https PANTAU_PUBLIC_URL")),
        ),
        (said("Now"), _passes(mail.stopped_by) if mail.server else said("no mail leaves")),
    )


def slack_facts(settings: Settings | None, circuits: Sequence[Row], *, app: bool) -> Facts:
    """Whether our Slack app is set up, and may be called."""
    slack = slack_way(settings, circuits, app=app)
    return (
        (said("Bot token"), _set(slack.token, "PANTAU_SLACK_TOKEN")),
        (said("Signing secret"), _set(slack.signing_secret, "PANTAU_SLACK_SIGNING_SECRET")),
        (
            said("Buttons and /pantau"),
            State("ok", said("answered here"))
            if slack.answers
            else State("off", said("off: they need both of these, and an https PANTAU_PUBLIC_URL")),
        ),
        (said("Now"), _passes(slack.stopped_by) if slack.token else said("only hooks can be told")),
    )


def _set(there: bool, name: str) -> State:
    return State("ok", said("set")) if there else State("off", said("not set ({name})", name=name))


def _passes(stopped_by: str | None) -> State:
    if stopped_by is None:
        return State("ok", said("nothing stands in its way"))
    return State("bad", said("lets nothing through: {cause}", cause=plain_text(cause(stopped_by), _VALUE)))


def finding_rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    """What was found, the worst first."""
    return tuple(
        FindingRow(
            _LEVELS[each.level],
            _harmless(each.about, 80),
            _harmless(each.says, 400),
            _harmless(each.remedy, 400),
        )
        for each in worst_first(findings)
    )


def _harmless(text: Said | str, most: int) -> Said | str:
    """A sentence of ours with what others wrote in it made harmless."""
    if isinstance(text, Said):
        return text.filled_by(lambda value: _harmless(value, most) if isinstance(value, str) else value)
    return plain_text(text, most)


def key_rows(uses: Iterable[KeyUse]) -> tuple[KeyRow, ...]:
    """The keys that seal secrets, the one in use first."""
    return tuple(
        KeyRow(
            use.key,
            said("the file in the data directory") if use.source == "file" else said("PANTAU_SECRET_KEY"),
            said("seals and opens") if use.seals else said("opens what it sealed before"),
            f"{use.secrets:,}",
        )
        for use in uses
    )
