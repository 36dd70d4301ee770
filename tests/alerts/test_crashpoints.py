"""A sender is killed for real at every named point: what the ledger makes of what it left behind."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import signal
import subprocess
import sys

import pytest

from alerts.desks.send import Outbox, send
from ops.newsroom import SlackSink, running
from ops.newsroom.slack_api import SlackApi
from worker.http import Web
from worker.secrets import Secret

pytestmark = pytest.mark.servers

DESK = "C0DESK00000"
# A process with everything loaded, whose forks send what is due with the tools of an installation, until they die.
SENDERS = """
import asyncio, json, os, sys
from alerts.desks.send import send
from ops.outbox import make_outbox
from ops.tools import make_kit
from worker import crashpoint
from worker.settings import from_env

async def once(settings):
    kit = make_kit(settings)
    async with kit.web:
        await send(make_outbox(settings, kit), seconds=5)

for line in sys.stdin:
    environ = json.loads(line)
    child = os.fork()
    if child == 0:
        crashpoint._name = environ["PANTAU_CRASH_AT"]
        asyncio.run(once(from_env(environ)))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def senders():
    """Lets one of them send in this environment; returns how it ended."""
    command = [sys.executable, "-P", "-c", SENDERS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=os.getcwd()) as process:

        def run(environ):
            process.stdin.write(json.dumps(environ) + "\n")
            process.stdin.flush()
            *_, ended = iter(process.stdout.readline().split())
            return int(ended)

        yield run
        process.stdin.close()


@pytest.fixture
def slack():
    """A Slack for hooks and one for bots, and where they are."""
    hooks, api = SlackSink(), SlackApi()
    with running(hooks.app()) as at_hooks, running(api.app()) as at_api:
        yield hooks, api, f"{at_hooks}/services/T0/B0/hush", f"{at_api}/api"


@pytest.fixture
def sender_dies(settings, slack, senders):
    """Lets a process of its own send until it dies at this point."""

    def run(point):
        _, api, _, at = slack
        environ = {
            "HOME": str(settings.data_dir),
            "PANTAU_DATABASE_URL": settings.database_url.reveal(),
            "PANTAU_SECRET_KEY": settings.secret_keys[0].reveal(),
            "PANTAU_DATA_DIR": str(settings.data_dir),
            "PANTAU_ALLOW_NETS": "127.0.0.0/8",
            "PANTAU_SLACK_API": at,
            "PANTAU_SLACK_TOKEN": api.token,
            "PANTAU_LOG_LEVEL": "error",
            "PANTAU_CRASH_AT": point,
        }
        assert senders(environ) == -signal.SIGKILL

    return run


@pytest.fixture
def another_sends(kit, rows, clock, slack):
    """Another sender takes over; leases, waits and looks are over when it comes to them."""

    def run(rounds=5):
        _, api, _, at = slack

        async def work():
            loopback = (ipaddress.ip_network("127.0.0.0/8"),)
            async with Web(allow=loopback, vouched=(at,)) as kit.web:
                outbox = Outbox(kit, None, {"slack_api": at}, tokens={"slack": Secret(api.token)})
                for _ in range(rounds):
                    rows.change(
                        "UPDATE deliveries SET lease_until = 'epoch' WHERE state IN ('sending', 'unknown')"
                    )
                    rows.change("UPDATE deliveries SET due_at = now() WHERE state IN ('waiting', 'unknown')")
                    rows.change("UPDATE attempts SET ended_at = ended_at - interval '1 minute'")
                    await send(outbox, seconds=0.2)

        asyncio.run(work())

    return run


# point: what is left behind (state, an attempt is open), copies, and whether the delivery says that it may be one
NOT_YET = ("sending", False)
BEGUN = ("sending", True)
TABLE = {
    "a hook, killed after the claim": ("slack_webhook", "after_claim", NOT_YET, 1, False),
    "a hook, killed before the post": ("slack_webhook", "before_post", BEGUN, 1, True),
    "a hook, killed after the post": ("slack_webhook", "after_post", BEGUN, 2, True),
    "a hook, killed before the commit": ("slack_webhook", "before_settle", BEGUN, 2, True),
    "a hook, killed after the commit": ("slack_webhook", "after_settle", ("sent", False), 1, False),
    "a bot, killed after the claim": ("slack_bot", "after_claim", NOT_YET, 1, False),
    "a bot, killed before the post": ("slack_bot", "before_post", BEGUN, 1, False),
    "a bot, killed after the post": ("slack_bot", "after_post", BEGUN, 1, False),
    "a bot, killed before the commit": ("slack_bot", "before_settle", BEGUN, 1, False),
}


@pytest.mark.parametrize(("kind", "point", "left", "copies", "repeat"), TABLE.values(), ids=TABLE.keys())
def test_whatever_a_killed_sender_leaves_behind_is_told_once_or_says_that_it_may_be_a_repeat(
    rows, slack, sender_dies, another_sends, kind, point, left, copies, repeat
):
    hooks, api, hook, _ = slack
    facts = {"to": DESK, "credential": "slack"} if kind == "slack_bot" else {"to": hook}
    rows.announced(rows.channel(kind=kind, **facts), rows.subscription(), rows.topic(), rows.feed())
    sender_dies(point)
    open_attempt = "EXISTS (SELECT FROM attempts WHERE ended_at IS NULL)"
    assert rows.one(f"SELECT state, {open_attempt} FROM deliveries") == left
    another_sends()
    assert rows.one("SELECT state, possible_repeat FROM deliveries") == ("sent", repeat)
    assert len(hooks.accepted) + len(api.standing(DESK)) == copies
    assert ["Possible repeat" in message.text for message in hooks.accepted[-1:]] == [repeat][
        : len(hooks.accepted)
    ]


def test_a_look_that_was_cut_off_is_made_again(rows, slack, sender_dies, another_sends):
    _, api, _, _ = slack
    desk = rows.channel(kind="slack_bot", to=DESK, credential="slack")
    rows.announced(desk, rows.subscription(), rows.topic(), rows.feed())
    sender_dies("after_post")
    rows.change("UPDATE deliveries SET lease_until = 'epoch'")
    another_sends(rounds=1)  # finds the doubt
    rows.change("UPDATE deliveries SET due_at = now()")
    sender_dies("after_look")
    assert rows.one("SELECT state, looks, lease_until > now() FROM deliveries") == ("unknown", 0, True)
    another_sends()
    assert rows.one("SELECT state, reason, possible_repeat FROM deliveries")[0::2] == ("sent", False)
    assert len(api.standing(DESK)) == 1


def test_a_point_is_reached_as_often_as_was_said():
    points = "c('b'); c('a'); print('on', flush=True); c('b'); print('further')"
    script = f"from worker.crashpoint import crashpoint as c; {points}"
    environ = {**os.environ, "PANTAU_CRASH_AT": "b:2"}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        cwd=os.getcwd(),
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "on\n")
