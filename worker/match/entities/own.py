"""The users' own entities beside those that Pantau brings."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from worker.errors import BadInput
from worker.match.entities.catalogue import Catalogue
from worker.match.entities.entry import Entity


def with_own(known: Catalogue, own: Iterable[Entity]) -> Catalogue:
    """The catalogue with these besides; itself where there are none. One that is not whole by itself, and adds to
    none that is, is left out: it was stored by a version that saw it otherwise."""
    added = list(own)
    if not added:
        return known
    with suppress(BadInput):
        return known.extended(added)
    for entity in added:
        with suppress(BadInput):
            known = known.extended([entity])
    return known
