"""Slack calls us over real sockets: buttons and commands do what they say, and forgers get nowhere."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select, text, update

from alerts.store.schema import channels, feedback
from ops.dashboard.context import Context
from ops.dashboard.slack import PATH
from ops.health import checks
from ops.slack.app import SlackApp
from ops.slack.words import WORDS
from tests.ops.dashboard.conftest import Steady, World, serving, the_time
from worker.http import Web
from worker.secrets import KeyRing, Secret
from worker.store.engine import open_engine
from worker.store.schema import articles, stories, topics

pytestmark = pytest.mark.servers

SIGNING = Secret("8f742231b10e8888abcd99yyyzzz85a5")
TOKEN = Secret("xoxb-not-a-real-token")
KEYS = KeyRing.of(("a key for slack calls, long enough",))
TEAM, PLACE, USER = "T01", "C0DESK", "U0RINA"


@dataclass
class Slack:
    """Slack's side: says which team a token belongs to, and takes answers."""

    port: int = 0
    team: str | None = TEAM
    tokens: list[str] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def slack() -> Iterator[Slack]:
    told = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path.endswith("auth.test"):
                told.tokens.append(self.headers["authorization"])
                ours = {"ok": True, "team": "Desk", "team_id": told.team, "user": "pantau", "bot_id": "B1"}
                said = ours if told.team else {"ok": False, "error": "invalid_auth"}
            else:
                told.answers.append(json.loads(body))
                said = {"ok": True}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())
            if not self.path.endswith("auth.test"):
                told.came.set()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


@pytest.fixture
def pantau_address(database, slack) -> Iterator[str]:
    web = Web(allow=(ip_network("127.0.0.0/8"),), vouched=(slack.address + "/api",))
    context = Context(
        engine=open_engine(database),
        checks=checks(open_engine(database, pooled=False), None),
        clock=the_time,
        version="7.8.9",
        keys=KEYS,
        slack=SlackApp(SIGNING, TOKEN, slack.address + "/api", web),
        steady=Steady(),
    )
    with serving(context) as address:
        yield address


@dataclass(frozen=True)
class Scene:
    channel: int
    delivery: int
    key: str
    article: int
    story: int


@pytest.fixture
def scene(engine) -> Scene:
    """NATO was told in the desk's channel, of an article that is part of a story."""
    with engine.begin() as connection:
        world = World(connection, the_time())
        article = world.article(world.feed(), "Perundingan di Kyiv", body="Sekjen NATO tiba di Kyiv.")
        story = world.put(stories, title="Perundingan", first_at=the_time(), last_at=the_time(), articles=3)
        connection.execute(
            update(articles)
            .where(articles.c.id == article)
            .values(story_id=story, identity="https://kabar.example/1")
        )
        hits = [["title", 0, 11, "Perundingan"], *[["body", n, n + 4, "NATO"] for n in range(7)]]
        match = world.match(article, hits, {"field": "body", "text": "Sekjen NATO tiba.", "marks": [[7, 11]]})
        channel = world.channel("desk", credential="slack")
        sealed = KEYS.seal(Secret(PLACE), "channel:desk:target")
        connection.execute(
            update(channels).where(channels.c.id == channel).values(kind="slack_bot", target=sealed)
        )
        connection.execute(update(topics).values(name="NATO"))
        delivery = world.delivery(article, match, channel)
        connection.execute(
            text(
                "UPDATE subscriptions SET topics = ARRAY(SELECT name FROM topics), channels = '{desk}' "
                "WHERE id = (SELECT subscription_id FROM deliveries WHERE id = :id)"
            ),
            {"id": delivery},
        )
        key = connection.execute(text("SELECT key::text FROM deliveries WHERE id = :id"), {"id": delivery})
        return Scene(channel, delivery, key.scalar_one(), article, story)


def signed(body: bytes, *, at: float | None = None, secret: Secret = SIGNING) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.reveal().encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": "v0=" + mac.hexdigest()}


def call(address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)) as connection:
        sent = {"content-type": "application/x-www-form-urlencoded", **headers}
        connection.request("POST", PATH, body, sent)
        answer = connection.getresponse()
        return answer.status, answer.read()


_numbers = iter(range(1_000_000))


def press(slack: Slack, scene: Scene, action: str, **changes: Any) -> bytes:
    payload = {
        "type": "block_actions",
        "trigger_id": str(next(_numbers)),
        "team": {"id": changes.get("team", TEAM)},
        "channel": {"id": changes.get("place", PLACE)},
        "user": {"id": USER},
        "response_url": changes.get("response_url", slack.address + "/actions/1"),
        "actions": [
            {
                "action_id": action,
                "block_id": f"pantau:{changes.get('key', scene.key)}",
                "value": changes.get("value", str(scene.article)),
            }
        ],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


def command(words: str, **changes: str) -> bytes:
    usual = {"command": "/pantau", "text": words, "team_id": TEAM, "channel_id": PLACE, "user_id": USER}
    return urlencode({**usual, "trigger_id": str(next(_numbers)), **changes}).encode()


def answered(slack: Slack) -> dict[str, Any]:
    assert slack.came.wait(10)
    slack.came.clear()
    return slack.answers[-1]


def test_what_people_say_is_kept_and_the_last_word_counts(pantau_address, slack, scene, engine):
    for action in ("not_relevant", "relevant"):
        body = press(slack, scene, action)
        assert call(pantau_address, body, signed(body)) == (200, b"")
        assert answered(slack)["text"] == WORDS["en"][action]
    with engine.connect() as connection:
        said = connection.execute(select(feedback)).one()
    assert (said.article_id, said.channel_id, said.delivery_id) == (
        scene.article,
        scene.channel,
        scene.delivery,
    )
    assert (said.said_by, said.relevant) == (f"slack:{TEAM}/{USER}", True)
    assert slack.tokens == [f"Bearer {TOKEN.reveal()}"]  # asked once


def test_why_names_topic_words_and_places_for_one_reader_only(pantau_address, slack, scene):
    body = press(slack, scene, "why")
    assert call(pantau_address, body, signed(body))[0] == 200
    said = answered(slack)
    assert said["response_type"] == "ephemeral"
    assert "*NATO*: NATO" in said["text"]
    assert "“Perundingan” in the title, letters 1 to 11" in said["text"]
    assert "and 3 more" in said["text"]
    assert "Story: 3 articles." in said["text"]


@pytest.mark.parametrize(("action", "scope"), [("mute_topic", "topic"), ("mute_story", "story")])
def test_a_mute_holds_for_that_channel_and_is_said_aloud(pantau_address, slack, scene, engine, action, scope):
    body = press(slack, scene, action)
    assert call(pantau_address, body, signed(body))[0] == 200
    said = answered(slack)
    assert said["response_type"] == "in_channel"
    assert f"<@{USER}>" in said["text"]
    with engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT * FROM silences")).mappings().all()
    assert (kept["scope"], kept["channel_id"]) == (scope, scene.channel)
    assert kept["until_at"] > the_time() + timedelta(hours=7)


def refusals(slack: Slack, scene: Scene) -> Iterator[tuple[str, bytes, dict[str, str], int]]:
    good = press(slack, scene, "relevant")
    yield "no headers", good, {}, 401
    yield "stamp is no number", good, {**signed(good), "x-slack-request-timestamp": "soon"}, 401
    yield "stamp is other digits", good, {**signed(good), "x-slack-request-timestamp": "²"}, 401
    yield "ten minutes old", good, signed(good, at=time.time() - 600), 401
    yield "from tomorrow", good, signed(good, at=time.time() + 86400), 401
    yield "other secret", good, signed(good, secret=Secret("other")), 401
    yield "signature beyond ASCII", good, {**signed(good), "x-slack-signature": "v0=\u00e9"}, 401
    yield "signature of another body", good, signed(good + b"&x=1"), 401
    yield "other version", good, {**signed(good), "x-slack-signature": "v1=00"}, 401
    other = press(slack, scene, "relevant", team="T02")
    yield "other team", other, signed(other), 401
    for name, changes in {
        "unknown delivery": {"key": "0190b0a0-0000-7000-8000-000000000000"},
        "other channel": {"place": "C0OTHER"},
        "article of another alert": {"value": "999999"},
    }.items():
        foreign = press(slack, scene, "mute_topic", **changes)
        yield name, foreign, signed(foreign), 403
    for name, body in {
        "no form": b"\xff\xfe",
        "no JSON": urlencode({"payload": "{"}).encode(),
        "a list": urlencode({"payload": "[]"}).encode(),
        "nested without end": urlencode({"payload": "[" * 50_000}).encode(),
        "value is no number": press(slack, scene, "why", value="1; DROP TABLE alerts"),
        "value is no text": press(slack, scene, "why", value={"a": 1}),
    }.items():
        yield name, body, signed(body), 400
    for name, body in {
        "ssl check": urlencode({"ssl_check": "1", "token": "x"}).encode(),
        "other button": press(slack, scene, "open_link"),
        "other block": press(slack, scene, "why", key="../../etc"),
        "a modal": urlencode({"payload": '{"type": "view_submission"}'}).encode(),
    }.items():
        yield name, body, signed(body), 200


def test_forgers_and_rubbish_get_nowhere(pantau_address, slack, scene, engine):
    for name, body, headers, status in refusals(slack, scene):
        assert (name, call(pantau_address, body, headers)[0]) == (name, status)
    assert slack.answers == []
    with engine.connect() as connection:
        assert connection.execute(select(feedback)).all() == []
        assert connection.execute(text("SELECT count(*) FROM silences")).scalar_one() == 0


def test_a_copy_of_a_call_counts_for_nothing(pantau_address, slack, scene):
    body = press(slack, scene, "relevant")
    headers = signed(body)
    assert call(pantau_address, body, headers)[0] == 200
    assert call(pantau_address, body, headers)[0] == 401


def test_while_slack_does_not_say_whose_token_it_is_nothing_is_taken(pantau_address, slack, scene):
    slack.team = None
    body = press(slack, scene, "mute_topic")
    assert call(pantau_address, body, signed(body))[0] == 503
    slack.team = TEAM
    again = press(slack, scene, "relevant")
    assert call(pantau_address, again, signed(again))[0] == 200


def test_answers_go_to_slack_and_nowhere_else(pantau_address, slack, scene):
    foreign = f"http://localhost:{slack.port}/elsewhere"
    body = press(slack, scene, "relevant", response_url=foreign)
    assert call(pantau_address, body, signed(body))[0] == 200
    body = press(slack, scene, "why")
    assert call(pantau_address, body, signed(body))[0] == 200
    assert answered(slack)["text"].startswith("*NATO*")
    assert len(slack.answers) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("topics", "This channel hears of: NATO"),
        ("", "`/pantau topics`"),
        ("mute", "`/pantau topics`"),
        ("mute nato", "muted NATO here until"),
        ("mute NATO 2d", "muted NATO here until"),
        ("mute NATO soon", "“soon” is no length of time"),
        ("mute <!channel> 8h", "hears of no topic “&lt;!channel&gt; 8h”"),
        ("why https://nowhere.example/x", "no feed has brought"),
        ("why <https://kabar.example/1|kabar>", "desk"),
        ("status", "never ticked"),
        ("test", "what an alert looks like"),
        ("sudo rm", "`/pantau topics`"),
    ],
)
def test_commands(pantau_address, scene, words, expected):
    body = command(words)
    status, said = call(pantau_address, body, signed(body))
    assert status == 200
    assert expected in json.loads(said)["text"]


def test_a_sample_alert_marks_the_whole_word(pantau_address, scene):
    body = command("test")
    shown = json.loads(call(pantau_address, body, signed(body))[1])["blocks"][0]["elements"]
    quote = next(part for part in shown if part["type"] == "rich_text_quote")
    assert [piece["text"] for piece in quote["elements"] if piece.get("style")] == ["NATO"]


def test_a_channel_where_nothing_is_told_hears_that(pantau_address, scene):
    body = command("topics", channel_id="C0OTHER")
    said = json.loads(call(pantau_address, body, signed(body))[1])
    assert said == {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": WORDS["en"]["not_ours"],
    }


def test_the_channel_s_own_language(pantau_address, scene, engine):
    with engine.begin() as connection:
        connection.execute(update(channels).values(options={"language": "id"}))
    body = command("topics")
    assert (
        json.loads(call(pantau_address, body, signed(body))[1])["text"] == "Kanal ini mendengar tentang: NATO"
    )


def test_without_an_app_there_is_nothing_here(site):
    body = command("topics")
    assert call(site.address, body, signed(body))[0] == 404


def test_both_languages_say_the_same_things():
    assert WORDS["en"].keys() == WORDS["id"].keys()
