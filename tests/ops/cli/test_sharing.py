"""Making and closing the addresses of feeds."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.servers


@pytest.fixture
def desk(installation: None, rows: Any) -> Any:
    rows.topic(), rows.subscription(name="pagi")
    return rows


@pytest.mark.parametrize(("noun", "name"), [("topics", "NATO"), ("subscriptions", "pagi")])
def test_an_address_is_made_listed_and_closed(
    pantau: Any, desk: Any, monkeypatch: pytest.MonkeyPatch, noun: str, name: str
) -> None:
    monkeypatch.setenv("PANTAU_PUBLIC_URL", "https://pantau.example/")
    first = pantau(noun, "feed", name)
    assert first.code == 0
    atom, as_json = first.out.splitlines()
    assert atom.startswith(f"https://pantau.example/feeds/{noun}/")
    assert (atom.removesuffix(".atom"), len(atom) > 60) == (as_json.removesuffix(".json"), True)
    assert "cannot be shown again" in first.err
    (second,) = pantau(noun, "feed", name, "--json").lines
    assert (second["earlier"], second["atom"] != atom) == (1, True)
    assert [row["asked_at"] for row in pantau(noun, "feed", name, "--list", "--json").lines] == [None, None]
    assert "never" in pantau(noun, "feed", name, "--list").out
    assert pantau(noun, "feed", name, "--revoke").out == "2 addresses are closed\n"
    assert pantau(noun, "feed", name, "--revoke", "--json").lines == [{"revoked": 0}]
    assert pantau(noun, "feed", name, "--list").out == "no address was made, or all were revoked\n"


def test_a_token_is_nowhere_but_in_the_answer(pantau: Any, desk: Any) -> None:
    token = pantau("topics", "feed", "NATO").out.split("/feeds/topics/")[1].split(".")[0]
    assert len(token) == 32
    assert token not in str(desk.all("SELECT * FROM shared_feeds"))
    assert token not in pantau("topics", "feed", "NATO", "--list", "--json").out


def test_without_a_public_address_it_is_that_of_the_dashboard(pantau: Any, desk: Any) -> None:
    assert pantau("topics", "feed", "NATO").out.startswith("http://127.0.0.1:8484/feeds/topics/")


@pytest.mark.parametrize("noun", ["topics", "subscriptions"])
def test_a_name_that_none_has_is_bad_input(pantau: Any, desk: Any, noun: str) -> None:
    desk.change("UPDATE topics SET name = 'pagi'")
    answer = pantau(noun, "feed", "pgi")
    assert answer.code == 65
    assert 'did you mean "pagi"?' in answer.err
    assert pantau(noun, "feed", "pagi", "--revoke", "--list").code == 2
