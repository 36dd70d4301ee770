"""What every process starts from: the settings, the servers they name, the keys, the clock. Cheap to import."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version

from ops.keyfile import KeyFile
from ops.lockfile import find_running
from ops.places import check_written
from worker.errors import Unavailable
from worker.secrets import KeyRing, Secret
from worker.settings import Settings, from_env


def clock() -> datetime:
    """The one place where the time is read; everything below gets it as an argument."""
    return datetime.now(UTC)  # noqa: TID251


def settings_of(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings; where no servers are named, those of the `up` that runs on the data directory."""
    settings = from_env(os.environ if environ is None else environ)
    if settings.database_url and settings.redis_url:
        return settings
    running = find_running(settings.data_dir)
    if running is None:
        return settings
    return replace(
        settings,
        database_url=settings.database_url or Secret(running.database),
        redis_url=settings.redis_url or Secret(running.redis),
    )


def database(settings: Settings) -> Secret:
    """The database's URL. Raises Unavailable where none is named and nothing runs, and BadConfiguration where nothing
    here could: the data is of a PostgreSQL that is not carried."""
    if settings.database_url is None:
        raise _nothing_runs(settings)
    return settings.database_url


def broker(settings: Settings) -> Secret:
    """The broker's URL. Raises Unavailable where none is named and nothing runs."""
    if settings.redis_url is None:
        raise _nothing_runs(settings)
    return settings.redis_url


def _nothing_runs(settings: Settings) -> Unavailable:
    check_written(settings.data_dir)  # where no `up` could start, that is what there is to say
    return Unavailable(
        f"nothing runs on {settings.data_dir}: start `pantau up`, "
        "or set PANTAU_DATABASE_URL and PANTAU_REDIS_URL to servers of your own"
    )


def keyring(settings: Settings) -> KeyRing:
    """The keys that seal secrets: from the settings, or the data directory's key file, made at first use."""
    if settings.secret_keys:
        return KeyRing.of(tuple(key.reveal() for key in settings.secret_keys))
    return key_file(settings).ring()


def key_file(settings: Settings) -> KeyFile:
    """Where the keys lie that no setting names."""
    return KeyFile(settings.data_dir / "secret.key")


@cache
def our_version() -> str:
    """This installation's version."""
    return version("pantau")
