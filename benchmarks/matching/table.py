"""What was measured, for people."""

from __future__ import annotations

from typing import Any

_HEADS = (
    "",
    "articles",
    "mean µs",
    "p50 µs",
    "p99 µs",
    "cpu mean",
    "cpu p99",
    "× Pantau",
    "load s",
    "MB",
    "found",
)
_NAMES = {
    "pantau": "Pantau",
    "naive": "naive loop",
    "re": "re, one alternation",
    "search": "re.search per term",
    "ahocorasick_rs": "ahocorasick_rs",
    "postgresql": "PostgreSQL",
}


def rendered(results: list[dict[str, Any]]) -> str:
    """A table of the engines at one number of topics, and below it what must be known to read it."""
    pantau = next((result for result in results if result["engine"] == "pantau"), None)
    rows, remarks = [list(_HEADS)], []
    for result in results:
        name = _NAMES[result["engine"]]
        if "missing" in result:
            remarks.append(f"{name}: {result['missing']}")
            continue
        rows += _rows(name, result, pantau)
        remarks += [f"{name}: {remark}" for remark in [*result.get("remarks", []), *_said(result)]]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADS))]
    lines = [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([*lines, *(f"  {remark}" for remark in remarks)])


def _rows(name: str, result: dict[str, Any], pantau: dict[str, Any] | None) -> list[list[str]]:
    load, memory = f"{result['load_s']:,.2f}", f"{result['memory_mb']:,.0f}"
    if result is not pantau:
        return [_row(name, result["first"], _ratio(result, pantau), load, memory)]
    return [
        _row(f"{name}, warm", result["warm"], "1", load, memory),
        _row(f"{name}, cold", result["first"], "", "", f"{result['memory_after_mb']:,.0f}"),
        _row(f"{name}, new articles", result["unseen"], "", "", ""),
    ]


def _row(name: str, run: dict[str, Any], ratio: str, load: str, memory: str) -> list[str]:
    keys = ("articles", "mean_us", "p50_us", "p99_us", "cpu_mean_us", "cpu_p99_us")
    times = [f"{run[key]:,.0f}" if key in run else "" for key in keys]
    return [name, *times, ratio, load, memory, f"{run['found_per_article']:,.1f}"]


def _ratio(result: dict[str, Any], pantau: dict[str, Any] | None) -> str:
    """How many times as long as Pantau's second pass, on the articles that both read."""
    if not pantau:
        return ""
    times = result["first_us"]
    ratio = sum(times) / sum(pantau["warm_us"][: len(times)])
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2f}"


def _said(result: dict[str, Any]) -> list[str]:
    said = []
    if "add_one" in result:
        said.append("one topic more: {p50_us:,.0f} µs p50, {p99_us:,.0f} µs p99".format(**result["add_one"]))
    if "compared" in result:
        said += [
            f"{result['different']:,} differences to the index in {result['compared']:,} topics × articles, "
            "topics and all hits",
            f"{result['different_plainest']:,} differences in {result['compared_plainest']:,} to the plainest "
            "evaluator, which shares neither plans nor index",
        ]
    return said
