"""The garbage collector and a heap of a million objects that stay: it looks through all of them again and again.

Frozen objects are left alone by every later collection; without that a matched article now and then took 4 to 12 ms
more, and the children of a forking worker copied pages that they only read (https://docs.python.org/3/library/gc.html
#gc.freeze).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting_objects() -> Iterator[None]:
    """What is made inside will stay: no collection while it is made, and none that looks at it afterwards."""
    was_enabled = gc.isenabled()
    gc.collect()  # before, while there is little to look through: behind 100,000 topics it takes more than a second
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
