"""Machines of their own, as far as the network goes: a network namespace each, with one cable to here.

Pull the cable, and packets vanish: nobody refuses, nobody resets, as when a switch dies. Needs root, and a kernel and
a container that let us.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

NETS = "198.18"  # set apart for tests of networks (RFC 2544), so it is nobody's


@dataclass(frozen=True)
class Namespace:
    """One network beside ours. `here` is our address on its cable."""

    name: str
    cable: str
    here: str

    @property
    def path(self) -> str:
        return f"/run/netns/{self.name}"

    @property
    def enter(self) -> tuple[str, ...]:
        """What stands before a command that is to run in there."""
        return ("nsenter", f"--net={self.path}", "--")

    def listening(self, port: int) -> socket.socket:
        """A socket that listens on the loopback address in there; whoever holds it answers from here."""
        made: list[socket.socket] = []
        entering = threading.Thread(target=self._listen, args=(port, made))  # a thread is in one network
        entering.start()
        entering.join()
        assert made, f"nothing listens on {port} in {self.name}"
        return made[0]

    def _listen(self, port: int, made: list[socket.socket]) -> None:
        place = os.open(self.path, os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(place, 0x40000000) != 0:  # CLONE_NEWNET
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(place)
        made.append(socket.create_server(("127.0.0.1", port)))

    def connections(self) -> set[str]:
        """The sockets in there that are connected to us or are trying to be, each by its own number."""
        pid = subprocess.run(
            ["ip", "netns", "pids", self.name], capture_output=True, text=True
        ).stdout.split()[0]
        ours = socket.inet_aton(self.here)[::-1].hex().upper()
        rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
        return {row[9] for row in rows if row[2].startswith(ours) and row[3] == "01"}  # established

    @contextmanager
    def cable_pulled(self) -> Iterator[None]:
        _ip("link", "set", self.cable, "down")
        try:
            yield
        finally:
            _ip("link", "set", self.cable, "up")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def may_be_made() -> bool:
    """Whether this machine lets us make networks."""
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nsenter") is None:
        return False
    with _made("probe", 7) as trial:
        return trial is not None


@contextmanager
def namespaces(names: tuple[str, ...]) -> Iterator[dict[str, Namespace]]:
    """One for each of these names while the block lasts; none where they cannot be made."""
    if not may_be_made():
        yield {}
        return
    with ExitStack() as stack:
        made = {name: stack.enter_context(_made(name, number)) for number, name in enumerate(names, 1)}
        yield {name: each for name, each in made.items() if each is not None}


@contextmanager
def _made(name: str, number: int) -> Iterator[Namespace | None]:
    mark = f"{os.getpid() % 65536:04x}"
    net = f"{NETS}.{(os.getpid() * 8 + number) % 256}"
    space = Namespace(f"pantau-{mark}-{name}", f"pt{mark}-{number}", f"{net}.1")
    there = f"pu{mark}-{number}"
    inside = ("-n", space.name)
    try:
        _ip("netns", "add", space.name)
        _ip("link", "add", space.cable, "type", "veth", "peer", "name", there, "netns", space.name)
        _ip("addr", "add", f"{space.here}/30", "dev", space.cable)
        _ip("link", "set", space.cable, "up")
        _ip(*inside, "addr", "add", f"{net}.2/30", "dev", there)
        _ip(*inside, "link", "set", "lo", "up")
        _ip(*inside, "link", "set", there, "up")
        made: Namespace | None = space
    except subprocess.CalledProcessError:
        made = None
    try:
        yield made
    finally:
        subprocess.run(
            ["ip", "netns", "del", space.name], capture_output=True
        )  # its end of the cable goes too
        subprocess.run(["ip", "link", "del", space.cable], capture_output=True)
