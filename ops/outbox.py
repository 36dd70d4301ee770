"""The composition root's workshop for the send desk."""

from __future__ import annotations

import platform

from alerts.desks.send import Outbox
from alerts.post import MailDoor, parse_smtp_url
from worker.kit import Kit
from worker.settings import Settings


def make_outbox(settings: Settings, kit: Kit) -> Outbox:
    """The send desk's tools: mail only where SMTP is set up, Slack's API only where there is a token."""
    mail = MailDoor(parse_smtp_url(settings.smtp_url.reveal())) if settings.smtp_url else None
    tokens = {"slack": settings.slack_token} if settings.slack_token else {}
    return Outbox(kit, mail, sender_of(settings), tokens=tokens)


def sender_of(settings: Settings) -> dict[str, str]:
    """What channels may need to know of the sender."""
    return {
        "slack_api": settings.slack_api,
        "from": settings.mail_from or f"Pantau <pantau@{platform.node() or 'localhost'}>",
        "public_url": settings.public_url or "",
        "interactive": "yes" if settings.slack_signing_secret and settings.slack_token else "",
    }
