"""Who is measured, in the order of the table."""

from __future__ import annotations

from benchmarks.journey.peers.floor import floors
from benchmarks.journey.peers.newsboat import Newsboat
from benchmarks.journey.peers.pantau import pantaus
from benchmarks.journey.peers.peer import Peer
from benchmarks.journey.peers.reader import ReaderLoop
from benchmarks.journey.peers.rss2email import Rss2email
from benchmarks.journey.peers.sfeed import Sfeed


def all_peers() -> dict[str, Peer]:
    """Every peer by its name, in the order of the table."""
    peers: tuple[Peer, ...] = (*pantaus(), *floors(), Rss2email(), ReaderLoop(), Newsboat(), Sfeed())
    return {peer.name: peer for peer in peers}
