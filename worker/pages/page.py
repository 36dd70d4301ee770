"""A page once it is parsed: what every later look at it starts from, so that none parses it again."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import html

from worker.pages.facts import Facts, Stated, read_facts, stated_on
from worker.pages.site import known_sites, reader_for
from worker.pages.tree import read_tree, without_scripts
from worker.pages.twins import forward_of
from worker.pages.walls import scripts_of


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A page's tree without scripts and styles, and what the page says about itself.

    `tree` None: there was no markup. `own` is the text that a file under `sites/` read, where one speaks for the
    page's host; `forward` where a redirector's page sends its readers; `scripts` the addresses of a small page's
    scripts, in small letters. A tree takes some 10 times the page's bytes, so a page that has to wait is better
    kept as bytes.
    """

    url: str
    tree: html.HtmlElement | None
    facts: Facts
    stated: Stated
    own: str = ""
    forward: str | None = None
    scripts: str = ""


def open_page(body: bytes, url: str = "", content_type: str = "") -> Page:
    """Parse a page. `url` is where it came from, `content_type` the header it came with. Never raises for what
    the page holds; at most 5 MiB are read."""
    tree = read_tree(body, content_type)
    if tree is None:
        return Page(url, None, Facts(), Stated({}, {}))
    reader = reader_for(url, known_sites())
    own = reader(tree) if reader else None
    stated, forward, scripts = stated_on(tree), forward_of(tree, url), scripts_of(tree)
    facts = read_facts(tree, stated, url)
    without_scripts(tree)
    return Page(url, tree, facts, stated, own or "", forward, scripts)
