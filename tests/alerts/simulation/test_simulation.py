"""Thousands of alerts on a bad day, told by the real desk to receivers on loopback: what each got in the end."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from ops.store.audit import audit

pytestmark = pytest.mark.servers

SEEDS = (1, 2, 3)
SENDERS = {1: 2, 2: 1, 3: 1}

_HUNG_ON = """
    SELECT d.key::text, r.remote_id FROM deliveries d LEFT JOIN deliveries r ON r.id = d.thread_of
    WHERE d.state = 'sent'
"""


_SENT = """
    SELECT count(*) FROM delivery_articles da JOIN deliveries d ON d.id = da.delivery_id WHERE d.state = 'sent'
"""

_CARRIED = "SELECT delivery_id, count(*)::int FROM delivery_articles GROUP BY 1"


def ledger(rows):
    with rows.engine.connect() as connection:
        return audit(connection)


def states(rows):
    return dict(rows.all("SELECT state, count(*)::int FROM deliveries GROUP BY 1"))


def keys(rows):
    return {key for (key,) in rows.all("SELECT key::text FROM deliveries WHERE state = 'sent'")}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slack_bot_hears_everything_once(world, rows, fill, seed):
    w = world(seed)
    alerts = fill("slack_bot", [f"C0DESK{n:05}" for n in range(8)], 15, credential="slack")
    w.live(senders=SENDERS[seed])
    found = ledger(rows)
    assert (found.alerts, found.sent, found.lost, found.doubled) == (alerts, alerts, 0, 0)
    assert found.possible_repeats == 0
    heard = Counter(m.payload["metadata"]["event_payload"]["d"] for m in (*w.slack.roots, *w.slack.replies))
    assert set(heard) == keys(rows)
    assert set(heard.values()) == {1}
    threads = {
        m.payload["metadata"]["event_payload"]["d"]: m.thread for m in (*w.slack.roots, *w.slack.replies)
    }
    assert threads == dict(rows.all(_HUNG_ON))
    assert w.dice.thrown["lost"] + w.dice.thrown["fatal"] + w.dice.thrown["killed"] > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_a_webhook_that_knows_its_ids_hears_everything_once(world, rows, fill, seed):
    w = world(seed)
    alerts = fill("webhook", [f"{w.urls['webhook']}/{n}" for n in range(8)], 15)
    w.live(senders=SENDERS[seed])
    found = ledger(rows)
    assert (found.alerts, found.sent, found.lost, found.doubled) == (alerts, alerts, 0, 0)
    assert found.possible_repeats == 0
    assert set(w.webhook.heard) == keys(rows)
    assert w.webhook.asked > len(w.webhook.heard), "no answer was lost"


KINDS = {
    "a Slack hook, resend": ("slack_webhook", "resend"),
    "a Slack hook, hold": ("slack_webhook", "hold"),
    "a mailbox, resend": ("email", "resend"),
    "a mailbox, hold": ("email", "hold"),
}


@pytest.mark.parametrize(("kind", "on_doubt"), KINDS.values(), ids=KINDS.keys())
def test_who_cannot_be_asked_misses_nothing_and_hears_twice_only_what_says_so(
    world, rows, fill, kind, on_doubt
):
    w = world(4)
    if kind == "email":
        places, facts = [f"rina@desk{n}.example" for n in range(6)], {"credential": "smtp"}
        assert w.urls["mail"]
    else:
        places, facts = [f"{w.urls['hooks']}/services/T0/B{n}/hush" for n in range(6)], {}
    alerts = fill(kind, places, 10, on_doubt, **facts)
    w.live()
    found = ledger(rows)
    assert (found.alerts, found.sent + found.in_doubt) == (alerts, alerts)
    assert (found.lost, found.doubled, found.failed, found.expired) == (0, 0, 0, 0)
    deliveries = rows.all("SELECT id, state, possible_repeat FROM deliveries")
    carried = dict(rows.all(_CARRIED))  # one, or many where what a pause held back went out in one message
    unsure = {of for (of,) in rows.all("SELECT DISTINCT delivery_id FROM attempts WHERE verdict = 'unsure'")}
    repeated = {of for of, _, repeat in deliveries if repeat}
    told, twice, marked = _twice(w, kind)
    assert told >= rows.one(_SENT), "it counts as sent, and nobody has it"
    assert twice <= sum(carried[of] for of in repeated)
    assert found.possible_repeats == sum(repeat and state == "sent" for _, state, repeat in deliveries)
    if on_doubt == "hold":
        assert (repeated, marked, found.in_doubt) == (set(), 0, 3 * sum(carried[of] for of in unsure))
    else:
        assert repeated == unsure != set()
        assert twice > 0


def _twice(w, kind):
    """How many articles came at all and how many twice, to each place, and how many copies say that they may be one:
    every second one does, and there is no third."""
    messages = w.post.accepted if kind == "email" else w.hooks.accepted
    told, marked = Counter(), Counter()
    for message in messages:
        place = message.envelope.recipients[0] if kind == "email" else message.hook
        said = message.text if kind == "email" else json.dumps(message.payload)
        for link in set(re.findall(r"https://feed\.example/\d+", said)):
            told[place, link] += 1
            marked[place, link] += "possible repeat" in message.text.lower()
    for of, number in told.items():
        assert number <= 2, of
        assert number - marked[of] <= 1, of
    return len(told), sum(number == 2 for number in told.values()), sum(marked.values())
