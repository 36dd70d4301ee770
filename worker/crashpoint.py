"""Named points at which a process can be made to die, so that tests show what a crash leaves behind.

`PANTAU_CRASH_AT=after_post` kills the process there at once, as a power cut would; `after_post:3` when it comes there
for the third time. Without the variable a point does nothing.
"""

from __future__ import annotations

import os
import signal

_name, _, _count = os.environ.get("PANTAU_CRASH_AT", "").partition(":")
_left = int(_count or 1)


def crashpoint(name: str) -> None:
    """Dies here if this process was told to."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
