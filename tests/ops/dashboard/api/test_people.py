"""Accounts, tokens and one's own settings: by the rules of the pages, and never more than who asks may do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from ops import access, membership
from ops.access import Attempts
from ops.store import accounts, tokens
from ops.store.schema import api_answers, audit_log, users
from tests.ops.dashboard.api.conftest import Program
from tests.ops.dashboard.conftest import NAME
from worker.secrets import Secret

pytestmark = pytest.mark.servers

ANY = {"if-match": "*"}
PASSWORD = "a long password"


@pytest.fixture
def of(site: Any, engine: Any) -> Any:
    """A program of an account with this name, which is made with a password where there is none."""

    made: list[str] = []

    def make(name: str, role: str, *scopes: str, expires_at: datetime | None = None) -> Program:
        made.append(name)
        with engine.begin() as connection:
            user = accounts.find_user(connection, name) or membership.add(
                connection, name, PASSWORD, role, "test"
            )
            called = f"t{len(tokens.list_tokens(connection, name))}"
            token = tokens.make_token(connection, called, user, scopes, expires_at)  # type: ignore[arg-type]
        return Program(site.visitor(), token.reveal())

    yield make
    with engine.begin() as connection:
        connection.execute(delete(users).where(users.c.name.in_([*made, "sari"])))


@pytest.fixture
def alone(engine: Any) -> Any:
    """The account of all tests is no admin meanwhile."""
    with engine.begin() as connection:
        connection.execute(update(users).where(users.c.name == NAME).values(role="viewer"))
    yield
    with engine.begin() as connection:
        connection.execute(update(users).where(users.c.name == NAME).values(role="admin"))


def noted(engine: Any) -> list[tuple[str, str, str, str]]:
    with engine.begin() as connection:
        rows = connection.execute(select(audit_log).where(audit_log.c.who != "test").order_by(audit_log.c.id))
        return [(row.who, row.what, row.kind, row.name) for row in rows]


def faults(answer: Any) -> dict[str, str]:
    return {each["pointer"]: each["detail"] for each in answer.json["errors"]}


def logs_in(engine: Any, name: str, password: str) -> bool:
    with engine.begin() as connection:
        return access.log_in(connection, name, password, "Firefox, Linux") is not None


def test_an_account_is_made_changed_reset_and_removed(of: Any, engine: Any) -> None:
    boss = of("bu kepala", "admin", "admin")
    made = boss.post("/users", {"name": "sari", "role": "viewer"})
    assert (made.status, made.json["name"], made.json["role"]) == (201, "sari", "viewer")
    assert logs_in(engine, "sari", made.json["password"])
    path = made.headers["location"].removeprefix("/api/v1")
    shown = boss.get(path)
    assert shown.json["used_at"] is not None
    assert "password" not in shown.json
    assert faults(boss.post("/users", {"name": " SARI "})) == {"#/name": "There is an account SARI already."}
    assert faults(boss.post("/users", {"name": "two\nlines"}))["#/name"].startswith("A name is one line")
    seen = {"if-match": shown.headers["etag"]}
    assert boss.patch(path, {"role": "editor"}).status == 428
    changed = boss.patch(path, {"role": "editor"}, **seen)
    assert (changed.status, changed.json["role"]) == (200, "editor")
    assert boss.patch(path, {"role": "admin"}, **seen).status == 412
    assert boss.patch(path, {"role": "king"}, **ANY).status == 422
    fresh = boss.post(f"{path}/reset-password").json["password"]
    assert not logs_in(engine, "sari", made.json["password"])
    assert logs_in(engine, "sari", fresh)
    rows = boss.get("/users?limit=1").json
    assert [each["name"] for each in rows["items"]] == ["sari"]
    others = [each["name"] for each in boss.get(f"/users?cursor={rows['next']}").json["items"]]
    assert (others[0], others[-1]) == ("bu kepala", NAME)
    assert boss.delete(path).status == 428
    assert boss.delete(path, **{"if-match": changed.headers["etag"]}).status == 204
    assert boss.get(path).status == boss.delete(path, **ANY).status == 404
    assert boss.post(f"{path}/reset-password").status == 404
    who = "token t0 of bu kepala"
    assert noted(engine) == [
        *[(who, what, "account", "sari") for what in ("added", "changed", "reset the password of", "removed")]
    ]


def test_nobody_shuts_out_themselves_or_the_last_admin(
    of: Any, alone: Any, make_site: Any, database: Any, urls: Any
) -> None:
    boss = of("bu kepala", "admin", "admin")
    row = next(each for each in boss.get("/users").json["items"] if each["name"] == "bu kepala")
    path = f"/users/{row['id']}"
    last = boss.patch(path, {"role": "viewer"}, **ANY)
    assert (last.status, last.json["detail"]) == (
        409,
        "Bu kepala is the last admin: give another account that role first.",
    )
    of("pak wakil", "admin", "admin")
    assert "let another admin remove it" in boss.delete(path, **ANY).json["detail"]
    made = Secret("a ready-made token")
    ready_made = Program(make_site(database, Secret(urls.redis), api_token=made).visitor(), made.reveal())
    assert ready_made.delete(path, **ANY).status == 204
    other = ready_made.get("/users?limit=1").json["items"][0]
    assert other["name"] == "pak wakil"
    assert ready_made.delete(f"/users/{other['id']}", **ANY).status == 409


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", "/users/1"),
        ("PATCH", "/users/1"),
        ("DELETE", "/users/1"),
        ("POST", "/users/1/reset-password"),
    ],
)
def test_accounts_are_for_admins(of: Any, method: str, path: str) -> None:
    """Whatever the token says, where the account's role does not go so far."""
    for program in (of("ed", "editor", "admin"), of("boss", "admin", "write")):
        assert program.ask(method, path, {} if method in ("POST", "PATCH") else None, ANY).status == 403


def test_a_token_is_made_told_once_and_revoked(of: Any, engine: Any) -> None:
    editor = of("ed", "editor", "write")
    made = editor.post("/tokens", {"name": "reader", "scopes": ["read"], "lasts": "30d"})
    assert (made.status, made.json["scopes"], made.json["account"]) == (201, ["read"], "ed")
    assert made.json["expires_at"] is not None
    fresh = Program(editor.visitor, made.json["token"])
    assert fresh.get("/me").json["token"] == "reader"
    assert fresh.post("/tokens", {"name": "more", "scopes": ["read"]}).status == 403
    assert made.json["token"] not in editor.get("/tokens").text
    assert "already" in faults(editor.post("/tokens", {"name": "reader", "scopes": ["read"]}))["#/name"]
    assert editor.delete(f"/tokens/{made.json['id']}").status == 204
    assert fresh.get("/me").status == 401
    assert editor.delete(f"/tokens/{made.json['id']}").status == 404
    assert [each["name"] for each in editor.get("/tokens").json["items"]] == ["t0"]
    who = "token t0 of ed"
    assert noted(engine) == [(who, "made", "token", "reader"), (who, "revoked", "token", "reader")]
    with engine.begin() as connection:
        assert connection.execute(select(api_answers)).first() is None


def test_a_token_makes_none_that_does_more_or_lasts_longer(of: Any) -> None:
    ends = datetime.now(UTC) + timedelta(days=2)
    writer = of("boss", "admin", "write", expires_at=ends)
    beyond = writer.post("/tokens", {"name": "x", "scopes": ["read", "admin"]})
    assert faults(beyond) == {"#/scopes": "The token that makes it does not have admin itself."}
    for lasts in ("365d", "ever"):
        made = writer.post("/tokens", {"name": lasts, "scopes": ["write"], "lasts": lasts})
        assert datetime.fromisoformat(made.json["expires_at"]) == ends
    above = of("ed", "editor", "admin").post("/tokens", {"name": "x", "scopes": ["admin"]})
    assert "role editor" in faults(above)["#/scopes"]
    assert of("boss", "admin", "admin").post("/tokens", {"name": "y", "scopes": ["admin"]}).status == 201


def test_tokens_of_others_are_an_admins_to_see_and_to_end(of: Any) -> None:
    theirs, writer, admin = (
        of("ed", "editor", "read"),
        of("boss", "admin", "write"),
        of("boss", "admin", "admin"),
    )
    (row,) = theirs.get("/tokens").json["items"]
    assert {each["account"] for each in writer.get("/tokens").json["items"]} == {"boss"}
    assert writer.delete(f"/tokens/{row['id']}").status == 404
    pieces = admin.get("/tokens?limit=2").json
    assert len(pieces["items"]) == 2
    assert [each["id"] for each in admin.get(f"/tokens?cursor={pieces['next']}").json["items"]] == [row["id"]]
    assert admin.delete(f"/tokens/{row['id']}").status == 204
    assert theirs.get("/me").status == 401


def test_everybody_reads_in_their_own_language(of: Any, engine: Any) -> None:
    me = of("ed", "editor", "write")
    shown = me.get("/me")
    assert (shown.json["role"], shown.json["scopes"]) == ("editor", ["read", "write"])
    seen = {"if-match": shown.headers["etag"]}
    assert me.patch("/me", {"language": "id"}).status == 428
    changed = me.patch("/me", {"timezone": "Asia/Jakarta", "language": "id"}, **seen)
    assert (changed.json["language"], changed.json["timezone"]) == ("id", "Asia/Jakarta")
    assert me.patch("/me", {"language": "en"}, **seen).status == 412
    back = me.patch("/me", {"language": "en"}, **{"if-match": changed.headers["etag"]})
    assert (back.json["language"], back.json["timezone"]) == ("en", "Asia/Jakarta")
    wrong = me.patch("/me", {"language": "xx", "timezone": "Jakarta"}, **ANY)
    assert set(faults(wrong)) == {"#/language", "#/timezone"}
    assert noted(engine) == [("token t0 of ed", "changed", "account", "ed")] * 2


def test_a_password_is_changed_by_who_knows_the_present_one(of: Any, engine: Any) -> None:
    me = of("ed", "editor", "write")
    assert logs_in(engine, "ed", PASSWORD)
    wrong = me.post("/me/password", {"old": "not this one", "new": "another long one"})
    assert faults(wrong) == {"#/old": "This is not the password."}
    short = me.post("/me/password", {"old": PASSWORD, "new": "short"})
    assert "too short" in faults(short)["#/new"]
    assert me.post("/me/password", {"old": PASSWORD, "new": "another long one"}).status == 204
    assert me.get("/me/sessions").json == []
    assert logs_in(engine, "ed", "another long one")
    assert noted(engine) == [("token t0 of ed", "changed the password of", "account", "ed")]


def test_passwords_are_not_to_be_guessed(of: Any, site: Any) -> None:
    """Pages and programs are counted together."""
    site.context.tries_by_name = Attempts(most=5, window_s=3600)
    me = of("ed", "editor", "write")
    asked = {"old": "not this one", "new": "another long one"}
    assert [me.post("/me/password", asked).status for _ in range(6)] == [422] * 5 + [429]
    late = me.post("/me/password", {**asked, "old": PASSWORD})
    assert (late.status, late.headers["retry-after"]) == (429, "60")
    assert not site.context.tries_by_name.allowed("password ed", site.context.steady())


def test_browsers_are_listed_and_logged_out(of: Any, engine: Any) -> None:
    me = of("ed", "editor", "write")
    of("boss", "editor", "read")
    assert all(logs_in(engine, name, PASSWORD) for name in ("ed", "ed", "ed", "boss"))
    shown = me.get("/me/sessions").json
    assert [(each["browser"], each["asks"]) for each in shown] == [("Firefox, Linux", False)] * 3
    assert me.delete(f"/me/sessions/{shown[0]['id']}").status == 204
    assert me.delete(f"/me/sessions/{shown[0]['id']}").status == 404
    assert me.delete("/me/sessions").json == {"ended": 2}
    with engine.begin() as connection:
        boss = membership.existing(connection, "boss")
        (others,) = accounts.list_sessions(connection, boss)
    assert me.delete(f"/me/sessions/{others['key']}").status == 404
    assert [what for _, what, _, _ in noted(engine)] == ["ended sessions of"] * 2


def test_a_browser_sees_which_one_it_is_and_changes_nothing_here(site: Any) -> None:
    browser = Program(site.known_visitor())
    assert [each["asks"] for each in browser.get("/me/sessions").json] == [True]
    assert browser.get("/me").json["token"] is None
    for path, body in (
        ("/tokens", {"name": "x", "scopes": ["read"]}),
        ("/me/password", {"old": "", "new": ""}),
    ):
        assert browser.post(path, body).status == 401


def test_the_ready_made_token_has_no_settings_of_its_own(make_site: Any, database: Any, urls: Any) -> None:
    made = Secret("a ready-made token")
    site = make_site(database, Secret(urls.redis), api_token=made)
    program = Program(site.visitor(), made.reveal())
    me = program.get("/me").json
    assert (me["account"], me["scopes"]) == (None, ["read", "write", "admin"])
    assert program.get("/me/sessions").json == []
    for answer in (
        program.patch("/me", {"language": "id"}, **ANY),
        program.delete("/me/sessions"),
        program.post("/tokens", {"name": "x", "scopes": ["read"]}),
        program.post("/me/password", {"old": PASSWORD, "new": PASSWORD}),
    ):
        assert (answer.status, answer.json["detail"].split(":")[0]) == (
            409,
            "PANTAU_API_TOKEN is nobody's account",
        )
