"""Secrets are never seen, and open only at their own place with the right key."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import BadConfiguration
from worker.secrets import KeyRing, Secret, without

OLD, NEW = "an old key of many characters", "a new key of many characters"
PLACES = st.text(min_size=1, max_size=30)


@pytest.mark.parametrize(
    "show", [str, repr, "{}".format, "{!r}".format, "%s".__mod__, lambda s: str([s]), lambda s: str({"a": s})]
)
def test_a_secret_shows_stars_however_it_is_printed(show):
    assert "hush" not in show(Secret("hush"))
    assert "***" in show(Secret("hush"))


def test_a_secret_is_not_written_as_json():
    with pytest.raises(TypeError):
        json.dumps({"password": Secret("hush")})


def test_equal_secrets_are_equal_and_an_empty_one_is_nothing():
    assert Secret("a") == Secret("a") != Secret("b")
    assert not Secret("")
    assert copy.deepcopy(Secret("a")).reveal() == pickle.loads(pickle.dumps(Secret("a"))).reveal() == "a"


def test_keys_are_not_shown():
    shown = repr(KeyRing.of((OLD, NEW)))
    assert shown == "KeyRing(2 keys)"


@given(text=st.text(), place=PLACES)
def test_what_was_sealed_opens_at_its_place(text, place):
    ring = KeyRing.of((OLD,))
    sealed = ring.seal(Secret(text), place)
    assert ring.open(sealed, place) == Secret(text)
    assert sealed.isascii()
    assert len(text) < 4 or text not in sealed


@given(here=PLACES, there=PLACES)
def test_a_sealed_secret_that_was_copied_to_another_place_does_not_open(here, there):
    ring = KeyRing.of((OLD,))
    if here != there:
        with pytest.raises(BadConfiguration, match="does not open"):
            ring.open(ring.seal(Secret("hush"), here), there)


def test_the_same_secret_is_sealed_differently_each_time():
    ring = KeyRing.of((OLD,))
    assert len({ring.seal(Secret("hush"), "x") for _ in range(20)}) == 20


def test_the_first_key_seals_and_all_open_so_keys_can_be_rotated():
    before, during, after = KeyRing.of((OLD,)), KeyRing.of((NEW, OLD)), KeyRing.of((NEW,))
    old, new = before.seal(Secret("hush"), "x"), during.seal(Secret("hush"), "x")
    assert during.open(old, "x") == during.open(new, "x") == after.open(new, "x") == Secret("hush")
    with pytest.raises(BadConfiguration, match="PANTAU_SECRET_KEY"):
        after.open(old, "x")


def test_a_changed_letter_is_noticed():
    ring = KeyRing.of((OLD,))
    sealed = ring.seal(Secret("hush"), "x")
    at = len(sealed) // 2
    broken = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    with pytest.raises(BadConfiguration):
        ring.open(broken, "x")


def test_equal_secrets_have_equal_fingerprints_that_tell_nothing_without_the_key():
    ring, other = KeyRing.of((OLD,)), KeyRing.of((NEW,))
    assert ring.fingerprint(Secret("a")) == ring.fingerprint(Secret("a")) != ring.fingerprint(Secret("b"))
    assert ring.fingerprint(Secret("a")) != other.fingerprint(Secret("a"))


HOOK = Secret("https://user:pass-word@hooks.example/services/T0/B0/hush-hush?key=hidden-key")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("404 no such hook: /services/T0/B0/hush-hush", "404 no such hook: /***/T0/B0/***"),
        (f"400 {HOOK.reveal()} is wrong", "400 *** is wrong"),
        ("key=hidden-key", "key=***"),
        ("user:pass-word", "***"),
        ("200 ok from hooks.example", "200 ok from hooks.example"),
        ("signed with whsec_abcdef", "signed with ***"),
    ],
)
def test_what_a_receiver_repeats_of_a_secret_is_starred(said, shown):
    assert without(said, HOOK, Secret("whsec_abcdef"), Secret("")) == shown
