"""What programs make, change and remove: by the rules of pages and watchlists, and only what they have seen."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from anyio import to_thread
from sqlalchemy import select, text

from alerts.channel import Sent
from alerts.store.schema import channels, subscriptions
from ops.checking import Feed, NoFeed
from ops.inspection import Charset, contents
from ops.looking import Candidate, Looked
from ops.made_here import Ways
from ops.store.schema import audit_log
from ops.trial import Trial
from tests.ops.dashboard.api.conftest import Program
from worker.model import FeedDocument
from worker.secrets import Secret
from worker.store.schema import topics

pytestmark = pytest.mark.servers

UTF8 = Charset(None, "utf-8", "utf-8")
HOOK = "https://hooks.slack.com/services/T0/B0/secretsecret"
ANY = {"if-match": "*"}


def noted(engine: Any) -> list[tuple[str, str, str]]:
    with engine.begin() as connection:
        rows = connection.execute(select(audit_log).order_by(audit_log.c.id)).all()
        return [(row.what, row.kind, row.name) for row in rows]


def faults(answer: Any) -> dict[str, str]:
    return {each["pointer"]: each["detail"] for each in answer.json["errors"]}


def tag_of(writer: Program, path: str) -> dict[str, str]:
    return {"if-match": writer.get(path).headers["etag"]}


def test_a_topic_is_made_changed_taken_back_and_removed(program: Any, engine: Any) -> None:
    writer = program("write")
    made = writer.post("/topics", {"name": "NATO", "query": "NATO", "tags": ["war"]})
    assert (made.status, made.json["version"], made.json["declared"]) == (201, 1, False)
    path = made.headers["location"].removeprefix("/api/v1")
    assert writer.get(path).json == made.json
    seen = tag_of(writer, path)
    asked = {"name": "NATO", "query": '@nato OR "pakta pertahanan"', "tags": ["war"]}
    assert writer.put(path, asked).status == 428
    saved = writer.put(path, asked, **seen)
    assert (saved.status, saved.json["version"], saved.json["query"]) == (200, 2, asked["query"])
    stale = writer.put(path, {**asked, "query": "x"}, **seen)
    assert (stale.status, stale.json["type"]) == (412, "/api/v1/docs#changed")
    told = writer.get(f"{path}/versions?limit=1").json
    assert [each["version"] for each in told["items"]] == [2]
    assert told["items"][0]["saved_by"].startswith("token t of")
    assert writer.get(f"{path}/versions?cursor={told['next']}").json["items"][0]["query"] == "NATO"
    back = writer.post(f"{path}/versions/1/restore", **tag_of(writer, path))
    assert (back.json["version"], back.json["query"]) == (3, "NATO")
    assert writer.post(f"{path}/versions/77/restore", **ANY).status == 404
    assert writer.delete(path).status == 428
    assert writer.delete(path, **seen).status == 412
    assert writer.delete(path, **tag_of(writer, path)).status == 204
    assert writer.get(path).status == 404
    assert writer.put(path, asked, **ANY).status == 404
    did = [("added", "topic", "NATO"), *[("changed", "topic", "NATO")] * 2, ("removed", "topic", "NATO")]
    assert noted(engine) == did


def test_a_topic_that_cannot_be_is_refused_with_its_place(program: Any) -> None:
    writer = program("write")
    slip = writer.post("/topics", {"name": "N", "query": "nato AND\n  (bank"})
    assert slip.status == 422
    (fault,) = slip.json["errors"]
    assert (fault["pointer"], fault["line"]) == ("#/query", 2)
    assert set(faults(writer.post("/topics", {"name": "tag:x", "query": "(", "tags": [" "]}))) == {
        *("#/name", "#/query", "#/tags")
    }
    assert writer.post("/topics", {"name": "A", "query": "a"}).status == 201
    assert "called" in faults(writer.post("/topics", {"name": "A", "query": "b"}))["#/name"]


def test_of_many_who_saw_the_same_only_one_changes_it(program: Any) -> None:
    """If-Match is held against the row under the lock of the change itself."""
    writer = program("write")
    path = f"/topics/{writer.post('/topics', {'name': 'A', 'query': 'a'}).json['id']}"
    seen = tag_of(writer, path)

    def change(n: int) -> int:
        status: int = writer.put(path, {"name": "A", "query": f"word{n}"}, **seen).status
        return status

    with ThreadPoolExecutor(6) as several:
        statuses = sorted(several.map(change, range(6)))
    assert statuses == [200, 412, 412, 412, 412, 412]
    assert writer.get(path).json["version"] == 2


def test_a_subscription_is_made_changed_and_removed(program: Any, world: Any, engine: Any) -> None:
    with world() as news:
        news.put(topics, name="NATO", query="NATO")
        news.channel("desk")
    writer = program("write")
    asked = {"topics": ["NATO"], "channels": ["desk"]}
    made = writer.post("/subscriptions", asked, **{"idempotency-key": "s"})
    assert (made.status, made.json["name"]) == (201, "NATO → desk")
    assert (made.json["wait"], made.json["cap_per_hour"], made.json["doubts"]) == ("0s", 12, [])
    again = writer.post("/subscriptions", asked, **{"idempotency-key": "s"})
    assert again.json == made.json
    path = made.headers["location"].removeprefix("/api/v1")
    assert "already" in faults(writer.post("/subscriptions", asked))["#/name"]
    other = {
        **asked,
        "when": ["daily 07:00"],
        "timezone": "Asia/Jakarta",
        "wait": "5m",
        "quiet": "22:00-06:00",
    }
    assert writer.put(path, other).status == 428
    changed = writer.put(path, other, **tag_of(writer, path))
    assert (changed.status, changed.json["when"], changed.json["wait"]) == (200, ["daily 07:00"], "5m")
    assert changed.json["name"] == "NATO → desk"
    wrong = writer.put(path, {**other, "when": ["often"], "timezone": "Mars", "topics": ["Nato"]}, **ANY)
    assert wrong.status == 422
    assert set(faults(wrong)) == {"#/when", "#/timezone", "#/topics"}
    assert writer.delete(path, **{"if-match": '"old"'}).status == 412
    assert writer.delete(path, **ANY).status == 204
    assert writer.delete(path, **ANY).status == 404
    assert [each[0] for each in noted(engine)] == ["added", "changed", "removed"]
    assert program("read").post("/subscriptions", asked).status == 403


def test_a_channel_is_made_without_ever_showing_its_secret(program: Any, world: Any, engine: Any) -> None:
    writer = program("write")
    made = writer.post("/channels", {"name": "desk", "slack": HOOK}, **{"idempotency-key": "c"})
    assert (made.status, made.json["kind"], made.json["asks_owner"]) == (201, "slack_webhook", False)
    path = made.headers["location"].removeprefix("/api/v1")
    with engine.begin() as connection:
        sealed = str(connection.execute(select(channels)).mappings().all())
        kept = str(connection.execute(text("SELECT * FROM api_answers")).mappings().all())
        told = str(connection.execute(select(audit_log)).mappings().all())
    for shown in (made.text, writer.get(path).text, sealed, kept, told):
        assert "secretsecret" not in shown
    assert "already" in faults(writer.post("/channels", {"name": "desk", "slack": HOOK}))["#/name"]
    assert set(faults(writer.post("/channels", {"name": "b"}))) == {"#"}
    assert set(faults(writer.post("/channels", {"name": "b", "slack": "env:HOME"}))) == {"#/slack"}
    assert set(faults(writer.post("/channels", {"name": "b", "slack": HOOK, "webhook": HOOK}))) == {
        "#/webhook"
    }
    with world() as news:
        news.put(topics, name="NATO", query="NATO")
    assert writer.post("/subscriptions", {"topics": ["NATO"], "channels": ["desk"]}).status == 201
    assert writer.delete(path).status == 428
    gone = writer.delete(path, **tag_of(writer, path))
    assert (gone.status, gone.json["subscriptions"]) == (200, ["NATO → desk"])
    assert writer.get("/subscriptions").json["items"] == writer.get("/channels").json["items"] == []


def test_the_owner_of_an_address_is_asked_first_or_nobody_is(
    program: Any, house_with: Any, make_site: Any, database: Any, urls: Any, keys: Any, token_of: Any
) -> None:
    refused = program("write").post("/channels", {"name": "rina", "email": "rina@example.org"})
    assert refused.status == 409
    assert set(faults(refused)) == {"#/email"}
    house_with(ways=Ways("https://pantau.example", mails=True))
    writer = Program(make_site(database, Secret(urls.redis), keys=keys).visitor(), token_of("write"))
    made = writer.post("/channels", {"name": "rina", "email": "rina@example.org"})
    assert (made.status, made.json["asks_owner"]) == (201, True)
    assert "rina@example.org" not in made.text
    ask = f"/channels/{made.json['id']}/ask"
    assert writer.post(ask).json == {"asked": False}  # the first mail is on its way
    desk = writer.post("/channels", {"name": "desk", "slack": HOOK}).json["id"]
    assert writer.post(f"/channels/{desk}/ask").status == 422
    assert writer.post("/channels/999/ask").status == 404


def test_what_a_watchlist_declares_is_changed_there(program: Any, world: Any) -> None:
    with world() as news:
        topic = news.put(topics, name="NATO", query="NATO", declared=True)
        feed = news.feed(declared=True)
        channel = news.channel("desk")
        news.connection.execute(text("UPDATE channels SET declared = true"))
        subscription = news.put(subscriptions, name="s", topics=["NATO"], channels=["desk"], declared=True)
    writer = program("write")
    for method, path, body in (
        ("PUT", f"/topics/{topic}", {"name": "N", "query": "n"}),
        ("DELETE", f"/topics/{topic}", None),
        ("PUT", f"/subscriptions/{subscription}", {"topics": ["NATO"], "channels": ["desk"]}),
        ("DELETE", f"/subscriptions/{subscription}", None),
        ("DELETE", f"/channels/{channel}", None),
        ("PATCH", f"/feeds/{feed}", {"name": "x"}),
        ("DELETE", f"/feeds/{feed}", None),
    ):
        answer = writer.ask(method, path, body, ANY)
        assert (answer.status, "watchlist" in answer.json["detail"]) == (409, True), (method, path)


def test_a_feed_is_changed_in_parts_and_polled(program: Any, engine: Any) -> None:
    writer = program("write")
    added = writer.post("/feeds", {"url": "https://kabar.example/rss", "name": "Kabar", "tags": ["a"]})
    path = added.headers["location"].removeprefix("/api/v1")
    assert (added.status, path) == (201, f"/feeds/{added.json['id']}")
    assert writer.patch(path, {"every": "2m"}).status == 428
    changed = writer.patch(path, {"every": "30s-10m", "pace": {"per_second": 0.5}}, **tag_of(writer, path))
    assert changed.status == 200
    told = changed.json
    assert (told["name"], told["tags"], told["every"]) == ("Kabar", ["a"], "30s-10m")
    assert told["pace"] == {"per_second": 0.5}
    told = writer.patch(path, {"every": "", "tags": [], "pace": {}}, **ANY).json
    assert (told["every"], told["tags"], told["pace"], told["name"]) == ("", [], None, "Kabar")
    assert set(faults(writer.patch(path, {"every": "often", "pace": {"burst": 9000}}, **ANY))) == {
        *("#/every", "#/pace/burst")
    }
    assert writer.post(f"{path}/poll").status == 204
    assert writer.post(f"{path}/pause").status == 428
    paused = writer.post(f"{path}/pause", **tag_of(writer, path))
    assert (paused.json["state"], paused.json["paused_by"][:10]) == ("paused", "token t of")
    assert [each["id"] for each in writer.get("/feeds?state=paused").json["items"]] == [added.json["id"]]
    assert writer.post(f"{path}/poll").status == 409
    resumed = writer.post(f"{path}/resume", **{"if-match": paused.headers["etag"]})
    assert (resumed.status, resumed.json["state"], resumed.json["paused_at"]) == (200, "new", None)
    assert writer.post("/feeds/999/poll").status == 404
    did = ["added", "changed", "changed", "polled", "paused", "resumed"]
    assert [each[0] for each in noted(engine)] == did


def test_a_log_in_is_sealed_changed_in_parts_and_never_shown(program: Any, engine: Any, keys: Any) -> None:
    writer = program("write")
    url = "https://kabar.example/rss"
    added = writer.post("/feeds", {"url": url, "user": "redaksi", "password": "geheim"})
    path = f"/feeds/{added.json['id']}"

    def stored() -> Any:
        with engine.begin() as connection:
            return connection.execute(text("SELECT username, password, headers FROM feeds")).one()

    told = writer.get(path)
    assert (told.json["user"], told.json["has_password"], told.json["headers"]) == ("redaksi", True, [])
    assert keys.open(stored().password, f"feed:{url}:password").reveal() == "geheim"
    before = stored().password
    assert writer.patch(path, {"name": "Kabar"}, **ANY).status == 200
    assert stored().password == before
    changed = writer.patch(path, {"password": "baru"}, **{"if-match": writer.get(path).headers["etag"]})
    assert changed.status == 200
    assert keys.open(stored().password, f"feed:{url}:password").reveal() == "baru"
    stale = writer.patch(path, {"password": "lagi"}, **{"if-match": told.headers["etag"]})
    assert stale.status == 412
    bearer = writer.patch(path, {"headers": {"Authorization": "Bearer rahasia", "X-Key": "kunci"}}, **ANY)
    assert (bearer.json["user"], bearer.json["has_password"]) == ("", False)
    assert bearer.json["headers"] == ["Authorization", "X-Key"]
    sealed = stored().headers["Authorization"]["sealed"]
    assert keys.open(sealed, f"feed:{url}:header Authorization").reveal() == "Bearer rahasia"
    left = writer.patch(path, {"headers": {"authorization": None}}, **ANY)
    assert left.json["headers"] == ["X-Key"]
    for asked, at in (
        ({"password": "env:PANTAU_SECRET_KEY", "user": "x"}, "#/password"),
        ({"headers": {"X-Key": "file:/etc/passwd"}}, "#/headers/X-Key"),
        ({"password": "x"}, "#/password"),
        ({"headers": {"X Key": "x"}}, "#/headers/X Key"),
    ):
        refused = writer.patch(path, asked, **ANY)
        assert (refused.status, at in faults(refused)) == (422, True), refused.json
    with engine.begin() as connection:
        notes = str(connection.execute(text("SELECT before, after FROM audit_log")).all())
    for secret in ("geheim", "baru", "rahasia", "kunci"):
        assert secret not in notes + writer.get(path).text + writer.get("/feeds").text


def test_a_topic_is_read_at_an_address_that_is_told_once_and_closed(program: Any, engine: Any) -> None:
    writer = program("write")
    topic = writer.post("/topics", {"name": "NATO", "query": "nato"}).json["id"]
    writer.post("/channels", {"name": "desk", "slack": HOOK})
    subscription = writer.post("/subscriptions", {"topics": ["NATO"], "channels": ["desk"]}).json["id"]
    for path in (f"/topics/{topic}/feed", f"/subscriptions/{subscription}/feed"):
        made = writer.post(path)
        assert made.status == 201
        at = made.json["atom"].removeprefix(writer.visitor.address)
        assert at.startswith("/feeds/")
        assert made.json["json"].endswith(".json")
        assert writer.visitor.get(at).status == 200
        assert writer.delete(path).status == 204
        assert writer.visitor.get(at).status == 410
        assert program("read").post(path).status == 403
    assert writer.post("/topics/999/feed").status == 404
    assert writer.delete("/subscriptions/999/feed").status == 404
    did = [each[0] for each in noted(engine)][3:]
    assert did == ["shared", "unshared"] * 2


def test_the_word_after_a_restore_is_an_admins(program: Any, engine: Any) -> None:
    asked = {"what_may_have_been_told": "drop", "now": True}
    assert program("write").post("/release", asked).status == 403
    admin = program("admin")
    assert admin.post("/release", {"now": True}).status == 422
    nothing = admin.post("/release", asked)
    assert (nothing.status, "no backup was restored" in nothing.json["detail"]) == (409, True)
    made = admin.post("/channels", {"name": "desk", "slack": HOOK})
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO circuits (name, reason, probe_at) VALUES (:name, 'restored', 'infinity')"),
            {"name": f"channel:{made.json['id']}"},
        )
    assert admin.post("/release", asked).json == {"dropped": 0}
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM circuits")).scalar_one() == 0
    assert noted(engine)[-1] == ("released", "restore", "every channel")


def test_a_thing_is_made_once_by_many_who_ask_at_the_same_time(program: Any) -> None:
    writer = program("write")

    def make(_: int) -> Any:
        return writer.post("/topics", {"name": "A", "query": "a"}, **{"idempotency-key": "topic"})

    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(make, range(12)))
    assert {each.status for each in answers} == {201}
    assert len({each.text for each in answers}) == 1
    assert len(writer.get("/topics").json["items"]) == 1


def test_a_message_is_sent_once_by_many_who_ask_at_the_same_time(
    house_with: Any, make_site: Any, database: Any, urls: Any, keys: Any, token_of: Any
) -> None:
    """No transaction holds a message that goes out: its key is taken before."""
    sent: list[str] = []
    may_end = threading.Event()

    async def tries(channel: Any) -> Trial:
        sent.append(channel.name)
        await to_thread.run_sync(may_end.wait, 30)
        return Trial(Sent("1"), "200 ok")

    house_with(tries=tries)
    writer = Program(make_site(database, Secret(urls.redis), keys=keys).visitor(), token_of("write"))
    path = f"/channels/{writer.post('/channels', {'name': 'desk', 'slack': HOOK}).json['id']}/test"

    def test(_: int) -> Any:
        return writer.post(path, **{"idempotency-key": "t"})

    with ThreadPoolExecutor(5) as several:
        first = several.submit(test, 0)
        while not sent:
            time.sleep(0.01)
        others = list(several.map(test, range(4)))
        may_end.set()
        assert first.result().json["accepted"] is True
    assert {(each.status, each.json["type"]) for each in others} == {(409, "/api/v1/docs#under_way")}
    assert {each.headers["retry-after"] for each in others} == {"2"}
    assert test(0).headers["idempotency-replayed"] == "true"
    assert sent == ["desk"]


def test_feeds_are_looked_for_at_an_address(
    house_with: Any, make_site: Any, database: Any, urls: Any, keys: Any, token_of: Any, world: Any
) -> None:
    there, later, none = "https://kabar.example/", "https://slow.example/", "https://none.example/"
    with world() as news:
        watched = news.feed("Kabar")
        address = news.connection.execute(text("SELECT url FROM feeds")).scalar()
    document = FeedDocument("rss20", "Kabar \u202e", language="id")
    feed = Feed(document, UTF8, contents(document, address, datetime.now(UTC)), "A sound feed.")
    looks = {
        there: Looked(feed, (Candidate(address, feed), Candidate("https://kabar.example/atom", feed))),
        later: Looked(None),
        none: Looked(NoFeed("it is a page", "Look for another.", UTF8, ("https://x.example/",))),
    }

    async def look(url: str) -> Looked:
        return looks[url]

    house_with(looks=look)
    writer = Program(make_site(database, Secret(urls.redis), keys=keys).visitor(), token_of("write"))
    found = writer.post("/feeds/discover", {"url": there}).json
    assert [(each["url"], each["feed_id"]) for each in found["items"]] == [
        (address, str(watched)),
        ("https://kabar.example/atom", None),
    ]
    assert (found["items"][0]["title"], found["why"]) == ("Kabar", None)
    assert writer.post("/feeds/discover", {"url": later}).json["why"] == "it took too long"
    nothing = writer.post("/feeds/discover", {"url": none}).json
    assert (nothing["items"], nothing["why"]) == ([], "no feed: it is a page")
    assert nothing["declared"] == ["https://x.example/"]
    assert set(faults(writer.post("/feeds/discover", {"url": "ftp://x"}))) == {"#/url"}


def test_what_failed_on_a_channel_is_sent_again_together(program: Any, world: Any, engine: Any) -> None:
    with world() as news:
        channel, feed = news.channel("desk"), news.feed()
        for n in range(3):
            article = news.article(feed, f"n{n}")
            match = news.match(article, [], {"field": "title", "text": "", "marks": []})
            news.delivery(article, match, channel, "sent" if n == 2 else "failed")
    writer = program("write")
    path = f"/channels/{channel}/retry-failed"
    assert writer.post(path).json == {"due": 2, "refused": 0, "more": False}
    assert writer.post(path).json == {"due": 0, "refused": 0, "more": False}
    assert writer.post("/channels/999/retry-failed").status == 404
    assert [each[:2] for each in noted(engine)] == [("retried", "delivery")] * 2
