"""Stories → the HTML of their pages, with all the furniture that real sites put around them.

Each layout is one template; the words on the furniture stand in `templates/words.toml`, a table a language.
Pure, but for reading the templates once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ops.newsroom.conditional import Document
from ops.newsroom.model import Outlet, Printed

_TEMPLATES = Path(__file__).parent / "templates"
_HTML = "text/html; charset=utf-8"


def article_page(outlet: Outlet, piece: Printed, site: str) -> Document:
    """The page behind an entry."""
    html = _render(f"{outlet.layout}.html", outlet=outlet, piece=piece, story=piece.story, site=site)
    return Document(html, _HTML, piece.updated)


def front_page(outlet: Outlet, printed: Sequence[Printed], site: str) -> bytes:
    """The outlet's own front page; names the feed, so that it can be discovered."""
    newest = sorted(printed, key=lambda piece: piece.published, reverse=True)
    return _render("front.html", outlet=outlet, pieces=newest, site=site)


def directory_page(outlets: Sequence[Outlet]) -> bytes:
    """The root of the site: who publishes here."""
    return _environment().get_template("directory.html").render(outlets=outlets).encode()


def missing_page(path: str) -> bytes:
    """What a reader sees who follows a dead link."""
    return _environment().get_template("missing.html").render(path=path).encode()


def photo(outlet: Outlet, piece: Printed) -> Document:
    """The picture above a story, drawn here, so that a page loads nothing from elsewhere."""
    svg = _render("photo.svg", outlet=outlet, story=piece.story)
    return Document(svg, "image/svg+xml", piece.published)


def _render(template: str, outlet: Outlet, **facts: Any) -> bytes:
    words = _words().get(outlet.language, _words()["en"])
    html = _environment().get_template(template).render(outlet=outlet, words=words, **facts)
    # A lone surrogate in a story must not keep the other pages from being served.
    return html.encode(errors="replace")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads((_TEMPLATES / "words.toml").read_text("utf-8"))
