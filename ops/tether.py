"""Ties child processes to the life of the supervisor, so that even its SIGKILL leaves no orphan.

A guard process holds the reading end of a pipe whose writing end only the supervisor owns: however the
supervisor ends, the kernel closes the pipe, and the guard ends every process group still registered. That
works the same on Linux and macOS, reaches grandchildren, and survives a change of user. PR_SET_PDEATHSIG does
not: it is bound to the parent's thread, is cleared by setuid (prctl(2)), and goes one generation deep.

A child starts as `tether.py run`, registers itself on the pipe and only then becomes the real program, so
there is no moment in which it lives unknown to the guard.

This file runs as a script in the bare interpreter (`python -I -S`, 10 ms) and imports little for that reason.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable

GRACE_S = 3.0
"""How long a group may take to leave after its own stop signal before the guard kills it."""

CANNOT_RUN = 126
"""Exit status of a child that never became the program it was to be (POSIX shell, 2.8.2)."""

UNGUARDED = 75
"""Exit status of a child that met no guard, because that one had just died: the next life gets a new one."""


def registration(pid: int, number: int) -> bytes:
    """The line that puts the group led by `pid` under guard, to be told with signal `number`."""
    return b"+%d %d\n" % (pid, number)


def release(pid: int) -> bytes:
    """The line that takes the group led by `pid` out of the guard's care."""
    return b"-%d\n" % pid


def still_guarded(lines: Iterable[bytes]) -> dict[int, int]:
    """The groups under guard after all `lines`, each with the signal it is told with first."""
    groups: dict[int, int] = {}
    for line in lines:
        if line.startswith(b"+"):
            pid, number = line[1:].split()
            groups[int(pid)] = int(number)
        else:
            groups.pop(int(line[1:]), None)
    return groups


def send_to_group(pid: int, number: int) -> bool:
    """Signal the group led by `pid`; False where nobody is left in it."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS answers so for a group of zombies
        return False
    return True


def end_groups(groups: dict[int, int], grace_s: float = GRACE_S) -> None:
    """End every group: the leader by its own signal, what is left after `grace_s` seconds by SIGKILL."""
    for pid, number in groups.items():
        try:
            os.kill(pid, number)
        except OSError:
            pass  # the leader is gone; SIGKILL below reaches whom it left behind
    waited_until(lambda: not any(send_to_group(pid, 0) for pid in groups), grace_s)
    for pid in groups:
        send_to_group(pid, signal.SIGKILL)


def waited_until(reached: Callable[[], bool], seconds: float) -> bool:
    """Wait until `reached()`, at most `seconds`; tells whether it came true."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def guard() -> None:
    """Wait for the end of the supervisor, which is the end of standard input, and clear up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(still_guarded(sys.stdin.buffer))


def become(pipe: int, number: int, uid: int, gid: int, argv: list[str]) -> None:
    """Register on `pipe`, change to the account (`uid` -1: stay who we are) and turn into `argv`."""
    os.set_inheritable(pipe, False)
    os.write(pipe, registration(os.getpid(), number))
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(argv[0], argv)  # noqa: S606


def main(arguments: list[str]) -> int:
    """Run as `guard`, or as `run PIPE SIGNAL UID GID PROGRAM ARGUMENTS…`."""
    if arguments[0] == "guard":
        guard()
        return 0
    pipe, number, uid, gid = (int(word) for word in arguments[1:5])
    try:
        become(pipe, number, uid, gid, arguments[5:])
    except BrokenPipeError:
        return UNGUARDED
    except OSError as error:
        sys.stderr.write(f"cannot run {arguments[5]}: {error.strerror}\n")
    return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
