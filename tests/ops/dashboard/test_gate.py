"""Who may post from where, and where one may be sent after the log-in."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.dashboard.gate import CSP, cookie_name, foreign, local_path, same, visitor

HERE = {"host": "pantau.example:8484"}


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ({}, None),
        ({"origin": "http://pantau.example:8484"}, None),
        ({"origin": "https://PANTAU.example:8484"}, None),
        ({"origin": "https://news.example"}, None),
        ({"origin": "https://evil.example"}, "foreign_origin"),
        ({"origin": "http://pantau.example"}, "foreign_origin"),
        ({"origin": "http://pantau.example:8484.evil.example"}, "foreign_origin"),
        ({"origin": "null"}, "foreign_origin"),
        ({"origin": ""}, "foreign_origin"),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, None),
        ({"sec-fetch-site": "none"}, None),
        ({"sec-fetch-site": "same-site"}, "foreign_site"),
        ({"sec-fetch-site": "cross-site", "origin": "http://pantau.example:8484"}, "foreign_site"),
        ({"x-forwarded-host": "evil.example", "origin": "https://evil.example"}, "foreign_origin"),
    ],
)
def test_a_form_is_taken_only_from_our_own_pages(headers: dict[str, str], refused: str | None) -> None:
    assert foreign("POST", HERE | headers, "https://news.example/pantau") == refused


@pytest.mark.parametrize(
    "public_url", ["https://news.example:443", "HTTPS://News.Example/", "https://news.example/x"]
)
def test_the_public_address_is_known_however_it_is_written(public_url: str) -> None:
    behind_a_proxy = {"host": "127.0.0.1:8484", "origin": "https://news.example"}
    assert foreign("POST", behind_a_proxy, public_url) is None
    assert foreign("POST", behind_a_proxy, None) == "foreign_origin"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "WEIRD"])
def test_every_method_that_may_change_something_is_looked_at(method: str) -> None:
    assert foreign(method, HERE | {"origin": "https://evil.example"}, None) == "foreign_origin"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_links_from_elsewhere_may_lead_here(method: str) -> None:
    assert foreign(method, HERE | {"sec-fetch-site": "cross-site"}, None) is None


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "",
        "evil",
        "/ok\r\nset-cookie: x=y",
        "/logout",
        "/login?next=/login",
        "/" + "a" * 5000,
    ],
)
def test_nobody_is_led_astray_after_the_log_in(wanted: str) -> None:
    assert local_path(wanted) == "/"


@pytest.mark.parametrize("wanted", ["/", "/?range=24h", "/feeds/3#a", "/a//b", "/loginsight"])
def test_a_page_of_ours_is_gone_back_to(wanted: str) -> None:
    assert local_path(wanted) == wanted


@given(st.text())
def test_whatever_is_wanted_stays_on_this_host(wanted: str) -> None:
    led = urljoin("https://pantau.example/login", local_path(wanted))
    assert urlsplit(led).netloc == "pantau.example"


@given(st.text(), st.text())
def test_a_token_is_right_only_if_it_is_the_same_and_not_empty(told: str, expected: str) -> None:
    told, expected = (text.encode("utf-8", "replace").decode() for text in (told, expected))
    assert same(told, expected) == (told == expected != "")


def test_no_token_at_all_is_never_right() -> None:
    assert not same(None, None)
    assert not same("", "")


def test_cookies_are_bound_to_the_host_over_https_only() -> None:
    assert cookie_name("session", "https://pantau.example") == "__Host-pantau_session"
    assert cookie_name("session", "http://pantau.example") == "pantau_session"
    assert cookie_name("session", None) == "pantau_session"


def test_one_customer_is_one_visitor_however_many_addresses_they_have() -> None:
    assert visitor("2001:db8:1:2:3:4:5:6") == visitor("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert visitor("2001:db8:1:3::1") != visitor("2001:db8:1:2::1")
    assert visitor("::ffff:192.0.2.7") == visitor("192.0.2.7") == "192.0.2.7"
    assert visitor(None) == "unknown"


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    rules = dict(rule.split(" ", 1) for rule in CSP.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["worker-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in CSP
