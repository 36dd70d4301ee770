"""PURE. Is it healthy? One sentence, ranked by what would hurt the users most, and why nothing is lost."""

from __future__ import annotations

from typing import Literal

from ops.store.audit import Audit
from ops.store.overview import Overview, Queue

Level = Literal["ok", "slow", "bad"]

TICK_LATE_S = 15.0
DESK_LATE_S = 60.0

BY_READERS = frozenset({"not_confirmed", "resting"})
"""Why messages are held although nothing is broken."""

_CAUSES = {
    "accepted": "the receiver has accepted it",
    "account_inactive": "the Slack app was removed from the workspace",
    "address_blocked": "nothing may be written to its address",
    "apprise_not_installed": "Apprise is not installed here (pip install 'pantau[apprise]')",
    "answer_lost": "its answer was lost",
    "answer_lost_looks": "its answer was lost, so the receiver is asked whether it has the message",
    "answers_unclear": "it answers with neither yes nor no; a log-in page or a proxy may stand in between",
    "asked_to_wait": "the receiver asked us to wait",
    "bad_url": "its address is none that can be asked",
    "blocked": "its address is in a network that Pantau may not reach (PANTAU_ALLOW_NETS)",
    "channel_is_archived": "the Slack channel is archived",
    "channel_not_found": "Slack does not know the channel any more",
    "connect_refused": "the mail server refuses every connection",
    "content_refused": "the mail server does not like the message's form",
    "dns": "its name is not known (DNS)",
    "found_at_receiver": "its answer was lost, but the receiver has it",
    "gathered": "told in one message with the others that were held",
    "greylisted": "the mail server wants to see us again later (greylisting)",
    "http_401": "it wants a log-in (401)",
    "http_403": "it refuses us (403)",
    "http_404": "there is nothing at this address (404)",
    "http_410": "it is gone for good (410)",
    "http_429": "it asks us to slow down (429)",
    "invalid_auth": "Slack does not accept the bot token (PANTAU_SLACK_TOKEN)",
    "invalid_token": "Slack does not accept the hook any more",
    "is_archived": "the Slack channel is archived",
    "keeps_bouncing": "the mailbox has refused on three days",
    "kept_too_long": "its subscription was paused for longer than a week",
    "kind_not_served": "this installation has no such kind of channel",
    "login_refused": "the mail server refuses the log-in",
    "mailbox_full": "the mailbox is full",
    "mended": "what was held is told in one message",
    "message_gone": "the message to be updated is not there",
    "message_too_large": "the mail server takes no message of this size",
    "metadata_hidden": "Slack does not show which message is which",
    "missing_scope": "the Slack app lacks a permission (`pantau doctor` says which)",
    "needs_smtputf8": "the mail server takes no addresses outside ASCII (SMTPUTF8)",
    "newer_update": "a newer update says it better",
    "not_taken": "the service did not take it and does not say why",
    "no_active_hooks": "the Slack hook was removed",
    "no_public_url": "there is no https address for its links (PANTAU_PUBLIC_URL)",
    "no_service": "the Slack hook was removed",
    "not_confirmed": "the owner of the address has not confirmed yet",
    "not_in_channel": "the Slack app is not in the channel: /invite it there",
    "protocol": "it does not speak proper HTTP",
    "rate_limited": "it asks us to slow down",
    "recipient_refused": "the mail server does not know the recipient",
    "redirects": "it redirects in circles or to where we do not follow",
    "refused": "nobody listens at its address",
    "refused_by_policy": "the mail server refuses it by policy",
    "relay_busy": "other messages keep the mail server busy",
    "relay_denied": "the mail server does not forward our mail",
    "reset": "the connection broke",
    "resting": "its reader asked for a pause",
    "restored": "a backup was restored, and nobody has said yet that sending may go on (`pantau release`)",
    "secret_not_opened": "its secret does not open with this installation's key (PANTAU_SECRET_KEY)",
    "sender_refused": "the mail server refuses our sender address",
    "sender_vanished": "the sender was stopped in the middle",
    "slack_not_configured": "no Slack token is set (PANTAU_SLACK_TOKEN)",
    "smtp_not_configured": "no mail server is set (PANTAU_SMTP_URL)",
    "surely_absent": "its answer was lost, and the receiver does not have it",
    "takes_nothing": "it has taken nothing for a quarter of an hour",
    "team_disabled": "the Slack workspace is disabled",
    "thread_gone": "the message it follows is gone",
    "timeout": "it did not answer in time",
    "tls": "its certificate or encryption cannot be trusted",
    "tls_refused": "the mail server's certificate or encryption cannot be trusted",
    "token_expired": "the Slack token has expired (PANTAU_SLACK_TOKEN)",
    "token_revoked": "the Slack token was revoked (PANTAU_SLACK_TOKEN)",
    "too_large": "its answer is too large",
    "unexpected_answer": "its answer makes no sense",
    "unknown_error": "Slack answers with a word that Pantau does not know",
    "unsubscribed": "its reader unsubscribed",
    "update_refused": "the receiver does not take the update",
} | {
    f"{trouble}_at_{phase}": f"{words} (at {phase})"
    for phase in ("connect", "tls", "login", "mail", "rcpt", "data", "body", "dot")
    for trouble, words in (
        ("no_answer", "the mail server did not answer"),
        ("not_now", "the mail server cannot take it now"),
    )
}


_NICKNAMES = {"smtp": "mail", "slack": "Slack"}


def verdict(now: Overview) -> tuple[Level, str]:
    """A level (`ok`, `slow`, `bad`) and the sentence a person on call reads first."""
    for judge in (_beat, _held, _failed, _paused, _late, _in_doubt, _feeds, _silent, _missed):
        found = judge(now)
        if found is not None:
            return found
    if not now.feeds:
        return "ok", "Nothing is watched yet: declare feeds in a watchlist and apply it."
    return "ok", f"Everything keeps up. {_coverage(now)}"


def assurance(now: Overview, ledger: Audit | None) -> str:
    """Why nothing is lost, in the figures of this moment; or plainly that something is."""
    if ledger is not None and not ledger.sound:
        return (
            f"The ledger does not add up: {ledger.lost} lost, {ledger.doubled} told twice. "
            "Run `pantau audit` and report what it prints."
        )
    waiting = now.held + sum(queue.waiting for queue in now.desks.values())
    onward = "once the beat ticks again" if _beat(now) else "by itself"
    kept = (
        f"Nothing is lost: what waits ({waiting:,}) is kept in the database and goes on {onward}."
        if waiting
        else "Nothing waits and nothing is lost."
    )
    return " ".join(filter(None, (_speed(now), kept, _proof(ledger))))


def cause(reason: str | None) -> str:
    """A reason as the ledger writes it ("tries_again: dns") in plain words; unknown ones stay readable."""
    pieces = (reason or "").strip().split(": ")
    told = next((n for n in range(len(pieces) - 1, -1, -1) if _known(pieces[n])), None)
    if told is None:
        return ": ".join(piece if " " in piece else piece.replace("_", " ") for piece in pieces)
    detail = ": ".join(pieces[told + 1 :])
    return f"{_known(pieces[told])} ({detail})" if detail else _known(pieces[told])


def _known(code: str) -> str:
    if code in _CAUSES:
        return _CAUSES[code]
    status = code.removeprefix("http_")
    return f"it answers {status}" if status != code and status.isdecimal() else ""


def span(seconds: float) -> str:
    """A length of time as people say it: "0.4 s", "47 s", "2 min 41 s", "3.5 h", "4 days"."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s".replace(".0 s", " s")
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h".replace(".0 h", " h")
    return f"{seconds / 86400:.0f} days"


def count(n: int, noun: str) -> str:
    """ "1 feed", "2 feeds", "12,400 articles"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _coverage(now: Overview) -> str:
    return (
        f"{count(now.articles_24h, 'article')} read in 24 hours, {now.matched_24h:,} matched, "
        f"{count(now.sent_24h, 'message')} sent."
    )


def _speed(now: Overview) -> str:
    half = now.published_to_sent.p50
    return f"Half of all alerts leave within {span(half)} of publication." if half is not None else ""


def _proof(ledger: Audit | None) -> str:
    if ledger is None or not ledger.alerts:
        return ""
    repeats = f", {count(ledger.possible_repeats, 'possible repeat')}" if ledger.possible_repeats else ""
    return f"Of {count(ledger.alerts, 'alert')} in the ledger 0 are lost and 0 told twice{repeats}."


def _beat(now: Overview) -> tuple[Level, str] | None:
    if now.tick_age_s is None:
        return "bad", "The beat has never ticked: nothing is polled or sent until it does."
    if now.tick_age_s > TICK_LATE_S:
        return "bad", f"The beat has been silent for {span(now.tick_age_s)}: nothing new is polled."
    return None


def _held(now: Overview) -> tuple[Level, str] | None:
    if not now.held:
        return None
    broken = {name: reason for name, reason in now.circuits.items() if reason not in BY_READERS}
    if now.circuits and not broken:
        return None
    named = {_NICKNAMES.get(name, name): cause(reason) for name, reason in sorted(broken.items())}
    causes = "; ".join(f"{name}: {why}" for name, why in named.items())
    return "bad", f"{count(now.held, 'message')} held, none lost ({causes or 'being released'})."


def _paused(now: Overview) -> tuple[Level, str] | None:
    if not now.pauses:
        return None
    waiting = sum(pause.waiting for pause in now.pauses.values())
    until = max(pause.until for pause in now.pauses.values())
    names = " and ".join(sorted(now.pauses))
    return "slow", f"{names} asked for a pause: {count(waiting, 'message')} waiting until {until:%H:%M} UTC."


def _late(now: Overview) -> tuple[Level, str] | None:
    late: dict[str, Queue] = {
        name: queue for name, queue in now.desks.items() if queue.oldest_s > DESK_LATE_S
    }
    if not late:
        return None
    name, queue = max(late.items(), key=lambda item: item[1].oldest_s)
    return "slow", f"The {name} desk is {span(queue.oldest_s)} behind with {queue.waiting:,} waiting."


def _failed(now: Overview) -> tuple[Level, str] | None:
    if not now.failed_24h:
        return None
    return "bad", f"{count(now.failed_24h, 'message')} could not be delivered in the last 24 hours."


def _in_doubt(now: Overview) -> tuple[Level, str] | None:
    if not now.in_doubt_24h:
        return None
    return "slow", f"{count(now.in_doubt_24h, 'message')} in doubt: the receiver's answer was lost."


def _feeds(now: Overview) -> tuple[Level, str] | None:
    failing, gone = now.feeds.get("failing", 0), now.feeds.get("gone", 0)
    if not failing and not gone:
        return None
    parts = [f"{failing} failing" if failing else "", f"{gone} gone" if gone else ""]
    total = count(sum(now.feeds.values()), "feed")
    return "slow", f"{' and '.join(filter(None, parts))} of {total}; everything else keeps up."


def _silent(now: Overview) -> tuple[Level, str] | None:
    if not now.silent:
        return None
    are = "is" if now.silent == 1 else "are"
    return "slow", f"{count(now.silent, 'feed')} {are} silent: long past the usual time without an entry."


def _missed(now: Overview) -> tuple[Level, str] | None:
    if not now.gapped:
        return None
    entries = "1 entry" if now.missed == 1 else f"up to {now.missed:,} entries"
    feeds = count(now.gapped, "feed")
    return "slow", f"{entries[:1].upper()}{entries[1:]} of {feeds} may have been missed in the last 24 hours."
