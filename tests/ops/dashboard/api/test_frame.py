"""What holds for every request: who asks, how far that goes, how often, how large; and how errors are told."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, text, update
from structlog.testing import capture_logs

from ops.api.callers import reach
from ops.api.paces import Pace
from ops.dashboard.house import house_of
from ops.store import tokens
from ops.store.schema import audit_log
from ops.store.schema import tokens as token_table
from worker.secrets import Secret

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("scopes", "role", "may"),
    [
        (("read",), "admin", "read"),
        (("write",), "admin", "read write"),
        (("admin",), "admin", "read write admin"),
        (("admin",), "editor", "read write"),
        (("write", "read"), "viewer", "read"),
        (("nonsense",), "admin", ""),
        ((), "admin", ""),
    ],
)
def test_a_token_goes_no_further_than_its_scope_and_its_account(scopes: Any, role: Any, may: str) -> None:
    assert reach(frozenset(scopes), role) == set(may.split())


def test_a_pace_lets_a_burst_through_and_then_a_trickle() -> None:
    pace = Pace(most=3, per_second=1.0)
    taken = [pace.take("a", 100.0) for _ in range(4)]
    assert [each.allowed for each in taken] == [True, True, True, False]
    assert [each.remaining for each in taken] == [2, 1, 0, 0]
    assert taken[3].again_s == 1
    assert taken[3].reset_s == 3
    assert pace.take("b", 100.0).allowed
    assert not pace.take("a", 100.5).allowed
    assert pace.take("a", 101.1).allowed
    assert pace.take("a", 500.0).remaining == 2


def test_nobody_gets_in_without_a_token_and_is_told_how(program: Any) -> None:
    answer = program().get("/feeds")
    assert answer.status == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    told = answer.json
    assert told["status"] == 401
    assert told["type"] == "/api/v1/docs#unauthorized"
    assert told["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
    assert "Bearer" in told["detail"]


@pytest.mark.parametrize(
    "said",
    [
        "Bearer nonsense",
        "Bearer ",
        "Basic YTpi",
        "Bearer pantau_" + "A" * 43,
        "Bearer " + "x" * 5000,
        "Bearer \xff\xfe",
    ],
)
def test_what_is_no_token_of_ours_opens_nothing(program: Any, said: str) -> None:
    answer = program().get("/feeds", authorization=said)
    assert answer.status == 401
    assert "invalid_token" in answer.headers["www-authenticate"]


def test_revoked_and_ended_tokens_open_nothing(program: Any, token_of: Any, engine: Any) -> None:
    reader = program("read")
    assert reader.get("/feeds").status == 200
    with engine.begin() as connection:
        connection.execute(update(token_table).values(revoked_at=func.now()))
    assert reader.get("/feeds").status == 401
    reader.token = token_of("read", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert reader.get("/feeds").status == 401
    reader.token = token_of("read", expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert reader.get("/feeds").status == 200


def test_every_wrong_token_costs_the_same_questions(site: Any, program: Any, token_of: Any) -> None:
    """Time cannot be told apart where the same is done: the same statements, for whatever is wrong with a token."""
    asked: list[str] = []
    event.listen(site.context.engine, "before_cursor_execute", lambda *facts: asked.append(facts[2]))
    costs = set()
    stranger = program()
    for token in (
        "x",
        "pantau_" + "A" * 43,
        "y" * 900,
        token_of("read", expires_at=datetime(2020, 1, 1, tzinfo=UTC)),
    ):
        asked.clear()
        stranger.token = token
        assert stranger.get("/feeds").status == 401
        costs.add(tuple(asked))
    assert len(costs) == 1


def test_the_ready_made_token_is_an_admin(make_site: Any, database: Any, urls: Any) -> None:
    from tests.ops.dashboard.api.conftest import Program

    site = make_site(database, Secret(urls.redis), api_token=Secret("a ready-made token"))
    program = Program(site.visitor(), "a ready-made token")
    assert program.get("/audit-log").status == 200
    program.token = "a ready-made toke"
    assert program.get("/audit-log").status == 401
    nobody = Program(make_site(database, Secret(urls.redis), api_token=Secret("")).visitor())
    assert nobody.get("/feeds", authorization="Bearer ").status == 401


def test_scopes_and_roles_bound_what_is_done(program: Any) -> None:
    feed = {"url": "https://kabar.example/rss"}
    assert program("read").post("/feeds", feed).status == 403
    assert program("write", role="viewer").post("/feeds", feed).status == 403
    assert program("write", role="viewer").get("/feeds").status == 200
    assert program("write").get("/audit-log").status == 403
    assert program("admin", role="editor").get("/audit-log").status == 403
    assert program("admin").get("/audit-log").status == 200
    answer = program("read").post("/feeds", feed)
    assert "scope write" in answer.json["detail"]
    assert program("write", role="editor").post("/feeds", feed).status == 201


def test_who_is_logged_in_may_look_and_change_nothing(site: Any, program: Any) -> None:
    from tests.ops.dashboard.api.conftest import Program

    browser = Program(site.known_visitor())
    assert browser.get("/feeds").status == 200
    assert browser.get("/audit-log").status == 200
    refused = browser.post("/feeds", {"url": "https://kabar.example/rss"})
    assert refused.status == 401
    assert browser.get("/feeds", authorization="Bearer wrong").status == 401


def test_too_many_wrong_tokens_are_slowed_and_right_ones_are_not(program: Any) -> None:
    stranger, reader = program(), program("read")
    stranger.token = "wrong"
    statuses = [stranger.get("/feeds").status for _ in range(32)]
    assert statuses[:30] == [401] * 30
    assert statuses[30:] == [429] * 2
    assert stranger.get("/feeds").headers["retry-after"] == "60"
    assert reader.get("/feeds").status == 200


def test_a_program_that_asks_too_much_is_told_when_to_go_on(site: Any, program: Any) -> None:
    reader, other = program("read"), program("read")
    first = reader.get("/feeds")
    assert first.headers["ratelimit-limit"] == "120"
    assert first.headers["ratelimit-remaining"] == "119"
    for _ in range(119):
        assert reader.get("/feeds?limit=1").status == 200
    refused = reader.get("/feeds")
    assert refused.status == 429
    assert refused.json["type"].endswith("#too_many")
    assert refused.headers["ratelimit-remaining"] == "0"
    assert int(refused.headers["retry-after"]) >= 1
    assert other.get("/feeds").status == 200
    site.steady.seconds += 2
    assert reader.get("/feeds").status == 200


def test_wrong_addresses_and_methods_are_problems_too(program: Any) -> None:
    reader = program("read")
    missing = reader.get("/nothing")
    assert (missing.status, missing.json["type"]) == (404, "/api/v1/docs#not_found")
    method = reader.ask("PUT", "/feeds", None, {})
    assert method.status == 405
    assert method.json["type"] == "/api/v1/docs#method_not_allowed"
    assert set(re.split(", ?", method.headers["allow"])) == {"GET"} or "POST" in method.headers["allow"]
    assert reader.get("/feeds/").status == 404
    assert reader.get("/feeds/12").json["detail"] == "There is no feed 12."
    assert reader.get("/feeds/x").status == 422


def test_each_wrong_field_is_named(program: Any) -> None:
    writer = program("write")
    answer = writer.post("/feeds", {"url": "https://a.example", "tags": ["ok", 7], "nme": "slip"})
    assert answer.status == 422
    assert {(each["in"], each["pointer"]) for each in answer.json["errors"]} == {
        ("body", "#/tags/1"),
        ("body", "#/nme"),
    }
    answer = writer.get("/feeds?limit=0&state=asleep")
    assert {(each["in"], each["pointer"]) for each in answer.json["errors"]} == {
        ("query", "#/limit"),
        ("query", "#/state"),
    }
    assert writer.post("/feeds", b"{not json").status == 422
    assert writer.post("/feeds", b'{"url": "\\u0000"}').status == 422
    assert writer.post("/feeds", b'{"url": "\\ud800"}').status == 422
    assert writer.get("/feeds?tag=%00").status == 422


def test_a_parameter_that_nobody_knows_is_no_answer_to_something_else(program: Any) -> None:
    reader = program("read")
    refused = reader.get("/deliveries?sate=failed&limit=5&%00/~=x")
    assert refused.status == 422
    first, second = refused.json["errors"]
    assert (first["in"], first["pointer"]) == ("query", "#/sate")
    assert "state" in first["detail"]
    assert "\x00" not in second["detail"]
    assert reader.get("/feeds/1?x=1").status == 422
    assert reader.get("/deliveries?state=failed&limit=5").status == 200


def test_a_body_that_is_too_large_is_refused(program: Any) -> None:
    answer = program("write").post("/match", {"body": "x" * 1_100_000})
    assert answer.status == 413
    assert answer.json["type"].endswith("#too_large")


def test_an_answer_that_has_not_changed_is_not_sent_again(program: Any, world: Any) -> None:
    with world() as news:
        feed = news.feed()
    reader = program("read")
    first = reader.get(f"/feeds/{feed}")
    tag = first.headers["etag"]
    again = reader.get(f"/feeds/{feed}", **{"if-none-match": f'"other", {tag}'})
    assert (again.status, again.text) == (304, "")
    assert again.headers["etag"] == tag
    assert "content-length" not in again.headers
    assert reader.get(f"/feeds/{feed}", **{"if-none-match": "*"}).status == 304
    with world() as news:
        news.connection.execute(text("UPDATE feeds SET failures = 3"))
    assert reader.get(f"/feeds/{feed}", **{"if-none-match": tag}).status == 200


def test_answers_keep_to_the_policy_of_the_pages(program: Any) -> None:
    answer = program("read").get("/feeds")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in answer.headers["vary"]


def test_a_database_that_is_down_is_a_problem_too(make_site: Any) -> None:
    from tests.ops.dashboard.api.conftest import Program

    answer = Program(make_site().visitor(), "anything").get("/feeds")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "10"
    assert answer.json["type"].endswith("#unavailable")
    assert "127.0.0.1" not in answer.text


def test_a_fault_of_ours_is_told_without_its_inside(site: Any, program: Any, monkeypatch: Any) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr("ops.store.programs.feed", fails)
    with capture_logs() as logged:
        answer = program("read").get("/feeds/1")
    assert answer.status == 500
    (line,) = [each for each in logged if each["event"] == "api_error"]
    assert answer.json["instance"] == f"urn:uuid:{line['request']}"
    assert answer.json["type"].endswith("#our_fault")
    assert "secret" not in answer.text


def test_the_description_is_open_and_every_operation_has_a_name(program: Any) -> None:
    answer = program().get("/openapi.json")
    assert answer.status == 200
    told = answer.json
    assert told["openapi"].startswith("3.1")
    names = [each["operationId"] for path in told["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) >= 30
    assert "HTTPValidationError" not in told["components"]["schemas"]


def test_a_key_does_a_thing_once_however_often_and_by_however_many_it_is_sent(
    program: Any, engine: Any
) -> None:
    writer = program("write")
    body = {"scope": "everything", "for": "8h", "comment": "rest"}

    def send(_: int) -> Any:
        return writer.post("/silences", body, **{"idempotency-key": "night-1"})

    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(send, range(12)))
    assert {each.status for each in answers} == {201}
    assert len({each.text for each in answers}) == 1
    assert sum("idempotency-replayed" not in each.headers for each in answers) == 1
    assert {each.headers["location"] for each in answers} == {f"/api/v1/silences/{answers[0].json['id']}"}
    assert len(writer.get("/silences").json["items"]) == 1
    other = writer.post("/silences", {**body, "comment": "x"}, **{"idempotency-key": "night-1"})
    assert (other.status, other.json["type"]) == (422, "/api/v1/docs#key_reused")
    assert program("write").post("/silences", body, **{"idempotency-key": "night-1"}).status == 201
    with engine.begin() as connection:
        connection.execute(text("UPDATE api_answers SET created_at = now() - interval '25 hours'"))
        assert connection.execute(select(func.count()).select_from(audit_log)).scalar() == 2
    assert "idempotency-replayed" not in send(0).headers
    assert len(writer.get("/silences").json["items"]) == 3


def test_a_key_of_work_that_failed_is_free_again(program: Any, world: Any) -> None:
    writer = program("write")
    said = {"scope": "topic", "topic_id": "1", "for": "8h"}
    assert writer.post("/silences", said, **{"idempotency-key": "k"}).status == 422
    fine = writer.post("/silences", {"scope": "everything", "for": "8h"}, **{"idempotency-key": "k"})
    assert fine.status == 201


def test_the_last_use_of_a_token_is_noted(program: Any, engine: Any) -> None:
    program("read").get("/feeds")
    with engine.begin() as connection:
        (row,) = [each for each in tokens.list_tokens(connection) if each["used_at"]]
    assert row["used_at"].second == 0


def test_the_house_is_made_of_the_context(site: Any) -> None:
    assert house_of(site.context).keys is site.context.keys
