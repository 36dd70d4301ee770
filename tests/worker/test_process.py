"""What a process and those it has forked know of each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FORKED = """
import os
from worker import process

child = os.fork()
if not child:
    while not process.stopping():
        pass
    os._exit(0)
assert not process.stopping()
process.stop_claiming()
_, status = os.waitpid(child, 0)
assert process.stopping()
print("both stop", status)
"""


def test_a_process_that_is_to_end_tells_those_it_has_forked():
    told = subprocess.run(
        [sys.executable, "-c", FORKED],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert told.stdout == "both stop 0\n"
