"""PURE. What an installation was given and in which state its ways out are, without any secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageMetadata
from typing import Any

from alerts.letter import plain_text
from ops.causes import cause
from ops.dashboard.words import Shape, State
from ops.doctor import Finding
from ops.rotation import KeyUse
from ops.said import Said, said
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


@dataclass(frozen=True, slots=True)
class Licence:
    """A package that Pantau is built on."""

    name: str
    version: str
    licence: str


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
    there = settings is not None and settings.smtp_url is not None
    https = settings is not None and (settings.public_url or "").startswith("https://")
    return (
        (said("Mail server"), _set(there, "PANTAU_SMTP_URL")),
        (said("Sender"), (settings.mail_from if settings else None) or said("chosen by Pantau")),
        (
            said("Links to unsubscribe"),
            State("ok", said("in every mail"))
            if https
            else State("slow", said("none: they need an https PANTAU_PUBLIC_URL")),
        ),
        (said("Now"), _passes(circuits, "sender:smtp") if there else said("no mail leaves")),
    )


def slack_facts(settings: Settings | None, circuits: Sequence[Row], *, app: bool) -> Facts:
    """Whether our Slack app is set up, and may be called."""
    there = settings is not None and settings.slack_token is not None
    signed = settings is not None and settings.slack_signing_secret is not None
    return (
        (said("Bot token"), _set(there, "PANTAU_SLACK_TOKEN")),
        (said("Signing secret"), _set(signed, "PANTAU_SLACK_SIGNING_SECRET")),
        (
            said("Buttons and /pantau"),
            State("ok", said("answered here"))
            if app
            else State("off", said("off: they need both of these, and an https PANTAU_PUBLIC_URL")),
        ),
        (said("Now"), _passes(circuits, "sender:slack") if there else said("only hooks can be told")),
    )


def _set(there: bool, name: str) -> State:
    return State("ok", said("set")) if there else State("off", said("not set ({name})", name=name))


def _passes(circuits: Sequence[Row], name: str) -> State:
    shut = next((row for row in circuits if row["name"] == name), None)
    if shut is None:
        return State("ok", said("nothing stands in its way"))
    return State(
        "bad", said("lets nothing through: {cause}", cause=plain_text(cause(shut["reason"]), _VALUE))
    )


def finding_rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    """What was found, the worst first."""
    order = {"bad": 0, "warn": 1, "ok": 2}
    return tuple(
        FindingRow(
            _LEVELS[each.level],
            _harmless(each.about, 80),
            _harmless(each.says, 400),
            _harmless(each.remedy, 400),
        )
        for each in sorted(findings, key=lambda finding: order[finding.level])
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


def licence_of(package: PackageMetadata) -> Licence:
    """A package's licence, as it says it itself: by expression, by its short field, or by classifier."""
    told = next((package[field] for field in ("License-Expression", "License") if field in package), "") or ""
    classified = [
        line.rpartition(" :: ")[2]
        for line in package.get_all("Classifier") or ()
        if line.startswith("License ::")
    ]
    short = told.strip().splitlines()[0] if told.strip() else ""
    licence = short if 0 < len(short) <= 60 else ", ".join(classified) or short[:60]
    return Licence(package["Name"], package["Version"], licence or "–")
