"""The examination behind `pantau doctor`: each part is looked at by itself, so one trouble hides no other."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from alerts.post import MailDoor, parse_smtp_url
from alerts.push import installed as apprise_installed
from ops import kit
from ops.health import of_installation
from ops.remarks import gap_in_words, silence_in_words
from ops.slack.examination import examine_slack, slack_remedy
from ops.store.overview import Row, feed_list, overview
from ops.store.refused import forms_refused_of_last
from ops.store.watched import channel_list
from ops.verdict import cause, count
from worker.errors import PantauError
from worker.match import parse_query
from worker.match.segments import can_segment
from worker.settings import Settings, unknown_names
from worker.store.topics import catalogue, topic_changes

LEAST_FREE = 1024**3
DAY_S = 86400.0
Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do about it."""

    level: Level
    about: str
    says: str
    remedy: str = ""


def examine(given: Settings | None = None) -> list[Finding]:
    """Everything that can be looked at from here, of the installation with these settings (default: the
    environment's). Asks the mail server and Slack, so it may take a while."""
    findings = [*_python(), *_packages(), *_segmentation(), *_environment()]
    try:
        settings = given or kit.settings_of()
    except PantauError as error:
        return [*findings, Finding("bad", "settings", str(error), "correct the variable and start again")]
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _disk,
        _parts,
        _state,
        _topics,
        _forms,
        _mail,
        _slack,
        _apprise,
    )
    return [*findings, *(finding for check in checks for finding in _guarded(check, settings))]


def _guarded(check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except PantauError as error:
        yield Finding(
            "bad", check.__name__.strip("_"), str(error), "see the finding above, or start `pantau up`"
        )


def _python() -> Iterator[Finding]:
    running = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", "python", f"{running}, Pantau {kit.our_version()}")


def _packages() -> Iterator[Finding]:
    """Ours must be the `ops`, `worker` and `alerts` that are imported: a package called ops exists."""
    owners = importlib.metadata.packages_distributions()
    for name in ("worker", "alerts", "ops"):
        strangers = [owner for owner in owners.get(name, []) if owner.lower() != "pantau"]
        if strangers:
            yield Finding(
                "bad",
                "packages",
                f"the package {strangers[0]} also installs `{name}` and may hide ours",
                f"pip uninstall {strangers[0]}, or give Pantau an environment of its own (./pantau makes one)",
            )


def _segmentation() -> Iterator[Finding]:
    if can_segment():
        yield Finding("ok", "words", "Chinese and Japanese are cut into words by ICU")
    else:
        yield Finding(
            "warn",
            "words",
            "without ICU every letter of Chinese and Japanese may begin a word, so 中国 is found in 集中国力 too",
            "pip install icu4py, where a wheel exists for this machine",
        )


def _environment() -> Iterator[Finding]:
    for sentence in unknown_names(os.environ):
        yield Finding("warn", "settings", sentence, "correct its name or remove it")


def _disk(settings: Settings) -> Iterator[Finding]:
    place = _existing(settings.data_dir)
    free = shutil.disk_usage(place).free
    level: Level = "ok" if free >= LEAST_FREE else "bad"
    remedy = "" if level == "ok" else "free some space: a full disk stops the database"
    yield Finding(level, "disk", f"{free / 1024**3:.1f} GiB free at {settings.data_dir}", remedy)


def _existing(path: Path) -> Path:
    return path if path.exists() or path == path.parent else _existing(path.parent)


def _parts(settings: Settings) -> Iterator[Finding]:
    kit.database(settings)
    remedies = {
        "database": "see the log of `pantau up`, or check PANTAU_DATABASE_URL",
        "broker": "see the log of `pantau up`, or check PANTAU_REDIS_URL",
        "migrations": "run `pantau migrate`",
        "tick": "a beat and a worker for the queue `tick` must run: `pantau up`, or `pantau beat` and `pantau worker`",
        "deliveries": "see `pantau status`; the send desk may need more workers",
    }
    for name, part in of_installation(settings).parts.items():
        yield Finding(
            "ok" if part.ready else "bad", name, part.detail, "" if part.ready else remedies.get(name, "")
        )


def _state(settings: Settings) -> Iterator[Finding]:
    with kit.connected(settings) as connection:
        now, feeds = overview(connection), feed_list(connection)
    for name, reason in now.circuits.items():
        yield Finding("bad", name, f"lets nothing through: {cause(reason)}", _mending(reason))
    for feed in feeds:
        if feed["state"] in ("failing", "gone"):
            says = feed["last_error"] or "the server says it is gone"
            yield Finding(
                "warn", feed["name"] or feed["url"], says, f"open {feed['url']}; Pantau goes on trying"
            )
        yield from _remarks(feed, now.at)
    if not feeds:
        yield Finding(
            "warn", "feeds", "nothing is watched", "pantau feeds add URL, or pantau apply watchlist.toml"
        )


def _remarks(feed: Row, at: datetime) -> Iterator[Finding]:
    """What needs a look although the feed answers."""
    name = feed["name"] or feed["url"]
    if feed["state"] != "ok":
        return
    if feed["silence"]:
        yield Finding("warn", name, silence_in_words(feed, at), f"pantau feeds check {feed['url']}")
    if feed["gap"] and feed["gap"]["state"] == "unfillable":
        remedy = "give the feed a shorter `every` in the watchlist"
        yield Finding("warn", name, gap_in_words(feed["gap"], at), remedy)


def _topics(settings: Settings) -> Iterator[Finding]:
    """A topic that was stored before and cannot be read any more keeps silent and stops nobody."""
    with kit.connected(settings) as connection:
        topics, known = topic_changes(connection).values(), catalogue(connection)
    for change in topics:
        try:
            parse_query(change.topic.query, known)
        except PantauError as error:
            remedy = "change its query in the watchlist and apply it again, or remove the topic"
            yield Finding("bad", change.topic.name, f"the topic's query cannot be read: {error}", remedy)


def _forms(settings: Settings) -> Iterator[Finding]:
    """A receiver that refuses what we compose has heard it in plainer form; how it looks is for us to mend."""
    with kit.connected(settings) as connection:
        refused = forms_refused_of_last(connection, DAY_S)
    for kind, word, messages, latest in refused:
        says = f"{count(messages, 'message')} refused in 24 hours for its form ({word}), and sent plainer"
        remedy = f"a fault of Pantau's: report it with what `pantau deliveries show {latest}` prints"
        yield Finding("warn", kind, says, remedy)


def _mending(reason: str) -> str:
    if reason.startswith("smtp_not_configured"):
        return "set PANTAU_SMTP_URL and start again; what is held goes out by itself"
    if remedy := slack_remedy(reason):
        return remedy
    if reason.startswith("apprise_not_installed"):
        return "pip install 'pantau[apprise]' and start again; what is held goes out by itself"
    if reason.startswith("kind_not_served"):
        return "this version cannot send to that kind of channel; choose another kind in the watchlist"
    return "mend the channel's target and apply the watchlist again; what is held goes out by itself"


def _mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        yield Finding(
            "warn", "mail", "no SMTP server is set", "set PANTAU_SMTP_URL if anybody is to get e-mail"
        )
        return
    refusal = MailDoor(parse_smtp_url(settings.smtp_url.reveal())).knock()
    if refusal is not None:
        yield Finding(
            "bad", "mail", f"the SMTP server does not let us in: {refusal}", "check PANTAU_SMTP_URL"
        )
    else:
        yield Finding("ok", "mail", "the SMTP server lets us in")
    if not (settings.public_url or "").startswith("https://"):
        yield Finding(
            "warn",
            "mail",
            "mails carry no link to unsubscribe, and nobody can be invited",
            "set PANTAU_PUBLIC_URL to the https address at which readers reach /u/, /manage/ and /confirm/",
        )


def _slack(settings: Settings) -> Iterator[Finding]:
    with kit.connected(settings) as connection:
        bots = [row["name"] for row in channel_list(connection) if row["kind"] == "slack_bot"]
    if settings.slack_token is not None:
        for level, says, remedy in examine_slack(settings, settings.slack_token):
            yield Finding(level, "Slack", says, remedy)
    elif bots:
        says = f"no bot token is set, and {count(len(bots), 'channel')} of the watchlist can only be told with one"
        yield Finding("bad", "Slack", says, slack_remedy("slack_not_configured"))


def _apprise(settings: Settings) -> Iterator[Finding]:
    """Only where a channel needs it."""
    with kit.connected(settings) as connection:
        needed = [row["name"] for row in channel_list(connection) if row["kind"] == "apprise"]
    if not needed:
        return
    if apprise_installed():
        yield Finding("ok", "apprise", f"Apprise is installed, for {', '.join(needed)}")
    else:
        yield Finding(
            "bad",
            "apprise",
            f"{', '.join(needed)} cannot be told: Apprise is not installed",
            "pip install 'pantau[apprise]' and start again; what is held goes out by itself",
        )
