"""Looking at deliveries, and sending one again."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

import worker.store.schema as world
from alerts.desks.send import send
from alerts.store.schema import attempts
from alerts.times import UNTIL_RESUMED
from ops.newsroom import SlackSink, running
from ops.outbox import make_outbox
from ops.retrying import refusal
from ops.store.audit import audit
from ops.store.ledger import Standing
from ops.tools import make_kit
from worker.settings import from_env

LATER = datetime.now(UTC) + timedelta(hours=3)


@dataclass
class Desk:
    """An installation with one channel, one subscription and one topic."""

    rows: Any
    channel: int
    subscription: int
    topic: int
    feed: int

    def delivery(self, state: str = "failed", **facts: Any) -> int:
        if state == "unknown":  # a person's to judge, and not looked for any more
            facts.setdefault("ended_at", datetime.now(UTC))
        return int(
            self.rows.announced(self.channel, self.subscription, self.topic, self.feed, state=state, **facts)
        )

    def attempt(self, delivery: int, n: int = 1, **facts: Any) -> None:
        with self.rows.engine.begin() as connection:
            connection.execute(insert(attempts).values(delivery_id=delivery, n=n, **facts))

    def facts(self, delivery: int, *names: str) -> Any:
        return self.rows.one(f"SELECT {', '.join(names)} FROM deliveries WHERE id = :id", id=delivery)

    def taken(self, delivery: int) -> Any:
        return self.rows.one("SELECT taken FROM delivery_articles WHERE delivery_id = :id", id=delivery)


@pytest.fixture
def slack() -> Iterator[tuple[SlackSink, str]]:
    sink = SlackSink()
    with running(sink.app()) as url:
        yield sink, f"{url}/services/T0/B0/hush"


@pytest.fixture
def desk(installation: None, rows: Any, slack: tuple[SlackSink, str]) -> Desk:
    channel = rows.channel(to=slack[1])
    return Desk(rows, channel, rows.subscription(), rows.topic(), rows.feed())


def send_what_is_due() -> None:
    async def once() -> None:
        settings = from_env(os.environ)
        kit = make_kit(settings)
        async with kit.web:
            await send(make_outbox(settings, kit), seconds=5)
        kit.engine.dispose()

    asyncio.run(once())


def standing(state: str, **facts: Any) -> Standing:
    usual = {"reason": None, "due_at": LATER, "channel": "desk", "channel_removed": False, "wanted": True}
    return Standing(**{"state": state, **usual, **facts})


@pytest.mark.parametrize("state", ["failed", "unknown", "expired", "held"])
def test_what_ended_untold_or_is_held_may_be_sent_again(state: str) -> None:
    assert refusal(standing(state)) is None


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (standing("sent"), "tell people twice"),
        (standing("suppressed", reason="emptied"), "suppressed (emptied)"),
        (standing("collecting"), "is collecting and goes out by itself"),
        (standing("sending"), "is sending and goes out by itself"),
        (standing("waiting"), "is waiting and goes out by itself"),
        (standing("failed", channel_removed=True), "its channel desk was removed"),
        (standing("failed", wanted=False), "no subscription wants it any more"),
    ],
)
def test_what_goes_out_by_itself_or_concerns_nobody_is_not_sent_again(facts: Standing, why: str) -> None:
    assert why in (refusal(facts) or "")


@pytest.mark.servers
@pytest.mark.parametrize("state", ["failed", "unknown", "expired"])
def test_a_retried_delivery_goes_out_at_once_with_its_slot_and_its_attempts(
    pantau: Any, desk: Desk, slack: tuple[SlackSink, str], state: str
) -> None:
    delivery = desk.delivery(state, attempts=3, simpler=1, unsure=1, ended_at=LATER, expires_at=LATER)
    desk.attempt(delivery, verdict="never", ended_at=LATER)
    answer = pantau("deliveries", "retry", delivery)
    assert (answer.code, answer.out) == (0, f"delivery {delivery} is due now\n")
    names = ("state", "attempts", "simpler", "unsure", "ended_at", "possible_repeat", "reason")
    assert desk.facts(delivery, *names) == ("waiting", 3, 0, 0, None, False, "retried_by_hand")
    assert desk.facts(delivery, "expires_at - due_at") == timedelta(days=1)
    assert desk.taken(delivery) is True
    send_what_is_due()
    assert desk.facts(delivery, "state", "attempts") == ("sent", 4)
    assert len(slack[0].accepted) == 1
    with desk.rows.engine.connect() as connection:
        assert audit(connection).sound


@pytest.mark.servers
@pytest.mark.parametrize(
    "attempt",
    [{"verdict": "unsure", "ended_at": LATER}, {"verdict": None, "ended_at": None}],
    ids=["answer lost", "sender vanished"],
)
def test_a_retried_delivery_that_may_have_arrived_says_so(
    pantau: Any, desk: Desk, slack: tuple[SlackSink, str], attempt: dict[str, Any]
) -> None:
    delivery = desk.delivery("unknown")
    desk.attempt(delivery, **attempt)
    assert "may be a repeat" in pantau("deliveries", "retry", delivery).out
    send_what_is_due()
    assert "Possible repeat" in slack[0].accepted[0].text


@pytest.mark.servers
def test_a_delivery_is_not_retried_while_another_announces_its_article(pantau: Any, desk: Desk) -> None:
    delivery = desk.delivery("failed")
    article = desk.rows.one("SELECT article_id FROM delivery_articles WHERE delivery_id = :id", id=delivery)
    other = desk.rows.delivery(desk.channel, desk.subscription, state="sent")
    desk.rows.slot(other, article, desk.channel)
    answer = pantau("deliveries", "retry", delivery)
    assert answer.code == 1
    assert f"delivery {other} announces one of its articles" in answer.err
    assert desk.facts(delivery, "state") == "failed"
    assert desk.taken(delivery) is False


@pytest.mark.servers
def test_a_retried_delivery_keeps_clear_of_a_new_one_under_the_same_bundle(pantau: Any, desk: Desk) -> None:
    delivery = desk.delivery("failed", bundle="digest:1")
    desk.delivery("collecting", bundle="digest:1", due_at=LATER)
    assert pantau("deliveries", "retry", delivery).code == 0


@pytest.mark.servers
@pytest.mark.parametrize("state", ["sent", "suppressed", "waiting"])
def test_a_refusal_says_why_and_changes_nothing(pantau: Any, desk: Desk, state: str) -> None:
    delivery = desk.delivery(state, due_at=LATER)
    answer = pantau("deliveries", "retry", delivery)
    assert (answer.code, answer.out) == (1, "")
    assert f"delivery {delivery} is not sent again: " in answer.err
    assert desk.facts(delivery, "state") == state


@pytest.mark.servers
@pytest.mark.parametrize("noun", ["channels", "subscriptions"])
def test_nothing_is_retried_for_a_removed_channel_or_subscription(pantau: Any, desk: Desk, noun: str) -> None:
    delivery = desk.delivery("failed")
    desk.rows.change(f"UPDATE {noun} SET removed_at = now()")
    answer = pantau("deliveries", "retry", delivery)
    assert answer.code == 1
    assert "removed" in answer.err


@pytest.mark.servers
def test_a_retry_behind_an_open_circuit_has_the_channel_tried_at_once(
    pantau: Any, desk: Desk, slack: tuple[SlackSink, str]
) -> None:
    circuit = f"channel:{desk.channel}"
    desk.rows.change(
        "INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'no_service', :at)",
        name=circuit,
        at=LATER,
    )
    held = [desk.delivery("held", held_by=circuit) for _ in range(2)]
    answer = pantau("deliveries", "retry", held[1])
    assert "lets nothing through (the Slack hook was removed) and is tried at once" in answer.out
    send_what_is_due()
    send_what_is_due()
    assert [desk.facts(delivery, "state") for delivery in held] == ["sent", "sent"]
    assert desk.rows.all("SELECT name FROM circuits") == []


@pytest.mark.servers
def test_a_retry_to_a_channel_that_asked_for_a_pause_says_until_when(pantau: Any, desk: Desk) -> None:
    delivery = desk.delivery("failed")
    desk.rows.change("UPDATE channels SET pause_until = :at", at=LATER)
    assert f"takes nothing before {LATER:%Y-%m-%d %H:%M:%S}" in pantau("deliveries", "retry", delivery).out


@pytest.mark.servers
def test_a_delivery_is_shown_with_articles_reasons_and_every_attempt(pantau: Any, desk: Desk) -> None:
    delivery = desk.delivery("failed", reason="refused: http_400")
    desk.attempt(delivery, 1, verdict="later", reason="timeout", ended_at=LATER, elapsed_s=20.0)
    desk.attempt(delivery, 2, verdict="never", reason="http_400", answer="400 \x1b[31mno", ended_at=LATER)
    (found,) = pantau("deliveries", "show", delivery, "--json").lines
    assert (found["id"], found["state"], found["reason"]) == (delivery, "failed", "refused: http_400")
    (article,), (alert,) = found["articles"], found["alerts"]
    assert (alert["article_id"], alert["topic"], alert["quote"]) == (article["id"], "NATO", "NATO met.")
    assert [(each["n"], each["verdict"]) for each in found["attempts"]] == [(1, "later"), (2, "never")]
    by_key = pantau("deliveries", "show", found["key"])
    assert by_key.code == 0
    assert all(words in by_key.out for words in (article["title"], article["url"], "NATO met.", "20.00 s"))
    assert "\x1b" not in by_key.out


@pytest.mark.servers
def test_deliveries_are_listed_newest_first_of_one_state_and_no_more_than_asked(
    pantau: Any, desk: Desk
) -> None:
    made = [desk.delivery(state) for state in ("failed", "sent", "failed", "failed")]
    assert [row["id"] for row in pantau("deliveries", "list", "--json").lines] == made[::-1]
    failed = pantau("deliveries", "list", "--state", "failed", "--limit", 2, "--json").lines
    assert [(row["id"], row["topics"]) for row in failed] == [(made[3], ["NATO"]), (made[2], ["NATO"])]
    assert pantau("deliveries", "list").out.splitlines()[1].startswith(f"{made[3]} ")
    assert pantau("deliveries", "list", "--state", "held").out == "no such delivery\n"


@pytest.mark.servers
def test_an_empty_ledger_says_so(pantau: Any, installation: None) -> None:
    assert pantau("deliveries", "list").out == "no delivery yet\n"
    assert pantau("deliveries", "list", "--csv").out.count("\n") == 1


@pytest.mark.servers
def test_deliveries_are_found_by_channel_subscription_topic_kind_and_age(pantau: Any, desk: Desk) -> None:
    rows = desk.rows
    one = desk.delivery("sent")
    other = rows.channel("second")
    digest = rows.announced(
        other, rows.subscription(name="pagi"), rows.topic("Beras"), desk.feed, kind="digest"
    )
    joined = rows.subscription(name="siang")
    rows.alert(rows.one("SELECT min(id) FROM matches"), joined, desk.channel, one)
    old = desk.delivery("sent", created_at=LATER - timedelta(days=30))

    def found(*options: str) -> list[int]:
        return [row["id"] for row in pantau("deliveries", "list", "--json", *options).lines]

    assert found("--channel", "second") == found("--kind", "digest") == [digest]
    assert found("--subscription", "pagi") == found("--topic", "Beras") == [digest]
    assert found("--subscription", "siang") == [one]  # it joined another's message
    assert found("--since", "2d") == [digest, one]
    assert found("--topic", "NATO", "--channel", "desk", "--state", "sent") == [old, one]
    assert found("--topic", "NATO", "--channel", "second") == []


@pytest.mark.servers
@pytest.mark.parametrize("noun", ["channel", "subscription", "topic"])
def test_a_filter_by_a_name_that_never_was_is_a_slip_of_the_pen(pantau: Any, desk: Desk, noun: str) -> None:
    desk.rows.change(f"UPDATE {noun}s SET name = 'Pelabuhan'")
    answer = pantau("deliveries", "list", f"--{noun}", "Pelabuan")
    assert (answer.code, answer.out) == (65, "")
    assert 'did you mean "Pelabuhan"?' in answer.err


@pytest.mark.servers
@pytest.mark.parametrize("since", ["yesterday", "-1d", "", "1"])
def test_an_age_that_is_none_is_bad_input(pantau: Any, desk: Desk, since: str) -> None:
    answer = pantau("deliveries", "list", f"--since={since}")
    assert answer.code == 65
    assert "--since" in answer.err


@pytest.mark.servers
def test_a_hostile_title_is_no_formula_in_the_sheet(pantau: Any, desk: Desk) -> None:
    desk.delivery("sent")
    desk.rows.change("UPDATE articles SET title = :title", title=" =cmd|' /C calc'!A0")
    answer = pantau("deliveries", "list", "--csv")
    heading, line = csv.reader(io.StringIO(answer.out))
    assert dict(zip(heading, line, strict=True))["title"] == "' =cmd|' /C calc'!A0"
    assert dict(zip(heading, line, strict=True))["topics"] == "NATO"
    assert pantau("deliveries", "list", "--csv", "--json").code == 2


@pytest.mark.servers
def test_a_follow_up_is_shown_with_its_story_and_what_it_follows(pantau: Any, desk: Desk) -> None:
    story = desk.rows.add(world.stories, title="Gempa di Alor", first_at=LATER, last_at=LATER)
    first = desk.delivery("sent", story_id=story, ended_at=LATER)
    follow = desk.delivery("waiting", kind="followup", story_id=story, thread_of=first)
    shown = pantau("deliveries", "show", follow).out
    assert "story      Gempa di Alor" in shown
    assert f"follows    delivery {first}, sent at {LATER:%Y-%m-%d %H:%M:%S}" in shown
    assert "followed   by 1 message" in pantau("deliveries", "show", first).out


@pytest.mark.servers
def test_attempts_are_told_in_words(pantau: Any, desk: Desk) -> None:
    delivery = desk.delivery("sent")
    desk.attempt(delivery, 1, verdict="later", reason="timeout", ended_at=LATER, elapsed_s=20.0)
    desk.attempt(delivery, 2, verdict="unsure", reason="reset", ended_at=LATER)
    desk.attempt(delivery, 3, verdict="sent", reason="1700000000.000100", answer="200 ok", ended_at=LATER)
    desk.attempt(delivery, 4)
    shown = pantau("deliveries", "show", delivery).out
    assert ", 20.00 s: not now: it did not answer in time" in shown
    assert "in doubt, the receiver may have it: the connection broke" in shown
    assert "the receiver accepted it\n           > 200 ok" in shown
    assert "under way, or its sender was stopped" in shown


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["notice", "update"])
@pytest.mark.parametrize("state", ["failed", "held", "expired", "unknown"])
def test_what_carries_no_alert_is_shown_listed_and_retried_too(
    pantau: Any, desk: Desk, kind: str, state: str
) -> None:
    over = {} if state == "held" else {"ended_at": datetime.now(UTC)}
    delivery = desk.rows.delivery(desk.channel, None, kind=kind, state=state, **over)
    (row,) = pantau("deliveries", "list", "--kind", kind, "--json").lines
    assert (row["id"], row["subscription"], row["title"]) == (delivery, None, None)
    assert "(no article)" in pantau("deliveries", "list").out
    assert f"kind       {kind}" in pantau("deliveries", "show", delivery).out
    assert pantau("deliveries", "retry", delivery).code == 0
    assert desk.facts(delivery, "state") == "waiting"


@pytest.mark.servers
def test_a_follow_up_is_retried_in_its_thread(pantau: Any, desk: Desk) -> None:
    first = desk.delivery("sent")
    follow = desk.delivery("failed", kind="followup", thread_of=first)
    assert pantau("deliveries", "retry", follow).code == 0
    assert desk.facts(follow, "state", "thread_of") == ("waiting", first)
    assert desk.taken(follow) is True


@pytest.mark.servers
@pytest.mark.parametrize(
    "wanted", ["9" * 18, "9" * 40, "5f0c2a7e-1b1c-4e57-9d0a-7c1f6a4f2b11", "x\x1b[31m", "-0"]
)
@pytest.mark.parametrize("verb", ["show", "retry"])
def test_an_unknown_delivery_is_bad_input(pantau: Any, desk: Desk, verb: str, wanted: str) -> None:
    answer = pantau("deliveries", verb, "--", wanted)
    assert answer.code == 65
    assert "pantau deliveries list" in answer.err


@pytest.mark.servers
def test_what_is_looked_for_at_its_receiver_is_left_alone(pantau: Any, desk: Desk) -> None:
    delivery = desk.delivery("unknown", ended_at=None)
    answer = pantau("deliveries", "retry", delivery)
    assert answer.code == 1
    assert "is asked whether it has it" in answer.err
    assert desk.facts(delivery, "state") == "unknown"


def test_what_a_pause_keeps_has_no_time(pantau: Any, desk: Desk) -> None:
    kept = desk.delivery("collecting", kind="quiet", due_at=UNTIL_RESUMED, expires_at=UNTIL_RESUMED)
    said = [pantau("deliveries", verb, *which).out for verb, which in (("show", [kept]), ("list", []))]
    assert all("kept until its subscription is resumed" in out and "9999" not in out for out in said)
    shown, listed = (pantau("deliveries", *words, "--json").lines[0] for words in (("show", kept), ("list",)))
    assert (shown["due_at"], shown["expires_at"], listed["due_at"]) == (None, None, None)
    assert "9999" not in pantau("deliveries", "list", "--csv").out
