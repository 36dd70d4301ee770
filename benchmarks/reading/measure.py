"""What reading one document costs a process of its own: seconds of the processor and memory that it grew by."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from worker.errors import BadInput
from worker.feeds import parse
from worker.feeds.texts import content_of, summary_of

_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024  # of ru_maxrss, per MiB
_PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Cost:
    """`said` is what came out: the format and the number of entries, or the sentence of a refusal."""

    cpu_s: float
    growth_mib: float
    said: str


class Meter:
    """Reads each document in a fresh process, forked from one that holds the parser and nothing else."""

    def __init__(self) -> None:
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([__name__])

    def cost(self, file: Path, *, tolerant: bool = False) -> Cost | None:
        """The cost of reading a file; `tolerant` as if no document were well formed. None: the process died, or
        took more than half a minute."""
        here, there = self._processes.Pipe(duplex=False)
        process = self._processes.Process(target=_read, args=(str(file), tolerant, there))
        process.start()
        there.close()
        try:
            cost: Cost | None = here.recv() if here.poll(_PATIENCE_S) else None
        except EOFError:
            cost = None
        if cost is None:
            process.kill()
        process.join()
        return cost


def _read(file: str, tolerant: bool, answer: Connection) -> None:
    if tolerant:
        parse.read_well_formed = lambda *_: None  # type: ignore[attr-defined]
    body = Path(file).read_bytes()
    before, peak = resource.getrusage(resource.RUSAGE_SELF), _peak()
    try:
        feed = parse.parse_feed(body, "https://x.example/feed")
        for entry in feed.entries:
            summary_of(entry), content_of(entry)
        said = f"{feed.format}, {len(feed.entries)} entries"
    except BadInput as error:
        said = str(error)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    answer.send(Cost(cpu, (_peak() - peak), said))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNIT
