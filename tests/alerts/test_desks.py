"""The send desk on a real database: every answer ends in the right row."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from alerts.channel import MailReply
from alerts.channels import channels
from alerts.desks import send as desks
from alerts.store import deliveries as store
from worker.secrets import KeyRing, Secret
from worker.wire import Failure, Reply

pytestmark = pytest.mark.servers

ROW = "SELECT state, reason, attempts, possible_repeat, unsure, simpler, held_by FROM deliveries ORDER BY id"
OK = Reply(200, {}, b"ok", "https://hooks.example/desk")


def slack(status, body=b"", **headers):
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, OK.url)


class World:
    """Receivers that answer as told, the last answer again and again; remembers what they were sent."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    async def ask(self, request):
        return self.send(request)

    def send(self, message):
        self.sent.append(message)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def made(rows):
    """Makes announced articles for one channel."""
    feed, topic, subscription, known = rows.feed(), rows.topic(), rows.subscription(), {}

    def make(name="desk", *, of=None, kind="slack_webhook", **facts):
        if name not in known:
            mail = {"kind": "email", "credential": "smtp", "to": "rina@example.org"}
            known[name] = rows.channel(name, **(mail if kind == "email" else {"kind": kind}))
        return rows.announced(known[name], of or subscription, topic, feed, **facts)

    make.channels = known
    return make


@pytest.fixture
def send(kit):
    """Runs the send desk once against these answers; returns what went out."""

    def run(*answers, mail=None, registry=None, seconds=0.01):
        kit.web = World(*answers)
        outbox = desks.Outbox(kit, mail, {"from": "pantau@example.org"}, registry or channels())
        asyncio.run(desks.send(outbox, seconds=seconds))
        return kit.web.sent

    return run


VERDICTS = {
    "accepted": (OK, ("sent", "accepted", 1, False, 0, 0, None)),
    "refused at the door": (
        Failure("refused", "nobody"),
        ("waiting", "tries_again: refused", 1, False, 0, 0, None),
    ),
    "slow down": (
        slack(429, b"rate_limited", retry_after="30"),
        ("waiting", "asked_to_wait: rate_limited", 1, False, 0, 0, None),
    ),
    "lost answer": (
        Failure("timeout", "20 s", written=True),
        ("waiting", "answer_lost_resends: timeout", 1, True, 1, 0, None),
    ),
    "server error": (
        slack(500, b"fatal_error"),
        ("waiting", "answer_lost_resends: fatal_error", 1, True, 1, 0, None),
    ),
    "form refused": (
        slack(400, b"invalid_blocks"),
        ("waiting", "plainer_form: invalid_blocks", 1, False, 0, 1, None),
    ),
    "hook is gone": (
        slack(404, b"no_service"),
        ("held", "channel_blocked: no_service", 0, False, 0, 0, "channel:1"),
    ),
}


@pytest.mark.parametrize(("answer", "row"), VERDICTS.values(), ids=VERDICTS.keys())
def test_every_answer_ends_in_its_row(rows, made, send, answer, row):
    made()
    before = rows.one("SELECT now()")
    send(answer)
    assert rows.one(ROW) == row
    verdict, ended = rows.one("SELECT verdict, ended_at IS NOT NULL FROM attempts")
    assert (verdict is None, ended) == (False, True)
    if row[0] == "sent":
        assert rows.one("SELECT ended_at >= due_at FROM deliveries")
    elif row[0] == "waiting":
        assert rows.one("SELECT due_at FROM deliveries") >= before


def test_a_message_names_its_article_its_topic_and_its_sentence(made, send):
    made()
    (request,) = send(OK)
    assert request.url == "https://hooks.example/desk"
    for word in (b"Article", b"NATO", b"met."):
        assert word in request.body


def test_after_a_wait_that_the_receiver_asked_for_nothing_goes_before_its_time(rows, made, send):
    made(), made()
    send(slack(429, b"rate_limited", retry_after="30"), seconds=1)
    wait, waited = rows.all(
        "SELECT extract(epoch FROM due_at - now())::float, waited_s FROM deliveries WHERE attempts = 1"
    )[0]
    assert 25 < wait <= 30
    assert waited == pytest.approx(30, abs=1)
    assert rows.one(
        "SELECT pause_until > now() + interval '25 seconds', asked_from IS NOT NULL FROM channels"
    ) == (True, True)
    assert [row[2] for row in rows.all(ROW)] == [1, 0]


def test_an_answer_that_was_lost_twice_is_left_in_doubt_and_never_sent_a_third_time(rows, made, send):
    made()
    for _ in range(3):
        send(Failure("reset", "broken", written=True))
        rows.change("UPDATE deliveries SET due_at = now() WHERE state = 'waiting'")
    assert rows.one("SELECT state, reason, attempts FROM deliveries") == (
        "unknown",
        "answer_lost_twice: reset",
        2,
    )


def test_who_wants_no_repeat_gets_none(rows, made, send):
    made(on_doubt="hold")
    send(Failure("reset", "broken", written=True))
    assert rows.one("SELECT state, possible_repeat, ended_at IS NOT NULL FROM deliveries") == (
        "unknown",
        False,
        True,
    )


def test_a_repeat_says_that_it_may_be_one(rows, made, send):
    made()
    send(Failure("reset", "broken", written=True))
    rows.change("UPDATE deliveries SET due_at = now()")
    (request,) = send(OK)
    assert b"Possible repeat" in request.body
    assert rows.one("SELECT state, possible_repeat, attempts FROM deliveries") == ("sent", True, 2)


def test_a_form_that_is_refused_is_sent_plainer_and_then_failed_which_frees_its_article(rows, made, send):
    made()
    first, second = send(slack(400, b"invalid_blocks"), seconds=2)
    assert b'"blocks"' in first.body
    assert b'"blocks"' not in second.body
    assert rows.one("SELECT state, reason, attempts FROM deliveries") == (
        "failed",
        "refused_plainest: invalid_blocks",
        2,
    )
    assert rows.one("SELECT taken FROM delivery_articles") is False


class Clumsy:
    """A channel that trips over what it is given, always or only in the full form."""

    kind, credential = "slack_webhook", None

    def __init__(self, usual, always):
        self.usual, self.always = usual, always

    def compose(self, letter, channel):
        if self.always or not letter.simpler:
            raise KeyError("a fault of ours")
        return self.usual.compose(letter, channel)

    def judge(self, answer):
        return self.usual.judge(answer)


@pytest.mark.parametrize(("always", "state"), [(False, "sent"), (True, "failed")])
def test_a_fault_of_ours_in_a_message_is_tried_plainer_then_failed_and_stops_nobody_else(
    rows, made, send, always, state
):
    made(), made("other")
    rows.change("UPDATE channels SET kind = 'webhook' WHERE name = 'other'")
    registry = {**channels(), "slack_webhook": Clumsy(channels()["slack_webhook"], always)}
    send(OK, registry=registry, seconds=2)
    assert rows.all("SELECT state FROM deliveries ORDER BY id") == [(state,), ("sent",)]


def test_a_kind_that_nobody_serves_is_held_and_shown(rows, made, send):
    made(kind="pigeon")
    assert send(OK) == []
    assert rows.one("SELECT state, reason, attempts FROM deliveries") == (
        "held",
        "channel_blocked: kind_not_served",
        0,
    )
    assert rows.one("SELECT name, reason FROM circuits") == ("channel:1", "kind_not_served")


def test_behind_a_blocked_channel_one_message_is_tried_and_the_others_are_held_untried(rows, made, send):
    for _ in range(5):
        made()
    assert len(send(slack(404, b"no_service"), seconds=1)) == 1
    send(OK, seconds=0)
    assert {row[0] for row in rows.all(ROW)} == {"held"}
    assert rows.one("SELECT probes FROM circuits") == 0


def test_when_the_probe_gets_through_everything_held_follows_in_its_order(rows, made, send):
    made(), made(), made()
    send(slack(404, b"no_service"))
    send(OK, seconds=0)
    rows.change("UPDATE circuits SET probe_at = now()")
    assert len(send(OK, seconds=2)) == 3
    ended = rows.all("SELECT id FROM deliveries WHERE state = 'sent' ORDER BY ended_at")
    assert ended == sorted(ended)
    assert rows.all("SELECT * FROM circuits") == []


def test_without_a_mail_server_mail_is_held_for_that_reason_and_goes_once_there_is_one(rows, made, send):
    made("rina", kind="email"), made("sari", kind="email")
    assert send(OK) == []
    send(OK, seconds=0)
    assert rows.all("SELECT state, held_by FROM deliveries") == [("held", "sender:smtp")] * 2
    assert rows.one("SELECT reason FROM circuits") == "smtp_not_configured"
    mail = World(MailReply("dot", 250, "2.0.0 queued as 4711"))
    send(OK, mail=mail, seconds=2)
    assert len(mail.sent) == 2
    assert rows.all("SELECT state, remote_id FROM deliveries") == [("sent", "2.0.0 queued as 4711")] * 2


def test_a_mail_server_that_refuses_the_log_in_stops_all_mail_but_nothing_else(rows, made, send):
    made("rina", kind="email"), made("sari", kind="email"), made("desk")
    mail = World(MailReply("login", 535, "5.7.8 bad credentials"))
    send(OK, mail=mail, seconds=1)
    send(OK, mail=mail, seconds=0)
    assert [row[0] for row in rows.all(ROW)] == ["held", "held", "sent"]
    assert rows.one("SELECT name FROM circuits") == "sender:smtp"


def test_a_channel_whose_secret_does_not_open_is_held_and_the_others_go_on(rows, made, send):
    made("desk"), made("other")
    foreign = KeyRing.of(("another key",)).seal(Secret("https://x.example/"), "channel:desk:target")
    rows.change("UPDATE channels SET target = :sealed WHERE name = 'desk'", sealed=foreign)
    send(OK, seconds=1)
    assert rows.all("SELECT state, reason FROM deliveries ORDER BY id") == [
        ("held", "channel_blocked: secret_not_opened"),
        ("sent", "accepted"),
    ]


def test_a_message_whose_articles_moved_away_just_now_is_emptied_and_no_failure(rows, kit, send):
    rows.delivery(rows.channel(), rows.subscription())
    with rows.engine.begin() as connection:
        (due,) = store.claim_due(connection, 5)  # before the desk has tidied
    asyncio.run(desks._send_one(desks.Outbox(kit, None), due))
    assert rows.one("SELECT state, reason FROM deliveries") == ("suppressed", "emptied")


@pytest.mark.parametrize(("begun", "state", "repeat"), [(False, "sent", False), (True, "waiting", True)])
def test_what_a_vanished_sender_left_is_sent_or_marked_as_a_possible_repeat(
    rows, made, send, begun, state, repeat
):
    made()
    with rows.engine.begin() as connection:
        (due,) = store.claim_due(connection, 5, lease_s=0)
    if begun:
        with rows.engine.begin() as connection:
            store.begin_attempt(connection, due, lease_s=0)
    send(OK, seconds=1)
    assert rows.one("SELECT state, possible_repeat, attempts FROM deliveries") == (state, repeat, 1)


def test_a_channel_removed_while_the_desk_is_busy_hears_nothing_more(rows, made, kit, clock):
    for _ in range(3):
        made()

    class Removing(World):
        async def ask(self, request):
            rows.change("UPDATE channels SET removed_at = now()")
            clock.ahead += desks.TIDY_EVERY + timedelta(seconds=1)
            return self.send(request)

    kit.web = Removing(OK)
    asyncio.run(desks.send(desks.Outbox(kit, None), seconds=2))
    assert [row[0] for row in rows.all(ROW)] == ["sent", "suppressed", "suppressed"]
