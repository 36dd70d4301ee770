"""PURE. Why something was not told, as the ledger writes it, in words for people."""

from __future__ import annotations

from ops.said import Said, said

BY_READERS = frozenset({"not_confirmed", "resting"})
"""Why messages are held although nothing is broken."""

_CAUSES = {
    "accepted": said("the receiver has accepted it"),
    "account_inactive": said("the Slack app was removed from the workspace"),
    "address_blocked": said("nothing may be written to its address"),
    "apprise_not_installed": said("Apprise is not installed here (pip install 'pantau[apprise]')"),
    "answer_lost": said("its answer was lost"),
    "refused_plainest": said("even its plainest form was refused"),
    "retried_by_hand": said("it is sent again by hand"),
    "answer_lost_looks": said("its answer was lost, so the receiver is asked whether it has the message"),
    "answers_unclear": said(
        "it answers with neither yes nor no; a log-in page or a proxy may stand in between"
    ),
    "asked_to_wait": said("the receiver asked us to wait"),
    "bad_url": said("its address is none that can be asked"),
    "blocked": said("its address is in a network that Pantau may not reach (PANTAU_ALLOW_NETS)"),
    "channel_is_archived": said("the Slack channel is archived"),
    "channel_not_found": said("Slack does not know the channel any more"),
    "connect_refused": said("the mail server refuses every connection"),
    "content_refused": said("the mail server does not like the message's form"),
    "dns": said("its name is not known (DNS)"),
    "found_at_receiver": said("its answer was lost, but the receiver has it"),
    "gathered": said("told in one message with the others that were held"),
    "greylisted": said("the mail server wants to see us again later (greylisting)"),
    "http_401": said("it wants a log-in (401)"),
    "http_403": said("it refuses us (403)"),
    "http_404": said("there is nothing at this address (404)"),
    "http_410": said("it is gone for good (410)"),
    "http_429": said("it asks us to slow down (429)"),
    "invalid_auth": said("Slack does not accept the bot token (PANTAU_SLACK_TOKEN)"),
    "invalid_token": said("Slack does not accept the hook any more"),
    "is_archived": said("the Slack channel is archived"),
    "keeps_bouncing": said("the mailbox has refused on three days"),
    "kept_too_long": said("its subscription was paused for longer than a week"),
    "kind_not_served": said("this installation has no such kind of channel"),
    "login_refused": said("the mail server refuses the log-in"),
    "mailbox_full": said("the mailbox is full"),
    "mended": said("what was held is told in one message"),
    "message_gone": said("the message to be updated is not there"),
    "message_too_large": said("the mail server takes no message of this size"),
    "metadata_hidden": said("Slack does not show which message is which"),
    "missing_scope": said("the Slack app lacks a permission (`pantau doctor` says which)"),
    "needs_smtputf8": said("the mail server takes no addresses outside ASCII (SMTPUTF8)"),
    "newer_update": said("a newer update says it better"),
    "not_taken": said("the service did not take it and does not say why"),
    "no_match": said("its topic does not find it"),
    "no_active_hooks": said("the Slack hook was removed"),
    "no_public_url": said("there is no https address for its links (PANTAU_PUBLIC_URL)"),
    "no_service": said("the Slack hook was removed"),
    "not_confirmed": said("the owner of the address has not confirmed yet"),
    "not_in_channel": said("the Slack app is not in the channel: /invite it there"),
    "protocol": said("it does not speak proper HTTP"),
    "rate_limited": said("it asks us to slow down"),
    "recipient_refused": said("the mail server does not know the recipient"),
    "redirects": said("it redirects in circles or to where we do not follow"),
    "refused": said("nobody listens at its address"),
    "refused_by_policy": said("the mail server refuses it by policy"),
    "relay_busy": said("other messages keep the mail server busy"),
    "relay_denied": said("the mail server does not forward our mail"),
    "reset": said("the connection broke"),
    "resting": said("its reader asked for a pause"),
    "restored": said(
        "a backup was restored, and nobody has said yet that sending may go on (`pantau release`)"
    ),
    "secret_not_opened": said("its secret does not open with this installation's key (PANTAU_SECRET_KEY)"),
    "sender_refused": said("the mail server refuses our sender address"),
    "sender_vanished": said("the sender was stopped in the middle"),
    "slack_not_configured": said("no Slack token is set (PANTAU_SLACK_TOKEN)"),
    "smtp_not_configured": said("no mail server is set (PANTAU_SMTP_URL)"),
    "surely_absent": said("its answer was lost, and the receiver does not have it"),
    "takes_nothing": said("it has taken nothing for a quarter of an hour"),
    "team_disabled": said("the Slack workspace is disabled"),
    "thread_gone": said("the message it follows is gone"),
    "timeout": said("it did not answer in time"),
    "tls": said("its certificate or encryption cannot be trusted"),
    "tls_refused": said("the mail server's certificate or encryption cannot be trusted"),
    "token_expired": said("the Slack token has expired (PANTAU_SLACK_TOKEN)"),
    "token_revoked": said("the Slack token was revoked (PANTAU_SLACK_TOKEN)"),
    "too_large": said("its answer is too large"),
    "unexpected_answer": said("its answer makes no sense"),
    "unknown_error": said("Slack answers with a word that Pantau does not know"),
    "unsubscribed": said("its reader unsubscribed"),
    "update_refused": said("the receiver does not take the update"),
} | {
    f"{trouble}_at_{phase}": said("{trouble} (at {phase})", trouble=words, phase=phase)
    for phase in ("connect", "tls", "login", "mail", "rcpt", "data", "body", "dot")
    for trouble, words in (
        ("no_answer", said("the mail server did not answer")),
        ("not_now", said("the mail server cannot take it now")),
    )
}


def cause(reason: str | None) -> Said | str:
    """A reason as the ledger writes it ("tries_again: dns") in plain words; unknown ones stay readable."""
    pieces = (reason or "").strip().split(": ")
    told = next((n for n in range(len(pieces) - 1, -1, -1) if _known(pieces[n])), None)
    if told is None:
        return ": ".join(piece if " " in piece else piece.replace("_", " ") for piece in pieces)
    detail = ": ".join(pieces[told + 1 :])
    known = _known(pieces[told])
    return said("{cause} ({detail})", cause=known, detail=detail) if detail else known


def _known(code: str) -> Said | str:
    if code in _CAUSES:
        return _CAUSES[code]
    status = code.removeprefix("http_")
    return said("it answers {status}", status=status) if status != code and status.isdecimal() else ""
