"""Keeps the processes of one machine alive: starts them in order, restarts them, stops them in order.

Children come in stages. A stage starts when the one before it is ready; a stop goes through the stages
backwards, the children of a stage side by side. What a child prints goes to one log, marked with its name.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from signal import Signals
from time import monotonic
from typing import Any

from ops import tether
from ops.child import Child, Ending, Failed, GaveUp, Restart, Stopped, describe, judge
from ops.loglines import MAX_LINE, Log, lines_of

Verdict = GaveUp | Failed

HURRY_S = 0.3
"""Pause between the rungs of a stop after the second signal."""

PROBE_S = 0.05
"""Pause between two questions whether a child is ready."""


class Tether:
    """Our end of the guard's pipe (`ops.tether`); a guard that dies is replaced, with all its charges."""

    def __init__(self) -> None:
        self._charges: dict[int, int] = {}
        self._guard: subprocess.Popen[bytes] | None = None
        self._pipe = -1

    def pipe(self) -> int:
        """The descriptor on which a new child registers itself."""
        if self._guard is None or self._guard.poll() is not None:
            self._new_guard()
        return self._pipe

    def took(self, pid: int, number: int) -> None:
        """Remember a child that registered itself."""
        self._charges[pid] = number

    def released(self, pid: int) -> None:
        """Forget a child that has ended."""
        self._charges.pop(pid, None)
        with suppress(BrokenPipeError):
            os.write(self.pipe(), tether.release(pid))

    def close(self) -> None:
        """End the guard, which ends whatever is still in its care."""
        if self._guard is not None:
            os.close(self._pipe)
            self._guard.wait()
            self._guard = None

    def _new_guard(self) -> None:
        if self._guard is not None:
            os.close(self._pipe)
        reading, self._pipe = os.pipe()
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", tether.__file__, "guard"],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        os.close(reading)
        for pid, number in self._charges.items():
            os.write(self._pipe, tether.registration(pid, number))


class Keeper:
    """Keeps one child alive, life after life, until it is told to stop."""

    def __init__(self, child: Child, tied: Tether, log: Log) -> None:
        self.child, self._tether, self._log = child, tied, log
        self.ready, self._stopping = asyncio.Event(), asyncio.Event()
        self._birth = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def keep(self) -> Verdict | None:
        """Live until the stop (None) or until a death that ends everything."""
        deaths: list[float] = []
        while (status := await self._live()) is not None:
            if self._stopping.is_set() or (self.child.once and status == 0):
                break
            deaths.append(monotonic())
            match judge(self.child, status, deaths, deaths[-1]):
                case Restart(delay):
                    self._log("supervisor", f"{self.child.name}: {describe(status)}; again in {delay:.0f} s")
                    await _first(self._stopping.wait(), seconds=delay)
                case verdict:
                    return verdict
        self.ready.set()
        return None

    async def stop(self, began: float, hurry: asyncio.Event) -> None:
        """Climb down the child's ladder until it has left; `began` is when the whole stop began."""
        self._stopping.set()
        async with self._birth:
            process = self._process
        if process is None or process.returncode is not None:
            return
        for rung, following in zip(self.child.stop, (*self.child.stop[1:], None), strict=True):
            self._send(process, rung.signal)
            due = began + following.after_s if following else monotonic()
            if await _left(process, due, hurry):
                return
        self._send(process, Signals.SIGKILL)
        await process.wait()

    async def _live(self) -> int | None:
        """One life, from start to burial: its exit status; None where the stop came before it."""
        async with self._birth:
            if self._stopping.is_set():
                return None
            self._process, copying = await self._start()
        process, watching = self._process, asyncio.create_task(self._watch(self._process))
        try:
            await _first(process.wait(), watching)
            if watching.done():
                watching.result()
            return await process.wait()
        finally:
            watching.cancel()
            self._bury(process.pid)
            await asyncio.wait({copying}, timeout=1)
            copying.cancel()
            await asyncio.gather(copying, watching, return_exceptions=True)

    async def _start(self) -> tuple[asyncio.subprocess.Process, asyncio.Task[None]]:
        """A new process, and the task that copies what it prints."""
        reading, writing = os.pipe()
        copying = asyncio.create_task(self._copy(reading))
        try:
            return await self._spawn(writing), copying
        finally:
            os.close(writing)

    async def _spawn(self, log: int) -> asyncio.subprocess.Process:
        child, pipe, first = self.child, self._tether.pipe(), self.child.stop[0].signal
        account = (child.account.uid, child.account.gid) if child.account else (-1, -1)
        words = ["-I", "-S", tether.__file__, "run", *map(str, (pipe, int(first), *account))]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            *child.argv,
            env=child.env,
            cwd=child.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(pipe,),
            start_new_session=True,
        )
        self._tether.took(process.pid, first)
        return process

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Set `ready` once the child shows that it is, or kill it when its time for that is over."""
        if self.child.once:
            return
        deadline = monotonic() + self.child.patience_s
        while not await self._is_ready():
            if monotonic() > deadline:
                self._log("supervisor", f"{self.child.name} is not ready after {self.child.patience_s:.0f} s")
                self._send(process, Signals.SIGKILL)
                return
            await asyncio.sleep(PROBE_S)
        self.ready.set()

    async def _is_ready(self) -> bool:
        """Ask the child's own question; one that breaks, as by a server that just restarts, means no."""
        if self.child.ready is None:
            return True
        try:
            return await asyncio.to_thread(self.child.ready)
        except Exception as error:  # noqa: BLE001 - it may be any library's, and patience bounds it
            self._log("supervisor", f"{self.child.name} could not be asked whether it is ready: {error!r}")
            await asyncio.sleep(1)
            return False

    async def _copy(self, reading: int) -> None:
        """Copy what the child prints to the log, line by line."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb", buffering=0)
        )
        rest = b""
        try:
            while chunk := await stream.read(MAX_LINE):
                lines, rest = lines_of(rest + chunk)
                for line in lines:
                    self._log(self.child.name, line)
        finally:
            transport.close()
            if rest:
                self._log(self.child.name, rest.decode(errors="replace"))

    def _send(self, process: asyncio.subprocess.Process, number: Signals) -> None:
        if process.returncode is not None:
            return
        if number is Signals.SIGKILL:
            tether.send_to_group(process.pid, number)
        else:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def _bury(self, pid: int) -> None:
        """Take what the child left behind with it, so that a new life never meets half of an old one."""
        tether.send_to_group(pid, Signals.SIGKILL)
        self._tether.released(pid)


async def _first(*waited: Any, seconds: float | None = None) -> None:
    """Wait until one of `waited` is done, or `seconds` are over. Tasks go on; coroutines are given up."""
    tasks = {asyncio.ensure_future(each): each for each in waited}
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    given_up = [task for task, each in tasks.items() if task is not each and not task.done()]
    for task in given_up:
        task.cancel()
    await asyncio.gather(*given_up, return_exceptions=True)


async def _left(process: asyncio.subprocess.Process, due: float, hurry: asyncio.Event) -> bool:
    """Wait for the end of `process` until `due`, or for a moment only once there is `hurry`."""
    await _first(process.wait(), hurry.wait(), seconds=max(HURRY_S, due - monotonic()))
    if process.returncode is None and hurry.is_set():
        await _first(process.wait(), seconds=HURRY_S)
    return process.returncode is not None


class Supervisor:
    """One run of all stages, from the first start to the last stop."""

    def __init__(self, stages: Sequence[Sequence[Child]], log: Log) -> None:
        self._log, self._tether = log, Tether()
        self._stages = [[Keeper(child, self._tether, log) for child in stage] for stage in stages]
        self._ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._hurry = asyncio.Event()
        self._tasks: dict[Keeper, asyncio.Task[Verdict | None]] = {}

    def end(self) -> None:
        """Asked once: an ordered stop. Asked again: at once."""
        if self._ended.done():
            self._hurry.set()
        else:
            self._ended.set_result(Stopped())

    async def run(self, on_ready: Callable[[], None]) -> Ending:
        """Start everything, call `on_ready` when all is ready, keep it, and stop it; tells why it ended."""
        try:
            for stage in self._stages:
                if not await self._start(stage):
                    break
            else:
                on_ready()
            ending = await self._ended
            if not isinstance(ending, Stopped):
                self._log("supervisor", str(ending))
            return ending
        finally:
            await self._stop()

    async def _start(self, stage: Sequence[Keeper]) -> bool:
        """Start a stage and wait until all of it is ready; False where the end came first."""
        for keeper in stage:
            self._tasks[keeper] = task = asyncio.create_task(keeper.keep())
            task.add_done_callback(self._judged)
        all_ready = asyncio.gather(*(keeper.ready.wait() for keeper in stage))
        await _first(all_ready, self._ended)
        all_ready.cancel()
        await asyncio.gather(all_ready, return_exceptions=True)
        return not self._ended.done()

    def _judged(self, task: asyncio.Task[Verdict | None]) -> None:
        if self._ended.done() or task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._ended.set_exception(error)
        elif (verdict := task.result()) is not None:
            self._ended.set_result(verdict)

    async def _stop(self) -> None:
        """Stop the stages backwards, then the guard."""
        began = monotonic()
        for stage in reversed(self._stages):
            started = [keeper for keeper in stage if keeper in self._tasks]
            await asyncio.gather(*(keeper.stop(began, self._hurry) for keeper in started))
            await asyncio.gather(*(self._tasks[keeper] for keeper in started), return_exceptions=True)
        await asyncio.to_thread(self._tether.close)


def _heeded() -> tuple[Signals, ...]:
    """The signals that mean stop; under nohup(1) the end of the terminal is not one of them."""
    nohup = signal.getsignal(Signals.SIGHUP) is signal.SIG_IGN
    return (Signals.SIGTERM, Signals.SIGINT) if nohup else (Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP)


def supervise(
    stages: Sequence[Sequence[Child]], *, log: Log, on_ready: Callable[[], None] = lambda: None
) -> Ending:
    """Run `stages` in the foreground until SIGTERM, SIGINT or SIGHUP (twice: at once), or until one fails.

    The ending's `exit_code` is ours: 0 after a signal, 1 after giving up, else the failed child's own.
    """

    async def run() -> Ending:
        supervisor, loop = Supervisor(stages, log), asyncio.get_running_loop()
        for number in _heeded():
            loop.add_signal_handler(number, supervisor.end)
        return await supervisor.run(on_ready)

    return asyncio.run(run())


@contextmanager
def background(stages: Sequence[Sequence[Child]], *, log: Log) -> Iterator[None]:
    """Keep `stages` running, in a thread, for as long as the block runs; entered when all is ready.

    Raises RuntimeError with the ending where the stages do not get ready.
    """
    ready = threading.Event()
    stops: list[Callable[[], object]] = []

    async def run() -> Ending:
        supervisor, loop = Supervisor(stages, log), asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(supervisor.end))
        return await supervisor.run(ready.set)

    with ThreadPoolExecutor(1, "supervisor") as pool:
        ended = pool.submit(lambda: asyncio.run(run()))
        ended.add_done_callback(lambda _: ready.set())
        try:
            ready.wait()
            if ended.done():
                raise RuntimeError(f"nothing to run on: {ended.result()}")
            yield
        finally:
            with suppress(RuntimeError):  # the loop is closed already
                for stop in stops:
                    stop()
