"""PURE. What came of the journeys, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Found = Mapping[str, Any]
_NONE = "–"


def _served(found: Found, key: str, share: str) -> str:
    seconds = found.get(key, {}).get(share)
    return _NONE if seconds is None else f"{seconds:.2f}"


def _times(key: str) -> Callable[[Found], str]:
    return lambda found: f"{_served(found, key, 'p50')} / {_served(found, key, 'p95')}"


def _broke(key: str) -> Callable[[Found], str]:
    def cell(found: Found) -> str:
        if key not in found:
            return _NONE
        came = found[key]
        return f"{came['lost']} / {came.get('doubled', _NONE)} of {came['of']}"

    return cell


def _missed(found: Found) -> str:
    if "missed" not in found or found["tells"] == "nothing":
        return _NONE
    return f"{found['missed']} of {found['of']}"


def _ill(found: Found) -> str:
    return _NONE if found["tells"] == "nothing" else f"{found['ill']['known']} of {found['ill']['of']}"


def _blocked(found: Found) -> str:
    if "poison" not in found:
        return _NONE
    came = found["poison"]
    return f"{came['of'] - came['lost']} / {came['lost']}"


_COLUMNS: tuple[tuple[str, Callable[[Found], str]], ...] = (
    ("polls/s", lambda found: f"{found['polls_per_s']:.0f}"),
    ("CPU ms/poll", lambda found: f"{found['cpu_ms_per_poll']:.2f}"),
    ("CPU ms/new", lambda found: _NONE if found["tells"] == "nothing" else f"{found['cpu_ms_per_new']:.1f}"),
    ("published→told s", _times("published_told")),
    ("served→told s", _times("served_told")),
    ("missed", _missed),
    ("ill-formed", _ill),
    ("kill: lost / doubled", _broke("kill")),
    ("refusals: lost / doubled", _broke("refusals")),
    ("poison: told / blocked", _blocked),
    ("MiB", lambda found: f"{found['peak_mib']:.0f}"),
)


def rendered(all_found: Sequence[Found]) -> str:
    """A Markdown table with a line for each peer, and below it what must be known to read it."""
    heads = ["", *(head for head, _ in _COLUMNS)]
    rows = [_row(found) for found in all_found if "cpu_ms_per_poll" in found]
    widths = [max(len(row[at]) for row in [heads, *rows]) for at in range(len(heads))]
    lines = [_line(heads, widths), _line(["-" * width for width in widths], widths)]
    lines += [_line(row, widths) for row in rows]
    return "\n".join([*lines, "", *(remark for found in all_found for remark in _remarks(found))])


def _row(found: Found) -> list[str]:
    return [found["peer"], *(cell(found) for _, cell in _COLUMNS)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"


def _remarks(found: Found) -> Iterator[str]:
    name = found["peer"]
    if "missing" in found:
        yield f"- {name}: {found['missing']}"
        return
    if "gave_up" in found:
        yield f"- {name} gave up: {found['gave_up']}"
    if "first" not in found:
        return
    first, load = found["first"], "–".join(f"{each:.1f}" for each in found["load"])
    told = {"mail": "mail", "webhook": "webhook"}.get(found["tells"], "nobody is told")
    yield (
        f"- {name} {found['version']} ({told}): first sync {first['wall_s']:.1f} s, {first['cpu_s']:.1f} s of CPU; "
        f"load {load}"
    )
    if found.get("pages"):
        yield f"  - pages read: {found['pages']}, those of the first sync included"
    for key, what in (("cpu_ms_per_poll_by_part", "CPU ms/poll"), ("cpu_ms_per_new_by_part", "CPU ms/new")):
        if parts := found.get(key):
            told = ", ".join(
                f"{part} {ms:.2f}" for part, ms in sorted(parts.items(), key=lambda each: -each[1])
            )
            yield f"  - {what}: {told}"
