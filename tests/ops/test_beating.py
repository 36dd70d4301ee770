"""The beat ends when it is told to, whatever it is in the middle of."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.servers

# Told to stop while the broker's answer to a tick is read, as it happens once in some thousand stops.
IN_THE_MIDDLE = """
import os, signal, sys
import redis
from ops import beating

answer = redis.Redis.parse_response

def told_to_stop(self, connection, command, **options):
    if command == "LPUSH":
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit:
            if sys.argv[1] == "lost":
                raise ValueError("I/O operation on closed file") from None
            raise
    return answer(self, connection, command, **options)

redis.Redis.parse_response = told_to_stop
beating.run()
"""


@pytest.mark.parametrize("exception", ["kept", "lost"])
def test_a_beat_told_to_stop_in_the_middle_of_a_tick_stops(settings, exception):
    environ = {
        **os.environ,
        "PANTAU_REDIS_URL": settings.redis_url.reveal(),
        "PANTAU_DATA_DIR": str(settings.data_dir),
        "PANTAU_LOG": "json",
    }
    ran = subprocess.run(
        [sys.executable, "-P", "-c", IN_THE_MIDDLE, exception],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.returncode == 0, ran.stderr
    assert ("Message Error" in ran.stderr) == (exception == "lost")
