"""Jobs: begun once, done beside the answers, told of at their address to whoever asked."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select, text

from alerts.store.schema import alerts
from ops.store import jobs
from ops.store.schema import audit_log
from tests.ops.dashboard.api.conftest import Program
from worker.store.schema import feeds, matches

pytestmark = pytest.mark.servers

OPML = """<opml version="2.0"><body><outline text="Berita">
<outline text="Warta" xmlUrl="https://warta.example/rss?key=hush"/>
<outline text="Dalam" xmlUrl="http://127.0.0.1/rss"/>
<outline text="Lagi" xmlUrl="https://warta.example/rss?key=hush"/></outline></body></opml>"""


def over(program: Program, begun: Any) -> Any:
    """What came of the job, once it has ended."""
    assert begun.status == 202, begun.text
    path = begun.headers["location"].removeprefix("/api/v1")
    assert path == f"/jobs/{begun.json['id']}"
    for _ in range(600):
        told = program.get(path)
        assert told.status == 200
        if told.json["state"] in ("done", "failed"):
            return told.json
        time.sleep(0.05)
    raise AssertionError(told.text)


def test_a_list_of_feeds_is_taken_over_line_by_line_and_once(program: Any, engine: Any) -> None:
    writer = program("write")
    looked = over(writer, writer.post("/feeds/import", {"opml": OPML, "dry_run": True}))
    assert looked["answer"]["added"] == 1
    assert writer.get("/feeds").json["items"] == []
    once = {"idempotency-key": "list"}
    begun = writer.post("/feeds/import", {"opml": OPML}, **once)
    done = over(writer, begun)
    assert (done["state"], done["done"], done["total"], done["problem"]) == ("done", 1, 1, None)
    told = done["answer"]
    assert [told[result] for result in ("added", "repeated", "refused", "watched")] == [1, 1, 1, 0]
    assert [line["result"] for line in told["lines"]] == ["refused", "added", "repeated"]
    again = writer.post("/feeds/import", {"opml": OPML}, **once)
    assert (again.status, again.json["id"]) == (202, begun.json["id"])
    with engine.begin() as connection:
        found = connection.execute(select(feeds.c.name, feeds.c.tags)).all()
        assert [tuple(row) for row in found] == [("Warta", ["Berita"])]
        assert connection.execute(select(audit_log.c.what)).scalars().all() == ["imported"]
        assert connection.execute(text("SELECT count(*) FROM jobs")).scalar_one() == 2


def test_a_topic_is_applied_to_what_was_read_before(program: Any, world: Any, engine: Any) -> None:
    writer = program("write")
    with world() as news:
        feed = news.feed()
        for n in range(3):
            news.article(feed, f"Nikel {n}", url=f"https://kabar.example/{n}")
        news.article(feed, "Padi", url="https://kabar.example/padi")
    topic = writer.post("/topics", {"name": "Nikel", "query": "nikel"}).json["id"]
    writer.post("/channels", {"name": "desk", "slack": "https://hooks.slack.com/services/T0/B0/hush"})
    writer.post("/subscriptions", {"topics": ["Nikel"], "channels": ["desk"]})
    looked = over(writer, writer.post(f"/topics/{topic}/apply-back", {"dry_run": True}))
    assert (looked["answer"]["matched"], looked["answer"]["told"]) == (3, 3)
    with engine.begin() as connection:
        assert connection.execute(select(matches.c.id)).all() == []
    done = over(writer, writer.post(f"/topics/{topic}/apply-back", {"days": 1}))
    assert (done["state"], done["answer"]["new_matches"], done["answer"]["told"]) == ("done", 3, 3)
    again = over(writer, writer.post(f"/topics/{topic}/apply-back", {"days": 1, "silent": True}))
    assert (again["answer"]["new_matches"], again["answer"]["told"]) == (0, 0)
    with engine.begin() as connection:
        assert len(connection.execute(select(alerts.c.id)).all()) == 3
        noted = connection.execute(select(audit_log.c.who).where(audit_log.c.what == "applied back"))
        assert all(who.startswith("token t of account") for who in noted.scalars())
    assert writer.post("/topics/99999/apply-back", {}).status == 404
    assert writer.post(f"/topics/{topic}/apply-back", {"days": 0}).status == 422


def test_what_is_no_list_is_refused_at_once_and_who_only_reads_begins_nothing(
    program: Any, engine: Any
) -> None:
    writer = program("write")
    for opml in ("hello", "<rss/>", "\x00", "<!DOCTYPE x [<!ENTITY a 'b'>]><opml>&a;</opml>"):
        refused = writer.post("/feeds/import", {"opml": opml})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/opml"), opml
    assert program("read").post("/feeds/import", {"opml": OPML}).status == 403
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM jobs")).scalar_one() == 0


def test_a_job_is_shown_to_who_asked_and_to_an_admin(program: Any) -> None:
    writer, other, admin = program("write"), program("write"), program("admin")
    begun = writer.post("/feeds/import", {"opml": OPML})
    over(writer, begun)
    path = f"/jobs/{begun.json['id']}"
    assert [each.get(path).status for each in (writer, other, admin)] == [200, 404, 200]
    assert writer.get("/jobs/99999").status == 404
    listed = [[job["id"] for job in each.get("/jobs").json["items"]] for each in (writer, other, admin)]
    assert listed == [[begun.json["id"]], [], [begun.json["id"]]]


def test_a_job_whose_process_has_ended_has_failed_and_too_many_are_put_off(program: Any, engine: Any) -> None:
    admin = program("admin")
    with engine.begin() as connection:
        numbers = [jobs.begin(connection, "import_feeds", "somebody") for _ in range(8)]
    put_off = admin.post("/feeds/import", {"opml": OPML})
    assert (put_off.status, put_off.headers["retry-after"]) == (503, "10")
    assert admin.get(f"/jobs/{numbers[0]}").json["state"] == "waiting"
    with engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET state = 'running', seen_at = now() - interval '10 minutes'"))
    told = admin.get(f"/jobs/{numbers[0]}").json
    assert (told["state"], "process that did it has ended" in told["problem"]) == ("failed", True)
    assert over(admin, admin.post("/feeds/import", {"opml": OPML}))["state"] == "done"


def test_what_fails_says_so_at_its_address(
    program: Any, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("ops.api.routes.jobs.import_list", fail)
    writer = program("write")
    told = over(writer, writer.post("/feeds/import", {"opml": OPML}))
    assert (told["state"], told["answer"]) == ("failed", None)
    assert "secret" not in told["problem"]
