"""Reading robots.txt: what it lets us fetch, whatever it holds."""

from __future__ import annotations

import tomllib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.yardstick import costs_less, spent_on
from worker.robots import MOST_BYTES, Rules, is_for_news, read_rules

SITE = "https://news.example"
CASES = tomllib.loads((Path(__file__).parents[1] / "corpus/robots/cases.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_a_file_lets_us_fetch(case):
    rules = read_rules(case["file"].encode(), f"{SITE}/robots.txt")
    assert [path for path in case.get("allowed", []) if rules.forbidding(SITE + path)] == []
    assert [path for path in case.get("forbidden", []) if not rules.forbidding(SITE + path)] == []
    assert rules.crawl_delay_s == case.get("crawl_delay_s")
    assert list(rules.sitemaps) == case.get("sitemaps", [])


def test_a_forbidden_address_names_its_rule():
    rules = read_rules(b"User-agent: *\nDisallow: /a\nDisallow: /a/*.html$")
    assert str(rules.forbidding(f"{SITE}/a/x.html")) == "Disallow: /a/*.html$"
    assert str(rules.forbidding(f"{SITE}/a/x")) == "Disallow: /a"


def test_what_stands_behind_500_kib_is_not_read():
    head = b"User-agent: *\nDisallow: /a\n#"
    rules = read_rules(head + b"x" * (MOST_BYTES - len(head)) + b"\nDisallow: /b\n")
    assert [str(rule) for rule in rules.rules] == ["Disallow: /a"]


@given(st.binary(max_size=500), st.text(max_size=50))
def test_no_file_and_no_address_is_an_error(body, path):
    rules = read_rules(body, f"{SITE}/robots.txt")
    rules.forbidding(f"{SITE}/{path}")


PATHS = st.text("/abAB%2Fé?=*$.", max_size=12)


@given(st.lists(st.tuples(st.booleans(), PATHS), max_size=6), PATHS)
def test_the_order_of_rules_makes_no_difference(rules, path):
    def verdict(ordered):
        lines = "".join(f"{'Allow' if allows else 'Disallow'}: /{rule}\n" for allows, rule in ordered)
        return read_rules(f"User-agent: *\n{lines}".encode()).forbidding(f"{SITE}/{path}") is None

    assert verdict(rules) == verdict(rules[::-1])


@given(st.lists(PATHS, max_size=6), PATHS)
def test_a_file_that_only_allows_forbids_nothing_and_one_that_forbids_all_leaves_only_itself(rules, path):
    lines = "".join(f"Allow: /{rule}\n" for rule in rules)
    assert read_rules(f"User-agent: *\n{lines}".encode()).forbidding(f"{SITE}/{path}") is None
    assert read_rules(b"User-agent: *\nDisallow: /\n").forbidding(f"{SITE}/x{path}") is not None


HOSTILE = {
    "robots times rules": "".join(f"User-agent: a{n}\n" for n in range(15_000)) + "Allow: /a\n" * 25_000,
    "a rule for each line": "User-agent: *\n" + "".join(f"Disallow: /{n}\n" for n in range(30_000)),
    "a star in each": "User-agent: *\n" + "".join(f"Disallow: /*{'a' * 10}b{n}\n" for n in range(20_000)),
    "one rule of stars": "User-agent: *\nDisallow: /" + "*a" * 250_000 + "b$",
    "percent signs": "User-agent: *\nDisallow: /" + "%41" * 160_000,
    "one line": "User-agent: *" + "x" * 500_000,
    "line ends": "\r" * 500_000,
    "sitemaps": "".join(f"Sitemap: https://x.example/{n}.xml\n" for n in range(15_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_next_to_nothing(name):
    body = HOSTILE[name].encode()

    def use() -> None:
        rules = read_rules(body)
        for _ in range(3):
            rules.forbidding(f"{SITE}/{'a' * 8000}")

    assert costs_less(1, lambda: spent_on(use))
    tracemalloc.start()
    read_rules(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32_000_000


def test_rules_of_nobody_allow_everything():
    assert Rules().forbidding(f"{SITE}/x") is None


def test_robots_names_the_news_sitemap_among_others():
    site = "https://news.example/"
    robots = b"User-agent: *\nDisallow: /x\nSITEMAP: https://news.example/sitemap.xml\nSitemap: /sitemap_news.xml\n"
    named = read_rules(robots, site).sitemaps
    assert [each for each in named if is_for_news(each)] == ["https://news.example/sitemap_news.xml"]
    assert read_rules(b"Sitemap: javascript:news\nSitemap:\n" + b"x" * 100_000, site).sitemaps == ()
