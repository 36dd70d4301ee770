"""One trouble at a time: what a reader sees and what the ledger says of it."""

from __future__ import annotations

import socket
import time as wall
from dataclasses import replace
from datetime import timedelta
from itertools import repeat

import pytest

from ops.newsroom.script import Accept, Complain, Garble, HangUp, Refuse, Script
from ops.store import overview
from ops.store.audit import audit
from ops.verdict import verdict

pytestmark = pytest.mark.servers

DESK, OTHER = "C0DESK00000", "C0OTHER0000"
LOST = HangUp(accepted=True)
DELIVERY = "SELECT state, reason, attempts, possible_repeat FROM deliveries ORDER BY id"


@pytest.fixture
def tell(rows):
    """Announces articles on a channel, made when it is first named; each of them is due now."""
    feed, topic, subscription, known = rows.feed(), rows.topic(), rows.subscription(), {}

    def announce(w, channel="slack_bot", target=DESK, **facts):
        if target not in known:
            assert channel != "email" or w.urls["mail"]  # it listens from now on
            credential = {"slack_bot": "slack", "email": "smtp"}.get(channel)
            known[target] = rows.channel(target, to=target, kind=channel, credential=credential)
        lasting = {"due_at": w.time.at, "expires_at": w.time.at + timedelta(days=1)}
        return rows.announced(known[target], subscription, topic, feed, **{**lasting, **facts})

    return announce


def texts(w, room=DESK):
    return [message.text for message in w.slack.standing(room)]


def first_sentence(rows):
    """What a person on call reads first."""
    rows.change("INSERT INTO heartbeats (part, at) VALUES ('tick', now())")
    with rows.engine.connect() as connection:
        return verdict(overview.overview(connection))


# An answer is lost
def test_a_message_that_slack_kept_without_answering_stands_there_once(world, rows, tell):
    w = world(calm=True, slack=[LOST])
    tell(w)
    w.live()
    assert len(texts(w)) == 1
    assert rows.one(DELIVERY) == ("sent", f"found_at_receiver: {w.slack.roots[0].ts}", 1, False)
    assert rows.one("SELECT remote_id FROM deliveries") == w.slack.roots[0].ts
    assert [call.method for call in w.slack.calls] == ["chat.postMessage", "conversations.history"]


@pytest.mark.parametrize(("apart_s", "stopped"), [(0, True), (60, False)])
def test_three_lost_answers_whose_messages_are_found_need_no_person(world, rows, tell, apart_s, stopped):
    w = world(calm=True, slack=[LOST, LOST, LOST])
    for _ in range(3):
        tell(w)
        w.live(apart_s)
    w.live(5)
    assert bool(rows.all("SELECT * FROM circuits")) is stopped  # before the first look nobody knows better
    w.live(60)
    assert rows.all("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    assert rows.one("SELECT unclear, nothing_since FROM channels") == (0, None)
    assert rows.all("SELECT * FROM circuits") == []
    assert len(texts(w)) == 3


def test_what_is_found_lets_nothing_through_that_a_person_must_mend(world, rows, tell):
    w = world(calm=True, slack=[LOST])
    tell(w)
    w.live(1)
    rows.change("INSERT INTO circuits (name, reason, probe_at) VALUES ('channel:1', 'is_archived', now())")
    w.live(60)
    assert rows.all("SELECT state FROM deliveries") == [("sent",)]
    assert rows.one("SELECT reason FROM circuits") == "is_archived"


def test_a_sender_that_dies_after_the_post_leaves_no_second_message(world, rows, tell):
    w = world(calm=True)
    tell(w)
    w.dice.kills = iter([False, True]).__next__
    w.live(1)
    assert rows.one("SELECT state, verdict FROM deliveries, attempts") == ("sending", None)
    w.dice.kills = lambda: False
    w.live()
    assert rows.one("SELECT state, verdict, reason FROM attempts, (SELECT state FROM deliveries) d") == (
        "sent",
        "unsure",
        "sender_vanished",
    )
    assert len(texts(w)) == 1


def test_what_slack_surely_has_not_is_sent_again_and_says_nothing_of_a_repeat(world, rows, tell):
    w = world(calm=True, slack=[HangUp(accepted=False)])
    tell(w, on_doubt="hold")
    w.live()
    assert rows.one(DELIVERY) == ("sent", f"accepted: {w.slack.roots[0].ts}", 2, False)
    looked = [call.at for call in w.slack.calls if call.method == "conversations.history"]
    posted = [call.at for call in w.slack.calls if call.method == "chat.postMessage"]
    assert timedelta(seconds=10) <= looked[0] - posted[0] <= timedelta(seconds=15)
    assert looked[1] - posted[0] >= timedelta(seconds=30)


def test_a_history_that_lags_half_a_minute_doubles_nothing(world, rows, tell):
    w = world(calm=True, slack=[LOST], lag_s=29)
    tell(w)
    w.live()
    assert (len(texts(w)), rows.one("SELECT state FROM deliveries")) == (1, "sent")


def test_where_the_app_may_not_look_the_subscription_decides(world, rows, tell):
    w = world(calm=True, slack=[LOST, LOST, Accept()])
    w.slack.scopes = ("chat:write",)
    tell(w)
    tell(w, target=OTHER, on_doubt="hold")
    w.live()
    assert [row[::3] for row in rows.all(DELIVERY)] == [("sent", True), ("unknown", False)]
    assert "Possible repeat" in texts(w)[1]
    assert (
        rows.one("SELECT reason FROM deliveries WHERE state = 'unknown'")
        == "answer_lost_holds: missing_scope"
    )


@pytest.mark.parametrize(("on_doubt", "mails"), [("resend", 2), ("hold", 1)])
def test_a_mail_whose_last_answer_was_lost_is_repeated_under_the_same_id_or_not_at_all(
    world, rows, tell, on_doubt, mails
):
    w = world(calm=True, mail=[LOST])
    tell(w, "email", "rina@example.org", on_doubt=on_doubt)
    w.live()
    assert len(w.post.accepted) == mails
    assert len({mail.message["Message-ID"] for mail in w.post.accepted}) == 1
    assert rows.one("SELECT state FROM deliveries") == ("sent" if on_doubt == "resend" else "unknown")


# A receiver asks for patience
@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("30", 30, 30),
        ("1.5", 1.5, 5),
        ("Mon, 23 Nov 2026 07:03:40 GMT", 5, 41),
        (None, 5, 7),
        ("-1", 1, 7),
        ("99999999", 3600, 3600),
    ],
)
def test_asked_to_wait_we_do_and_nobody_else_has_to(world, rows, tell, retry_after, least, most):
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    w = world(calm=True, slack=[Garble(429, '{"ok":false,"error":"ratelimited"}', headers)])
    tell(w)
    w.live(0.1)
    tell(w, target=OTHER)
    begun = wall.monotonic()
    w.live(0.1)
    assert wall.monotonic() - begun < 20
    assert len(texts(w, OTHER)) == 1
    waits, pause = rows.one(
        "SELECT extract(epoch FROM due_at - :at)::float, pause_until FROM deliveries JOIN channels c"
        " ON c.id = channel_id WHERE state = 'waiting'",
        at=w.time.at - timedelta(seconds=0.2),
    )
    assert least <= waits <= most + 2
    assert pause > w.time.at
    w.live()
    assert len(texts(w)) == 1


class Hasty:
    """A channel that has no twenty seconds."""

    def __init__(self, channel):
        self._channel = channel
        self.kind, self.credential = channel.kind, channel.credential
        self.judge = channel.judge

    def compose(self, letter, row):
        request = self._channel.compose(letter, row)
        assert request.deadline_s <= 20
        return replace(request, deadline_s=1.5)  # long enough to connect on a busy machine


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("webhook", "tries_again: timeout"), ("slack_webhook", "answer_lost_resends: timeout")],
)
def test_a_server_that_takes_the_connection_and_says_nothing_is_left_after_the_deadline(
    world, rows, tell, kind, reason
):
    w = world(calm=True)
    w.registry[kind] = Hasty(w.registry[kind])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        tell(w, kind, f"http://127.0.0.1:{silent.getsockname()[1]}/services/T0/B0/hush")
        w.live(1)
    assert rows.one("SELECT state, reason FROM deliveries") == ("waiting", reason)


def test_a_mail_server_that_says_nothing_has_surely_not_got_the_mail(world, rows, tell):
    w = world(calm=True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        w.urls["mail"] = f"smtp://127.0.0.1:{silent.getsockname()[1]}?tls=none"
        w.mail_seconds = 0.3
        tell(w, "email", "rina@example.org")
        w.live(1)
    assert rows.one("SELECT state, reason FROM deliveries")[0] == "waiting"
    assert rows.one("SELECT verdict FROM attempts") == "later"


class AsArticles:
    """A channel to which the words of what follows do not matter."""

    def __init__(self, channel):
        self._channel = channel
        self.kind, self.credential, self.threads = channel.kind, channel.credential, channel.threads
        self.judge, self.look, self.find = channel.judge, channel.look, channel.find

    def compose(self, letter, row):
        return self._channel.compose(replace(letter, kind="article"), row)


# The database goes away
def test_connections_that_break_in_the_middle_of_a_post_lose_nothing_and_double_nothing(world, rows, tell):
    w = world(calm=True)
    for _ in range(3):
        tell(w)
    broken = iter([True])

    def restart():
        if next(broken, False):
            rows.all(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    w.interlude = restart
    w.live()
    assert len(texts(w)) == 3
    assert rows.all("SELECT DISTINCT state, attempts FROM deliveries") == [("sent", 1)]


# Threads
def test_while_a_storys_first_message_is_in_doubt_what_follows_waits_and_other_stories_go_on(
    world, rows, tell
):
    w = world(calm=True, slack=[LOST])
    root = tell(w)
    follow = [tell(w, thread_of=root) for _ in range(3)]
    other = tell(w)
    w.live(5)
    assert rows.one("SELECT state FROM deliveries WHERE id = :root", root=root) == "unknown"
    assert rows.one("SELECT state FROM deliveries WHERE id = :other", other=other) == "sent"
    assert rows.all("SELECT DISTINCT state FROM deliveries WHERE id = ANY(:ids)", ids=follow) == [("ready",)]
    w.live()
    assert rows.all("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    assert len(w.slack.roots) == 2
    assert {reply.thread for reply in w.slack.replies} == {w.slack.roots[0].ts}


def test_a_reply_in_doubt_is_looked_for_below_its_thread(world, rows, tell):
    w = world(calm=True, slack=[Accept(), LOST])
    tell(w, thread_of=tell(w))
    w.live()
    assert rows.all("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    assert (len(w.slack.roots), len(w.slack.replies)) == (1, 1)
    assert [call.method for call in w.slack.calls][-1] == "conversations.replies"


def test_what_follows_a_message_that_somebody_deleted_begins_anew_and_the_rest_follows_that(
    world, rows, tell
):
    w = world(calm=True)
    root = tell(w)
    w.live()
    w.slack.remove(DESK, w.slack.roots[0].ts)
    first, second = tell(w, thread_of=root), tell(w, thread_of=root)
    rows.change("UPDATE deliveries SET kind = 'followup' WHERE thread_of IS NOT NULL")
    rows.change("INSERT INTO stories (title, first_at, last_at) VALUES ('NATO', now(), now())")
    rows.change("UPDATE deliveries SET story_id = (SELECT id FROM stories)")
    w.registry["slack_bot"] = AsArticles(w.registry["slack_bot"])
    w.live()
    found = rows.all("SELECT id, state, thread_of FROM deliveries WHERE id <> :root ORDER BY id", root=root)
    assert found == [(first, "sent", None), (second, "sent", first)]
    assert [reply.thread for reply in w.slack.replies] == [w.slack.roots[-1].ts]


# Words nobody knows, forms nobody takes
def test_an_error_that_nobody_knows_is_a_doubt_like_any_other(world, rows, tell):
    w = world(calm=True, slack=[Complain("brand_new_error"), Complain("another_one", stored=True)])
    tell(w)
    w.live()
    assert len(texts(w)) == 1
    assert rows.one("SELECT state, attempts FROM deliveries") == ("sent", 2)


# Nobody understands the answer, or nobody takes anything
def test_a_log_in_page_in_between_is_no_yes_and_after_three_a_person_is_told(world, rows, tell):
    page = Garble(200, "<html>Please log in</html>")
    w = world(calm=True, hooks=repeat(page))
    hook = f"{w.urls['hooks']}/services/T0/B0/hush"
    for _ in range(9):
        tell(w, "slack_webhook", hook)
    w.live(50)
    level, sentence = first_sentence(rows)
    assert rows.one("SELECT reason FROM circuits") == "answers_unclear"
    assert len(w.hooks.accepted) + len(w.hooks.rejected) <= 3
    assert rows.one("SELECT count(*) FROM deliveries WHERE state = 'sent'") == 0
    assert level == "bad"
    assert "neither yes nor no" in sentence


def test_a_receiver_that_takes_nothing_for_a_quarter_of_an_hour_is_shown_and_probed(world, rows, tell):
    w = world(calm=True, slack=repeat(Refuse(503, "service_unavailable")))
    for _ in range(2):
        tell(w)
    w.live(14 * 60, senders=1)
    assert rows.all("SELECT * FROM circuits") == []
    w.live(20 * 60, senders=1)
    assert rows.one("SELECT reason FROM circuits") == "takes_nothing"
    w.slack._script = Script()
    w.live()
    assert rows.all("SELECT DISTINCT state FROM deliveries") == [("sent",)]
    assert rows.all("SELECT * FROM circuits") == []
    assert rows.one("SELECT unclear, nothing_since FROM channels") == (0, None)


# A channel or a credential is dead
def test_what_a_dead_channel_held_goes_out_in_order_and_together_once_it_is_mended(world, rows, tell):
    w = world(calm=True)
    w.slack.rooms[DESK] = "gone"
    told = [tell(w) for _ in range(20)]
    other = tell(w, target=OTHER)
    w.live(10)
    assert rows.one("SELECT count(*) FROM attempts WHERE verdict = 'blocked'") == 1
    assert rows.all("SELECT DISTINCT state, attempts FROM deliveries WHERE id <> :other", other=other) == [
        ("held", 0)
    ]
    assert len(texts(w, OTHER)) == 1
    w.slack.rooms.clear()
    w.live()
    first, second = texts(w)
    assert rows.one("SELECT state FROM deliveries WHERE id = :first", first=told[0]) == "sent"
    titles = [title for (title,) in rows.all("SELECT title FROM articles ORDER BY id")]
    assert titles[0] in first
    assert [title for title in titles[1:20] if title in second] == titles[1:20]
    assert rows.all("SELECT DISTINCT state, reason FROM deliveries WHERE id = ANY(:ids)", ids=told[1:]) == [
        ("suppressed", "gathered")
    ]
    assert (
        rows.one(
            "SELECT count(*) FROM alerts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.state = 'sent'"
        )
        == 21
    )


def test_a_handful_goes_out_one_by_one(world, rows, tell):
    w = world(calm=True)
    w.slack.rooms[DESK] = "archived"
    for _ in range(6):
        tell(w)
    w.live(10)
    w.slack.rooms.clear()
    w.live()
    assert len(texts(w)) == 6


def test_a_revoked_token_with_500_waiting_costs_one_request_a_probe_and_fails_nothing(world, rows, fill):
    w = world(calm=True)
    w.token = "xoxb-revoked"
    alerts = fill("slack_bot", [f"C0DESK{n:05}" for n in range(5)], 100, credential="slack")
    w.live(600)
    assert (
        len(w.slack.calls) <= 5 + 4
    )  # what was on its way to each channel at once, and probes after 1, 2, 4 min
    assert rows.all("SELECT DISTINCT state, attempts FROM deliveries") == [("held", 0)]
    level, sentence = first_sentence(rows)
    assert level == "bad"
    assert sentence.startswith("500 messages held, none lost (Slack: ")
    w.token = ""
    w.live()
    with rows.engine.connect() as connection:
        found = audit(connection)
    assert (found.sent, found.lost, found.doubled) == (alerts, 0, 0)
    assert len(w.slack.roots) <= 1 + 5
