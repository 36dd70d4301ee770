"""Log-ins: slow for who guesses, and passwords that are only kept as hashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.access import Attempts, _fits, hash_password
from worker.errors import BadInput


@pytest.mark.parametrize("password", ["", "short", "1234567"])
def test_a_password_that_is_too_short_is_refused_in_words(password):
    with pytest.raises(BadInput, match="at least 8 characters"):
        hash_password(password)


def test_a_password_is_kept_as_an_argon2id_hash_of_its_own():
    one, other = hash_password("correct horse"), hash_password("correct horse")
    assert one.startswith("$argon2id$")
    assert one != other


@pytest.mark.parametrize(
    "password", ["correct horse", "пароль длинный", "\0" * 8, "x" * 5000, "emoji 🐎🐎🐎"]
)
def test_only_the_password_itself_fits_its_hash(password):
    hashed = hash_password(password)
    assert _fits(hashed, password)
    assert not _fits(hashed, password + "x")


@pytest.mark.parametrize("hashed", ["", "x", "$argon2id$broken", "plain"])
def test_what_is_no_hash_fits_nothing(hashed):
    assert not _fits(hashed, "correct horse")


def test_after_so_many_wrong_tries_a_key_waits_and_others_do_not():
    attempts = Attempts(most=3, window_s=60)
    for second in range(3):
        assert attempts.allowed("1.2.3.4", second)
        attempts.note("1.2.3.4", second)
    assert not attempts.allowed("1.2.3.4", 3)
    assert attempts.allowed("5.6.7.8", 3)


def test_the_window_slides():
    attempts = Attempts(most=2, window_s=60)
    attempts.note("a", 0), attempts.note("a", 50)
    assert not attempts.allowed("a", 59)
    assert attempts.allowed("a", 60)
    attempts.note("a", 61)
    assert not attempts.allowed("a", 109)
    assert attempts.allowed("a", 111)


def test_a_right_password_is_not_counted():
    attempts = Attempts(most=1, window_s=60)
    for second in range(5):
        assert attempts.allowed("a", second)
        attempts.note("a", second)
        attempts.forgive("a")


def test_many_tries_at_once_do_not_slip_through_together():
    attempts = Attempts(most=3, window_s=60)
    let_in = 0
    for _ in range(10):  # all noted before any password was looked at
        if attempts.allowed("a", 0):
            attempts.note("a", 0)
            let_in += 1
    assert let_in == 3


def test_who_is_forgiven_without_a_try_gains_nothing():
    attempts = Attempts(most=1, window_s=60)
    attempts.forgive("a")
    attempts.note("a", 0)
    assert not attempts.allowed("a", 1)


def test_a_flood_of_keys_does_not_fill_the_memory():
    attempts = Attempts(most=3, window_s=60)
    for number in range(12_000):
        attempts.note(f"key {number}", 0)
    assert len(attempts.failed) <= 10_000
    assert "key 11999" in attempts.failed


@given(st.lists(st.integers(0, 100), max_size=40).map(sorted))
def test_never_more_than_the_most_within_a_window(times):
    attempts = Attempts(most=4, window_s=10)
    tried = []
    for at in times:
        if attempts.allowed("a", at):
            attempts.note("a", at)
            tried.append(at)
    assert all(sum(start <= at < start + 10 for at in tried) <= 4 for start in tried)
