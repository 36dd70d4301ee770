"""How much memory this process holds; imports next to nothing, so that it can be asked before anything else."""

from __future__ import annotations

import os
from pathlib import Path


def resident_mb() -> float:
    """Megabytes (10^6) in memory; Linux, elsewhere 0."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
