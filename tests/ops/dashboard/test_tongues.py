"""Sentences in the reader's language: the mechanism, and that no catalogue lacks one or breaks one."""

from __future__ import annotations

import pickle
import re
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from ops.access import Session
from ops.amounts import span
from ops.causes import cause
from ops.dashboard.catalogue import PLURALS, gathered, untranslated
from ops.dashboard.tongues import HERE, tongue
from ops.said import Said, joined, said, said_n, spoken
from ops.tastes import LANGUAGES

INDONESIAN = tongue("id")


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_a_sentence_is_english_until_it_is_shown():
    late = said("The {desk} desk is {span} behind with {n} waiting.", desk="send", span=span(161), n="12")
    assert late == "The send desk is 2 min 41 s behind with 12 waiting."
    assert late.within(INDONESIAN) == "Meja send tertinggal 2 mnt 41 dtk dengan 12 menunggu."
    assert pickle.loads(pickle.dumps(late)).within(INDONESIAN) == late.within(INDONESIAN)


@pytest.mark.parametrize(
    ("n", "english"), [(0, "0 feeds"), (1, "1 feed"), (2, "2 feeds"), (12400, "12,400 feeds")]
)
def test_numbers_take_the_form_of_the_language(n, english):
    feeds = said_n("{n} feed", "{n} feeds", n)
    assert feeds == english
    assert feeds.within(INDONESIAN) == english.split()[0] + " umpan"


def test_what_was_said_within_is_translated_as_well_and_foreign_words_are_not():
    why = said("{name}: {cause}", name="sent", cause=cause("http_429"))
    assert why.within(INDONESIAN) == "sent: ia meminta kami melambat (429)"
    both = joined((said("failed"), "", "<b>{n}</b>"), "; ")
    assert (str(both), both.within(INDONESIAN)) == ("failed; <b>{n}</b>", "gagal; <b>{n}</b>")


@given(st.lists(st.text(), max_size=5), st.text(max_size=3))
def test_joining_says_what_join_says(parts, separator):
    separator = separator.replace("{", "").replace("}", "")
    assert joined(parts, separator) == separator.join(part for part in parts if part)


@given(st.one_of(st.text(), st.integers(), st.none(), st.booleans()))
def test_what_was_not_said_stays_as_it_is(value):
    assert spoken(value, INDONESIAN) == value


@pytest.mark.parametrize("language", PLURALS)
def test_a_catalogue_has_every_sentence_and_no_other(language):
    assert untranslated(language) == []
    with (HERE / f"{language}.po").open("rb") as file:
        kept = {message.id for message in read_po(file, locale=language) if message.id}
    assert kept - {message.id for message in gathered()} == set()


@pytest.mark.parametrize("language", PLURALS)
def test_a_translation_fills_the_same_places_and_keeps_commands_as_they_are(language):
    words = tongue(language)
    for message in gathered():
        if not message.id:
            continue
        ids = (message.id,) if isinstance(message.id, str) else message.id
        english = ids[-1]
        told = words.gettext(english) if len(ids) == 1 else words.ngettext(ids[0], ids[1], 2)
        assert places(told) == places(english), english
        assert re.findall(r"`[^`]+`", told) == re.findall(r"`[^`]+`", english), english
        assert "<" not in told or "<" in english


@pytest.mark.parametrize("language", PLURALS)
def test_a_catalogue_says_how_many_forms_its_language_has(language):
    number, rule = PLURALS[language]
    assert f"Plural-Forms: nplurals={number}; plural={rule};" in (HERE / f"{language}.po").read_text()


def test_a_language_that_there_is_none_for_says_english():
    assert tongue("xx").gettext("Feeds") == "Feeds"
    assert tongue("../../etc/passwd").gettext("Feeds") == "Feeds"
    assert set(LANGUAGES) == {"en", *PLURALS}


def test_a_page_is_in_its_readers_language_and_zone(make_site):
    site = make_site()
    session = Session("ratna", "admin", "csrf", "id", "Asia/Jakarta")
    shown = site.context.page(
        "message.html",
        session=session,
        title=said("Feeds"),
        sentence=said("{name}: {cause}", name="<b>", cause=cause("dns")),
        again_s="",
    )
    text = bytes(shown.body).decode()
    assert "<h1>Umpan</h1>" in text
    assert "&lt;b&gt;: namanya tidak dikenal (DNS)" in text


def test_foreign_words_that_look_like_places_fill_nothing():
    title = "{csrf} {0} {n!r} %s"
    assert said("{name}: {cause}", name=title, cause="x") == f"{title}: x"
    assert isinstance(joined([title]), Said)
    assert joined([title]).within(INDONESIAN) == title
