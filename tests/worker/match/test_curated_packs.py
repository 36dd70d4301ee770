"""The packs that people write: enough of each kind, dated and sourced, and no name that two things share."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from datetime import date
from functools import cache
from urllib.parse import urlsplit

import pytest

from worker.match.cut import pieces
from worker.match.entities import Entity, pack_files, read_pack
from worker.match.fold import fold

FLOORS = {"organisations.toml": 150, "people.toml": 100, "companies.toml": 100, "places.toml": 80}
PACKS = {name: pack.decode() for name, pack in pack_files() if name in FLOORS}
# What these packs say about offices, names and owners changes.
DATED = ("organisations.toml", "people.toml", "companies.toml")
DESK = frozenset("id en uk ru pl de fr es".split())


@cache
def _read(pack: str) -> list[Entity]:
    return read_pack(PACKS[pack], f"entities/{pack}")


@pytest.mark.parametrize(("pack", "least"), FLOORS.items())
def test_a_pack_has_not_shrunk(pack: str, least: int) -> None:
    assert len(_read(pack)) >= least


@pytest.mark.parametrize("pack", FLOORS)
def test_everything_is_named_in_the_languages_of_the_desk(pack: str) -> None:
    missing = {entity.key: DESK - {name.language for name in entity.names} for entity in _read(pack)}
    assert {key: languages for key, languages in missing.items() if languages} == {}


@pytest.mark.parametrize("pack", DATED)
def test_what_changes_says_when_it_was_true_and_where_to_check_it(pack: str) -> None:
    entities = _read(pack)
    assert [entity.key for entity in entities if not entity.as_of or not entity.source] == []
    assert [entity.key for entity in entities if date.fromisoformat(entity.as_of).year < 2021] == []
    assert [entity.source for entity in entities if "." not in urlsplit(entity.source).netloc] == []


@pytest.mark.parametrize("pack", FLOORS)
def test_entities_stand_by_key_within_their_group(pack: str) -> None:
    groups = re.split(r"^# -+\n# .+\n# -+$", PACKS[pack], flags=re.MULTILINE)
    keys = [re.findall(r'^key = "(.+)"$', group, re.MULTILINE) for group in groups]
    assert len(keys) > 1
    assert keys == [sorted(group) for group in keys]


def test_no_two_entities_share_a_name() -> None:
    bearers: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for pack in FLOORS:
        for entity in _read(pack):
            for name in entity.names:
                bearers[name.language, name.kind, fold(name.text)].add(entity.key)
    assert {name: keys for name, keys in bearers.items() if len(keys) > 1} == {}


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(letter).split()[0] for letter in word if letter.isalpha()} & {
        "LATIN",
        "CYRILLIC",
    }


@pytest.mark.parametrize("pack", FLOORS)
def test_no_word_of_a_name_mixes_latin_and_cyrillic_letters(pack: str) -> None:
    words = (p.written for entity in _read(pack) for name in entity.names for p in pieces(name.text))
    assert [word for word in words if len(_scripts(word)) > 1] == []
