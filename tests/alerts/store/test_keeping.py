"""Pauses, snoozes and silences on a real database: what is kept, what is told afterwards, what ends, and why."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread
from time import sleep

import pytest

from alerts.desks.plan import plan
from alerts.desks.send import Outbox, send
from alerts.store import keeping, last_look, silences, tidying
from alerts.times import UNTIL_RESUMED
from ops.store.audit import audit
from worker.errors import BadInput
from worker.wire import Reply

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
SOON = NOW + timedelta(hours=2)  # longer than the whole suite takes
STATES = "SELECT kind, state, reason FROM deliveries ORDER BY id"
ALERTS = "SELECT subscription_id, delivery_id, suppressed, reason FROM alerts ORDER BY id"


@pytest.fixture
def desk(rows):
    """A channel, a topic, a feed: what every plan needs."""
    return rows.channel("desk"), rows.topic("NATO"), rows.feed()


@pytest.fixture
def news(kit, rows, desk):
    """A new article of the topic, unlike the others, planned; returns its number."""
    numbers = count(1)

    def make(topic=None, **facts):
        article = rows.article(desk[2], **{"body": f"NATO met. Once more: {next(numbers)}.", **facts})
        rows.match(topic or desk[1], article)
        plan(kit)
        return article

    return make


@pytest.fixture
def do(kit):
    """Pauses, snoozes, resumes, silences; looks at what is due."""

    def run(action, *facts, **named):
        with kit.engine.begin() as connection:
            return action(connection, *facts, **named)

    return run


@pytest.fixture
def told(kit, rows):
    """Sends what is due; returns the articles of each message, in the order in which they went."""

    def run():
        before = {row[0] for row in rows.all("SELECT id FROM deliveries WHERE state = 'sent'")}
        kit.web = Receiver()
        while asyncio.run(send(Outbox(kit, None), seconds=0.2)):
            pass
        found = rows.all(
            "SELECT d.id, array_agg(da.article_id ORDER BY da.article_id) FROM deliveries d "
            "JOIN delivery_articles da ON da.delivery_id = d.id WHERE d.state = 'sent' GROUP BY d.id ORDER BY d.id"
        )
        assert len(kit.web.sent) == len(found) - len(before)
        return [articles for number, articles in found if number not in before]

    return run


class Receiver:
    """Takes everything."""

    def __init__(self):
        self.sent = []

    async def ask(self, request):
        self.sent.append(request)
        return Reply(200, {}, b"ok", "https://hooks.example/desk")


def sound(kit):
    with kit.engine.connect() as connection:
        found = audit(connection)
    assert (found.lost, found.doubled) == (0, 0)
    return found


def test_what_comes_during_a_pause_is_told_in_one_message_once_it_is_over(kit, rows, news, do, told):
    subscription = rows.subscription()
    do(keeping.pause, subscription, kit.clock())
    articles = [news(), news(), news()]
    assert told() == []
    assert rows.all("SELECT kind, state, due_at FROM deliveries") == [("quiet", "collecting", UNTIL_RESUMED)]
    assert rows.one("SELECT DISTINCT reason FROM alerts WHERE reason <> 'joined'") == "paused"
    released = do(keeping.resume, subscription, kit.clock())
    assert (released.articles, released.messages) == (3, 1)
    assert told() == [articles]
    assert told() == []
    assert sound(kit).sent == 3


def test_a_pause_of_several_days_is_caught_up_with_in_one_message(kit, rows, news, do, told, clock):
    subscription = rows.subscription()
    do(keeping.pause, subscription, kit.clock())
    articles = []
    for day in range(3):
        clock.ahead = timedelta(days=day)
        articles += [news(), news()]
    assert rows.one("SELECT count(*) FROM deliveries WHERE state = 'collecting'") == 3
    clock.ahead = timedelta(0)
    assert do(keeping.resume, subscription, kit.clock()).messages == 1
    assert told() == [articles]
    assert sound(kit).waiting == 0


def test_what_a_pause_kept_for_longer_than_a_week_expires_with_that_reason(kit, rows, news, do, told):
    subscription = rows.subscription()
    do(keeping.pause, subscription, kit.clock())
    news()
    rows.change("UPDATE deliveries SET created_at = created_at - interval '8 days', bundle = bundle || 'x'")
    young = news()
    rows.change(
        "UPDATE deliveries SET created_at = created_at - interval '7 days' WHERE state = 'collecting'"
    )
    rows.change("UPDATE deliveries SET created_at = :now WHERE id = 2", now=NOW - timedelta(days=7))
    told()
    assert rows.all(STATES) == [("quiet", "expired", "kept_too_long"), ("quiet", "collecting", None)]
    do(keeping.resume, subscription, kit.clock())
    assert told() == [[young]]
    assert (sound(kit).expired, sound(kit).sent) == (1, 1)


def test_what_comes_while_it_snoozes_is_told_when_it_wakes(kit, rows, news, do, told):
    subscription = rows.subscription()
    do(keeping.snooze, subscription, SOON, kit.clock())
    articles = [news(), news()]
    assert told() == []
    assert rows.one("SELECT due_at FROM deliveries") == SOON
    rows.change("UPDATE deliveries SET due_at = :past", past=NOW)
    rows.change("UPDATE subscriptions SET snoozed_until = :past", past=NOW)
    assert told() == [articles]
    sound(kit)


def test_who_wakes_early_hears_at_once_and_only_once(kit, rows, news, do, told):
    subscription = rows.subscription()
    do(keeping.snooze, subscription, SOON, kit.clock())
    articles = [news(), news()]
    do(keeping.resume, subscription, kit.clock())
    assert told() == [articles]
    later = news()
    assert told() == [[later]]
    sound(kit)


def test_a_shorter_snooze_brings_forward_what_is_kept_and_a_longer_one_keeps_it(kit, rows, news, do, told):
    subscription = rows.subscription()
    do(keeping.snooze, subscription, SOON, kit.clock())
    article = news()
    assert do(
        keeping.snooze, subscription, NOW + timedelta(minutes=5), kit.clock()
    ).due_at == NOW + timedelta(minutes=5)
    do(keeping.snooze, subscription, SOON, kit.clock())
    rows.change("UPDATE deliveries SET due_at = :past WHERE state = 'collecting'", past=NOW)  # 5 minutes on
    assert told() == []
    assert rows.one("SELECT due_at FROM deliveries WHERE state = 'collecting'") == SOON
    do(keeping.resume, subscription, kit.clock())
    assert told() == [[article]]
    sound(kit)


@pytest.mark.parametrize("when", [["now"], ["hourly"], ["weekly mon,fri 07:00"]])
def test_what_was_planned_before_a_pause_and_falls_due_in_it_is_kept_as_well(kit, rows, news, do, told, when):
    subscription = rows.subscription(when=when)
    articles = [news(), news()]
    do(keeping.pause, subscription, kit.clock())
    rows.change("UPDATE deliveries SET due_at = :past", past=NOW - timedelta(seconds=1))
    assert told() == []
    assert [row[1] for row in rows.all(STATES) if row[1] != "suppressed"] == ["collecting"]
    assert {row[3] for row in rows.all(ALERTS)} == {"paused"}
    do(keeping.resume, subscription, kit.clock())
    assert told() == [articles]
    assert sound(kit).suppressed == 0


def test_a_paused_subscription_does_not_hold_back_what_others_want_on_the_channel(kit, rows, news, do, told):
    away, kyiv = rows.subscription(), rows.topic("Kyiv", "kyiv")
    rows.subscription(["Kyiv"])
    rows.subscription(["Kyiv"], when=["weekly mon,fri 07:00"])
    do(keeping.pause, away, kit.clock())
    article = news()
    rows.match(kyiv, article)
    plan(kit)
    assert told() == [[article]]
    do(keeping.resume, away, kit.clock())
    assert told() == []
    sound(kit)


def test_of_two_that_are_paused_the_first_to_be_resumed_hears_and_the_channel_hears_once(
    kit, rows, news, do, told
):
    first, second = rows.subscription(), rows.subscription()
    for each in (first, second):
        do(keeping.pause, each, kit.clock())
    article = news()
    do(keeping.resume, second, kit.clock())
    assert told() == [[article]]
    do(keeping.resume, first, kit.clock())
    assert told() == []
    assert sound(kit).sent == 2


def test_a_digest_after_the_end_of_a_snooze_keeps_its_own_time(kit, rows, news, do):
    subscription = rows.subscription(when=["weekly mon,wed,fri,sun 23:59"])
    do(keeping.snooze, subscription, NOW + timedelta(seconds=30), kit.clock())
    news()
    assert rows.all("SELECT kind FROM deliveries") == [("digest",)]


def test_more_than_a_message_can_hold_is_caught_up_with_in_as_few_as_can(
    kit, rows, desk, do, told, monkeypatch
):
    monkeypatch.setattr("alerts.store.openings.MOST_ARTICLES", 5)
    subscription = rows.subscription()
    do(keeping.pause, subscription, kit.clock())
    articles = [rows.article(desk[2]) for _ in range(12)]
    for article in articles:
        rows.match(desk[1], article)
    plan(kit)
    assert do(keeping.resume, subscription, kit.clock()).messages == 3
    assert sorted(len(each) for each in told()) == [2, 5, 5]
    sound(kit)


def test_older_articles_of_a_new_feed_wait_for_the_end_of_a_pause_too(kit, rows, news, do, told):
    subscription = rows.subscription()
    do(keeping.pause, subscription, kit.clock())
    old, new = news(backlog=True), news()
    assert told() == []
    do(keeping.resume, subscription, kit.clock())
    assert sorted(told()) == [[old], [new]]
    assert rows.all("SELECT kind FROM deliveries WHERE state = 'sent' ORDER BY ended_at") == [
        ("quiet",),
        ("backlog",),
    ]


def test_pausing_again_keeps_the_day_it_began(kit, rows, do):
    subscription = rows.subscription()
    do(keeping.pause, subscription, NOW - timedelta(days=2))
    do(keeping.pause, subscription, NOW)
    assert rows.one("SELECT paused_at FROM subscriptions") == NOW - timedelta(days=2)


def silence(do, scope, what=None, **facts):
    usual = {"scope": scope, "what": what, "until": SOON, "by": "rina", "since": NOW - timedelta(minutes=1)}
    return do(silences.add, **{**usual, **facts})


def test_what_a_silence_covers_is_suppressed_with_its_number(kit, rows, news, do, told, desk):
    rows.subscription(["NATO", "Kyiv"])
    number = silence(do, "topic", desk[1])
    article = news()
    assert rows.one("SELECT suppressed, silence_id FROM alerts") == ("silenced", number)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    assert told() == [[article]]
    assert sound(kit).suppressed == 1


def test_a_silence_that_comes_after_the_planning_stops_what_only_it_covers(kit, rows, news, do, told, desk):
    rows.subscription(["NATO", "Kyiv"], wait_s=600)
    kyiv = rows.topic("Kyiv", "kyiv")
    rows.subscription(when=["weekly mon,wed,fri,sun 23:59"])  # later than the wait: nothing goes out with it
    alone, both = news(), news()
    rows.match(kyiv, both)
    plan(kit)
    number = silence(do, "topic", desk[1])
    rows.change("UPDATE deliveries SET due_at = :past", past=NOW)
    assert told() == [[both]]
    assert rows.all(STATES) == [("article", "suppressed", "silenced"), ("article", "sent", "accepted")]
    assert rows.all("SELECT DISTINCT suppressed, silence_id FROM alerts WHERE delivery_id IS NULL") == [
        ("silenced", number)
    ]
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE article_id = :a", a=alone) == 0
    assert sound(kit).suppressed == 4


def test_a_bundle_goes_on_without_what_is_silenced_in_it(kit, rows, news, do, told):
    rows.subscription(when=["hourly"])
    loud, quiet = news(), news(url="https://sport.example/1")
    silence(do, "source", "sport.example")
    rows.change("UPDATE deliveries SET due_at = :past", past=NOW)
    assert told() == [[loud]]
    assert rows.one("SELECT count(*) FROM alerts WHERE suppressed = 'silenced'") == 1
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE article_id = :a", a=quiet) == 0


@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_silence_of_one_channel_leaves_the_others_alone(kit, rows, news, do, told, elsewhere):
    other = rows.channel("other")
    rows.subscription(channels=["desk", "other"])
    silence(do, "channel" if elsewhere else "everything", channel=other)
    news()
    assert rows.all("SELECT channel_id, suppressed FROM alerts ORDER BY 1") == [
        (1, None),
        (other, "silenced"),
    ]
    assert len(told()) == 1


def test_what_the_receiver_may_have_already_is_not_taken_back(kit, rows, news, do, desk):
    rows.subscription()
    news()
    rows.change("UPDATE deliveries SET state = 'waiting', unsure = 1, possible_repeat = true")
    silence(do, "topic", desk[1])
    do(last_look.take, kit.clock())
    assert rows.one("SELECT state FROM deliveries") == "waiting"


def test_a_story_that_is_silenced_is_told_no_more_and_others_are(kit, rows, news, do, told):
    rows.change(
        "INSERT INTO stories (title, first_at, last_at) VALUES ('a', now(), now()), ('b', now(), now())"
    )
    one, other = (row[0] for row in rows.all("SELECT id FROM stories ORDER BY id"))
    rows.subscription()
    silence(do, "story", one)
    news(story_id=one)
    heard = [news(story_id=other), news()]
    assert told() == [[heard[0]], [heard[1]]]


def test_a_silence_that_is_over_or_was_ended_keeps_nothing(kit, rows, news, do, told, desk):
    rows.subscription()
    silence(do, "topic", desk[1], until=NOW)
    number = silence(do, "everything")
    assert do(silences.end, number)
    assert not do(silences.end, number)
    assert not do(silences.end, 99)
    article = news()
    assert told() == [[article]]


def test_a_silence_that_ends_before_it_begins_is_refused(do):
    with pytest.raises(BadInput, match="before it begins"):
        do(silences.add, scope="everything", until=NOW - timedelta(hours=1), by="rina")


def test_an_article_planned_while_a_silenced_message_ends_is_told_to_whoever_wants_it(
    kit, rows, news, do, told, desk
):
    rows.subscription()
    article = news()
    silence(do, "topic", desk[1])
    do(last_look.take, kit.clock())
    rows.subscription(["Kyiv"])
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    plan(kit)
    assert told() == [[article]]
    with kit.engine.begin() as connection:
        tidying.tidy(connection)
    sound(kit)


def test_nothing_is_lost_or_told_twice_while_people_come_and_go_and_everything_runs(kit, rows, desk, do):
    rows.change("UPDATE channels SET kind = 'webhook'")  # which takes them as fast as they come
    # each article by itself: a follow-up would come a quarter of an hour later
    alone = {"group": "off"}
    subscriptions = [
        rows.subscription(**alone),
        rows.subscription(when=["hourly"], **alone),
        rows.subscription(wait_s=0.2, **alone),
    ]
    matches = [(desk[1], rows.article(desk[2])) for _ in range(60)]
    kit.web = Receiver()
    running, faults = [True], []

    def until_the_end(step):
        def loop():
            try:
                while running:
                    step()
            except Exception as fault:
                faults.append(fault)

        return Thread(target=loop)

    def come_and_go():
        for each in subscriptions:
            do(keeping.pause, each, kit.clock())
        number = silence(do, "topic", desk[1])
        do(silences.end, number)
        do(keeping.snooze, subscriptions[0], kit.clock() + timedelta(milliseconds=50), kit.clock())
        for each in subscriptions[1:]:
            do(keeping.resume, each, kit.clock())

    def bring():
        if matches:
            rows.match(*matches.pop())
        plan(kit)

    steps = [bring, lambda: asyncio.run(send(Outbox(kit, None), seconds=0.01)), come_and_go]
    threads = [until_the_end(step) for step in (*steps, steps[1])]
    for thread in threads:
        thread.start()
    while matches and not faults:
        sleep(0.05)
    running.clear()
    for thread in threads:
        thread.join()
    assert faults == []
    for each in subscriptions:
        do(keeping.resume, each, kit.clock())
    plan(kit)
    rows.change("UPDATE deliveries SET due_at = now() WHERE state = 'collecting'")
    while asyncio.run(send(Outbox(kit, None), seconds=1)):
        pass
    found = sound(kit)
    assert (found.alerts, found.waiting, found.expired, found.failed) == (180, 0, 0, 0)
    told = rows.one(
        "SELECT count(*) FROM alerts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.state = 'sent'"
    )
    silenced = rows.one("SELECT count(*) FROM alerts WHERE suppressed = 'silenced'")
    late = rows.one("SELECT count(*) FROM alerts WHERE suppressed = 'already_told'")
    assert told + silenced + late == 180
