"""The desks and the owners of mailboxes: what nobody wants is not sent, and the ledger says why."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from alerts.channel import Mail, MailReply
from alerts.desks import send as desks
from alerts.desks.plan import plan
from alerts.model import ChannelId
from alerts.store import addresses, confirmations, consent
from alerts.tokens import manage_token, read_confirm, read_leave, read_manage
from ops.store.audit import audit
from worker.secrets import KeyRing, Secret

pytestmark = pytest.mark.servers

ACCEPTED = MailReply("dot", 250, "2.0.0 taken")
SENDER = {"from": "pantau@example.org", "public_url": "https://pantau.example"}
STATES = "SELECT state, reason FROM deliveries ORDER BY id"


class Postman:
    """A relay that answers as told, the last answer again and again; remembers what it was given."""

    def __init__(self, *answers: MailReply) -> None:
        self.answers, self.mails = list(answers or [ACCEPTED]), list[Mail]()

    def send(self, mail: Mail) -> MailReply:
        self.mails.append(mail)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def text(self) -> str:
        import email
        import email.policy

        message = email.message_from_bytes(self.mails[-1].message, policy=email.policy.default)
        return str(message.get_body(("plain",)).get_content())  # type: ignore[attr-defined]


@pytest.fixture
def world(rows: Any, kit: Any, keys: KeyRing) -> Any:
    """A topic, a feed and Rina's mailbox with one subscription; plans and sends."""
    feed, topic = rows.feed(), rows.topic()

    def mailbox(name: str = "rina", to: str = "rina@example.org", declared: bool = True, **facts: Any) -> int:
        return int(rows.channel(name, to=to, kind="email", credential="smtp", declared=declared, **facts))

    def news() -> int:
        return int(rows.match(topic, rows.article(feed, read_at=datetime.now(UTC))))

    def send(postman: Postman) -> list[Mail]:
        outbox = desks.Outbox(kit, postman, SENDER)  # type: ignore[arg-type]
        before = len(postman.mails)
        asyncio.run(desks.send(outbox, seconds=0.2))
        return postman.mails[before:]

    def act(deed: Callable[..., Any], *arguments: Any) -> Any:
        with rows.engine.begin() as connection:
            addresses.recognise(connection, keys)
            known = addresses.address_of(connection, keys, Secret("rina@example.org"))
            return deed(connection, known, *arguments)

    def links() -> KeyRing:
        with rows.engine.begin() as connection:
            return addresses.link_keys(connection, keys)

    def count() -> Any:
        with rows.engine.connect() as connection:
            return audit(connection)

    return SimpleNamespace(
        rows=rows,
        links=links,
        kit=kit,
        mailbox=mailbox,
        news=news,
        send=send,
        act=act,
        audit=count,
        plan=lambda: plan(kit),
    )


def link(sent: Mail, path: str) -> str:
    body = re.sub(r"=\r\n", "", sent.message.decode())
    found = re.search(rf"https://pantau\.example/{path}/([\w-]+)", body)
    assert found is not None
    return found[1]


def test_every_mail_carries_its_own_ways_out(world: Any) -> None:
    world.mailbox(), world.mailbox("budi", "budi@example.org")
    one = world.rows.subscription(name="desk", channels=["rina", "budi"])
    two = world.rows.subscription(name="other", channels=["rina"])
    world.news(), world.plan()
    sent = {mail.recipient: mail for mail in world.send(Postman())}
    hers, his = sent["rina@example.org"], sent["budi@example.org"]
    right = read_leave(world.links(), link(hers, "u"))
    assert right is not None
    assert right.subscriptions == (one, two)
    assert read_manage(world.links(), link(hers, "manage")) == right.address
    assert f"List-Id: <subscription-{one}.pantau.example.org>\r\n".encode() in hers.message
    other = read_leave(world.links(), link(his, "u"))
    assert other is not None
    assert (other.address == right.address, other.subscriptions) == (False, (one,))


def test_who_leaves_hears_nothing_more_and_the_ledger_says_why(world: Any) -> None:
    world.mailbox()
    world.rows.subscription(name="desk", channels=["rina"])
    world.news(), world.plan()
    world.act(consent.leave, ["desk"], "page")
    assert world.rows.all(STATES) == [("suppressed", "unsubscribed")]
    world.news(), world.plan()
    assert world.send(Postman()) == []
    assert world.rows.all("SELECT suppressed FROM alerts") == [("unsubscribed",)] * 2
    assert (world.audit().sound, world.audit().suppressed) == (True, 2)
    world.act(consent.rejoin, ["desk"])
    world.news(), world.plan()
    assert len(world.send(Postman())) == 1


def test_what_others_want_goes_on_without_who_left(world: Any) -> None:
    world.mailbox(), world.mailbox("budi", "budi@example.org")
    world.rows.subscription(name="desk", channels=["rina", "budi"])
    world.rows.subscription(name="other", channels=["rina"])
    world.news(), world.plan()
    world.act(consent.leave, ["desk"], "one_click")
    mails = world.send(Postman())
    assert {mail.recipient for mail in mails} == {"rina@example.org", "budi@example.org"}
    hers = next(mail for mail in mails if mail.recipient.startswith("rina"))
    assert b"other" in hers.message
    assert "desk" not in re.sub(r"=\r\n", "", hers.message.decode()).partition("get this because")[2][:60]


def test_a_departure_outlives_the_subscription_and_follows_the_address(world: Any) -> None:
    rina = world.mailbox()
    subscription = world.rows.subscription(name="desk", channels=["rina"])
    world.act(consent.leave, ["desk"], "page")
    world.rows.change("UPDATE subscriptions SET removed_at = now() WHERE id = :id", id=subscription)
    world.rows.subscription(name="desk", channels=["rina"])
    world.news(), world.plan()
    assert world.rows.all("SELECT suppressed FROM alerts") == [("unsubscribed",)]
    sealed = world.kit.keys.seal(Secret("budi@example.org"), "channel:rina:target")
    world.rows.change("UPDATE channels SET target = :t, address = NULL WHERE id = :id", t=sealed, id=rina)
    world.news(), world.plan()
    assert [mail.recipient for mail in world.send(Postman())] == ["budi@example.org"]


def test_a_blocked_address_is_never_written_to_whoever_adds_it(world: Any) -> None:
    world.mailbox()
    world.rows.subscription(name="desk", channels=["rina"])
    world.news(), world.plan()
    world.act(consent.block, "recipient")
    assert world.rows.all(STATES) == [("suppressed", "address_blocked")]
    world.rows.change("UPDATE channels SET removed_at = now()")
    world.mailbox("somebody", "RINA@example.org", created_at=datetime.now(UTC))
    world.rows.subscription(name="anew", channels=["somebody"])
    world.news(), world.plan()  # the channel's address is not known yet: the send desk looks at it once more
    assert world.send(Postman()) == []
    world.news(), world.plan()
    assert world.send(Postman()) == []
    assert world.rows.all("SELECT DISTINCT suppressed FROM alerts") == [("address_blocked",)]
    assert world.audit().sound


def test_what_an_operator_blocks_the_owner_can_make_their_own(world: Any) -> None:
    for by, found in (("operator", "operator"), ("recipient", "recipient"), ("operator", "recipient")):
        world.act(consent.block, by)
        assert world.rows.one("SELECT blocked_by FROM addresses") == found


def test_an_invited_mailbox_gets_one_mail_that_asks_and_nothing_else_before_a_yes(
    world: Any, keys: KeyRing
) -> None:
    rina = world.mailbox(declared=False, options={"language": "id"})
    world.rows.subscription(name="desk", channels=["rina"])
    world.act(lambda connection, address: confirmations.ask(connection, ChannelId(rina), address))
    postman = Postman()
    for _ in range(3):
        world.news(), world.plan(), world.send(postman)
    (asking,) = postman.mails
    assert "Seseorang di pantau.example" in postman.text
    assert "NATO" in postman.text
    assert b"List-Unsubscribe" not in asking.message
    assert {row[0] for row in world.rows.all(STATES)} == {"held"}
    assert {row[1].rpartition(": ")[2] for row in world.rows.all(STATES)} == {"not_confirmed"}
    right = read_confirm(world.links(), link(asking, "confirm"))
    assert right is not None
    with world.rows.engine.begin() as connection:
        consent.confirm(connection, right[0])
    while world.send(postman):
        pass
    assert {row[0] for row in world.rows.all(STATES)} == {"sent"}
    assert len(postman.mails) == 4
    assert world.audit().sound


def test_what_nobody_confirms_in_48_hours_ends_with_that_reason(world: Any) -> None:
    rina = world.mailbox(declared=False)
    world.rows.subscription(name="desk", channels=["rina"])
    world.act(lambda connection, address: confirmations.ask(connection, ChannelId(rina), address))
    postman = Postman()
    world.news(), world.plan(), world.send(postman)
    world.rows.change("UPDATE confirmations SET expires_at = now()")
    world.send(postman)
    assert world.rows.all(STATES) == [("suppressed", "not_confirmed")]
    world.news(), world.plan(), world.send(postman)
    assert len(postman.mails) == 1
    assert world.rows.all("SELECT suppressed FROM alerts") == [("not_confirmed",)] * 2
    assert world.audit().sound


def test_a_mailbox_that_was_never_asked_hears_nothing(world: Any) -> None:
    world.mailbox(declared=False)
    world.rows.subscription(name="desk", channels=["rina"])
    world.news(), world.plan()
    assert world.send(Postman()) == world.send(Postman()) == []
    assert world.rows.all(STATES) == [("suppressed", "not_confirmed")]


def test_three_times_a_day_is_the_most_that_anybody_is_asked(world: Any) -> None:
    rina = ChannelId(world.mailbox(declared=False))
    ask = lambda connection, address: confirmations.ask(connection, rina, address)  # noqa: E731
    assert [world.act(ask) for _ in range(5)] == [True, True, True, False, False]
    world.rows.change("UPDATE confirmations SET created_at = now() - interval '25 hours'")
    assert world.act(ask)


ASKED = {
    "accepted": (ACCEPTED, ("sent", "accepted", False)),
    "answer lost": (MailReply("dot", 0, "gone"), ("unknown", "answer_lost", False)),
    "greylisted": (MailReply("rcpt", 451, "4.7.1 greylisted"), ("due", "greylisted", True)),
    "nobody there": (MailReply("rcpt", 550, "5.1.1 no such user"), ("failed", "recipient_refused", False)),
    "relay is down": (MailReply("connect", 0, "refused"), ("due", "no_answer_at_connect", True)),
    "relay refuses us": (MailReply("login", 535, "5.7.8 no"), ("due", "login_refused", True)),
    "content refused": (MailReply("dot", 554, "5.7.1 spam"), ("failed", "refused_by_policy", False)),
}


@pytest.mark.parametrize(("answer", "row"), ASKED.values(), ids=ASKED.keys())
def test_what_becomes_of_the_mail_that_asks(world: Any, answer: MailReply, row: tuple[Any, ...]) -> None:
    rina = world.mailbox(declared=False)
    world.act(lambda connection, address: confirmations.ask(connection, ChannelId(rina), address))
    world.send(Postman(answer))
    found = world.rows.one(
        "SELECT state, reason, due_at > now() + interval '55 seconds', "
        "due_at < now() + interval '7 minutes' FROM confirmations"
    )
    assert found == (*row, True)
    assert len(world.send(Postman())) == 0


def test_a_mail_that_asks_is_not_sent_twice_where_its_sender_vanished(world: Any) -> None:
    rina = world.mailbox(declared=False)
    world.act(lambda connection, address: confirmations.ask(connection, ChannelId(rina), address))
    with world.rows.engine.begin() as connection:
        assert len(confirmations.claim(connection, 5)) == 1
    world.rows.change("UPDATE confirmations SET lease_until = now()")
    assert world.send(Postman()) == []
    assert world.rows.one("SELECT state, reason FROM confirmations") == ("unknown", "sender_vanished")


def test_whoever_says_never_before_is_not_even_asked(world: Any) -> None:
    rina = world.mailbox(declared=False)
    world.act(lambda connection, address: confirmations.ask(connection, ChannelId(rina), address))
    world.act(consent.block, "recipient")
    assert world.send(Postman()) == []
    assert world.rows.one("SELECT state, reason FROM confirmations") == ("failed", "address_blocked")


def test_a_pause_gathers_what_comes_in_one_mail_at_its_end(world: Any) -> None:
    world.mailbox()
    world.rows.subscription(name="desk", channels=["rina"])
    world.news(), world.plan()
    until = datetime.now(UTC) + timedelta(days=1)
    world.act(consent.rest, until)
    world.news(), world.news(), world.plan()
    assert world.send(Postman()) == []
    assert world.rows.all("SELECT state, kind, due_at = :u FROM deliveries ORDER BY id", u=until) == [
        ("held", "article", False),
        ("collecting", "quiet", True),
    ]
    assert world.rows.one("SELECT probe_at FROM circuits") == pytest.approx(until, abs=timedelta(seconds=5))
    assert world.rows.all("SELECT DISTINCT reason FROM alerts WHERE delivery_id = 2") in (
        [("resting",)],
        [("joined",), ("resting",)],
    )
    world.act(consent.rest, None)
    postman = Postman()
    while world.send(postman):
        pass
    assert len(postman.mails) == 2
    assert {row[0] for row in world.rows.all(STATES)} == {"sent"}


def test_a_mailbox_that_refuses_on_three_days_is_left_alone_for_a_day(world: Any) -> None:
    world.mailbox()
    world.rows.subscription(name="desk", channels=["rina"])
    spam = Postman(MailReply("dot", 554, "5.7.1 looks like spam"))
    for _ in range(3):
        world.news(), world.plan(), world.send(spam)
        world.rows.change("UPDATE channels SET bounced_on = bounced_on - 1")
    assert world.rows.all(STATES) == [
        ("failed", "refused: refused_by_policy"),
        ("failed", "refused: refused_by_policy"),
        ("held", "channel_blocked: keeps_bouncing"),
    ]
    assert world.rows.one("SELECT probe_at > now() + interval '23 hours' FROM circuits")
    world.news(), world.plan()
    assert world.send(spam) == []


def test_one_dead_mailbox_one_greylisted_and_the_third_is_none_the_worse(world: Any) -> None:
    for name in ("dead", "grey", "fine"):
        world.mailbox(name, f"{name}@example.org")
    world.rows.subscription(name="desk", channels=["dead", "grey", "fine"])

    class Choosy(Postman):
        def send(self, mail: Mail) -> MailReply:
            self.mails.append(mail)
            if mail.recipient.startswith("dead"):
                return MailReply("rcpt", 550, "5.1.1 no such user")
            grey = mail.recipient.startswith("grey")
            return MailReply("rcpt", 451, "4.7.1 greylisted") if grey else ACCEPTED

    world.news(), world.plan(), world.send(Choosy())
    assert world.rows.all(
        "SELECT c.name, d.state, d.reason, d.attempts FROM deliveries d JOIN channels c ON c.id = d.channel_id "
        "ORDER BY c.name"
    ) == [
        ("dead", "held", "channel_blocked: recipient_refused", 0),
        ("fine", "sent", "accepted: 2.0.0 taken", 1),
        ("grey", "waiting", "asked_to_wait: greylisted", 1),
    ]
    circuit, wait = world.rows.one("SELECT name, extract(epoch FROM probe_at - now())::float FROM circuits")
    assert circuit.startswith("channel:")
    assert wait == pytest.approx(86400, rel=0.01)
    assert world.rows.one(
        "SELECT extract(epoch FROM due_at - now())::float FROM deliveries WHERE state = 'waiting'"
    ) == pytest.approx(300, abs=5)
    world.rows.change("UPDATE deliveries SET due_at = now() WHERE state = 'waiting'")
    assert [mail.recipient for mail in world.send(Postman())] == ["grey@example.org"]
    assert world.rows.one("SELECT state, attempts FROM deliveries WHERE attempts = 2") == ("sent", 2)


def test_when_the_relay_denies_us_no_address_is_blamed(world: Any) -> None:
    for name in ("rina", "budi"):
        world.mailbox(name, f"{name}@example.org")
    world.rows.subscription(name="desk", channels=["rina", "budi"])
    world.news(), world.plan()
    world.send(Postman(MailReply("rcpt", 554, "5.7.1 <x>: Relay access denied")))
    assert world.rows.all("SELECT name FROM circuits") == [("sender:smtp",)]
    assert world.rows.one("SELECT sum(bounces) FROM channels") == 0


def test_who_holds_doubtful_mails_gets_no_copy_and_who_does_not_gets_the_same_id(world: Any) -> None:
    world.mailbox(), world.mailbox("budi", "budi@example.org")
    world.rows.subscription(name="resend", channels=["rina"])
    world.rows.subscription(name="hold", channels=["budi"], on_doubt="hold")
    world.news(), world.plan()
    lost = Postman(MailReply("dot", 0, "gone"))
    world.send(lost)
    world.rows.change("UPDATE deliveries SET due_at = now() WHERE state = 'waiting'")
    (copy,) = world.send(lost)
    ids = {
        re.search(rb"Message-ID: (\S+)", mail.message)[1]
        for mail in lost.mails
        if mail.recipient == copy.recipient
    }  # type: ignore[index]
    assert (copy.recipient, len(ids)) == ("rina@example.org", 1)


def test_what_owners_said_and_their_links_outlive_every_key_that_seals(rows: Any) -> None:
    old, new = KeyRing.of(("the key of last year, long enough",)), KeyRing.of(("the key of this year, long",))
    with rows.engine.begin() as connection:
        before = addresses.address_of(connection, old, Secret("Rina@Example.org"))
        token = manage_token(addresses.link_keys(connection, old), before)
        for name, sealed in connection.execute(text("SELECT name, sealed FROM kept_secrets")).all():
            assert before not in sealed
            fresh = new.seal(old.open(sealed, f"kept:{name}"), f"kept:{name}")
            asked = {"sealed": fresh, "name": name}
            connection.execute(text("UPDATE kept_secrets SET sealed = :sealed WHERE name = :name"), asked)
        assert addresses.address_of(connection, new, Secret("rina@example.org")) == before
        assert read_manage(addresses.link_keys(connection, new), token) == before


def test_a_key_that_does_not_open_holds_the_mail_and_says_so(world: Any) -> None:
    world.mailbox()
    world.rows.subscription(name="desk", channels=["rina"])
    world.act(lambda connection, address: None)
    world.rows.change("UPDATE kept_secrets SET sealed = 'v1:AAAA'")
    world.news(), world.plan()
    assert world.send(Postman()) == []
    assert world.rows.all(STATES) == [("held", "channel_blocked: secret_not_opened")]
