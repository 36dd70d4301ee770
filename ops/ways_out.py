"""PURE. The ways on which messages leave an installation, as far as its settings and the database tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class MailWay:
    """Whether a mail server is set, as whom mails leave, whether they carry links to unsubscribe, and why none passes
    now."""

    server: bool
    sender: str | None
    unsubscribe_links: bool
    stopped_by: str | None


@dataclass(frozen=True, slots=True)
class SlackWay:
    """Whether our app is set up in Slack, may be called and answers here, and why nothing passes now."""

    token: bool
    signing_secret: bool
    answers: bool
    stopped_by: str | None


def mail_way(settings: Settings | None, circuits: Sequence[Mapping[str, Any]]) -> MailWay:
    """How mail stands."""
    return MailWay(
        server=settings is not None and settings.smtp_url is not None,
        sender=settings.mail_from if settings is not None else None,
        unsubscribe_links=settings is not None and (settings.public_url or "").startswith("https://"),
        stopped_by=_stopped(circuits, "sender:smtp"),
    )


def slack_way(settings: Settings | None, circuits: Sequence[Mapping[str, Any]], *, app: bool) -> SlackWay:
    """How Slack stands; `app` says whether its buttons and commands are answered here."""
    return SlackWay(
        token=settings is not None and settings.slack_token is not None,
        signing_secret=settings is not None and settings.slack_signing_secret is not None,
        answers=app,
        stopped_by=_stopped(circuits, "sender:slack"),
    )


def _stopped(circuits: Sequence[Mapping[str, Any]], name: str) -> str | None:
    return next((row["reason"] for row in circuits if row["name"] == name), None)
