"""Measure one engine in this process, or each in a process of its own."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.matching.engine import Engine, NotInstalled
from benchmarks.matching.measure import timed
from benchmarks.matching.memory import resident_mb
from benchmarks.matching.workload import Workload
from worker.heap import lasting_objects

ENGINES = {
    "pantau": "pantau:Indexed",
    "naive": "pantau:Looped",
    "re": "patterns:Alternation",
    "search": "patterns:Searches",
    "ahocorasick_rs": "patterns:Automaton",
    "postgresql": "postgresql:Percolating",
}
PEERS = tuple(ENGINES)[1:]

_ROOT = Path(__file__).parents[2]

Result = dict[str, Any]


def measured(engine: str, workload: Workload, seconds: float) -> Result:
    """What `child` measures, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.matching.child", engine, workload.directory, seconds]
    done = subprocess.run(list(map(str, command)), cwd=_ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603
    result: Result = json.loads(done.stdout)
    return result


def child(bare_mb: float, engine: str, directory: str, seconds: str) -> None:
    """Measure an engine and print what was measured; `bare_mb` is what the interpreter itself holds."""
    workload = Workload(Path(directory))
    try:
        result = _measure(engine, workload, float(seconds), bare_mb)
    except NotInstalled as missing:
        result = {"engine": engine, "missing": str(missing)}
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def _measure(name: str, workload: Workload, seconds: float, bare_mb: float) -> Result:
    module, _, kind = ENGINES[name].partition(":")
    engine: Engine = getattr(import_module(f"benchmarks.matching.{module}"), kind)()
    try:
        with lasting_objects():
            load_s = _load(engine, workload)
        loaded_mb = resident_mb()
        articles = workload.articles()
        with_articles_mb = resident_mb()
        if name != "pantau":
            engine.match(
                articles[0]
            )  # Pantau's first pass is cold, its second is what the others compare with
        first = timed(engine.match, articles, most_s=math.inf if name == "pantau" else seconds)
        grown_mb = resident_mb() - with_articles_mb
        more = engine.more(workload, first)
    finally:
        engine.close()
    return {
        "engine": name,
        "load_s": round(load_s, 3),
        "memory_mb": round(loaded_mb - bare_mb, 1),
        "memory_after_mb": round(loaded_mb - bare_mb + grown_mb, 1),
        "first": first.as_json(),
        "first_us": first.wall_us,
        **more,
    }


def _load(engine: Engine, workload: Workload) -> float:
    """Seconds from strings to ready; reading the file, and a peer's translation of the queries, do not count."""
    recent = workload.recent()
    start = time.perf_counter()
    engine.learn(recent)
    taken = time.perf_counter() - start
    for topics in workload.topics():
        translated = engine.translated(topics)
        start = time.perf_counter()
        engine.add(translated)
        taken += time.perf_counter() - start
    start = time.perf_counter()
    engine.ready()
    return taken + time.perf_counter() - start
