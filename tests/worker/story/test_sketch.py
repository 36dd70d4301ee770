"""Copies are known by their sketches: edited, cut, wrapped, shuffled; other texts are not."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model import Article
from worker.story import same_text, sketch_of
from worker.story.sketch import BANDS, contained, print_of, shared

WORDS = [f"{a}{b}{c}" for a in "bdkmnprst" for b in "aeiou" for c in ("ra", "lo", "ng", "s", "tik")]


def a_text(seed: int, words: int = 300) -> str:
    dice = random.Random(seed)
    return " ".join(dice.choice(WORDS) + ("." if n % 12 == 11 else "") for n in range(words))


def meets(one: str, other: str) -> bool:
    return bool(set(print_of(one).bands()) & set(print_of(other).bands()))


def versions(text: str, seed: int = 1) -> dict[str, str]:
    """What outlets do to a wire text."""
    dice, words = random.Random(seed), text.split()
    edited = [word for word in words if dice.random() > 0.03]
    blocks = [" ".join(words[n : n + 60]) for n in range(0, len(words), 60)]
    dice.shuffle(blocks)
    furniture = " ".join(dice.choice(WORDS).upper() for _ in range(len(words) // 4))
    return {
        "edited": " ".join(edited),
        "cut to 55 %": " ".join(words[: int(len(words) * 0.55)]),
        "wrapped": f"{furniture} {text} {furniture}",
        "shuffled": " ".join(blocks),
    }


@pytest.mark.parametrize("way", ["edited", "cut to 55 %", "wrapped", "shuffled"])
def test_a_version_is_found_and_known(way):
    found = known = 0
    for seed in range(60):
        text = a_text(seed)
        version = versions(text, seed)[way]
        found += meets(text, version)
        known += same_text(sketch_of(Article("a", text, "xx")), sketch_of(Article("b", version, "xx")))
    assert found >= 55
    assert known >= 55


def test_other_texts_are_neither_found_nor_known():
    prints = [print_of(a_text(seed)) for seed in range(80)]
    for at, one in enumerate(prints):
        for other in prints[:at]:
            assert not set(one.bands()) & set(other.bands())
            assert shared(one, other) < 0.1


@given(st.text(max_size=300))
def test_any_text_has_a_print_and_is_like_itself(text):
    one = print_of(text)
    assert one == print_of(text)
    assert len(one.bands()) == (BANDS if one.runs else 0)
    assert shared(one, one) == (1.0 if one.runs else 0.0)
    assert contained(one, one) == (1.0 if one.runs else 0.0)


@given(st.text(max_size=120), st.text(max_size=120))
def test_what_is_shared_does_not_depend_on_the_order(one, other):
    a, b = print_of(one), print_of(other)
    assert shared(a, b) == shared(b, a)
    assert contained(a, b) == contained(b, a)
    assert 0 <= shared(a, b) <= contained(a, b) + 1e-9 <= 1 + 1e-9


def test_a_print_is_the_same_on_every_machine_and_in_every_process():
    assert print_of("one two three four five").bands()[:2] == [9043890280007807290, -4262554230617078640]


@pytest.mark.parametrize(
    "text",
    [
        "西气东输四线工程当天全线贯通。该工程西起新疆乌恰，东至宁夏中卫，全长约三千公里。",
        "คณะรัฐมนตรีของไทยมีมติเมื่อวันอังคารให้ลดค่าไฟฟ้างวดเดือนพฤษภาคมถึงสิงหาคม",
        "石川県能登地方で最大震度の地震があった。気象庁によると、震源の深さは約十キロ。",
    ],
)
def test_scripts_without_blanks_have_prints_too(text):
    assert print_of(text).runs > 20
    assert shared(print_of(text), print_of(text[: len(text) * 2 // 3])) > 0.5


def test_a_report_by_a_template_is_no_copy():
    sheet = (
        "The rupiah closed {} points weaker at {} per dollar on {} afternoon, and the reference rate stood at {}. "
        * 6
    )
    monday = sketch_of(Article("a", sheet.format(*(f"{n}38" for n in range(11, 35))), "en"))
    tuesday = sketch_of(Article("b", sheet.format(*(f"{n}51" for n in range(41, 65))), "en"))
    assert not same_text(monday, tuesday)


REAL = os.environ.get("PANTAU_DATA")


@pytest.mark.skipif(not REAL, reason="PANTAU_DATA names no directory with real pages")
def test_versions_of_real_pages_are_known_and_nothing_else():
    pages = json.loads((Path(REAL or "") / "extraction" / "ground-truth.json").read_text("utf-8")).values()
    texts = [page["articleBody"] for page in pages if len(page["articleBody"].split()) > 80]
    known = dict.fromkeys(versions(texts[0]), 0)
    sketches = [sketch_of(Article("", text, "en")) for text in texts]
    for seed, text in enumerate(texts):
        for way, version in versions(text, seed).items():
            same = same_text(sketches[seed], sketch_of(Article("", version, "en")))
            known[way] += same and meets(text, version)
    shares = {way: count / len(texts) for way, count in known.items()}
    wrong = sum(same_text(a, b) for at, a in enumerate(sketches) for b in sketches[:at])
    assert min(shares.values()) >= 0.94, shares
    assert wrong == 0
