"""The examples of docs/api.md do what it says they do: they are run, line by line, in a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.api.app import description
from ops.api.frame import LARGEST_BODY
from ops.api.paces import Pace
from worker.secrets import Secret
from worker.settings import from_env

pytestmark = pytest.mark.servers

TEXT = (Path(__file__).parents[4] / "docs/api.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
END = "-- end of a block --"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, as who follows the examples does")
def test_every_example_is_answered_as_it_says(
    make_site: Any, database: Any, urls: Any, keys: Any, world: Any, token_of: Any, tmp_path: Path
) -> None:
    servers = {"PANTAU_REDIS_URL": urls.redis, "PANTAU_DATABASE_URL": urls.database}
    given = from_env({**servers, "PANTAU_DATA_DIR": str(tmp_path)})
    site = make_site(database, Secret(urls.redis), keys=keys, settings=given, patience_s=60)
    with world() as news:
        news.tick()
        news.story()
    script = f"\necho\necho '{END}'\n".join(BLOCKS).replace("http://127.0.0.1:8484", site.address)
    done = subprocess.run(
        ["sh", "-euc", script],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], "PANTAU_API_TOKEN": token_of("admin")},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    answers = done.stdout.split(END)
    assert len(answers) == len(BLOCKS)
    for block, answer in zip(BLOCKS, answers, strict=True):
        for expected in re.findall(r"^# (.+)$", block, re.MULTILINE):
            assert expected in answer, (expected, answer[-2000:])


def test_what_it_says_of_addresses_and_limits_is_so() -> None:
    paths = description()["paths"]
    named = {path.rstrip("/") for path in re.findall(r"`(?:[A-Z]+ )?(/[a-z-]+[a-z/{}-]*)`", TEXT)}
    named |= {f"/{noun}" for noun in re.findall(r"\$API/([a-z-]+)", TEXT)}
    known = {re.sub(r"\{\w+\}", "{id}", path) for path in paths} | {"/api/v1"}
    assert named <= known, named - known
    pace = Pace()
    assert f"{pace.most} requests at once, {pace.per_second:.0f} a second" in TEXT
    assert f"at most {LARGEST_BODY:,} bytes" in TEXT
