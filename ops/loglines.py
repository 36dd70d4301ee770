"""What the children of a supervisor print, made one log for people or for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

Log = Callable[[str, str], None]
"""Takes the name of a process and one line that it printed."""

MAX_LINE = 64 * 1024
"""A longer line, in bytes, is cut into pieces; a child that never ends a line must not fill our memory."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def lines_of(data: bytes) -> tuple[list[str], bytes]:
    """The finished lines in `data`, and the rest that waits for more."""
    *lines, rest = data.split(b"\n")
    while len(rest) >= MAX_LINE:
        lines.append(rest[:MAX_LINE])
        rest = rest[MAX_LINE:]
    return [line.rstrip(b"\r").decode(errors="replace") for line in lines], rest


def for_people(name: str, line: str, width: int = 12) -> str:
    """A line with its process in front; control characters are shown, never obeyed by the terminal."""
    return f"{name:<{width}} │ {_CONTROL.sub(_shown, line)}"


def for_machines(name: str, line: str, now: datetime) -> str:
    """A line as a JSON object: one that is an object already goes through untouched."""
    if line.startswith("{") and _is_object(line):
        return line
    level = "warning" if name == "supervisor" else "info"  # the supervisor speaks of deaths alone
    told = {"event": line, "level": level, "process": name, "timestamp": now.isoformat()}
    return json.dumps(told, ensure_ascii=False)


def console(stream: TextIO) -> Log:
    """A log for people, written to `stream`."""
    return lambda name, line: _write(stream, for_people(name, line))


def json_lines(stream: TextIO, clock: Callable[[], datetime]) -> Log:
    """A log for machines, written to `stream`, with times of `clock` where a line has none."""
    return lambda name, line: _write(stream, for_machines(name, line, clock()))


def _shown(control: re.Match[str]) -> str:
    return f"\\x{ord(control[0]):02x}"


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _write(stream: TextIO, line: str) -> None:
    """Write a line; a reader that has gone away is no reason to stop."""
    try:
        stream.write(line + "\n")
        stream.flush()
    except (OSError, ValueError):
        pass
