"""The send desk, the door and Slack's Web API together: what stands in the channel in the end."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from alerts.channel import Absent, Doubt, Found, More
from alerts.channels import channels
from alerts.desks import send as desks
from alerts.store import people
from ops.newsroom import SlackSink, running
from ops.newsroom.script import Complain, Garble, HangUp, Refuse, Script
from ops.newsroom.slack_api import SlackApi
from worker.http import Web
from worker.secrets import Secret

pytestmark = pytest.mark.servers

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
DESK = "C0DESK00000"


@pytest.fixture
def made(rows):
    """Makes announced articles for a Slack channel."""
    feed, topic, subscription, known = rows.feed(), rows.topic(), rows.subscription(), {}

    def make(name=DESK, **facts):
        if name not in known:
            known[name] = rows.channel(name, to=name, kind="slack_bot", credential="slack")
        return rows.announced(known[name], subscription, topic, feed, **facts)

    return make


@pytest.fixture
def send(kit, rows):
    """Lets the send desk work against a Slack; everything that waits is due at once."""

    def run(api, *, token=True, rounds=1):
        with running(api.app()) as url:
            tokens = (
                {"slack": Secret(api.token)} if token is True else {"slack": Secret(token)} if token else {}
            )

            async def once():
                async with Web(vouched=(f"{url}/api",)) as kit.web:
                    outbox = desks.Outbox(kit, None, {"slack_api": f"{url}/api"}, tokens=tokens)
                    for _ in range(rounds):
                        await desks.send(outbox, seconds=0.3)
                        rows.change("UPDATE deliveries SET due_at = now() WHERE state = 'waiting'")
                        rows.change("UPDATE channels SET pause_until = 'epoch'")

            asyncio.run(once())
        return api

    return run


def test_what_is_sent_is_named_by_slacks_ts(rows, made, send):
    made()
    api = send(SlackApi())
    (message,) = api.standing(DESK)
    assert rows.one("SELECT state, remote_id FROM deliveries") == ("sent", message.ts)
    assert message.payload["metadata"]["event_payload"] == {"d": str(rows.one("SELECT key FROM deliveries"))}


def test_without_a_token_everything_is_held_for_that_reason_and_goes_once_there_is_one(rows, made, send):
    made(), made("C0OTHER0000")
    api = SlackApi()
    send(api, token=False, rounds=2)
    assert api.calls == ()
    assert rows.all("SELECT state, held_by, attempts FROM deliveries") == [("held", "sender:slack", 0)] * 2
    assert rows.one("SELECT reason FROM circuits") == "slack_not_configured"
    send(api, rounds=2)
    assert rows.all("SELECT state FROM deliveries") == [("sent",)] * 2
    assert rows.all("SELECT name FROM circuits") == []


def test_a_token_that_slack_refuses_stops_everything_after_one_request_and_fails_nothing(rows, made, send):
    for n in range(30):
        made(f"C0DESK0000{n % 3}")
    api = SlackApi()
    send(api, token="xoxb-revoked", rounds=3)
    first = len(api.calls)
    assert 1 <= first <= 3  # one for each channel that was being sent to
    for tried in (1, 2):
        rows.change("UPDATE circuits SET probe_at = now()")
        send(api, token="xoxb-revoked", rounds=2)
        assert len(api.calls) == first + tried
    assert {call.word for call in api.calls} == {"invalid_auth"}
    assert rows.all("SELECT DISTINCT state, attempts FROM deliveries") == [("held", 0)]
    assert rows.one("SELECT name, reason FROM circuits") == ("sender:slack", "invalid_auth")


PAUSES = ["30", "1.5", "Mon, 23 Nov 2026 07:05:00 GMT", "-1", "99999999", "soon", ""]


@pytest.mark.parametrize("pause", PAUSES)
def test_too_many_requests_never_hurt_whatever_slack_asks_for(rows, made, send, pause):
    made(), made("C0OTHER0000")
    headers = {"Retry-After": pause} if pause else {}
    api = SlackApi(Script(receivers={DESK: [Garble(429, '{"ok":false,"error":"ratelimited"}', headers)]}))
    send(api)
    waits = rows.one(
        "SELECT extract(epoch FROM d.due_at - a.started_at)::float FROM attempts a JOIN deliveries d"
        " ON d.id = a.delivery_id WHERE a.verdict = 'later'"
    )
    assert waits <= 3601
    assert len(api.standing("C0OTHER0000")) == 1
    send(api)
    assert len(api.standing(DESK)) == 1
    assert rows.all("SELECT state FROM deliveries") == [("sent",)] * 2


def test_a_channel_that_is_not_there_is_held_alone_and_follows_in_order_once_it_is_back(rows, made, send):
    for _ in range(3):
        made()
    made("C0OTHER0000")
    api = SlackApi(rooms={DESK: "gone"})
    send(api, rounds=2)
    assert rows.all("SELECT state FROM deliveries ORDER BY id") == [("held",)] * 3 + [("sent",)]
    assert len([call for call in api.calls if call.word == "channel_not_found"]) == 1
    api.rooms[DESK] = "open"
    rows.change("UPDATE circuits SET probe_at = now()")
    send(api, rounds=3)
    told = [message.payload["metadata"]["event_payload"]["d"] for message in api.standing(DESK)]
    assert told == [str(key) for (key,) in rows.all("SELECT key FROM deliveries ORDER BY id LIMIT 3")]


def test_blocks_that_slack_refuses_arrive_as_plain_text_and_are_counted_as_our_fault(rows, made, send):
    made()
    with capture_logs() as logged:
        api = send(SlackApi(Script([Complain("invalid_blocks")])), rounds=2)
    (message,) = api.standing(DESK)
    assert "blocks" not in message.payload
    assert "NATO" in message.text
    assert rows.one("SELECT state, simpler FROM deliveries") == ("sent", 1)
    assert rows.one("SELECT verdict, reason FROM attempts WHERE n = 1") == ("simpler", "invalid_blocks")
    (fault,) = (line for line in logged if line["event"] == "form_refused")
    assert (fault["log_level"], fault["detail"]) == ("error", "invalid_blocks")


LOST = {
    "stored and hung up": HangUp(accepted=True),
    "fatal error, yet stored": Complain("fatal_error", stored=True),
    "a page of HTML, yet stored": Garble(200, "<html>sign in</html>", stored=True),
    "502, yet stored": Garble(502, "<html>Bad Gateway</html>", stored=True),
    "hung up and not stored": HangUp(accepted=False),
    "fatal error": Complain("fatal_error"),
    "a word that nobody knows": Complain("brand_new_error"),
}


@pytest.mark.parametrize("mishap", LOST.values(), ids=LOST.keys())
def test_where_the_answer_is_lost_a_look_tells_whether_the_message_stands(rows, made, send, kit, mishap):
    made()
    api = send(SlackApi(Script([mishap])))
    since, key = rows.one(
        "SELECT started_at, d.key FROM attempts a JOIN deliveries d ON d.id = a.delivery_id"
    )
    channel = channels()["slack_bot"]
    finding = look(api, channel, kit, rows, Doubt(str(key), since, since))
    stands = api.standing(DESK)
    assert finding == (Found(stands[0].ts) if stands else Absent())


def look(api, channel, kit, rows, doubt):
    """Looks as the send desk does, page after page."""
    with running(api.app()) as url, rows.engine.connect() as connection:
        outbox = desks.Outbox(kit, None, {"slack_api": f"{url}/api"}, tokens={"slack": Secret(api.token)})
        row = outbox.in_hand(channel, people.load_channel(connection, 1, kit.keys))

        async def pages(doubt):
            async with Web(vouched=(f"{url}/api",)) as door:
                while True:
                    finding = channel.find(await door.ask(channel.look(doubt, row)), doubt)
                    if not isinstance(finding, More):
                        return finding
                    doubt = Doubt(doubt.key, doubt.since, doubt.until, doubt.thread, finding.cursor)

        return asyncio.run(pages(doubt))


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_message_is_found_behind_many_others_on_a_later_page(rows, made, kit, in_thread):
    made()
    api, channel = SlackApi(), channels()["slack_bot"]
    now = datetime.now(UTC)
    room = api.room(DESK)
    root = room.post({"text": "root"}, now).ts if in_thread else None
    others = [{"text": str(n), "thread_ts": root} for n in range(230)]
    sought = {"metadata": {"event_type": "pantau_alert", "event_payload": {"d": "sought"}}, "thread_ts": root}
    # history begins with the newest message, a thread with the oldest
    posted = [room.post(said, now) for said in ([*others, sought] if in_thread else [sought, *others])]
    (ts,) = (message.ts for message in posted if "metadata" in message.payload)
    assert look(api, channel, kit, rows, Doubt("sought", now, now, thread=root)) == Found(ts)
    assert look(api, channel, kit, rows, Doubt("never said", now, now, thread=root)) == Absent()
    assert len(api.calls) == 6


def test_a_hook_that_answers_with_html_is_not_taken_for_a_yes(rows, kit):
    sink = SlackSink(Script([Garble(200, "<html>sign in</html>"), Refuse(500, "rollup_error")]))
    subscription, topic, feed = rows.subscription(), rows.topic(), rows.feed()
    with running(sink.app()) as url:
        rows.announced(rows.channel(to=f"{url}/services/T/B/x"), subscription, topic, feed)

        async def once():
            async with Web(allow=LOOPBACK) as kit.web:
                for _ in range(3):
                    await desks.send(desks.Outbox(kit, None), seconds=0.2)
                    rows.change("UPDATE deliveries SET due_at = now() WHERE state = 'waiting'")

        asyncio.run(once())
    assert rows.one("SELECT state, possible_repeat FROM deliveries") == ("sent", True)
    assert len(sink.accepted) == 1
