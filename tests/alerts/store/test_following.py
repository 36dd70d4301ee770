"""Stories on a real database: first messages, follow-ups, updates, and what full or held deliveries take."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy.exc import IntegrityError

import worker.store.schema as world
from alerts.channels import channels
from alerts.decision import MOST_ARTICLES, Announce, Bundle, Pair, Reason
from alerts.desks.plan import plan
from alerts.store import deliveries, people
from alerts.store.decisions import Ledger
from ops.store.audit import audit
from worker.store import regrouping

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
HEARD = "SELECT id, kind, thread_of, state FROM deliveries ORDER BY id"
INSIDE = "SELECT delivery_id, article_id FROM delivery_articles WHERE taken ORDER BY 1, 2"


class Threaded:
    """A kind of channel with threads."""

    kind, threads = "slack_bot", True


@pytest.fixture
def desk(rows, kit):
    """A channel that hears of stories; `tell` brings an article of one and plans."""
    return Desk(rows, kit)


class Desk:
    def __init__(self, rows, kit):
        self.rows, self.kit = rows, kit
        self.feed, self.topic = rows.feed(), rows.topic()
        self.stories = {}

    def channel(self, kind="slack_webhook", **subscription):
        self.number = self.rows.channel(kind=kind)
        self.subscription = self.rows.subscription(**subscription)
        return self

    def story(self, name="talks"):
        if name not in self.stories:
            facts = {"title": name, "first_at": NOW, "last_at": NOW}
            self.stories[name] = self.rows.add(world.stories, **facts)
        return self.stories[name]

    def article(self, story="talks", topic=None, **facts):
        number = self.rows.article(self.feed, story_id=self.story(story), **facts)
        self.rows.match(topic or self.topic, number)
        return number

    def many(self, count, stories):
        """So many articles at once, of as many stories in turn."""
        numbers = [self.story(f"story {number}") for number in range(stories)]
        first = self.article(f"story {stories - 1}")
        self.rows.change(
            """WITH made AS (
                 INSERT INTO articles (feed_id, identity, url, source, title, body, authors, tags, seen_at, read_at,
                                       backlog, method, summary_only, language, story_id)
                 SELECT feed_id, identity || '/' || n, url, source, title, body, authors, tags, seen_at, read_at,
                        backlog, method, summary_only, language, (CAST(:stories AS bigint[]))[1 + n % :modulo]
                 FROM articles, generate_series(1, :more) n WHERE id = :first RETURNING id)
               INSERT INTO matches (topic_id, article_id, hits, quote)
               SELECT m.topic_id, made.id, m.hits, m.quote FROM made, matches m WHERE m.article_id = :first""",
            stories=numbers,
            modulo=stories,
            more=count - 1,
            first=first,
        )

    def tell(self, *stories, **facts):
        numbers = [self.article(story, **facts) for story in stories or ("talks",)]
        self.plan()
        return numbers

    def plan(self):
        return plan(self.kit, {**channels(), "slack_bot": Threaded()})

    def send(self, number, state="sent", minutes_ago=0):
        self.rows.change(
            """UPDATE deliveries SET state = :state, attempts = 1, due_at = now() - make_interval(mins => :ago),
                      first_attempt_at = now() - make_interval(mins => :ago),
                      ended_at = CASE WHEN :state IN ('sent', 'unknown')
                                      THEN now() - make_interval(mins => :ago) END WHERE id = :id""",
            state=state,
            ago=minutes_ago,
            id=number,
        )

    def due_in(self, number):
        return self.rows.one(
            "SELECT extract(epoch FROM due_at - now())::float FROM deliveries WHERE id = :id", id=number
        )


def test_without_threads_later_articles_collect_in_one_message_a_quarter_of_an_hour_later(rows, desk):
    desk.channel().tell()
    desk.send(1)
    desk.tell("talks", "talks"), desk.tell("talks")
    assert rows.all(HEARD) == [(1, "article", None, "sent"), (2, "followup", 1, "collecting")]
    assert rows.all(INSIDE) == [(1, 1), (2, 2), (2, 3), (2, 4)]
    assert desk.due_in(2) == pytest.approx(900, abs=5)
    assert rows.all("SELECT DISTINCT story_id FROM deliveries") == [(1,)]
    assert rows.all("SELECT reason FROM alerts ORDER BY id") == [("at_once",), *[("follow_up",)] * 3]


def test_after_the_follow_up_has_gone_the_next_one_keeps_its_distance(rows, desk):
    desk.channel().tell()
    desk.send(1, minutes_ago=60)
    desk.tell()
    desk.send(2, minutes_ago=5)
    desk.tell()
    assert rows.all(HEARD)[2] == (3, "followup", 1, "collecting")
    assert desk.due_in(3) == pytest.approx(600, abs=5)


def test_in_a_thread_a_reply_goes_at_once_the_next_a_minute_later_and_one_update_counts_them(rows, desk):
    desk.channel("slack_bot").tell()
    desk.send(1)
    desk.tell()
    assert rows.all(HEARD) == [
        (1, "article", None, "sent"),
        (2, "followup", 1, "ready"),
        (3, "update", 1, "ready"),
    ]
    desk.send(2)
    desk.tell(), desk.tell()
    assert rows.all(HEARD)[2:] == [(3, "update", 1, "ready"), (4, "followup", 1, "collecting")]
    assert desk.due_in(4) == pytest.approx(60, abs=5)
    assert rows.one("SELECT count(DISTINCT due_at) FROM deliveries WHERE id > 2") == 1
    assert rows.one("SELECT rank, subscription_id, on_doubt FROM deliveries WHERE id = 3") == (
        1,
        None,
        "resend",
    )
    desk.send(3, "sending")
    desk.tell()
    assert [row[1:] for row in rows.all(HEARD)[4:]] == [("update", 1, "collecting")]


def test_what_comes_within_the_wait_is_in_the_first_message(rows, desk):
    desk.channel(wait_s=600).tell()
    desk.tell("talks", "talks")
    assert rows.all(HEARD) == [(1, "article", None, "collecting")]
    assert rows.all("SELECT reason FROM alerts ORDER BY id") == [("waits",), *[("same_story",)] * 2]


def test_a_first_message_that_is_full_is_followed(rows, desk):
    desk.channel(wait_s=600).many(MOST_ARTICLES, 1)
    desk.plan()
    desk.tell("story 0", "story 0")
    assert rows.all(HEARD) == [(1, "article", None, "collecting"), (2, "followup", 1, "collecting")]
    assert desk.due_in(2) == pytest.approx(1500, abs=15)


@pytest.mark.parametrize("state", ["sending", "waiting", "held", "unknown"])
def test_follow_ups_collect_behind_a_first_message_that_is_not_through(rows, desk, state):
    desk.channel().tell()
    desk.send(1, state, minutes_ago=20)
    desk.tell(), desk.tell()
    waits = (
        "ready" if state == "unknown" else "collecting"
    )  # one in doubt may have been seen when it was tried
    assert rows.all(HEARD) == [(1, "article", None, state), (2, "followup", 1, waits)]


@pytest.mark.parametrize("state", ["failed", "expired", "suppressed"])
def test_behind_a_first_message_that_ended_untold_nothing_follows_and_the_next_opens_another(
    rows, desk, state
):
    desk.channel().tell()
    rows.change("UPDATE deliveries SET state = :state", state=state)
    rows.change("UPDATE delivery_articles SET taken = false")
    desk.tell()
    assert rows.all(HEARD)[1] == (2, "article", None, "ready")


def test_a_follow_up_whose_first_message_ended_untold_is_no_thread_either(rows, desk):
    desk.channel().tell()
    desk.send(1)
    desk.tell()
    rows.change("UPDATE deliveries SET state = 'failed' WHERE id = 1")
    desk.tell()
    assert rows.all(HEARD)[2] == (3, "article", None, "ready")


def test_a_follow_up_that_stands_alone_by_now_is_what_the_next_one_follows(rows, desk):
    desk.channel("slack_bot").tell()
    desk.send(1)
    desk.tell()
    desk.send(2)
    rows.change("UPDATE deliveries SET thread_of = NULL WHERE id = 2")  # its thread was gone at the receiver
    desk.tell()
    assert rows.all("SELECT thread_of FROM deliveries WHERE kind = 'followup' ORDER BY id") == [(None,), (2,)]


@pytest.mark.parametrize(
    ("hours", "kind", "thread_of"), [(47, "followup", 1), (49, "article", None)], ids=["47 h", "49 h"]
)
def test_a_story_lasts_two_days(rows, desk, hours, kind, thread_of):
    desk.channel().tell()
    desk.send(1, minutes_ago=60 * hours)
    desk.tell()
    assert rows.all(HEARD)[1][1:3] == (kind, thread_of)


def test_an_outage_leaves_one_follow_up_of_a_story_and_no_flood(rows, desk):
    desk.channel().tell()
    desk.send(1, minutes_ago=60)
    for hours_ago in (9, 5, 2):
        desk.tell()
        rows.change(
            """UPDATE deliveries SET state = 'held', held_by = 'channel:1', due_at = now() - make_interval(hours => :h)
               WHERE kind = 'followup'""",
            h=hours_ago,
        )
    assert rows.all(HEARD)[1:] == [(2, "followup", 1, "held")]
    assert rows.all(INSIDE) == [(1, 1), (2, 2), (2, 3), (2, 4)]


def test_an_outage_leaves_no_more_first_messages_than_the_cap_and_one_roll_up(rows, desk):
    desk.channel(cap_per_hour=2)
    for number in range(6):
        desk.tell(f"story {number}")
        rows.change(
            "UPDATE deliveries SET state = 'held', held_by = 'channel:1', due_at = due_at - interval '2 hours'"
        )
    assert [row[1:] for row in rows.all(HEARD)] == [
        ("article", None, "held"),
        ("article", None, "held"),
        ("rollup", None, "held"),
    ]
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE delivery_id = 3") == 4


@pytest.mark.parametrize(
    ("state", "minutes_ago", "counts"),
    [
        ("sent", 59, True),
        ("sent", 61, False),
        ("waiting", 200, True),
        ("held", 200, True),
        ("failed", 1, False),
    ],
)
def test_the_cap_counts_when_a_message_was_taken_or_is_to_be(rows, desk, state, minutes_ago, counts):
    desk.channel(cap_per_hour=1).tell("talks")
    desk.send(1, state, minutes_ago)
    desk.tell("storm")
    assert rows.all(HEARD)[1][1] == ("rollup" if counts else "article")


@pytest.mark.parametrize(("group", "messages"), [("story", 1), ("text", 2), ("off", 4)])
def test_what_belongs_together_is_the_subscription_s_choice(rows, desk, group, messages):
    desk.channel(group=group)
    (first,) = desk.tell()
    desk.send(1)
    desk.tell(copy_of=first), desk.tell()
    rows.change("UPDATE deliveries SET state = 'sent', ended_at = now() WHERE kind = 'article'")
    desk.tell(copy_of=first)
    assert rows.one("SELECT count(*) FROM deliveries WHERE kind = 'article'") == messages
    assert rows.one("SELECT count(*) FROM delivery_articles") == 4


def test_what_a_digest_told_is_nothing_to_follow(rows, desk):
    desk.channel()
    rows.change("UPDATE subscriptions SET \"when\" = '{hourly}'")
    desk.tell()
    rows.change("UPDATE deliveries SET state = 'sent', ended_at = now()")
    rows.change("UPDATE subscriptions SET \"when\" = '{now}'")
    desk.tell()
    assert rows.all(HEARD)[1] == (2, "article", None, "ready")


@pytest.mark.parametrize(("kind", "updates"), [("slack_bot", 1), ("slack_webhook", 0)])
def test_what_a_page_adds_after_the_telling_updates_the_message_and_the_ledger_knows_which(
    rows, desk, kind, updates
):
    desk.channel(kind)
    later = rows.topic("Kyiv", "kyiv")
    rows.subscription(["Kyiv"])
    (article,) = desk.tell()
    desk.send(1)
    rows.match(later, article)
    desk.plan()
    assert rows.all("SELECT suppressed, told_in FROM alerts ORDER BY id") == [
        (None, None),
        ("already_told", 1),
    ]
    assert (
        rows.all("SELECT thread_of, state FROM deliveries WHERE kind = 'update'") == [(1, "ready")] * updates
    )


def test_a_bundle_takes_so_many_articles_and_the_next_one_the_rest(rows, desk):
    desk.channel()
    rows.change("UPDATE subscriptions SET \"when\" = '{daily 07:00}'")
    desk.many(150, 7), desk.plan()
    desk.many(300, 7), desk.plan()
    sizes = rows.all("SELECT count(*) FROM delivery_articles GROUP BY delivery_id ORDER BY delivery_id")
    assert sizes == [(200,), (200,), (50,)]
    full = rows.all("SELECT bundle LIKE '%:full:%' FROM deliveries ORDER BY id")
    assert full == [(True,), (True,), (False,)]


@pytest.mark.parametrize("kind", ["article", "followup", "rollup"])
def test_the_slot_refuses_a_second_announcement_on_every_way_and_nothing_of_it_stays(rows, desk, kind):
    desk.channel()
    (article,) = desk.tell()
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    pair = Pair(2, desk.subscription, desk.number)
    decision = Announce(pair, article, Bundle("another", kind, NOW, 1, 1), Reason.AT_ONCE)
    with rows.engine.connect() as connection, connection.begin() as transaction:
        known = {each.id: each for each in people.load_subscriptions(connection)}
        ledger = Ledger(connection, known, NOW)
        with pytest.raises(IntegrityError, match="uq_delivery_articles_slot"):
            ledger.write([decision], {2})
        transaction.rollback()
    assert len(rows.all(HEARD)) == 1
    assert rows.all("SELECT state FROM matches ORDER BY id") == [("planned",), ("new",)]


def test_an_article_that_moves_from_a_digest_into_a_roll_up_keeps_its_one_slot(rows, desk):
    desk.channel()
    rows.change("UPDATE subscriptions SET \"when\" = '{weekly mon 07:00,weekly thu 07:00}'")
    (article,) = desk.tell()
    rows.subscription(["Kyiv"], cap_per_hour=0)
    rows.match(rows.topic("Kyiv", "kyiv"), article)
    desk.plan()
    assert rows.all(
        "SELECT kind, article_id FROM delivery_articles JOIN deliveries d ON d.id = delivery_id"
    ) == [("rollup", article)]
    assert rows.one("SELECT count(DISTINCT delivery_id) FROM alerts") == 1


def test_three_planners_and_a_sender_at_once_begin_every_story_once(rows, desk, kit):
    desk.channel()
    for number in range(80):
        desk.article(f"story {number % 5}")
    planners = [Thread(target=desk.plan) for _ in range(3)]

    def send():
        for _ in range(30):
            with kit.engine.begin() as connection:
                claimed = deliveries.claim_due(connection, 5)
            for due in claimed:
                with kit.engine.begin() as connection:
                    deliveries.begin_attempt(connection, due)
                    deliveries.settle(connection, due, {"state": "sent", "ended_at": NOW})

    threads = [*planners, Thread(target=send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows.all(
        "SELECT story_id, count(*) FROM deliveries WHERE kind = 'article' GROUP BY 1 ORDER BY 1"
    ) == [(story, 1) for story in range(1, 6)]
    assert rows.one("SELECT count(*), count(DISTINCT article_id) FROM delivery_articles") == (80, 80)
    with kit.engine.begin() as connection:
        assert audit(connection).sound


def test_a_planner_that_dies_between_two_batches_changes_nothing_of_what_comes_out(rows, desk, kit):
    desk.channel(cap_per_hour=3)
    desk.many(2 * MOST_ARTICLES + 30, 50)

    def dying(_desk):
        raise InterruptedError

    kit.settled = dying
    for _ in range(2):
        with pytest.raises(InterruptedError):
            desk.plan()
    kit.settled = lambda _desk: None
    assert desk.plan() == 30
    assert desk.plan() == 0
    kinds = rows.all("SELECT kind, count(*) FROM deliveries GROUP BY 1 ORDER BY 1")
    assert kinds[0] == ("article", 3)
    assert rows.one("SELECT count(*), count(DISTINCT article_id) FROM delivery_articles") == (430, 430)
    assert rows.one("SELECT count(*) FROM alerts WHERE delivery_id IS NOT NULL") == 430


def by_hand(rows, deed, *given):
    with rows.engine.begin() as connection:
        return deed(connection, *given)


def test_what_was_taken_out_by_hand_begins_a_message_of_its_own_and_the_thread_stays(rows, desk):
    desk.channel("slack_bot").tell()
    desk.send(1)
    (second,) = desk.tell()
    rows.change("UPDATE deliveries SET state = 'sent', ended_at = now() WHERE id > 1")
    desk.stories["mayor"] = by_hand(rows, regrouping.begin, second)
    by_hand(rows, regrouping.take_out, [second], desk.story(), desk.story("mayor"), "edi")
    desk.tell("mayor"), desk.tell("talks")
    told = "SELECT kind, thread_of, story_id FROM deliveries WHERE id > 3 AND kind <> 'update' ORDER BY id"
    assert rows.all(told) == [("article", None, desk.story("mayor")), ("followup", 1, desk.story())]
    assert rows.one("SELECT count(*) FROM delivery_articles WHERE taken AND article_id = :id", id=second) == 1


def test_what_opened_the_thread_leaves_it_to_the_story(rows, desk):
    (first,) = desk.channel().tell()
    desk.send(1)
    desk.tell()
    desk.stories["mayor"] = by_hand(rows, regrouping.begin, first)
    by_hand(rows, regrouping.take_out, [first], desk.story(), desk.story("mayor"), "edi")
    desk.tell("mayor"), desk.tell("talks")
    assert rows.all(HEARD)[1:] == [(2, "followup", 1, "collecting"), (3, "article", None, "ready")]


def test_of_merged_stories_what_comes_follows_the_message_that_began_last_and_nothing_is_told_twice(
    rows, desk
):
    desk.channel("slack_bot").tell("talks")
    desk.send(1)
    desk.tell("mayor")
    desk.send(2)
    by_hand(rows, regrouping.merge, desk.story("mayor"), desk.story("talks"), "edi")
    desk.tell("talks")
    assert rows.all(HEARD)[2:] == [(3, "followup", 2, "ready"), (4, "update", 2, "ready")]
    moved = by_hand(rows, regrouping.came_from, desk.story("talks"), desk.story("mayor"))
    by_hand(rows, regrouping.take_apart, moved, desk.story("talks"), desk.story("mayor"), "edi")
    rows.change("UPDATE deliveries SET state = 'sent', ended_at = now() WHERE ended_at IS NULL")
    desk.tell("talks"), desk.tell("mayor")
    followed = "SELECT thread_of FROM deliveries WHERE id > 4 AND kind = 'followup' ORDER BY id"
    assert rows.all(followed) == [(1,), (2,)]
    assert (
        rows.one("SELECT max(n) FROM (SELECT count(*) AS n FROM delivery_articles GROUP BY article_id)") == 1
    )
