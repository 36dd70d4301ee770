from __future__ import annotations

import pytest

from alerts.post import Smtp, parse_smtp_url
from worker.errors import BadConfiguration
from worker.secrets import Secret


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("smtp://mail.example.org", Smtp("mail.example.org", 587)),
        (
            "smtp://pantau:s%23cret%2F@mail.example.org:2525?tls=starttls",
            Smtp("mail.example.org", 2525, "starttls", "pantau", Secret("s#cret/")),
        ),
        (
            "smtps://rina%40example.org:pw@mail.example.org",
            Smtp("mail.example.org", 465, "implicit", "rina@example.org", Secret("pw")),
        ),
        ("smtp://mail.example.org:465/?tls=implicit", Smtp("mail.example.org", 465, "implicit")),
        ("smtp://127.0.0.1:1025?tls=none", Smtp("127.0.0.1", 1025, "none")),
        ("smtp://mail.example.org?tls=none", Smtp("mail.example.org", 25, "none")),
        ("smtp://u:p@[::1]:1025?tls=none", Smtp("::1", 1025, "none", "u", Secret("p"))),
        ("smtp://u:p@localhost?tls=none", Smtp("localhost", 25, "none", "u", Secret("p"))),
        ("smtp://127.0.0.1:1025", Smtp("127.0.0.1", 1025, "starttls")),
    ],
)
def test_an_smtp_address_is_understood(url: str, meant: Smtp) -> None:
    assert parse_smtp_url(url) == meant


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("", "unknown scheme"),
        ("mail.example.org:587", "unknown scheme"),
        ("http://mail.example.org", "unknown scheme"),
        ("smtp://", "needs a host"),
        ("smtp://:587", "needs a host"),
        ("smtp://mail.example.org:0", "needs a host"),
        ("smtp://mail.example.org/inbox", "no path"),
        ("smtp://mail.example.org:99999", "cannot be read"),
        ("smtp://mail.example.org:port", "cannot be read"),
        ("smtp://u:p/hush@mail.example.org", "%2F for /"),
        ("smtp://u:p#hush@mail.example.org", "%23 for #"),
        ("smtp://[::1", "cannot be read"),
        ("smtp://mail.example.org?tls=maybe", "tls option"),
        ("smtp://mail.example.org?tls", "cannot be read"),
        ("smtps://mail.example.org?tls=none", "tls option"),
        ("smtp://mail.example.org?verify=no", '"verify"'),
        ("smtp://u@mail.example.org", "alone"),
        ("smtp://:hush@mail.example.org", "alone"),
        ("smtp://u:%D1%85@mail.example.org", "ASCII"),
        ("smtp://u:hush@mail.example.org?tls=none", "in clear"),
        ("smtp://u:hush@10.0.0.5?tls=none", "in clear"),
        ("smtp://u:hush@localhost.evil.example?tls=none", "in clear"),
    ],
)
def test_an_smtp_address_that_cannot_be_used_is_refused_without_showing_the_password(
    url: str, hint: str
) -> None:
    with pytest.raises(BadConfiguration) as complaint:
        parse_smtp_url(url)
    assert hint in str(complaint.value)
    assert "hush" not in str(complaint.value)


def test_the_password_is_not_in_a_repr() -> None:
    assert "hush" not in repr(parse_smtp_url("smtps://u:hush@mail.example.org"))
