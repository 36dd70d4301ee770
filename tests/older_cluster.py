"""A database as an older PostgreSQL makes it; whatever only the newest has is not asked of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ops.child import Account
from ops.servers import CLEAN


def make_cluster(pg: Path, binaries: Path, account: Account | None) -> None:
    """With these programs, for this account."""
    pg.mkdir(mode=0o700)
    if account:
        os.chown(pg, account.uid, account.gid)
    words = ("-U", "pantau", "-A", "trust", "--encoding=utf8", "--locale=C.UTF-8", "--no-instructions")
    subprocess.run(
        [str(binaries / "initdb"), "-D", str(pg), *words],
        env=CLEAN,
        cwd="/",
        check=True,
        capture_output=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
