"""A token does what it was issued for, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import tokens
from worker.secrets import KeyRing

KEYS = KeyRing.of(("a key for tokens that is long enough",))
ADDRESS = "00112233445566778899aabb"
NOW = datetime(2026, 11, 26, 7, tzinfo=UTC)
PURPOSES = ("confirm", "unsubscribe", "manage", "feed")
contents = st.binary(max_size=60)


@given(content=contents, purpose=st.sampled_from(PURPOSES))
def test_a_token_carries_its_content_for_its_own_purpose_alone(
    content: bytes, purpose: tokens.Purpose
) -> None:
    token = tokens.issue(KEYS, purpose, content)
    assert token.isascii()
    assert "=" not in token
    for other in PURPOSES:
        assert tokens.verify(KEYS, other, token) == (content if other == purpose else None)


@given(content=contents, place=st.integers(min_value=0), letter=st.sampled_from("AQgw-_9~=. é"))
def test_no_letter_of_a_token_can_be_another(content: bytes, place: int, letter: str) -> None:
    token = tokens.issue(KEYS, "manage", content)
    at = place % len(token)
    forged = token[:at] + letter + token[at + 1 :]
    assert forged == token or tokens.verify(KEYS, "manage", forged) is None


@given(token=st.text(max_size=80))
def test_whatever_stands_in_an_address_is_none_of_ours(token: str) -> None:
    assert tokens.read_leave(KEYS, token) is None
    assert tokens.read_manage(KEYS, token) is None
    assert tokens.read_confirm(KEYS, token) is None


def test_a_token_outlives_the_key_that_signed_it_as_long_as_the_ring_has_it() -> None:
    old, new = "the key of last year, long enough", "the key of this year, long enough"
    token = tokens.manage_token(KeyRing.of((old,)), ADDRESS)
    assert tokens.read_manage(KeyRing.of((new, old)), token) == ADDRESS
    assert tokens.read_manage(KeyRing.of((new,)), token) is None
    assert tokens.manage_token(KeyRing.of((new, old)), ADDRESS) == tokens.manage_token(
        KeyRing.of((new,)), ADDRESS
    )


@given(numbers=st.sets(st.integers(min_value=0, max_value=2**62), max_size=8))
def test_leaving_names_the_address_and_its_subscriptions(numbers: set[int]) -> None:
    right = tokens.read_leave(KEYS, tokens.leave_token(KEYS, ADDRESS, numbers))
    assert right == tokens.Leave(ADDRESS, tuple(sorted(numbers)))


def test_the_link_of_a_mail_is_short() -> None:
    assert len(tokens.leave_token(KEYS, ADDRESS, [12])) == 39


def test_confirming_knows_until_when() -> None:
    token = tokens.confirm_token(KEYS, ADDRESS, NOW)
    assert tokens.read_confirm(KEYS, token) == (ADDRESS, NOW + timedelta(hours=48))


@pytest.mark.parametrize("token", ["", "A", "A" * 401, tokens.issue(KEYS, "manage", b"short")])
def test_a_token_of_the_wrong_length_is_refused(token: str) -> None:
    assert tokens.read_manage(KEYS, token) is None
