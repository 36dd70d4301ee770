"""Settings on real servers: one's own account, sessions, users, tokens, entities; who may, and what is written down."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from ops import access
from ops.dashboard.browsers import browser_family
from ops.store import accounts, tokens
from ops.store.schema import audit_log, sessions, users
from ops.store.schema import tokens as token_rows
from worker.secrets import KeyRing
from worker.settings import from_env
from worker.store.schema import entities, topics

pytestmark = pytest.mark.servers

PASSWORD = "another long password"
HOSTILE = "<script>alert(1)</script>\"'><img src=x>"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def only_ratna(engine: Any) -> Any:
    """Whoever a test made is gone after it; ratna is who she was."""
    yield
    with engine.begin() as connection:
        connection.execute(delete(users).where(users.c.name != "ratna"))
        hashed = access.hash_password("a long enough password")
        was = {"role": "admin", "language": "en", "timezone": "UTC", "password": hashed}
        connection.execute(update(users).where(users.c.name == "ratna").values(was))


@pytest.fixture
def as_role(site: Any, engine: Any) -> Any:
    """Visitors of each role, called by it."""

    def visitor(role: str, **headers: str) -> Any:
        with engine.begin() as connection:
            if accounts.find_user(connection, role) is None:
                accounts.add_user(connection, role, access.hash_password(PASSWORD), role)
        someone = site.visitor()
        assert someone.log_in(role, PASSWORD, **headers).status == 303
        return someone

    return visitor


@pytest.fixture
def noted(engine: Any) -> Any:
    """The audit log, oldest first: (who, what, kind, name, before, after)."""

    def rows() -> list[tuple[Any, ...]]:
        log = audit_log.c
        with engine.connect() as connection:
            found = connection.execute(
                select(log.who, log.what, log.kind, log.name, log.before, log.after).order_by(log.id)
            )
            return [tuple(row) for row in found]

    return rows


def send(visitor: Any, page: str, to: str, **fields: str) -> Any:
    return visitor.post(to, {"csrf": visitor.get(page).csrf, **fields})


# One's own account -----------------------------------------------------------------------------------


def test_everybody_sees_their_account_and_only_admins_the_rest(as_role: Any) -> None:
    viewer, admin = as_role("viewer"), as_role("admin")
    mine = viewer.get("/settings").text
    assert "looks, and changes nothing" in mine
    for path in ("/settings/users", "/settings/installation"):
        assert f'href="{path}"' not in mine
        assert f'href="{path}"' in admin.get("/settings").text
    closed = ("/settings/users", "/settings/users/remove?user=ratna", "/settings/installation", "/audit-log",
              "/audit-log.csv", "/settings/export")  # fmt: skip
    assert [viewer.get(path).status for path in closed] == [403] * len(closed)


def test_a_password_is_changed_by_who_knows_it_and_other_browsers_are_logged_out(
    as_role: Any, noted: Any
) -> None:
    here, elsewhere = as_role("editor"), as_role("editor")
    new = {"new": "brand new password", "again": "brand new password"}
    refused = [
        send(here, "/settings", "/settings/password", old="wrong", **new),
        send(here, "/settings", "/settings/password", old=PASSWORD, new="short", again="short"),
        send(here, "/settings", "/settings/password", old=PASSWORD, new="x" * 1001, again="x" * 1001),
        send(here, "/settings", "/settings/password", old=PASSWORD, new="brand new password", again="typo"),
    ]
    assert [answer.status for answer in refused] == [422] * 4
    for answer, words in zip(
        refused, ("not your password", "too short", "too long", "not the same"), strict=True
    ):
        assert words in answer.text
        assert "brand new password" not in answer.text
    assert elsewhere.get("/settings").status == 200
    done = send(here, "/settings", "/settings/password", old=PASSWORD, **new)
    assert (done.status, done.headers["location"]) == (303, "/settings?did=password")
    assert "Your password is changed" in here.get("/settings?did=password").text
    assert elsewhere.get("/settings").status == 303
    assert noted() == [("editor", "changed the password of", "account", "editor", None, None)]


def test_passwords_cannot_be_guessed_one_after_the_other(as_role: Any, site: Any) -> None:
    here = as_role("editor")
    wrong = {"old": "guess", "new": "brand new password", "again": "brand new password"}
    answers = [send(here, "/settings", "/settings/password", **wrong).status for _ in range(6)]
    assert answers == [422] * 5 + [429]
    right = send(here, "/settings", "/settings/password", **{**wrong, "old": PASSWORD})
    assert right.status == 429
    assert right.headers["retry-after"] == "60"
    site.steady.seconds += 61
    assert send(here, "/settings", "/settings/password", **{**wrong, "old": PASSWORD}).status == 303


def test_language_and_time_zone_are_ones_own_and_must_exist(as_role: Any, noted: Any) -> None:
    here, other = as_role("viewer"), as_role("admin")
    bad = send(here, "/settings", "/settings/tastes", language="tlh", timezone="Mars/Base\x00")
    assert bad.status == 422
    assert "there is no such time zone" in bad.text
    assert "Mars/Base" in bad.text
    assert send(here, "/settings", "/settings/tastes", language="id", timezone="Asia/Jakarta").status == 303
    assert '<html lang="id">' in here.get("/settings").text
    assert '<html lang="en">' in other.get("/settings").text
    send(here, "/settings", "/settings/tastes", language="id", timezone="Asia/Jakarta")
    before, after = {"language": "en", "timezone": "UTC"}, {"language": "id", "timezone": "Asia/Jakarta"}
    assert noted() == [("viewer", "changed", "account", "viewer", before, after)]


# Sessions --------------------------------------------------------------------------------------------


def test_a_browser_is_known_by_its_family_and_nothing_else(as_role: Any, engine: Any) -> None:
    as_role("viewer", user_agent=FIREFOX)
    here = as_role("viewer", user_agent=HOSTILE)
    page = here.get("/settings").text
    assert "Firefox, Linux" in page
    assert "an unknown browser" in page
    assert "140.0" not in page
    with engine.connect() as connection:
        assert "140" not in str(connection.execute(select(sessions.c.browser)).all())


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (FIREFOX, "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("curl/8.10", "curl"),
        ("", ""),
        (HOSTILE, ""),
    ],
)  # fmt: skip
def test_browsers_are_called_as_people_call_them(agent: str, shown: str) -> None:
    assert browser_family(agent) == shown


def test_one_browser_or_all_others_are_logged_out(as_role: Any, noted: Any) -> None:
    here, second, third, stranger = (as_role(role) for role in ("viewer", "viewer", "viewer", "editor"))
    keys = re.findall(r'name="session" value="([^"]+)"', here.get("/settings").text)
    assert len(keys) == 2
    assert send(stranger, "/settings", "/settings/sessions/end", session=keys[0]).status == 303
    assert [each.get("/settings").status for each in (second, third)] == [200, 200]
    assert send(here, "/settings", "/settings/sessions/end", session="mangled").status == 404
    assert [each.get("/settings").status for each in (second, third)] == [200, 200]
    assert send(here, "/settings", "/settings/sessions/end", session=keys[0]).status == 303
    assert sorted(each.get("/settings").status for each in (second, third)) == [200, 303]
    assert send(here, "/settings", "/settings/sessions/end").status == 303
    assert [each.get("/settings").status for each in (second, third)] == [303, 303]
    assert here.get("/settings").status == 200
    assert stranger.get("/settings").status == 200
    assert [(row[0], row[1], row[4]) for row in noted()] == [
        ("viewer", "ended sessions of", {"sessions": 1}),
        ("viewer", "ended sessions of", {"sessions": 1}),
    ]


# Users -----------------------------------------------------------------------------------------------


def test_an_admin_makes_an_account_whose_password_is_shown_once(site: Any, as_role: Any, noted: Any) -> None:
    admin = as_role("admin")
    done = send(admin, "/settings/users", "/settings/users/new", name="  Sari ", role="editor")
    assert done.status == 303
    assert all("HttpOnly" in cookie for cookie in done.cookies)
    shown = admin.get(done.headers["location"]).text
    found = re.search(r'class="secret"[^>]*>([^<]+)<', shown)
    assert found
    assert found[1] not in admin.get("/settings/users").text
    sari = site.visitor()
    assert sari.log_in("sari", found[1]).status == 303
    assert noted() == [("admin", "added", "account", "Sari", None, {"role": "editor"})]
    assert found[1] not in str(noted())


def test_what_is_wrong_with_an_account_is_said_and_kept(as_role: Any) -> None:
    admin = as_role("admin")
    cases = [("", "it needs a name"), ("ADMIN", "taken already"), ("x" * 81, "at most 80 characters")]
    for name, words in cases:
        answer = send(admin, "/settings/users", "/settings/users/new", name=name, role="editor")
        assert answer.status == 422
        assert words in answer.text
        assert f'value="{name}"' in answer.text
        assert re.search(r'value="editor" checked', answer.text)
    assert send(admin, "/settings/users", "/settings/users/new", name="x", role="king").status == 422


def test_a_name_is_only_ever_text(as_role: Any) -> None:
    admin = as_role("admin")
    done = send(admin, "/settings/users", "/settings/users/new", name=HOSTILE, role="viewer")
    page = admin.get(done.headers["location"]).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    link = re.findall(r'href="(/settings/users/remove\?user=%3C[^"]+)"', page)
    assert admin.get(link[0].replace("&amp;", "&")).status == 200


def test_a_new_password_ends_the_sessions_of_its_account(as_role: Any, noted: Any) -> None:
    admin, viewer = as_role("admin"), as_role("viewer")
    assert send(admin, "/settings/users", "/settings/users/reset", user="viewer").status == 303
    assert viewer.get("/settings").status == 303
    assert send(admin, "/settings/users", "/settings/users/reset", user="nobody").status == 422
    assert noted() == [("admin", "reset the password of", "account", "viewer", None, None)]


def test_a_role_holds_from_the_next_page_on(as_role: Any, noted: Any) -> None:
    admin, viewer = as_role("admin"), as_role("viewer")
    assert viewer.get("/audit-log").status == 403
    assert send(admin, "/settings/users", "/settings/users/role", user="viewer", role="admin").status == 303
    assert viewer.get("/audit-log").status == 200
    assert send(admin, "/settings/users", "/settings/users/role", user="viewer", role="editor").status == 303
    assert viewer.get("/audit-log").status == 403
    assert [row[4:] for row in noted()] == [
        ({"role": "viewer"}, {"role": "admin"}),
        ({"role": "admin"}, {"role": "editor"}),
    ]


def test_the_last_admin_stays_an_admin(site: Any, noted: Any) -> None:
    ratna = site.known_visitor()
    for to, fields in (("role", {"role": "viewer"}), ("remove", {})):
        answer = send(ratna, "/settings/users", f"/settings/users/{to}", user="ratna", **fields)
        assert answer.status == 422
    assert "another admin remove it" in answer.text
    assert ratna.get("/settings/users").status == 200
    assert noted() == []


def test_two_admins_cannot_remove_each_other_at_once(engine: Any, as_role: Any) -> None:
    from threading import Thread

    from ops import membership

    as_role("admin")
    with engine.begin() as connection:
        accounts.set_role(connection, membership.existing(connection, "ratna"), "admin")

    def demote(name: str, by: str) -> None:
        try:
            with engine.begin() as connection:
                membership.change_role(connection, name, "viewer", by)
        except membership.Refused:
            pass

    both = [Thread(target=demote, args=pair) for pair in (("ratna", "admin"), ("admin", "ratna"))]
    for each in both:
        each.start()
    for each in both:
        each.join()
    with engine.connect() as connection:
        roles = {row["name"]: row["role"] for row in accounts.list_users(connection)}
    assert sorted(roles.values()) == ["admin", "viewer"]


def test_an_account_is_removed_with_what_opens_for_it(as_role: Any, engine: Any, noted: Any) -> None:
    admin, viewer = as_role("admin"), as_role("viewer")
    made = send(
        viewer, "/settings/tokens", "/settings/tokens/new", name="t", lasts="30d", **{"scope-read": "on"}
    )
    secret = re.search(r"pantau_[\w-]+", viewer.get(made.headers["location"]).text)
    assert secret
    asked = admin.get("/settings/users/remove?user=viewer")
    assert "its API tokens open nothing any more" in asked.text
    assert admin.get("/settings/users/remove?user=nobody").status == 404
    assert send(admin, "/settings/users", "/settings/users/remove", user="viewer").status == 303
    assert viewer.get("/settings").status == 303
    with engine.begin() as connection:
        assert tokens.holder_of(connection, secret[0]) is None
    assert noted()[-1] == ("admin", "removed", "account", "viewer", {"role": "viewer"}, None)


def test_only_admins_change_accounts_and_only_by_our_forms(as_role: Any, noted: Any) -> None:
    editor, admin = as_role("editor"), as_role("admin")
    for to in ("new", "reset", "role", "remove"):
        fields = {"csrf": editor.get("/settings").csrf, "user": "admin", "name": "x", "role": "admin"}
        assert editor.post(f"/settings/users/{to}", fields).status == 403
        assert admin.post(f"/settings/users/{to}", {**fields, "csrf": "forged"}).status == 403
    assert noted() == []


# Tokens ----------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_opens_and_is_revoked(as_role: Any, engine: Any, noted: Any) -> None:
    editor = as_role("editor")
    assert "No token yet" in editor.get("/settings/tokens").text
    wanted = {"name": "reports", "lasts": "90d", "scope-read": "on", "scope-write": "on"}
    done = send(editor, "/settings/tokens", "/settings/tokens/new", **wanted)
    shown = editor.get(done.headers["location"]).text
    secret = re.search(r"pantau_[\w-]{20,}", shown)
    assert secret
    after = editor.get("/settings/tokens").text
    assert secret[0] not in after
    assert "reports" in after
    with engine.begin() as connection:
        holder = tokens.holder_of(connection, secret[0])
        assert holder
        assert (holder.user, holder.scopes) == ("editor", {"read", "write"})
        hashes = str(connection.execute(select(token_rows)).all())
    assert secret[0] not in hashes
    key = re.search(r'name="token" value="([^"]+)"', after)
    assert key
    assert send(editor, "/settings/tokens", "/settings/tokens/revoke", token=key[1]).status == 303
    assert send(editor, "/settings/tokens", "/settings/tokens/revoke", token=key[1]).status == 404
    with engine.begin() as connection:
        assert tokens.holder_of(connection, secret[0]) is None
    assert [row[:4] for row in noted()] == [
        ("editor", "made", "token", "reports"),
        ("editor", "revoked", "token", "reports"),
    ]
    assert secret[0] not in str(noted())


def test_a_token_never_does_more_than_its_account(as_role: Any) -> None:
    viewer = as_role("viewer")
    page = viewer.get("/settings/tokens").text
    assert "scope-write" not in page
    wanted = {"name": "t", "lasts": "30d", "scope-read": "on", "scope-admin": "on"}
    answer = send(viewer, "/settings/tokens", "/settings/tokens/new", **wanted)
    assert answer.status == 422
    assert "your role does not include this: admin" in answer.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "it needs a name"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"lasts": "1000y"}, "choose how long it opens"),
        ({"scope-read": ""}, ""),
    ],
)
def test_what_is_wrong_with_a_token_is_said_and_kept(
    as_role: Any, fields: dict[str, str], words: str
) -> None:
    viewer = as_role("viewer")
    wanted = {"name": "reports", "lasts": "30d", "scope-read": "on", **fields}
    if not fields.get("scope-read", "on"):
        del wanted["scope-read"]
        words = "choose at least one thing that it may do"
    answer = send(viewer, "/settings/tokens", "/settings/tokens/new", **wanted)
    assert answer.status == 422
    assert words in answer.text
    assert f'value="{wanted["name"]}"' in answer.text


def test_a_name_is_taken_once_and_tokens_are_not_endless(as_role: Any, engine: Any) -> None:
    from ops.issuing import MOST

    viewer = as_role("viewer")
    wanted = {"name": "reports", "lasts": "ever", "scope-read": "on"}
    assert send(viewer, "/settings/tokens", "/settings/tokens/new", **wanted).status == 303
    assert "taken already" in send(viewer, "/settings/tokens", "/settings/tokens/new", **wanted).text
    with engine.begin() as connection:
        user = accounts.find_user(connection, "viewer")
        assert user
        for n in range(MOST - 1):
            tokens.make_token(connection, f"t{n}", user, ["read"])
    full = send(viewer, "/settings/tokens", "/settings/tokens/new", **{**wanted, "name": "one more"})
    assert f"you have {MOST} tokens: revoke one first" in full.text


def test_tokens_of_others_are_seen_and_revoked_by_admins_alone(as_role: Any, engine: Any) -> None:
    editor, viewer, admin = as_role("editor"), as_role("viewer"), as_role("admin")
    made = {"name": "of-the-editor", "lasts": "30d", "scope-read": "on"}
    send(editor, "/settings/tokens", "/settings/tokens/new", **made)
    with engine.connect() as connection:
        (row,) = tokens.list_tokens(connection)
    assert "of-the-editor" not in viewer.get("/settings/tokens").text
    assert send(viewer, "/settings/tokens", "/settings/tokens/revoke", token=str(row["key"])).status == 404
    assert "of-the-editor" in admin.get("/settings/tokens").text
    assert send(admin, "/settings/tokens", "/settings/tokens/revoke", token=str(row["key"])).status == 303
    assert send(admin, "/settings/tokens", "/settings/tokens/revoke", token="mangled").status == 404


def test_nobody_can_make_a_page_show_a_secret_of_their_own(as_role: Any) -> None:
    one, other = as_role("admin"), as_role("editor")
    done = send(
        one, "/settings/tokens", "/settings/tokens/new", name="t", lasts="30d", **{"scope-read": "on"}
    )
    assert done.status == 303
    stolen = {name: value for name, value in one.cookies.items() if "told" in name}
    assert stolen
    other.cookies.update(stolen)
    assert "pantau_" not in re.sub("pantau_…", "", other.get("/settings/tokens").text)
    for mangled in ("x", ".", "e30.x", "e30." + "0" * 64):
        other.cookies.update(dict.fromkeys(stolen, mangled))
        assert other.get("/settings/tokens").status == 200


# Entities --------------------------------------------------------------------------------------------


def test_a_name_is_looked_up_in_any_language(site: Any, world: Any) -> None:
    with world() as news:
        news.put(topics, name="The alliance", query="@nato OR @nato-x")
        news.put(topics, name="Another", query="@nato-summit")
    visitor = site.known_visitor()
    page = visitor.get("/settings/entities").text
    assert "Countries and territories" in page
    for asked in ("NATO", "Pakta%20Pertahanan%20Atlantik%20Utara", "%40nato", "%D0%9D%D0%90%D0%A2%D0%9E"):
        found = visitor.get(f"/settings/entities?name={asked}").text
        assert "@nato" in found, asked
    whole = visitor.get("/settings/entities?key=nato").text
    assert "OTAN" in whole
    assert "The alliance" in whole
    assert "Another" not in whole
    assert "No entity goes by this name" in visitor.get("/settings/entities?name=qqqqzzz").text


def test_ones_own_entities_are_listed_and_are_only_text(site: Any, world: Any) -> None:
    odd = {"key": "odd", "title": HOSTILE, "names": {"en": {"proper": [HOSTILE]}}}
    with world() as news:
        key = {"key": "odd", "origin": "watchlist", "said": odd}
        news.connection.execute(entities.insert().values(**key))
        news.connection.execute(entities.insert().values(key="new", origin="folder", said={"version": 99}))
    visitor = site.known_visitor()
    for path in ("", "?key=odd", f"?name={'%3Cscript%3E'}", "?name=%00%ff", "?key=" + "x" * 5000):
        page = visitor.get(f"/settings/entities{path}")
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    assert "@odd" in page.text


# This installation -----------------------------------------------------------------------------------

SECRETS = ("PANTAU_DATABASE_URL", "PANTAU_REDIS_URL", "PANTAU_SECRET_KEY", "PANTAU_SMTP_URL", "PANTAU_SLACK_TOKEN",
           "PANTAU_SLACK_SIGNING_SECRET", "PANTAU_ADMIN_PASSWORD", "PANTAU_API_TOKEN", "PANTAU_HEARTBEAT_URL",
           "PANTAU_PROXY_URL")  # fmt: skip


def test_the_configuration_is_shown_without_what_any_secret_is(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "canary-" + name.lower())
    monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.example.org")
    monkeypatch.setenv("PANTAU_PUBLIC_ULR", "typo")
    page = site.known_visitor().get("/settings/installation").text
    assert "canary-" not in page
    assert all(f"<code>{name}</code>" in page for name in SECRETS)
    assert "https://pantau.example.org" in page
    assert "did you mean PANTAU_PUBLIC_URL?" in page
    assert "not set (PANTAU_SMTP_URL)" in page
    assert "starlette" in page
    assert "BSD-3-Clause" in page


def test_an_examination_names_remedies_and_keys(
    make_site: Any, database: Any, urls: Any, tmp_path: Any
) -> None:
    environ = {"PANTAU_REDIS_URL": urls.redis, "PANTAU_DATABASE_URL": urls.database}
    given = from_env({**environ, "PANTAU_DATA_DIR": str(tmp_path)})
    site = make_site(database, settings=given, keys=KeyRing.of(("a key for tests",)))
    visitor = site.known_visitor()
    page = send(visitor, "/settings/installation", "/settings/examination").text
    assert "What was found" in page
    assert "the beat has never ticked" in page
    assert "set PANTAU_SMTP_URL if anybody is to get e-mail" in page
    assert "seals and opens" in page
    assert urls.database not in page
    assert visitor.get("/settings/examination").status == 405
    assert visitor.post("/settings/examination", {"csrf": "forged"}).status == 403


def test_the_watchlist_is_taken_along_by_editors(
    make_site: Any, database: Any, engine: Any, world: Any
) -> None:
    site = make_site(database, keys=KeyRing.of(("a key for tests",)))
    with world() as news:
        news.put(topics, name="NATO", query="@nato")
    answer = site.known_visitor().get("/settings/export")
    assert answer.status == 200
    assert re.fullmatch(
        r'attachment; filename="pantau-\d{4}-\d\d-\d\d\.toml"', answer.headers["content-disposition"]
    )
    assert tomllib.loads(answer.text)["topic"] == [{"name": "NATO", "query": "@nato"}]
