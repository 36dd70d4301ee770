"""PURE. What is a mailbox's address, for the watchlist and the channel alike."""

from __future__ import annotations

import email_validator
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

# The library refuses names that are reserved on the open internet (.local, .test, .internal …). Pantau runs
# inside as well, where exactly those are mailboxes; whether they take mail, the relay will say.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def mailbox(text: str) -> ValidatedEmail:
    """The parts of one address without a display name. Raises EmailNotValidError, whose text says why.

    The domain needs a period (rina@example is a slip of the pen), but for localhost.
    """
    here = text.lower().endswith("@localhost")
    return validate_email(text, check_deliverability=False, strict=True, globally_deliverable=not here)


__all__ = ["EmailNotValidError", "ValidatedEmail", "mailbox"]
