"""The languages of the pages: gettext catalogues, read once from their sources beside this module.

The catalogues are `locale/<language>.po`; there is nothing to compile. Their headers say how many plural forms the
language has: Indonesian has one, and a header with two would have the pages fall back to English for each number.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ops.tastes import LANGUAGES

HERE = Path(__file__).parent / "locale"


@cache
def tongue(language: str) -> NullTranslations:
    """The translations into this language; English, and any language that there is none for, says what stands in the
    source."""
    catalogue = HERE / f"{language}.po"
    if language not in LANGUAGES or not catalogue.exists():
        return NullTranslations()
    with catalogue.open("rb") as file:
        read = read_po(file, locale=language, domain="pantau")
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)
