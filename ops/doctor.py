"""The examination behind `pantau doctor`: each part is looked at by itself, so one trouble hides no other."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from alerts.post import MailDoor, parse_smtp_url
from alerts.push import installed as apprise_installed
from ops import kit
from ops.alive import existing
from ops.amounts import count
from ops.causes import cause
from ops.disks import Disk, filling
from ops.fallen_words import disk_in_words, fallen_in_words
from ops.health import of_installation
from ops.places import behind
from ops.remarks import gap_in_words, silence_in_words
from ops.rotation import KeyUse
from ops.said import Said, said
from ops.self_test import trouble
from ops.self_test_words import by_desk, where_it_stays
from ops.slack.examination import examine_slack, slack_remedy
from ops.store.overview import Overview, Row, feed_list, overview
from ops.store.refused import forms_refused_of_last
from ops.store.watched import channel_list
from ops.verdict import desk_name
from worker import compiled
from worker.errors import PantauError
from worker.match import parse_query
from worker.match.segments import can_segment
from worker.settings import Settings, unknown_names
from worker.store.topics import catalogue, topic_changes

Level = Literal["ok", "warn", "bad"]
_ROOM = said("free some space: a full disk stops the database")
_LEVELS: Mapping[str, Level] = {"ok": "ok", "slow": "warn", "bad": "bad"}
_NETWORK = said(
    "look at this machine's network, DNS and PANTAU_PROXY_URL: `pantau feeds list` shows each error"
)
_INSTALL_APPRISE = said("pip install 'pantau[apprise]' and start again; what is held goes out by itself")
DAY_S = 86400.0
_PARTS = {
    "database": said("database"),
    "broker": said("broker"),
    "migrations": said("migrations"),
    "tick": said("tick"),
    "deliveries": said("deliveries"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do about it."""

    level: Level
    about: Said | str
    says: Said | str
    remedy: Said | str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, which keys seal secrets, and the places of the secrets that none of them opens. `findings` are
    None where somebody waits for an examination already, or one takes too long."""

    findings: Sequence[Finding] | None
    keys: Sequence[KeyUse]
    lost: Sequence[str]


MOST_LOST = 20
"""So many places of secrets that are lost are told; they have one cause."""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """As they are to be mended."""
    order = {"bad": 0, "warn": 1, "ok": 2}
    return sorted(findings, key=lambda finding: order[finding.level])


def examine(given: Settings | None = None) -> list[Finding]:
    """Everything that can be looked at from here, of the installation with these settings (default: the
    environment's). Asks the mail server and Slack, so it may take a while."""
    findings = [*_python(), *_packages(), *_segmentation(), *_machine_code(), *_environment()]
    try:
        settings = given or kit.settings_of()
    except PantauError as error:
        remedy = said("correct the variable and start again")
        return [*findings, Finding("bad", said("settings"), str(error), remedy)]
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _disk,
        _parts,
        _server,
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
        about = check.__name__.strip("_")
        yield Finding("bad", about, str(error), said("see the finding above, or start `pantau up`"))


def _python() -> Iterator[Finding]:
    running = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        "ok", "python", said("{python}, Pantau {version}", python=running, version=kit.our_version())
    )


def _packages() -> Iterator[Finding]:
    """Ours must be the `ops`, `worker` and `alerts` that are imported: a package called ops exists."""
    owners = importlib.metadata.packages_distributions()
    for name in ("worker", "alerts", "ops"):
        strangers = [owner for owner in owners.get(name, []) if owner.lower() != "pantau"]
        if strangers:
            yield Finding(
                "bad",
                said("packages"),
                said(
                    "the package {stranger} also installs `{name}` and may hide ours",
                    stranger=strangers[0],
                    name=name,
                ),
                said(
                    "pip uninstall {stranger}, or give Pantau an environment of its own (./pantau makes one)",
                    stranger=strangers[0],
                ),
            )


def _segmentation() -> Iterator[Finding]:
    if can_segment():
        yield Finding("ok", said("words"), said("Chinese and Japanese are cut into words by ICU"))
    else:
        yield Finding(
            "warn",
            said("words"),
            said(
                "without ICU every letter of Chinese and Japanese may begin a word, so 中国 is found in 集中国力 too"
            ),
            said("pip install icu4py, where a wheel exists for this machine"),
        )


def _machine_code() -> Iterator[Finding]:
    if compiled.is_preferred():
        yield Finding("ok", said("speed"), said("topics are matched by machine code"))
    elif os.environ.get(compiled.SWITCH) == "off":
        says = said(
            "topics are matched by the code as it is written: {variable} is off", variable=compiled.SWITCH
        )
        yield Finding("ok", said("speed"), says)
    elif compiled.home().is_dir():
        says = said(
            "there is machine code, but of another version: topics are matched by the code as it is written"
        )
        yield Finding("warn", said("speed"), says, said("pantau compile, then restart what runs"))
    else:
        says = said("topics are matched by the code as it is written; `pantau compile` makes that quicker")
        yield Finding("ok", said("speed"), says)


def _environment() -> Iterator[Finding]:
    for sentence in unknown_names(os.environ):
        yield Finding("warn", said("settings"), sentence, said("correct its name or remove it"))


def _disk(settings: Settings) -> Iterator[Finding]:
    room = shutil.disk_usage(existing(settings.data_dir))
    free = room.free
    level = _LEVELS[Disk("", str(settings.data_dir), "", free, room.total).level]
    remedy = "" if level == "ok" else _ROOM
    says = said("{gib} GiB free at {place}", gib=f"{free / 1024**3:.1f}", place=str(settings.data_dir))
    yield Finding(level, said("disk"), says, remedy)


def _parts(settings: Settings) -> Iterator[Finding]:
    kit.database(settings)
    remedies = {
        "database": said("see the log of `pantau up`, or check PANTAU_DATABASE_URL"),
        "broker": said("see the log of `pantau up`, or check PANTAU_REDIS_URL"),
        "migrations": said("run `pantau migrate`"),
        "tick": said(
            "a beat and a worker for the queue `tick` must run: `pantau up`, or `pantau beat` and `pantau worker`"
        ),
        "deliveries": said("see `pantau status`; the send desk may need more workers"),
    }
    for name, part in of_installation(settings).parts.items():
        yield Finding(
            "ok" if part.ready else "bad",
            _PARTS.get(name, name),
            part.detail,
            "" if part.ready else remedies.get(name, ""),
        )


def _server(settings: Settings) -> Iterator[Finding]:
    """A database that will not open once its PostgreSQL is no longer brought."""
    if settings.database_url and (found := behind(settings.data_dir, settings.database_url.reveal())):
        yield Finding(
            "warn",
            said("database"),
            said("it is of PostgreSQL {written}, and {newest} is here", written=found[0], newest=found[1]),
            said("stop Pantau, `pantau upgrade-database`, start it"),
        )


def _state(settings: Settings) -> Iterator[Finding]:
    with kit.connected(settings) as connection:
        now, feeds = overview(connection), feed_list(connection)
    yield from _self_test(now)
    for disk in filling(now.disks):
        yield Finding(_LEVELS[disk.level], said("disk"), disk_in_words(disk), _ROOM)
    if now.fallen is not None:
        yield Finding("bad", said("feeds"), fallen_in_words(now.fallen), _NETWORK)
    for name, reason in now.circuits.items():
        yield Finding(
            "bad", name, said("lets nothing through: {cause}", cause=cause(reason)), _mending(reason)
        )
    for feed in feeds:
        one_of_many = now.fallen is not None and feed["state"] == "failing"
        if feed["state"] in ("failing", "gone") and not one_of_many:
            says = cause(feed["last_error"]) if feed["last_error"] else said("the server says it is gone")
            yield Finding(
                "warn",
                feed["name"] or feed["url"],
                says,
                said("open {url}; Pantau goes on trying", url=feed["url"]),
            )
        yield from _remarks(feed, now.at)
    if not feeds:
        yield Finding(
            "warn",
            said("feeds"),
            said("nothing is watched"),
            said("pantau feeds add URL, or pantau apply watchlist.toml"),
        )


def _self_test(now: Overview) -> Iterator[Finding]:
    told = by_desk(now.self_test, now.at)
    if not told:
        return
    stopped = trouble(now.self_test, now.at)
    if stopped is None:
        yield Finding("ok", said("self-test"), told)
    else:
        remedy = said(
            "look at the workers of the {desk} desk, and at their logs", desk=desk_name(stopped.step)
        )
        yield Finding("bad", said("self-test"), where_it_stays(now.self_test, now.at) or told, remedy)


def _remarks(feed: Row, at: datetime) -> Iterator[Finding]:
    """What needs a look although the feed answers."""
    name = feed["name"] or feed["url"]
    if feed["state"] != "ok":
        return
    if feed["silence"]:
        yield Finding("warn", name, silence_in_words(feed, at), f"pantau feeds check {feed['url']}")
    if feed["gap"] and feed["gap"]["state"] == "unfillable":
        remedy = said("give the feed a shorter `every` in the watchlist")
        yield Finding("warn", name, gap_in_words(feed["gap"], at), remedy)


def _topics(settings: Settings) -> Iterator[Finding]:
    """A topic that was stored before and cannot be read any more keeps silent and stops nobody."""
    with kit.connected(settings) as connection:
        topics, known = topic_changes(connection).values(), catalogue(connection)
    for change in topics:
        try:
            parse_query(change.topic.query, known)
        except PantauError as error:
            remedy = said("change its query in the watchlist and apply it again, or remove the topic")
            yield Finding(
                "bad",
                change.topic.name,
                said("the topic's query cannot be read: {why}", why=str(error)),
                remedy,
            )


def _forms(settings: Settings) -> Iterator[Finding]:
    """A receiver that refuses what we compose has heard it in plainer form; how it looks is for us to mend."""
    with kit.connected(settings) as connection:
        refused = forms_refused_of_last(connection, DAY_S)
    for kind, word, messages, latest in refused:
        says = said(
            "{messages} refused in 24 hours for its form ({word}), and sent plainer",
            messages=count(messages, "message"),
            word=word,
        )
        remedy = said(
            "a fault of Pantau's: report it with what `pantau deliveries show {key}` prints", key=str(latest)
        )
        yield Finding("warn", kind, says, remedy)


def _mending(reason: str) -> Said | str:
    if reason.startswith("smtp_not_configured"):
        return said("set PANTAU_SMTP_URL and start again; what is held goes out by itself")
    if remedy := slack_remedy(reason):
        return remedy
    if reason.startswith("apprise_not_installed"):
        return _INSTALL_APPRISE
    if reason.startswith("kind_not_served"):
        return said("this version cannot send to that kind of channel; choose another kind in the watchlist")
    return said("mend the channel's target and apply the watchlist again; what is held goes out by itself")


def _mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        yield Finding(
            "warn",
            said("mail"),
            said("no SMTP server is set"),
            said("set PANTAU_SMTP_URL if anybody is to get e-mail"),
        )
        return
    refusal = MailDoor(parse_smtp_url(settings.smtp_url.reveal())).knock()
    if refusal is not None:
        yield Finding(
            "bad",
            said("mail"),
            said("the SMTP server does not let us in: {why}", why=str(refusal)),
            said("check PANTAU_SMTP_URL"),
        )
    else:
        yield Finding("ok", said("mail"), said("the SMTP server lets us in"))
    if not (settings.public_url or "").startswith("https://"):
        yield Finding(
            "warn",
            said("mail"),
            said("mails carry no link to unsubscribe, and nobody can be invited"),
            said(
                "set PANTAU_PUBLIC_URL to the https address at which readers reach /u/, /manage/ and /confirm/"
            ),
        )


def _slack(settings: Settings) -> Iterator[Finding]:
    with kit.connected(settings) as connection:
        bots = [row["name"] for row in channel_list(connection) if row["kind"] == "slack_bot"]
    if settings.slack_token is not None:
        for level, says, remedy in examine_slack(settings, settings.slack_token):
            yield Finding(level, "Slack", says, remedy)
    elif bots:
        says = said(
            "no bot token is set, and {channels} of the watchlist can only be told with one",
            channels=count(len(bots), "channel"),
        )
        yield Finding("bad", "Slack", says, slack_remedy("slack_not_configured"))


def _apprise(settings: Settings) -> Iterator[Finding]:
    """Only where a channel needs it."""
    with kit.connected(settings) as connection:
        needed = [row["name"] for row in channel_list(connection) if row["kind"] == "apprise"]
    if not needed:
        return
    if apprise_installed():
        yield Finding(
            "ok", "apprise", said("Apprise is installed, for {channels}", channels=", ".join(needed))
        )
    else:
        yield Finding(
            "bad",
            "apprise",
            said("{channels} cannot be told: Apprise is not installed", channels=", ".join(needed)),
            _INSTALL_APPRISE,
        )
