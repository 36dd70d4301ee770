"""Open circuits: what is behind one is held, one probe at a time goes through, and all follow in their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.store import circuits, tidying
from alerts.store import deliveries as store

pytestmark = pytest.mark.servers

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=1)
AGO = NOW - timedelta(minutes=5)


@pytest.fixture
def mail(rows):
    """Makes deliveries to mailboxes, which share the credential "smtp"."""
    feed, topic, subscription, boxes = rows.feed(), rows.topic(), rows.subscription(), {}

    def make(box="rina", **facts):
        if box not in boxes:
            boxes[box] = rows.channel(box, kind="email", credential="smtp")
        return rows.announced(boxes[box], subscription, topic, feed, **facts)

    make.boxes = boxes
    return make


@pytest.fixture
def do(database):
    """Calls a function of the store in a transaction of its own."""

    def call(function, *arguments, **facts):
        with database.begin() as connection:
            return function(connection, *arguments, **facts)

    return call


def opened(do, name="sender:smtp", probe_at=SOON, probes=0):
    do(circuits.open_circuit, name, "login_refused", probe_at, probes)


def round_of(do):
    """One look of the send desk: ids of what it may send."""
    do(tidying.tidy)
    return [due.id for due in do(store.claim_due, 20)]


def states(rows):
    return [row[0] for row in rows.all("SELECT state FROM deliveries ORDER BY id")]


def test_what_is_due_behind_an_open_circuit_is_held_with_its_reason(rows, mail, do):
    mail(), mail("sari"), mail(due_at=SOON, state="collecting")
    opened(do)
    assert round_of(do) == []
    held = rows.all("SELECT state, held_by, reason FROM deliveries ORDER BY id")
    assert held == [("held", "sender:smtp", "login_refused")] * 2 + [("collecting", None, None)]


def test_other_channels_are_not_stopped(rows, mail, do):
    mail(), mail("sari")
    opened(do, f"channel:{mail.boxes['rina']}")
    assert round_of(do) == [2]
    assert states(rows) == ["held", "sending"]


def test_nothing_passes_between_two_looks(rows, mail, do):
    mail(), mail("sari")
    do(tidying.tidy)
    opened(do, probe_at=AGO)
    assert do(store.claim_due, 20) == []


def test_one_probe_goes_at_its_time_and_no_other_until_its_answer_is_there(rows, mail, do):
    for box in ("rina", "sari", "dewi"):
        mail(box), mail(box)
    opened(do, probe_at=AGO, probes=3)
    do(tidying.tidy)
    do(tidying.tidy)  # a second worker looks at the same moment
    (probe,) = do(store.claim_due, 20)
    assert (probe.id, probe.circuit, probe.probes) == (1, "sender:smtp", 3)
    assert round_of(do) == []
    do(store.settle, probe, {"state": "held", "held_by": "sender:smtp", "due_at": SOON})
    opened(do, probe_at=SOON, probes=4)
    assert round_of(do) == []
    assert states(rows) == ["held"] * 6


def test_a_closed_circuit_lets_everything_through_in_its_old_order(rows, mail, do):
    first, second, third = mail(), mail(), mail()
    opened(do)
    do(tidying.tidy)
    rows.change(
        "UPDATE deliveries SET due_at = :soon WHERE id = :first", soon=SOON, first=first
    )  # blocked itself
    assert do(circuits.close_circuit, "sender:smtp")
    order = []
    while claimed := do(store.claim_due, 20):
        order += [due.id for due in claimed]
        do(store.settle, claimed[0], {"state": "sent"})
    assert order == [first, second, third]
    assert rows.all("SELECT DISTINCT held_by FROM deliveries") == [(None,)]


def test_a_circuit_that_somebody_removed_holds_nothing_any_more(rows, mail, do):
    mail()
    opened(do)
    assert round_of(do) == []
    rows.change("DELETE FROM circuits")
    assert round_of(do) == [1]


def test_closing_what_is_not_open_says_so(do):
    assert not do(circuits.close_circuit, "sender:smtp")
    opened(do)
    assert not do(circuits.close_circuit, "sender:smtp", opened_for="smtp_not_configured")
    assert do(circuits.close_circuit, "sender:smtp", opened_for="login_refused")


def test_opening_it_again_keeps_the_time_of_the_first_opening(rows, do):
    opened(do)
    since = rows.one("SELECT opened_at FROM circuits")
    opened(do, probes=1)
    assert rows.one("SELECT opened_at, probes FROM circuits") == (since, 1)


def test_being_held_costs_no_patience(rows, mail, do):
    mail()
    opened(do)
    do(tidying.tidy)
    rows.change("UPDATE deliveries SET expires_at = :ago", ago=AGO)
    do(tidying.tidy)
    assert states(rows) == ["held"]
    do(circuits.close_circuit, "sender:smtp")
    assert round_of(do) == [1]
    assert rows.one("SELECT expires_at > now() + interval '23 hours' FROM deliveries")


def test_a_probe_whose_patience_is_over_still_goes(rows, mail, do):
    mail()
    opened(do)
    do(tidying.tidy)
    rows.change("UPDATE deliveries SET expires_at = :ago", ago=AGO)
    opened(do, probe_at=AGO)
    assert round_of(do) == [1]


def test_two_bundles_of_one_key_are_held_and_released_without_colliding(rows, mail, do):
    for _ in range(2):
        mail(kind="backlog", bundle="backlog:1", rank=1)
        opened(do)
        do(tidying.tidy)
    assert do(circuits.close_circuit, "sender:smtp")
    assert round_of(do) == [1]


def test_the_sender_is_probed_before_the_channel(rows, mail, do):
    mail()
    opened(do, f"channel:{mail.boxes['rina']}", probe_at=AGO)
    opened(do, "sender:smtp", probe_at=SOON)
    assert round_of(do) == []
    assert rows.one("SELECT held_by FROM deliveries") == "sender:smtp"
    opened(do, "sender:smtp", probe_at=AGO)
    do(tidying.tidy)
    (probe,) = do(store.claim_due, 20)
    assert probe.circuit == "sender:smtp"


def test_a_probe_of_a_channel_waits_while_the_sender_is_blocked_and_goes_then(rows, mail, do):
    mail()
    opened(do, f"channel:{mail.boxes['rina']}", probe_at=AGO)
    do(tidying.tidy)
    opened(do, "sender:smtp", probe_at=SOON)
    assert round_of(do) == []
    do(circuits.close_circuit, "sender:smtp")
    assert round_of(do) == [1]


def test_a_paused_channel_gives_no_probe_for_the_others(rows, mail, do):
    mail(), mail("sari")
    rows.change("UPDATE channels SET pause_until = :soon WHERE name = 'rina'", soon=SOON)
    opened(do, probe_at=AGO)
    assert round_of(do) == [2]


def test_a_probe_whose_sender_vanished_is_still_the_probe(rows, mail, do):
    mail(), mail()
    opened(do, probe_at=AGO)
    do(tidying.tidy)
    do(store.claim_due, 20, lease_s=0)
    ((due, begun),) = do(store.claim_abandoned)
    assert not begun
    do(store.settle, due, {"state": "waiting"})
    assert round_of(do) == [1]
