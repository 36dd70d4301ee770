"""The seam for stubborn sites: which file under `sites/` speaks for a host."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from urllib.parse import urlsplit

from lxml import html

from worker.errors import BadConfiguration
from worker.pages import sites

ReadSite = Callable[[html.HtmlElement], str | None]


@cache
def known_sites(package: ModuleType = sites) -> Mapping[str, ReadSite]:
    """All readers by host name as files spell it. Raises `BadConfiguration`, naming the file, for one that
    cannot be imported or offers no `read`; a broken reader never vanishes silently."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return {name: _reader(f"{package.__name__}.{name}") for name in names}


def reader_for(url: str, readers: Mapping[str, ReadSite]) -> ReadSite | None:
    """The reader for the page's host, or for the nearest domain above it."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    labels = host.lower().split(".")
    spelled = ("_".join(labels[first:]).replace("-", "_") for first in range(len(labels)))
    return next((readers[name] for name in spelled if name in readers), None)


def _reader(name: str) -> ReadSite:
    try:
        read = getattr(import_module(name), "read", None)
    except Exception as fault:
        raise BadConfiguration(f"the site file {name} cannot be imported: {fault}") from fault
    if not callable(read):
        raise BadConfiguration(
            f"the site file {name} offers no function `read(tree)`; see worker.pages.sites"
        )
    return read  # type: ignore[no-any-return]
