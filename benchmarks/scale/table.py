"""PURE. What came of the sizes: the table of docs/sizing.md, and below it what must be known to read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Found = Mapping[str, Any]

FLAT = 0.10
"""So much more a poll may cost where there are many more feeds."""

_READING = ("read", "plan", "send")


def beyond_idle(found: Found) -> dict[str, float]:
    """CPU milliseconds of each part for a poll, beyond what it uses while nothing is due."""
    polls, seconds = max(int(found["polls"]), 1), float(found["seconds"])
    idle: Mapping[str, float] = found["idle_ms_per_s"]
    return {name: (ms - idle.get(name, 0.0) * seconds) / polls for name, ms in found["cpu_ms"].items()}


def per_poll(found: Found) -> float:
    """The same for all parts together; a poll's share of reading, planning and telling is in it."""
    return sum(beyond_idle(found).values())


def per_article(found: Found) -> float:
    """CPU milliseconds of reading, planning and sending for an article, beyond what they use while nothing is due."""
    parts = beyond_idle(found)
    return (
        sum(parts.get(name, 0.0) for name in _READING) * int(found["polls"]) / max(int(found["articles"]), 1)
    )


def _times(key: str) -> Callable[[Found], str]:
    return lambda found: f"{found[key]['p50']:.1f} / {found[key]['p95']:.1f}"


def _cores(found: Found) -> str:
    return f"{sum(found['cpu_ms'].values()) / 1000 / found['seconds']:.2f}"


def _of_part(name: str) -> Callable[[Found], str]:
    return lambda found: f"{beyond_idle(found).get(name, 0.0):.2f}"


def _largest(found: Found) -> str:
    part, mb = max(
        ((part, sizes[0]) for part, sizes in found["mb"].items() if sizes), key=lambda each: each[1]
    )
    return f"{mb:.0f} ({part})"


COLUMNS: tuple[tuple[str, Callable[[Found], str]], ...] = (
    ("polls/s wanted", lambda found: f"{found['wanted_per_s']:.1f}"),
    ("done", lambda found: f"{found['polls'] / found['seconds']:.1f}"),
    ("late, s", _times("late_s")),
    ("CPU, cores", _cores),
    ("CPU ms/poll", lambda found: f"{per_poll(found):.2f}"),
    ("polling", _of_part("poll")),
    ("PostgreSQL", _of_part("postgres")),
    ("articles/s", lambda found: f"{found['articles'] / found['seconds']:.2f}"),
    ("CPU ms/article", lambda found: f"{per_article(found):.0f}"),
    ("seen→told, s", _times("told_s")),
    ("MB, all", lambda found: f"{sum(sum(sizes) for sizes in found['mb'].values()):.0f}"),
    ("MB, largest", _largest),
    ("database, GB", lambda found: f"{found['database_bytes'] / 1e9:.1f}"),
    ("found in memory", lambda found: f"{found['hit_rate']:.2%}"),
    ("WAL kB/poll", lambda found: f"{found['wal']['wal_bytes'] / 1000 / max(found['polls'], 1):.1f}"),
)


def rendered(all_found: Sequence[Found]) -> str:
    """A Markdown table with a line for each size, and remarks."""
    heads = ["feeds", *(head for head, _ in COLUMNS)]
    rows = [[found["size"], *(cell(found) for _, cell in COLUMNS)] for found in all_found]
    lines = [_line(heads), _line(["---"] * len(heads)), *(_line(row) for row in rows)]
    return "\n".join(
        [*lines, "", *_flatness(all_found), *(line for found in all_found for line in _remarks(found))]
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _flatness(all_found: Sequence[Found]) -> Iterator[str]:
    """How much more the last size pays than the first."""
    if len(all_found) < 2:
        return
    first, last = all_found[0], all_found[-1]
    for what, cost in (("a poll", per_poll), ("an article", per_article)):
        before, after = cost(first), cost(last)
        if before > 0:
            more = after / before - 1
            held = "flat" if more <= FLAT else "not flat"
            yield f"- {what}, {first['size']} to {last['size']}: {more:+.0%} of CPU ({held}; {FLAT:.0%} is allowed)"


def _remarks(found: Found) -> Iterator[str]:
    size = found["size"]
    parts = ", ".join(f"{name} {ms:.2f}" for name, ms in _largest_first(beyond_idle(found)))
    yield f"- {size}: CPU ms/poll by part: {parts}"
    idle = ", ".join(f"{name} {ms:.0f}" for name, ms in _largest_first(found["idle_ms_per_s"]))
    yield f"  - while nothing is due, CPU ms a second: {idle}"
    yield (
        f"  - the newsroom used {found['newsroom_ms'] / 1000 / found['seconds']:.2f} cores, which count for nobody; "
        f"load of the machine {found['load']:.1f}"
    )
    yield f"  - {found['matches']} matches, {found['told']} messages; {_memory(found['mb'])}"
    yield f"  - {_rows(found)}"
    for name, (ms, statement, slowest) in found["looks_ms"].items():
        yield f"  - {name}: {ms:.1f} ms of PostgreSQL's processor, {slowest:.1f} of it `{statement}`"
    for cost in found["statements"][:5]:
        yield (
            f"  - {cost['ms_per_s']:.1f} ms a second ({cost['per_s']:.1f} times, {cost['mean_ms']:.2f} ms, at most "
            f"{cost['most_ms']:.0f}): `{cost['in_short']}`"
        )
    if slowest := found["slowest"]:
        yield f"  - the slowest took {slowest['most_ms']:.0f} ms: `{slowest['in_short']}`"
        yield from (f"        {line}" for line in slowest["plan"].splitlines())


def _largest_first(values: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(values.items(), key=lambda each: -each[1])


def _memory(mb: Mapping[str, Sequence[float]]) -> str:
    told = ", ".join(f"{part} {sum(sizes):.0f} in {len(sizes)}" for part, sizes in sorted(mb.items()))
    return f"MB by part, and in how many processes: {told}"


def _rows(found: Found) -> str:
    told = []
    for name, row in found["tables"].items():
        if row["n_tup_upd"]:
            told.append(
                f"{name} {row['n_tup_upd']:.0f} changes, {row['n_tup_hot_upd'] / row['n_tup_upd']:.0%} in place, "
                f"{row['mb']:.0f}+{row['mb_of_indexes']:.0f} MB ({row['mb_grown']:+.1f}), {row['dead']:.0f} dead"
            )
    wal, polls = found["wal"], max(found["polls"], 1)
    return (
        f"{'; '.join(told)}; a poll leaves {wal['wal_records'] / polls:.1f} records and {wal['wal_fpi'] / polls:.2f} "
        f"whole pages in the log, {wal['checkpoints']:.0f} checkpoints"
    )
