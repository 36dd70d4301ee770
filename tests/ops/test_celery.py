"""What a worker has ready before its pool forks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.servers

# ops.celery reads its settings when it is imported, so each worker is a process of its own.
SERVED = """
import os
from ops import celery
celery.serve(["read"])
read_before = len(celery.topics.index)
child = os.fork()
if child == 0:
    from worker.process import tools
    os._exit(0 if tools().topics is celery.topics and len(tools().topics.index) == read_before else 1)
print(read_before, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

SERVES = "from ops import celery; celery.serve(['{}'])"


def served(settings, database_url, queue="read"):
    environ = {
        **os.environ,
        "PANTAU_DATABASE_URL": database_url,
        "PANTAU_REDIS_URL": settings.redis_url.reveal(),
        "PANTAU_SECRET_KEY": "a-key-for-tests-alone-long-enough",
        "PANTAU_DATA_DIR": str(settings.data_dir),
        "PANTAU_LOG": "json",
    }
    return subprocess.run(
        [sys.executable, "-P", "-c", SERVED if queue == "read" else SERVES.format(queue)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_processes_of_a_reading_worker_share_the_topics_that_were_read_before_they_were_forked(
    settings, database_url, rows
):
    rows.topic("NATO", "nato")
    rows.topic("Kyiv", "@kyiv")
    ran = served(settings, database_url.reveal())
    assert ran.stdout.split() == ["2", "0"], ran.stderr


@pytest.mark.parametrize("url", ["postgresql://127.0.0.1:1/none", None])
def test_where_the_topics_cannot_be_read_yet_they_are_read_later(settings, new_database, url):
    not_migrated = new_database("pantau_not_migrated").reveal()
    ran = served(settings, url or not_migrated)
    assert ran.stdout.split()[-2:] == ["0", "0"], ran.stderr
    assert "topics_are_read_later" in ran.stderr


def test_a_sending_worker_that_starts_has_refused_senders_tried_at_once(
    settings, database_url, new_database, rows
):
    rows.change(
        "INSERT INTO circuits (name, reason, probe_at)"
        " VALUES ('sender:slack', 'invalid_auth', now() + interval '1 hour')"
    )
    ran = served(settings, database_url.reveal(), "send")
    assert ran.returncode == 0, ran.stderr
    assert rows.one("SELECT probe_at <= now() FROM circuits")
    ran = served(settings, new_database("pantau_not_migrated").reveal(), "send")
    assert ran.returncode == 0, ran.stderr
    assert "senders_are_tried_later" in ran.stderr
