"""The token of a form says something else in each answer, and nothing that is made up passes for it."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.dashboard.masking import masked, unmasked


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_the_token_comes_back_from_under_its_pad(token: str) -> None:
    assert unmasked(masked(token)) == token


def test_no_two_answers_say_the_token_in_the_same_words() -> None:
    token = "A9-token-of-thirty-two-letters_xy"
    said = {masked(token) for _ in range(500)}
    assert len(said) == 500
    assert not any(token in each for each in said)
    shared = [len({each[place] for each in said}) for place in range(len(masked(token)) - 1)]
    assert min(shared) > 8  # no place of it stays as it is, neither in the pad nor under it


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "guessed",
        "===",
        "é" * 30,
        "a" * 401,
        "x" * 1_000_000,
        urlsafe_b64encode(b"abc").decode(),
        "A" * 88,
    ],
)
def test_what_no_answer_of_ours_carried_is_no_token(told: str | None) -> None:
    assert unmasked(told) != "A9-token-of-thirty-two-letters_xy"


def test_odd_bytes_and_no_text_are_none() -> None:
    assert unmasked(urlsafe_b64encode(b"abc").decode()) is None
    assert unmasked(urlsafe_b64encode(b"\x00\xff").decode()) is None
