"""Gathers every sentence of the pages from the source and brings the catalogues up to date:

    .venv/bin/python -m ops.dashboard.catalogue

writes `locale/<language>.po` anew: new sentences stand there without a translation, those that are gone are left out.
`tests/ops/dashboard/test_tongues.py` fails while one has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from ops.dashboard.tongues import HERE

OPS = Path(__file__).parents[1]
PLURALS = {"id": (1, "0")}
"""How many forms a number has, and which it takes. Babel's own table would give Indonesian two, of which gettext then
misses one and shows English; it has one (https://cldr.unicode.org/index/cldr-spec/plural-rules)."""

_HEAD = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals={number}; plural={rule};\\n"

"""

_WORDS = {"said": None, "said_n": (1, 2), "_": None, "gettext": None, "ngettext": (1, 2)}
_WHERE = [("**.py", "python"), ("dashboard/templates/**.html", "jinja2")]
_TEMPLATES = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}


def gathered() -> Catalog:
    """All sentences in the source, each with the files where it stands."""
    return _gathered(Catalog(domain="pantau"))


def _gathered(found: Catalog) -> Catalog:
    for file, message in sorted(_sentences(), key=lambda pair: (pair[0], str(pair[1]))):
        found.add(message, locations=[(f"ops/{file}", 0)])
    return found


def _sentences() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    options = {"dashboard/templates/**.html": _TEMPLATES}
    for file, _line, message, _notes, _about in extract_from_dir(OPS, _WHERE, options, _WORDS):
        yield file, message


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it stands, brought up to date with the source."""
    with (HERE / f"{language}.po").open("rb") as file:
        kept = read_po(file, locale=language, domain="pantau")
    found = Catalog(locale=language, domain="pantau")
    number, rule = PLURALS[language]
    found.mime_headers = [("Plural-Forms", f"nplurals={number}; plural={rule};")]
    for message in _gathered(found):
        known = kept.get(message.id) if message.id else None
        if known is not None:
            message.string = known.string
    return found


def untranslated(language: str) -> list[str]:
    """The sentences that this language lacks."""
    found = (message for message in catalogue(language) if message.id)
    return [str(message.id) for message in found if not message.string or message.string == ("",)]


def main() -> None:
    """Writes the catalogues."""
    for language, (number, rule) in PLURALS.items():
        found = BytesIO()
        write_po(
            found, catalogue(language), width=110, sort_output=True, include_lineno=False, omit_header=True
        )
        head = _HEAD.format(language=language, number=number, rule=rule)
        (HERE / f"{language}.po").write_text(head + found.getvalue().decode())
        click.echo(f"{language}: {len(untranslated(language))} without a translation")


if __name__ == "__main__":
    main()
