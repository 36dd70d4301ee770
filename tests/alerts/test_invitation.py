"""The one mail that asks: whole in text and in HTML, in two languages, and harmless whatever topics are called."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.invitation import Invitation, compose

NOW = datetime(2026, 11, 26, 7, 3, tzinfo=UTC)
OPTIONS = {"from": "Pantau <pantau@example.org>", "public_url": "https://pantau.example"}
CONFIRM, NEVER = "https://pantau.example/confirm/ccc", "https://pantau.example/manage/mmm"


def asked(*topics: str, language: Any = "en", **options: str) -> Any:
    invitation = Invitation("rina@example.org", "confirm-7-ab", topics, "ccc", "mmm", language)
    mail = compose(invitation, {**OPTIONS, **options}, NOW)
    return None if mail is None else email.message_from_bytes(mail.message, policy=email.policy.default)


@pytest.mark.parametrize(("language", "words"), [("en", "would like to send"), ("id", "ingin mengirim")])
def test_it_says_who_asks_about_what_and_how_to_say_yes_or_never(language: str, words: str) -> None:
    message = asked("NATO", "tag:war", language=language)
    for kind in ("plain", "html"):
        body = message.get_body((kind,)).get_content()
        assert words in body
        assert "NATO, tag:war" in body
        assert "pantau.example" in body
        assert body.index(CONFIRM) < body.index(NEVER)
    assert (message["To"], message["Content-Language"]) == ("rina@example.org", language)
    assert message["Message-ID"] == "<confirm-7-ab@example.org>"
    assert message["List-Unsubscribe"] is None
    assert message.defects == []


def test_whatever_a_topic_is_called_it_is_text(recwarn: Any) -> None:
    message = asked(
        "</p><script>alert(1)</script>", "x\r\nBcc: a@b.org", "=?utf-8?q?a=0ABcc:_x?=", "\u202eevil"
    )
    html = message.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "\u202e" not in html
    assert message["Bcc"] is None


def test_many_topics_are_cut_and_none_are_said_in_words() -> None:
    assert len(asked(*(f"topic {n}" for n in range(500))).get_body(("plain",)).get_content()) < 1200
    assert "the topics it follows" in asked().get_body(("plain",)).get_content()


@pytest.mark.parametrize("url", ["", "http://pantau.example", "https://user:pw@pantau.example", "ftp://x"])
def test_without_an_https_address_of_ours_nobody_is_asked(url: str) -> None:
    assert asked("NATO", public_url=url) is None
