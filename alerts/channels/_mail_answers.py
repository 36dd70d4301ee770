"""What a mail server's answer means: its phase tells as much as its code (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from datetime import timedelta

from alerts.channel import Blocked, Later, MailReply, Never, Sent, Simpler, Unsure, Verdict
from alerts.letter import header_text

GREYLIST_PAUSE = timedelta(minutes=5)
FULL_MAILBOX_PAUSE = timedelta(hours=1)
DEAD_PAUSE = timedelta(days=1)
"""How long a mailbox that does not exist is left alone: senders that go on knocking are taken for spammers."""
_ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_GREYLIST = re.compile(r"gr[ea]y-?list", re.IGNORECASE)
_RELAY = re.compile(  # not "User unknown in relay recipient table", with which Postfix says 5.1.1
    r"\brelay(?:ing)?\b.{0,20}\b(?:denied|prohibited|forbidden|rejected|not (?:permitted|allowed))"
    r"|\b(?:to|not|n't|cannot) relay\b",
    re.IGNORECASE,
)
_FULL = re.compile(r"\bover ?quota|quota exceeded|mailbox (?:is )?full|storage allocation", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"(?:user|recipient|mailbox|address|account)\s(?:is\s)?(?:unknown|not found|unavailable|disabled)"
    r"|(?:no such|unknown) (?:user|recipient|mailbox|address|person)|does ?n[o']t exist|does not exist",
    re.IGNORECASE,
)
_AUTHENTICATE = (530, 534, 535, 538)
_BEFORE_MAILBOXES = ("connect", "tls", "login")
"""What goes wrong here is about the relay: no mailbox is to blame, and all mail waits together."""
_ABOUT_ONE_MAIL = ("rcpt", "data", "body", "dot")


def judge_reply(answer: MailReply) -> Verdict:
    """The verdict on one SMTP exchange."""
    if answer.code == 0:
        return _no_answer(answer)
    if 500 <= answer.code < 600:
        return _refused(answer)
    if answer.phase == "dot" and 200 <= answer.code < 300:
        return Sent(header_text(answer.text) or None)
    return _passing(answer)


def _no_answer(answer: MailReply) -> Verdict:
    match answer.phase:
        case "dot":
            return Unsure("answer_lost")
        case "tls":
            return Blocked("tls_refused", "sender")
        case "turn":
            return Later("relay_busy")
        case phase:
            return Later(f"no_answer_at_{phase}", whole_sender=phase in _BEFORE_MAILBOXES)


def _passing(answer: MailReply) -> Verdict:
    """4yz: not now. A greylist wants to see us again, but not at once (RFC 6647)."""
    greylisted = _GREYLIST.search(answer.text) or "4.7.1" in _ENHANCED.findall(answer.text)
    if greylisted and answer.code in (450, 451):
        return Later("greylisted", GREYLIST_PAUSE, let_in=True)
    if answer.code == 452 and _status(answer) == "4.2.2":
        return Later("mailbox_full", FULL_MAILBOX_PAUSE, let_in=True)
    if answer.phase == "dot" and not 400 <= answer.code < 500:
        return Unsure("unexpected_answer")
    ours = answer.phase in _BEFORE_MAILBOXES
    return Later(f"not_now_at_{answer.phase}", whole_sender=ours, let_in=answer.phase in _ABOUT_ONE_MAIL)


def _refused(answer: MailReply) -> Verdict:
    if answer.code in _AUTHENTICATE:
        return Blocked("login_refused", "sender")
    match answer.phase:
        case "turn" | "connect" | "tls" | "login":
            return Blocked(f"{answer.phase}_refused", "sender")
        case "mail":
            return Simpler("message_too_large") if _too_large(answer) else Blocked("sender_refused", "sender")
        case "rcpt":
            return _refused_recipient(answer)
        case "data" | "body" | "dot":
            return _refused_content(answer)


def _refused_recipient(answer: MailReply) -> Verdict:
    """A mailbox that is not there is left alone at once; a policy may pass, and is counted by the day."""
    status = _status(answer)
    if _relay_denied(answer):
        return Blocked("relay_denied", "sender")
    if _mailbox_full(answer):
        return Later("mailbox_full", FULL_MAILBOX_PAUSE, let_in=True)
    if status == "5.6.7":
        return Blocked("needs_smtputf8", "channel", DEAD_PAUSE)
    if _by_policy(answer, status):
        return Never("refused_by_policy")
    return Blocked("recipient_refused", "channel", DEAD_PAUSE)


def _by_policy(answer: MailReply, status: str) -> bool:
    """Whether it is what we send, or who we are, that is not liked. 5.7.1 is said of spam and of people who left
    alike: where the words name an unknown user, that counts."""
    unclear = status == "5.7.1" or (answer.code == 554 and not status.startswith(("5.1.", "5.7.")))
    return not _UNKNOWN.search(answer.text) if unclear else status.startswith("5.7.")


def _refused_content(answer: MailReply) -> Verdict:
    if _relay_denied(answer):
        return Blocked("relay_denied", "sender")
    if _mailbox_full(answer):
        return Later("mailbox_full", FULL_MAILBOX_PAUSE, let_in=True)
    if _too_large(answer):
        return Simpler("message_too_large")
    status = _status(answer)
    if status.startswith("5.1.") or (not status and _UNKNOWN.search(answer.text)):
        return Blocked("recipient_refused", "channel", DEAD_PAUSE)
    return Simpler("content_refused") if status.startswith("5.6.") else Never("refused_by_policy")


def _status(answer: MailReply) -> str:
    """The enhanced status code (RFC 3463) that the words carry, such as "5.1.1"."""
    found = _ENHANCED.search(answer.text)
    return found[0] if found else ""


def _relay_denied(answer: MailReply) -> bool:
    """Whether the server does not forward our mail, whoever it is for; 5.1.x is about one address."""
    return bool(_RELAY.search(answer.text)) and not _status(answer).startswith("5.1.")


def _mailbox_full(answer: MailReply) -> bool:
    status = _status(answer)
    full = answer.code == 552 and (answer.phase == "rcpt" and status != "5.3.4")
    return status == "5.2.2" or full or bool(not status and _FULL.search(answer.text))


def _too_large(answer: MailReply) -> bool:
    return answer.code in (552, 523) or _status(answer) in ("5.3.4", "5.2.3")
