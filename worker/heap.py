"""A heap of a million objects that stay.

The garbage collector looks through all of them again and again. Frozen objects are left alone by every later
collection; without that a matched article now and then took 4 to 12 ms more, and the children of a forking worker
copied pages that they only read (https://docs.python.org/3/library/gc.html#gc.freeze).

The processor must find where each page of 4 KB lies, and a match among 100,000 topics touches pages all over the heap:
on pages of 2 MB it takes a tenth less (`docs/decisions/0045-a-heap-on-large-pages.md`).
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MAPPINGS = Path("/proc/self/maps")
_COLLAPSE = 25
"""MADV_COLLAPSE, since Linux 6.1 (https://man7.org/linux/man-pages/man2/madvise.2.html)."""


@contextmanager
def lasting_objects() -> Iterator[None]:
    """What is made inside will stay: no collection while it is made, and none that looks at it afterwards; where Linux
    can, it lies on large pages then."""
    was_enabled = gc.isenabled()
    gc.collect()  # before, while there is little to look through: behind 100,000 topics it takes more than a second
    gc.disable()
    try:
        yield
        gc.freeze()
        onto_large_pages()
    finally:
        if was_enabled:
            gc.enable()


def onto_large_pages() -> None:
    """Have Linux gather what this process holds on pages of 2 MB, which took half a second for 550 MB. Nothing changes
    where it cannot: an older Linux, another system, no such page free."""
    if not _MAPPINGS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in held(_MAPPINGS.read_text()):
        madvise(start, end - start, _COLLAPSE)


def held(mappings: str) -> Iterator[tuple[int, int]]:
    """Where the objects of a process may lie, as first address and the one behind the last: what belongs to no file and
    is its own to write (`/proc/self/maps`, https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html)."""
    for line in mappings.splitlines():
        addresses, rights, _offset, _device, _inode, *name = line.split(maxsplit=5)
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, end = addresses.split("-")
            yield int(start, 16), int(end, 16)
