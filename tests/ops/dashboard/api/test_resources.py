"""What can be asked: lists in pieces, things one by one, and changes by the functions that the commands call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from alerts.channel import Later, Sent
from alerts.store.schema import channels, circuits, subscriptions
from ops.store import audit_log
from ops.trial import Trial
from worker.secrets import Secret
from worker.store.schema import matches, topics

pytestmark = pytest.mark.servers


def every(program: Any, path: str, between: Any = None) -> list[Any]:
    """All items of a list, piece by piece; `between` is done after each."""
    found, following = [], path
    while following:
        answer = program.get(following)
        assert answer.status == 200, answer.text
        found += answer.json["items"]
        link = answer.headers.get("link")
        assert (link is None) is (answer.json["next"] is None)
        following = link.split(">")[0].removeprefix("</api/v1") if link else ""
        if between:
            between()
    return found


def noted(engine: Any) -> list[tuple[str, str, str]]:
    with engine.begin() as connection:
        rows = audit_log.noted(connection, limit=100)
    return [(row["what"], row["kind"], row["name"]) for row in rows]


def test_no_item_is_missed_or_comes_twice_while_rows_are_added(program: Any, world: Any) -> None:
    with world() as news:
        made = [news.feed(f"Feed {n}") for n in range(23)]

    def more() -> None:
        with world() as news:
            news.feed("Newer")

    found = [int(each["id"]) for each in every(program("read"), "/feeds?limit=5", more)]
    assert found == sorted(made, reverse=True)


def test_articles_come_in_pieces_too_while_more_are_read(program: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
        same = [news.article(feed, f"Satu saat {n}", age_s=500) for n in range(8)]
        made = [news.article(feed, f"Berita {n}", age_s=1000 - n) for n in range(9)]

    def more() -> None:
        with world() as news:
            news.article(feed, "Baru", age_s=1)

    found = [int(each["id"]) for each in every(program("read"), "/articles?limit=4", more)]
    assert sorted(found) == sorted(same + made)
    assert len(found) == len(set(found))


def test_articles_are_found_by_query_topic_source_and_language(
    program: Any, world: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ops.api.routes.articles.SEARCHED", 3)
    with world() as news:
        feed = news.feed()
        for n in range(7):
            news.article(feed, f"Harga nikel {n}", body="Harga nikel naik.", age_s=900 - n)
        wanted = news.article(feed, "Sekjen berbicara", body="Kata sekretaris NATO kemarin.", age_s=2000)
        match = news.match(wanted, [["body", 16, 20, "NATO"]], {"field": "body", "text": "x", "marks": []})
    reader = program("read")
    (found,) = every(reader, "/articles?q=NATO&limit=2")
    assert found["id"] == str(wanted)
    assert found["words"] == ["NATO"]
    assert "NATO" in found["quote"]
    assert len(every(reader, "/articles?q=nikel&limit=2")) == 7
    with world() as news:
        topic = news.connection.execute(
            text("SELECT topic_id FROM matches WHERE id = :m"), {"m": match}
        ).scalar()
    (of_topic,) = every(reader, f"/articles?topic={topic}")
    assert of_topic["id"] == str(wanted)
    assert of_topic["topics"][0].startswith("NATO")
    assert every(reader, "/articles?source=nobody") == []
    assert len(every(reader, "/articles?source=Kabar%20Selatan&language=id&limit=3")) == 8
    assert every(reader, "/articles?language=en") == []
    soon = (datetime.now(UTC) - timedelta(seconds=1500)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(every(reader, f"/articles?since={soon}")) == 7
    slip = reader.get("/articles?q=nato%20AND%20(")
    assert slip.status == 422
    assert slip.json["type"].endswith("#query")
    assert slip.json["errors"][0]["line"] == 1
    assert slip.json["errors"][0]["column"] >= 10
    assert reader.get("/articles?cursor=99999999999999999.1").status == 200


def test_articles_are_found_by_their_words_among_all(program: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed("Kabar")
        made = [
            news.article(feed, f"Harga nikel {n}", body="Nikel <b>naik</b> di Sulawesi.", age_s=900 - n)
            for n in range(7)
        ]
        news.article(feed, "Harga emas", body="Emas turun.")
        topic = news.put(topics, name="Nikel", query="nikel")
        news.put(matches, topic_id=topic, article_id=made[2], hits=[], quote={})
    reader = program("read")
    found = list(every(reader, '/articles?words="harga+nikel"+-emas&limit=3'))
    assert [int(each["id"]) for each in found] == made[::-1]
    assert found[0]["words"][:2] == ["Harga", "nikel"]
    assert "\x02" not in found[0]["quote"]
    assert [each["id"] for each in every(reader, f"/articles?words=nikel&topic={topic}")] == [str(made[2])]
    assert reader.get("/articles?words=nikel&topic=999").json["items"] == []
    assert reader.get("/articles?words=nikel&source=other").json["items"] == []
    assert len(reader.get("/articles?words=nikel&since=2000-01-01T00:00:00Z&language=id").json["items"]) in (
        0,
        7,
    )
    for wrong in ("words=-nikel", "words=...", "words=nikel&q=nikel"):
        refused = reader.get(f"/articles?{wrong}")
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/words"), wrong


def test_an_article_is_told_with_its_text_and_why(program: Any, world: Any) -> None:
    hostile = "<script>alert(1)</script>\u202e\u0007" + "x" * 900
    with world() as news:
        news.story("Rusia gempur", body="Kata sekretaris NATO kemarin.")
        bad = news.article(news.feed(), hostile, url="javascript:alert(1)")
    reader = program("read")
    (story_article,) = [each for each in every(reader, "/articles") if each["title"] == "Rusia gempur"]
    whole = reader.get(f"/articles/{story_article['id']}").json
    assert whole["text"] == "Kata sekretaris NATO kemarin."
    assert whole["seen_at"].endswith("Z")
    why = reader.get(f"/articles/{story_article['id']}/why")
    assert why.status == 200
    assert why.json["known"] is True
    assert why.json["sentence"].startswith("Told desk")
    assert why.json["deliveries"][0]["id"] == str(int(why.json["deliveries"][0]["id"]))
    topic = why.json["matches"][0]["topic_id"]
    assert isinstance(topic, str)
    named = reader.get(f"/articles/{story_article['id']}/why?topic={topic}").json
    assert [each["query"] for each in named["topics"]] == ["NATO"]
    assert reader.get(f"/articles/{story_article['id']}/why?topic=999").status == 404
    shown = reader.get(f"/articles/{bad}").json
    assert shown["url"] is None
    assert len(shown["title"]) <= 500
    assert "\u202e" not in shown["title"]
    assert "\u0007" not in shown["title"]


def test_feeds_are_added_and_removed(program: Any, engine: Any, world: Any) -> None:
    writer = program("write")
    body = {"url": "https://kabar.example/rss", "name": "Kabar", "tags": ["indonesia"], "every": "2m"}
    assert writer.post("/feeds", body).status == 201
    again = writer.post("/feeds", body)
    assert (again.status, again.json["url"], again.json["added"]) == (200, body["url"], False)
    (feed,) = writer.get("/feeds?tag=indonesia").json["items"]
    assert (feed["name"], feed["every"], feed["declared"]) == ("Kabar", "2m", False)
    assert writer.post("/feeds", {"url": "ftp://x"}).status == 422
    assert writer.post("/feeds", {"url": "https://a.example", "every": "often"}).json["errors"]
    assert writer.delete(f"/feeds/{feed['id']}").status == 204
    assert writer.delete(f"/feeds/{feed['id']}").status == 404
    assert writer.get("/feeds").json["items"] == []
    assert noted(engine) == [("removed", "feed", "Kabar"), ("added", "feed", "Kabar")]
    with world() as news:
        declared = news.feed(declared=True)
    refused = writer.delete(f"/feeds/{declared}")
    assert refused.status == 409
    assert "pantau export" in refused.json["detail"]


def test_topics_are_tried_and_a_text_is_matched(program: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
        news.article(feed, "Sekjen NATO", body="Kata sekretaris NATO kemarin.")
        topic = news.put(topics, name="Nikel", query="nikel", tags=["tambang"])
        news.put(topics, name="Gone", query="nikel", removed_at=datetime.now(UTC))
    reader = program("read")
    assert [each["name"] for each in reader.get("/topics").json["items"]] == ["Nikel"]
    assert reader.get("/topics?tag=perang").json["items"] == []
    assert reader.get(f"/topics/{topic}").json["query"] == "nikel"
    tried = reader.post("/topics/preview", {"query": "NATO", "since": "1d"})
    assert tried.status == 200
    assert (tried.json["matched"], tried.json["articles"]) == (1, 1)
    slip = reader.post("/topics/preview", {"query": "nato AND\n  (bank"})
    assert slip.status == 422
    (fault,) = slip.json["errors"]
    assert (fault["pointer"], fault["line"]) == ("#/query", 2)
    compared = reader.post(f"/topics/{topic}/backtest", {"query": "NATO"}).json
    assert compared["gained"]["articles"] == 1
    assert reader.post(f"/topics/{topic}/backtest", {}).json["matched"] == 0
    assert reader.post("/topics/999/backtest", {}).status == 404
    found = reader.post("/match", {"title": "Harga nikel", "body": "Nikel naik."}).json["items"]
    assert [(each["topic"], each["topic_id"]) for each in found] == [("Nikel", str(topic))]
    assert {"field": "title", "start": 6, "end": 11, "text": "nikel"} in found[0]["hits"]
    with world() as news:
        news.connection.execute(
            text("UPDATE topics SET query = 'emas', change = nextval('topic_changes') WHERE id = :t"),
            {"t": topic},
        )
    assert reader.post("/match", {"title": "Harga nikel"}).json["items"] == []


def subscription(world: Any) -> int:
    with world() as news:
        number: int = news.put(subscriptions, name="desk", topics=["NATO"], channels=["desk"])
        return number


def test_a_subscription_rests_and_hears_again_only_for_whom_has_seen_it(
    program: Any, world: Any, engine: Any
) -> None:
    number = subscription(world)
    writer = program("write")
    path = f"/subscriptions/{number}"
    assert writer.post(f"{path}/pause").status == 428
    assert writer.post(f"{path}/pause", **{"if-match": '"old"'}).status == 412
    seen = writer.get(path)
    tag = seen.headers["etag"]
    assert seen.json["paused_at"] is None
    assert writer.post(f"{path}/pause", **{"if-match": tag}).json == {
        "articles": 0,
        "messages": 0,
        "due_at": None,
    }
    assert writer.get(path).json["paused_at"]
    assert writer.post(f"{path}/resume", **{"if-match": tag}).status == 412
    assert writer.post(f"{path}/resume", **{"if-match": "*"}).status == 200
    assert writer.post(f"{path}/snooze", {"for": "8h"}, **{"if-match": "*"}).status == 200
    assert writer.get(path).json["snoozed_until"]
    assert writer.post(f"{path}/snooze", {"for": "30d"}, **{"if-match": "*"}).status == 422
    assert writer.post("/subscriptions/999/pause", **{"if-match": "*"}).status == 404
    assert [each[0] for each in noted(engine)] == ["snoozed", "resumed", "paused"]
    assert program("read").post(f"{path}/pause", **{"if-match": "*"}).status == 403


def test_silences_are_made_as_the_command_makes_them_and_ended(program: Any, world: Any, engine: Any) -> None:
    with world() as news:
        topic = news.put(topics, name="Nikel", query="nikel")
        channel = news.channel()
    writer = program("write")
    made = writer.post(
        "/silences", {"scope": "topic", "topic_id": str(topic), "channel_id": str(channel), "for": "8h"}
    )
    assert made.status == 201
    assert (made.json["topic_id"], made.json["state"]) == (str(topic), "holds")
    assert writer.get(made.headers["location"].removeprefix("/api/v1")).json == made.json
    for wrong, pointer in (
        ({"scope": "topic", "for": "8h"}, "#/topic_id"),
        ({"scope": "topic", "topic_id": "999", "for": "8h"}, "#/topic_id"),
        ({"scope": "everything", "source": "x", "for": "8h"}, "#/source"),
        ({"scope": "source", "source": "  ", "for": "8h"}, "#/source"),
        ({"scope": "channel", "for": "8h"}, "#/channel_id"),
        ({"scope": "everything"}, "#/until"),
        ({"scope": "everything", "for": "8h", "until": "2030-01-01T00:00:00Z"}, "#/until"),
        ({"scope": "everything", "for": "9000d"}, "#/for"),
        ({"scope": "everything", "until": "2020-01-01T00:00:00Z"}, "#/until"),
        ({"scope": "everything", "from": "9999-12-31T00:00:00Z", "for": "9d"}, "#/from"),
    ):
        refused = writer.post("/silences", wrong)
        assert refused.status == 422, wrong
        assert refused.json["errors"][0]["pointer"] == pointer, wrong
    ended = writer.post(f"/silences/{made.json['id']}/end")
    assert ended.json["state"] == "over"
    assert writer.post(f"/silences/{made.json['id']}/end").status == 409
    assert writer.get("/silences").json["items"] == []
    assert len(writer.get("/silences?over=true").json["items"]) == 1
    assert [each[:2] for each in noted(engine)] == [("ended", "silence"), ("added", "silence")]


def test_deliveries_are_listed_looked_at_and_sent_again(program: Any, world: Any, engine: Any) -> None:
    with world() as news:
        sent = news.story()
        article = news.article(news.feed("Other"), "Gagal")
        match = news.match(article, [], {"field": "title", "text": "", "marks": []})
        channel = news.channel("broken")
        failed = news.delivery(article, match, channel, "failed", reason="refused")
    writer = program("write")
    found = {each["id"]: each for each in every(writer, "/deliveries?limit=1")}
    assert list(found) == [str(failed), str(sent)]
    assert [each["id"] for each in every(writer, "/deliveries?state=failed&kind=article")] == [str(failed)]
    assert [each["id"] for each in every(writer, f"/deliveries?channel={channel}")] == [str(failed)]
    whole = writer.get(f"/deliveries/{found[str(sent)]['key']}").json
    assert whole["id"] == str(sent)
    assert whole["attempts"][0]["answer"] == "200 ok"
    assert writer.post(f"/deliveries/{sent}/retry").status == 409
    again = writer.post(f"/deliveries/{failed}/retry", **{"idempotency-key": "r1"})
    assert (again.status, again.json["id"]) == (200, str(failed))
    assert (
        writer.post(f"/deliveries/{failed}/retry", **{"idempotency-key": "r1"}).headers[
            "idempotency-replayed"
        ]
        == "true"
    )
    assert writer.get(f"/deliveries/{failed}").json["state"] == "waiting"
    assert noted(engine) == [("retried", "delivery", str(failed))]
    assert writer.post("/deliveries/999/retry").status == 404
    assert writer.get("/deliveries/not-one").status == 422


def test_a_channel_is_tried_and_what_was_held_goes_out(
    house_with: Any,
    make_site: Any,
    database: Any,
    urls: Any,
    keys: Any,
    token_of: Any,
    world: Any,
    engine: Any,
) -> None:
    from tests.ops.dashboard.api.conftest import Program

    tried: list[str] = []
    verdicts = iter([Sent("1"), Later("rate_limited", None)])

    async def tries(channel: Any) -> Trial:
        tried.append(channel.to.reveal())
        return Trial(next(verdicts), "200 ok")

    house_with(tries=tries)
    site = make_site(database, Secret(urls.redis), keys=keys)
    writer = Program(site.visitor(), token_of("write"))
    with world() as news:
        target = keys.seal(Secret("https://hook.example/x"), "channel:desk:target")
        sealed = {"target": target, "target_ref": "stored:x", "fingerprint": "f" * 20}
        channel = news.put(channels, name="desk", kind="slack_webhook", **sealed)
        news.circuit(f"channel:{channel}", "http_500")
    shown = writer.get(f"/channels/{channel}")
    assert shown.json["stopped_by"] == "http_500"
    assert (shown.json["takes_nothing_since"], shown.json["takes_nothing_why"]) == (None, None)
    assert "hook.example" not in shown.text
    answer = writer.post(f"/channels/{channel}/test", **{"idempotency-key": "t"})
    assert answer.json == {
        "accepted": True,
        "verdict": "sent: the receiver has accepted it",
        "answer": "200 ok",
    }
    again = writer.post(f"/channels/{channel}/test", **{"idempotency-key": "t"})
    assert again.headers["idempotency-replayed"] == "true"
    assert tried == ["https://hook.example/x"]
    with engine.begin() as connection:
        assert connection.execute(select(circuits)).all() == []
    assert writer.post(f"/channels/{channel}/test").json["accepted"] is False
    assert noted(engine) == [("tested", "channel", "desk")] * 2
    assert writer.post("/channels/999/test", **{"idempotency-key": "u"}).status == 404
    assert writer.post("/channels/999/test", **{"idempotency-key": "u"}).status == 404


def test_stories_feedback_and_reading_again(program: Any, world: Any, engine: Any) -> None:
    with world() as news:
        delivery = news.story()
        key, article = news.connection.execute(
            text(
                "SELECT d.key, da.article_id FROM deliveries d JOIN delivery_articles da ON da.delivery_id = d.id"
            )
        ).one()
        story = news.connection.execute(
            text(
                "INSERT INTO stories (title, first_at, last_at) VALUES ('Perang', now(), now()) RETURNING id"
            )
        ).scalar()
        news.connection.execute(text("UPDATE articles SET story_id = :s"), {"s": story})
    writer = program("write")
    assert [each["title"] for each in writer.get("/stories").json["items"]] == ["Perang"]
    told = writer.get(f"/stories/{story}").json
    assert [each["id"] for each in told["told_by"]] == [str(article)]
    assert writer.get("/stories?since=2999-01-01T00:00:00Z").json["items"] == []
    word = {"delivery": str(key), "article_id": str(article), "relevant": False}
    assert writer.post("/feedback", word).status == 204
    assert writer.post("/feedback", {**word, "article_id": "999"}).status == 422
    (said,) = writer.get("/feedback").json["items"]
    assert (said["delivery"], said["relevant"], said["article_id"]) == (str(key), False, str(article))
    assert noted(engine)[0] == ("judged", "delivery", str(delivery))
    assert writer.post("/articles/retry", {}).status == 422
    assert writer.post("/articles/retry", {"set_aside": True}).json == {"entries": 0, "due": 0}
    assert writer.post("/articles/retry", {"url": "https://nobody.example/x"}).json["entries"] == 0


def test_the_machine_tells_how_it_does(program: Any, world: Any) -> None:
    with world() as news:
        news.tick()
        news.story()
    reader = program("read")
    status = reader.get("/status").json
    assert status["verdict"]
    assert set(reader.get("/desks").json) == {"poll", "read", "plan", "send"}
    assert [each["part"] for each in reader.get("/workers").json] == ["tick"]
    assert reader.get("/readiness").json
    proof = reader.get("/audit").json
    assert (proof["alerts"], proof["lost"], proof["sound"]) == (1, 0, True)


def test_the_audit_log_is_for_admins_and_has_no_secrets(program: Any) -> None:
    admin = program("admin")
    admin.post("/feeds", {"url": "https://user:pass@kabar.example/rss", "name": "K"})
    admin.post("/feeds", {"url": "https://kabar.example/rss", "name": "K"})
    (entry,) = admin.get("/audit-log?kind=feed").json["items"]
    assert entry["who"].startswith("token t of account")
    assert (entry["after"]["site"], entry["after"]["name"]) == ("kabar.example", "K")
    assert "pass@" not in str(entry)
    assert admin.get("/audit-log?who=nobody").json["items"] == []


def test_lists_are_empty_where_there_is_nothing(program: Any) -> None:
    admin = program("admin")
    for path in ("feeds", "articles", "topics", "stories", "subscriptions", "channels", "silences"):
        assert admin.get(f"/{path}").json == {"items": [], "next": None}
    for path in ("deliveries", "feedback", "audit-log"):
        assert admin.get(f"/{path}").json == {"items": [], "next": None}
