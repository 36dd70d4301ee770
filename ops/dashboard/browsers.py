"""PURE. Which browser a session is in, as its owner would call it: family and system, no version and nothing else."""

from __future__ import annotations

_FAMILIES = (  # in this order: the later ones are claimed by the earlier ones, too
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_family(agent: str) -> str:
    """ "Firefox, Linux" of a User-Agent header; "" where it names no browser that is known."""
    names = (_first(_FAMILIES, agent), _first(_SYSTEMS, agent))
    return ", ".join(name for name in names if name)


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for sign, name in known if sign in agent), "")
