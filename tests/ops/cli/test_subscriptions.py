"""Subscriptions and silences as a person handles them: lists, pauses, snoozes, ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)


@pytest.fixture
def desk(installation: None, rows: Any) -> Any:
    """A subscription called "pagi", of one topic, to one channel."""
    rows.channel("desk")
    rows.topic("NATO", "nato")
    rows.pagi = rows.subscription(name="pagi", timezone="Asia/Jakarta")
    return rows


def keep(rows: Any, count: int = 1) -> None:
    """Articles kept for the subscription."""
    feed = rows.feed()
    for _ in range(count):
        rows.announced(
            1,
            rows.pagi,
            1,
            feed,
            kind="quiet",
            state="collecting",
            bundle=f"kept:{rows.pagi}:2026-11-2{next(rows.numbers)}",
            due_at=datetime(9999, 1, 1, tzinfo=UTC),
        )


def test_subscriptions_are_listed_with_all_that_was_declared(pantau: Any, desk: Any) -> None:
    desk.subscription(
        name="malam", when=["daily 07:00"], timezone="Asia/Jakarta", quiet="22:00-06:00", urgent=["NATO"]
    )
    desk.subscription(name="gone", removed_at=NOW)
    malam, pagi = pantau("subscriptions", "list", "--json").lines
    assert (malam["name"], malam["topics"], malam["channels"]) == ("malam", ["NATO"], ["desk"])
    assert (malam["when"], malam["timezone"], malam["group"], malam["on_doubt"], malam["urgent"]) == (
        ["daily 07:00"],
        "Asia/Jakarta",
        "story",
        "resend",
        ["NATO"],
    )
    assert (pagi["paused_at"], pagi["snoozed_until"], pagi["kept"]) == (None, None, 0)
    listed = pantau("subscriptions", "list").out
    assert "daily 07:00 (Asia/Jakarta)" in listed
    assert listed.splitlines()[1].endswith("hears")


def test_a_pause_is_said_listed_and_ended(pantau: Any, desk: Any) -> None:
    paused = pantau("subscriptions", "pause", "pagi")
    assert paused.code == 0
    assert "pagi is paused: what comes is kept for 7 days" in paused.out
    keep(desk, 3)
    assert "Asia/Jakarta, 3 kept" in pantau("subscriptions", "list").out
    resumed = pantau("subscriptions", "resume", "pagi")
    assert resumed.out == "pagi hears again: 3 articles that were kept go out in 1 message now\n"
    assert pantau("subscriptions", "resume", "pagi").out == "pagi hears again: nothing was kept\n"


def test_who_resumes_in_quiet_hours_is_told_when_they_end(pantau: Any, desk: Any) -> None:
    start, end = (f"{NOW + timedelta(hours=hours):%H}:00" for hours in (0, 2))
    desk.change("UPDATE subscriptions SET timezone = 'UTC', quiet = :quiet", quiet=f"{start}-{end}")
    pantau("subscriptions", "pause", "pagi")
    keep(desk)
    due = f"{NOW + timedelta(hours=2):%Y-%m-%d} {end}"
    told = pantau("subscriptions", "resume", "pagi").out
    assert told == f"pagi hears again: 1 article that was kept goes out in 1 message at {due} UTC\n"


def test_a_snooze_ends_by_the_clock_of_its_people(pantau: Any, desk: Any) -> None:
    answer = pantau("subscriptions", "snooze", "pagi", "8h")
    local = desk.one(
        "SELECT to_char(snoozed_until AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD HH24:MI') FROM subscriptions"
    )
    assert f"pagi hears nothing before {local} Asia/Jakarta" in answer.out
    assert f"snoozes until {local}" in pantau("subscriptions", "list").out
    pantau("subscriptions", "resume", "pagi")
    assert desk.one("SELECT snoozed_until FROM subscriptions") is None


@pytest.mark.parametrize(
    ("how_long", "hint"),
    [
        ("8", '"8" is not a duration'),
        ("8d", "a snooze lasts from 1m to 7d"),
        ("5s", "a snooze lasts from 1m to 7d"),
        ("999999999999d", "a snooze lasts from 1m to 7d"),
        ("-8h", "No such option"),
    ],
)
def test_a_snooze_that_cannot_be_is_refused(pantau: Any, desk: Any, how_long: str, hint: str) -> None:
    answer = pantau("subscriptions", "snooze", "pagi", how_long)
    assert answer.code in (2, 65)
    assert hint in answer.err
    assert desk.one("SELECT snoozed_until FROM subscriptions") is None


@pytest.mark.parametrize("action", [("pause",), ("resume",), ("snooze", "8h")])
def test_a_name_that_no_subscription_has_comes_with_the_one_probably_meant(
    pantau: Any, desk: Any, action: tuple[str, ...]
) -> None:
    verb, *more = action
    answer = pantau("subscriptions", verb, "Pagi", *more)
    assert answer.code == 65
    assert 'no subscription is called "Pagi" (did you mean "pagi"?)' in answer.err


def test_a_silence_is_made_listed_and_ended(pantau: Any, desk: Any) -> None:
    made = pantau(
        "silences", "add", "--topic", "NATO", "--for", "8h", "--channel", "desk", "--comment", "rapat"
    )
    assert made.code == 0
    assert made.out.startswith("silence 1 holds until ")
    (row,) = pantau("silences", "list", "--json").lines
    assert (row["scope"], row["what"], row["channel"], row["state"], row["comment"], row["suppressed"]) == (
        "topic",
        "NATO",
        "desk",
        "holds",
        "rapat",
        0,
    )
    assert "topic NATO  desk" in pantau("silences", "list").out
    assert pantau("silences", "end", 1).out == "silence 1 is over\n"
    assert pantau("silences", "list").out == "nothing is silenced\n"
    assert "over" in pantau("silences", "list", "--all").out
    again = pantau("silences", "end", 1)
    assert again.code == 65
    assert "no silence 1 holds" in again.err


@pytest.mark.parametrize(
    ("what", "scope", "named"),
    [
        (["--source", "bisnis.com"], "source", "bisnis.com"),
        (["--everything"], "everything", None),
        (["--channel", "desk"], "channel", None),
        (["--story", "https://www.feed.example/a?utm_source=x"], "story", "Perang"),
        (["--story", "1"], "story", "Perang"),
    ],
)
def test_whatever_can_be_named_can_be_silenced(
    pantau: Any, desk: Any, what: list[str], scope: str, named: str | None
) -> None:
    desk.change("INSERT INTO stories (title, first_at, last_at) VALUES ('Perang', now(), now())")
    desk.article(desk.feed(), identity="https://www.feed.example/a", story_id=1)
    assert pantau("silences", "add", *what, "--for", "30m").code == 0
    (row,) = pantau("silences", "list", "--json").lines
    assert (row["scope"], row["what"]) == (scope, named)


@pytest.mark.parametrize(
    ("source", "warned"),
    [
        *(
            ("Kabar", False),
            ("kabar rss", False),
            ("perang", False),
            ("tag:perang", False),
            ("feed.example", False),
        ),
        *(("example", True), ("Kabarr", True), ("bisnis.com", True)),
    ],
)
def test_a_source_that_nobody_goes_by_is_silenced_with_a_warning(
    pantau: Any, desk: Any, source: str, warned: bool
) -> None:
    desk.feed(url="https://www.feed.example/rss", name="Kabar", title="Kabar RSS", tags=["perang"])
    answer = pantau("silences", "add", "--source", source, "--for", "30m")
    assert answer.code == 0
    assert ("no feed here has the name, tag or host" in answer.err) is warned
    assert desk.one("SELECT count(*) FROM silences") == 1


def test_a_silence_may_begin_later_and_end_at_a_moment(pantau: Any, desk: Any) -> None:
    begin, end = NOW + timedelta(days=1), NOW + timedelta(days=2)
    told = pantau(
        "silences",
        "add",
        "--everything",
        "--from",
        begin.isoformat(),
        "--until",
        f"{end:%Y-%m-%dT%H:%M}",
        "--json",
    )
    assert told.lines[0]["until"] == f"{end:%Y-%m-%dT%H:%M}:00Z"
    assert pantau("silences", "list", "--json").lines[0]["state"] == "to come"


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["--for", "8h"], 2, "give one of --topic"),
        (["--topic", "NATO", "--everything", "--for", "8h"], 2, "give one of --topic"),
        (["--topic", "NATO"], 2, "a silence has an end"),
        (["--topic", "NATO", "--for", "8h", "--until", "2030-01-01"], 2, "a silence has an end"),
        (["--topic", "nato", "--for", "8h"], 65, 'did you mean "NATO"?'),
        (["--channel", "dask", "--for", "8h"], 65, 'did you mean "desk"?'),
        (["--source", " ", "--for", "8h"], 2, "has no name"),
        (["--story", "7", "--for", "8h"], 65, "there is no story 7"),
        (["--story", "https://feed.example/x", "--for", "8h"], 65, "no story is known with an article at"),
        (["--everything", "--for", "8 hours"], 65, "is not a duration"),
        (["--everything", "--for", "400d"], 65, "a year at most"),
        (["--everything", "--for", "99999999999d"], 65, "a year at most"),
        (["--everything", "--until", "tomorrow"], 65, "is no time; write it as"),
        (["--everything", "--until", "2020-01-01"], 65, "before it begins"),
    ],
)
def test_a_silence_that_cannot_be_is_refused_with_what_to_write(
    pantau: Any, desk: Any, arguments: list[str], code: int, hint: str
) -> None:
    answer = pantau("silences", "add", *arguments)
    assert (answer.code, hint in answer.err) == (code, True), answer.err
    assert desk.one("SELECT count(*) FROM silences") == 0


def test_foreign_text_in_a_silence_does_not_reach_the_terminal(pantau: Any, desk: Any) -> None:
    pantau("silences", "add", "--source", "a\x1b[31mb", "--for", "8h", "--comment", "c\x1b[0m\u202e")
    assert all(line.isprintable() for line in pantau("silences", "list").out.splitlines())
