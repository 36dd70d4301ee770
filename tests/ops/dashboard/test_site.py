"""The web process from outside: who gets in, what is refused, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ops.dashboard import make_app
from ops.dashboard.gate import CSP
from worker.errors import Unavailable
from worker.secrets import Secret
from worker.settings import Settings

EVIL = "https://evil.example"


def sessions(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM sessions")).scalar_one()


def test_the_web_command_gets_its_process_from_the_settings(tmp_path: Path) -> None:
    dead = Secret("postgresql://nobody@127.0.0.1:9/nothing")
    app = make_app(Settings(tmp_path, database_url=dead, public_url="https://news.example"))
    assert app.state.context.public_url == "https://news.example"
    app.state.context.close()
    with pytest.raises(Unavailable, match="pantau up"):
        make_app(Settings(tmp_path))


def test_every_answer_carries_the_security_headers(make_site: Callable[..., Any]) -> None:
    visitor = make_site().visitor()
    answers = [
        visitor.get(path) for path in ("/", "/login", "/healthz", "/readyz", "/nothing", "/static/../x")
    ]
    answers += [visitor.post("/login", {}), visitor.post("/login", {}, origin=EVIL), visitor.post("/", {})]
    for answer in answers:
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers
        assert "7.8.9" not in answer.text


def test_a_fault_of_ours_is_a_calm_page_with_the_same_headers(make_site: Callable[..., Any]) -> None:
    site = make_site()
    site.context.checks = None
    answer = site.visitor().get("/readyz")
    assert answer.status == 500
    assert answer.headers["content-security-policy"] == CSP
    assert "Something went wrong in Pantau" in answer.text
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/logout", 405), ("DELETE", "/", 405)]
)
def test_wrong_addresses_and_methods_get_a_page_in_our_look(
    make_site: Callable[..., Any], method: str, path: str, status: int
) -> None:
    answer = make_site().visitor().ask(method, path, None, {})
    assert answer.status == status
    assert "pantau.svg" in answer.text or "/static/pantau." in answer.text


def test_static_files_may_be_kept_for_ever_and_nothing_else_is_served(make_site: Callable[..., Any]) -> None:
    visitor = make_site().visitor()
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', visitor.get("/login").text)
    assert len(found) == 2
    for path in found:
        answer = visitor.get(path)
        assert answer.status == 200
        assert "immutable" in answer.headers["cache-control"]
    for path in ("/static/pantau.css", "/static/..%2fapp.py", "/static/%2e%2e/gate.py", "/static/"):
        assert visitor.get(path).status == 404


def test_a_database_that_is_down_is_told_calmly(make_site: Callable[..., Any]) -> None:
    visitor = make_site().visitor()
    visitor.cookies["pantau_session"] = "anything"
    answer = visitor.get("/")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "10"
    assert "The database does not answer" in answer.text
    assert "Nothing is lost" in answer.text
    assert "Traceback" not in answer.text
    assert "127.0.0.1" not in answer.text


def test_a_database_that_never_answers_is_told_as_well(
    make_site: Callable[..., Any], silent_server: int
) -> None:
    visitor = make_site(Secret(f"postgresql://x@127.0.0.1:{silent_server}/x"), patience_s=0.2).visitor()
    visitor.cookies["pantau_session"] = "anything"
    assert visitor.get("/").status == 503


@pytest.mark.servers
def test_tables_that_do_not_fit_are_told_with_the_remedy(site: Any, engine: Engine) -> None:
    visitor = site.known_visitor()
    try:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE deliveries RENAME TO deliveries_of_old"))
        answer = visitor.get("/")
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE deliveries_of_old RENAME TO deliveries"))
    assert answer.status == 503
    assert "<code>pantau migrate</code>" in answer.text


@pytest.mark.servers
def test_strangers_are_sent_to_the_log_in_and_come_back(site: Any) -> None:
    visitor = site.visitor()
    sent = visitor.get("/?from=chat")
    assert (sent.status, sent.headers["location"]) == (303, "/login?next=%2F%3Ffrom%3Dchat")
    assert 'name="next" value="/?from=chat"' in visitor.get(sent.headers["location"]).text


@pytest.mark.servers
def test_the_right_password_opens_a_session_that_scripts_cannot_read(site: Any) -> None:
    visitor = site.visitor()
    answer = visitor.log_in(name=" Ratna ")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = next(cookie for cookie in answer.cookies if cookie.startswith("pantau_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert visitor.get("/").status == 200
    assert visitor.get("/login").status == 303


@pytest.mark.servers
def test_over_https_the_session_is_bound_to_the_host(make_site: Callable[..., Any], database: Secret) -> None:
    visitor = make_site(database, public_url="https://news.example").visitor()
    answer = visitor.log_in(origin="https://news.example")
    cookie = next(cookie for cookie in answer.cookies if cookie.startswith("__Host-pantau_session="))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


@pytest.mark.servers
@pytest.mark.parametrize("name", ["ratna", "nobody", "", "x\x00y", "a" * 5000, "' OR 1=1 --"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    site: Any, engine: Engine, name: str
) -> None:
    answer = site.visitor().log_in(name=name, password="wrong")
    assert answer.status == 403
    assert "The name or the password is wrong." in answer.text
    assert sessions(engine) == 0


@pytest.mark.servers
def test_the_sixth_try_within_a_minute_is_not_even_looked_at(site: Any) -> None:
    visitor = site.visitor()
    for _ in range(5):
        assert visitor.log_in(password="wrong").status == 403
    refused = visitor.log_in()
    assert (refused.status, refused.headers["retry-after"]) == (429, "60")
    assert visitor.log_in(name="somebody else", password="wrong").status == 403
    site.steady.seconds += 61
    assert visitor.log_in().status == 303


@pytest.mark.servers
def test_one_visitor_has_fifty_tries_however_many_names(site: Any) -> None:
    site.context.tries_by_visitor.most = 3
    visitor = site.visitor()
    found = [visitor.log_in(name=f"name {n}", password="wrong").status for n in range(4)]
    assert found == [403, 403, 403, 429]


@pytest.mark.servers
def test_a_forwarded_address_is_not_believed(site: Any) -> None:
    visitor = site.visitor()
    found = [visitor.log_in(password="wrong", x_forwarded_for=f"192.0.2.{n}").status for n in range(6)]
    assert found[-1] == 429


@pytest.mark.servers
def test_right_passwords_do_not_use_up_the_tries(site: Any) -> None:
    assert [site.visitor().log_in().status for _ in range(8)] == [303] * 8


@pytest.mark.servers
def test_a_session_is_new_after_the_log_in_and_the_old_one_ends(site: Any, engine: Engine) -> None:
    visitor = site.known_visitor()
    old = visitor.cookies["pantau_session"]
    form = site.visitor()
    token = form.get("/login").csrf
    form.cookies["pantau_session"] = old
    answer = form.post("/login", {"csrf": token, "name": "ratna", "password": "a long enough password"})
    assert answer.status == 303
    assert form.cookies["pantau_session"] != old
    assert visitor.get("/").status == 303
    assert sessions(engine) == 1


@pytest.mark.servers
def test_a_planted_session_is_never_taken_over(site: Any) -> None:
    visitor = site.visitor()
    visitor.cookies["pantau_session"] = "planted"
    visitor.log_in()
    assert visitor.cookies["pantau_session"] != "planted"


@pytest.mark.servers
@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_sent_elsewhere_after_the_log_in(site: Any, wanted: str) -> None:
    assert site.visitor().log_in(to=wanted).headers["location"] == "/"


@pytest.mark.servers
def test_a_form_without_its_token_is_refused(site: Any, engine: Engine) -> None:
    visitor = site.visitor()
    fields = {"name": "ratna", "password": "a long enough password"}
    assert visitor.post("/login", fields).status == 403
    visitor.get("/login")
    assert visitor.post("/login", fields | {"csrf": "guessed"}).status == 403
    assert visitor.post("/login", fields | {"csrf": ""}).status == 403
    assert sessions(engine) == 0


@pytest.mark.servers
@pytest.mark.parametrize("headers", [{"origin": EVIL}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}])
def test_a_form_from_a_foreign_page_is_refused_even_with_its_token(
    site: Any, headers: dict[str, str]
) -> None:
    answer = site.visitor().log_in(**headers)
    assert answer.status == 403
    assert "PANTAU_PUBLIC_URL" in answer.text


@pytest.mark.servers
def test_a_huge_form_is_refused(site: Any) -> None:
    visitor = site.visitor()
    token = visitor.get("/login").csrf
    assert visitor.post("/login", {"csrf": token, "password": "x" * 100_000}).status == 413
    assert visitor.post("/login", {str(n): "" for n in range(200)}).status == 400


@pytest.mark.servers
def test_logging_out_needs_the_token_and_ends_the_session_everywhere(site: Any, engine: Engine) -> None:
    visitor = site.known_visitor()
    page = visitor.get("/")
    assert visitor.post("/logout", {"csrf": "guessed"}).status == 403
    assert sessions(engine) == 1
    token = visitor.cookies["pantau_session"]
    answer = visitor.post("/logout", {"csrf": page.csrf})
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert "pantau_session" not in visitor.cookies
    visitor.cookies["pantau_session"] = token
    assert visitor.get("/").status == 303
    assert sessions(engine) == 0


@pytest.mark.servers
def test_a_session_that_has_ended_opens_nothing(site: Any, engine: Engine) -> None:
    visitor = site.known_visitor()
    with engine.begin() as connection:
        connection.execute(text("UPDATE sessions SET expires_at = now() - interval '1 second'"))
    assert visitor.get("/").status == 303
